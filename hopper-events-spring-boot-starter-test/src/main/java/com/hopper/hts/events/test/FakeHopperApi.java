/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.test;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import com.hopper.hts.events.time.SchedulerClock;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * A local stand-in of the Hopper Airline API: a real HTTP server on loopback. It checks
 * every request to {@code /events}, {@code /auth} and {@code /sessions} as strictly as
 * the real API does, keeps the requests, and fails on demand. It also makes offers and
 * contracts of any request for them. Tests control it by method calls, or by HTTP below
 * {@code /simulator}. Safe for use by many threads.
 * <p>
 * The auto-configured beans connect with a bean of this type, whatever the properties
 * say. Import {@link FakeHopperApiConfiguration}, or declare the bean in a test
 * configuration:
 *
 * <pre class="code">
 * &#064;TestConfiguration(proxyBeanMethods = false)
 * class HopperTestConfiguration {
 *
 * 	&#064;Bean
 * 	FakeHopperApi hopper() {
 * 		return FakeHopperApi.builder().customEventType("seat_selected").start();
 * 	}
 *
 * }
 * </pre>
 *
 * Such a method can have {@code @ServiceConnection} like the methods of Testcontainers
 * next to it. The annotation changes nothing: Spring Boot looks for it on containers, and
 * this starter looks for the bean. Do not put it on a field, where Spring Boot insists on
 * a container.
 * <p>
 * Without Spring, use this class as an extension of JUnit. In a static field, all tests
 * of the class, of its nested classes and of its subclasses share one server, which stops
 * when all tests are over:
 *
 * <pre class="code">
 * &#064;RegisterExtension
 * static FakeHopperApi hopper = FakeHopperApi.builder().start();
 * </pre>
 *
 * If the test has an application context as well, pass {@link #baseUrl()} and
 * {@link #token()} with {@code @DynamicPropertySource}.
 * <p>
 * The server is {@link #reset() reset} before each test. A test fails if the API would
 * refuse a request of it, unless the test {@link #expectViolations() expects} that. Tests
 * that run in parallel need a server each.
 *
 * @since 0.1.0
 */
public final class FakeHopperApi implements AutoCloseable, BeforeAllCallback, BeforeEachCallback, AfterEachCallback {

	private static final Duration AWAIT_TIMEOUT = Duration.ofSeconds(10);

	private final Builder settings;

	private final String token = UUID.randomUUID().toString();

	private final AccessTokens tokens;

	private final RequestJournal journal;

	private final FaultPlan faults = new FaultPlan();

	private final WaitingRequests waiting;

	private final FakeServer server;

	private boolean shared;

	private volatile Scheduler scheduler = Schedulers.parallel();

	private FakeHopperApi(Builder builder) {
		this.settings = builder;
		InstantSource clock = () -> SchedulerClock.of(this.scheduler).instant();
		this.tokens = new AccessTokens(builder.acceptedTokens(this.token), builder.forbiddenTokens,
				builder.tokenLifetime, clock);
		this.journal = new RequestJournal(builder.keepRequests, builder.listener, clock);
		this.waiting = new WaitingRequests(this.journal::countHeld);
		RequestContract contract = new RequestContract(builder.pathPrefix, this::baseUrl, this.tokens,
				new EventContract(Set.copyOf(builder.customEventTypes), Set.copyOf(builder.unknownSessions),
						builder.requireSession),
				new SignInContract(builder.clientId, builder.clientSecret, this.tokens));
		this.server = new FakeServer(builder.port, contract, this.faults, this.waiting, this.journal,
				new SimulatorCommands(this), () -> this.scheduler);
	}

	/**
	 * Create a builder.
	 * @return the builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Return the base URL, for {@code hopper.base-url}.
	 * @return the base URL
	 */
	public String baseUrl() {
		return "http://127.0.0.1:" + port() + this.settings.pathPrefix;
	}

	/**
	 * Return the port.
	 * @return the port
	 */
	public int port() {
		return this.server.port();
	}

	/**
	 * Return a token that is accepted.
	 * @return the token
	 */
	public String token() {
		return this.token;
	}

	/**
	 * Return all requests to the API as they were, in the order of arrival.
	 * @return a copy of the list
	 */
	public List<ReceivedRequest> requests() {
		return this.journal.requests();
	}

	/**
	 * Return the events that were accepted in the order of arrival.
	 * @return a copy of the list
	 */
	public List<ReceivedEvent> received() {
		return this.journal.received();
	}

	/**
	 * Wait until events are delivered, for ten seconds at the most.
	 * @param count how many at least, since the last {@link #reset() reset}
	 * @return all events that were received until then
	 * @throws AssertionError if there were fewer; the message lists what was received
	 */
	public List<ReceivedEvent> awaitDelivered(int count) {
		return awaitDelivered(count, AWAIT_TIMEOUT);
	}

	/**
	 * Wait until events are delivered.
	 * @param count how many at least, since the last {@link #reset() reset}
	 * @param timeout how long to wait, in real time
	 * @return all events that were received until then
	 * @throws AssertionError if there were fewer; the message lists what was received
	 */
	public List<ReceivedEvent> awaitDelivered(int count, Duration timeout) {
		this.journal.awaitDelivered(count, timeout);
		return received();
	}

	/**
	 * Wait until requests have arrived, for ten seconds at the most, whatever became of
	 * them.
	 * @param count how many at least, since the last {@link #reset() reset}
	 * @return all requests until then
	 * @throws AssertionError if there were fewer; the message lists them
	 */
	public List<ReceivedRequest> awaitRequests(int count) {
		return awaitRequests(count, AWAIT_TIMEOUT);
	}

	List<ReceivedRequest> awaitRequests(int count, Duration timeout) {
		this.journal.awaitRequests(count, timeout);
		return requests();
	}

	/**
	 * Wait until requests are {@link #hold() held}, for ten seconds at the most.
	 * @param count how many at least
	 * @throws AssertionError if there were fewer; the message lists what was received
	 */
	public void awaitHeld(int count) {
		awaitHeld(count, AWAIT_TIMEOUT);
	}

	void awaitHeld(int count, Duration timeout) {
		this.journal.awaitHeld(count, timeout);
	}

	/**
	 * Return the requests that the API would always refuse: mistakes of the application,
	 * not faults that the test has ordered.
	 * @return a copy of the list
	 */
	public List<ContractViolation> violations() {
		return this.journal.violations();
	}

	/**
	 * Verify that the API would refuse none of the requests. A test need not call this,
	 * because every test ends with it.
	 * @throws AssertionError if the API would refuse one; the message says what to do
	 */
	public void assertNoViolations() {
		this.journal.assertNoViolations();
	}

	/**
	 * Do not fail the running test because of {@link #violations() violations}.
	 */
	public void expectViolations() {
		this.journal.expectViolations();
	}

	/**
	 * Let the next requests to the endpoint that the fault is for, normally
	 * {@code /events}, fail. Several calls queue up.
	 * @param count how many requests
	 * @param fault what happens to them
	 */
	public void failNext(int count, Fault fault) {
		this.faults.failNext(count, fault);
	}

	/**
	 * Let all requests to the endpoint that the fault is for, normally {@code /events},
	 * fail until {@link #recover()} is called.
	 * @param fault what happens to them
	 */
	public void failAll(Fault fault) {
		this.faults.failAll(fault);
	}

	/**
	 * Let requests to {@code /events} fail at random.
	 * @param probability how likely a request fails, from 0 (off) to 1
	 * @param seed the seed of the random numbers
	 * @param faults what happens to them, each as likely as the other
	 */
	public void failRandomly(double probability, long seed, Fault... faults) {
		this.faults.failRandomly(probability, seed, List.of(faults));
	}

	/**
	 * Forget all faults that were ordered.
	 */
	public void recover() {
		this.faults.recover();
	}

	/**
	 * Set how long each answer to a request to {@code /events} takes, in addition to the
	 * delays of faults. {@link HopperTime} measures this time if it is imported.
	 * @param latency how long
	 */
	public void latency(Latency latency) {
		this.faults.latency(latency);
	}

	/**
	 * Hold requests to {@code /events} from now on. They are neither checked nor answered
	 * until {@link #release()} is called, so that a test can look at the application
	 * while events are in flight.
	 */
	public void hold() {
		this.waiting.hold();
	}

	/**
	 * Answer the requests that are held, and hold no more.
	 */
	public void release() {
		this.waiting.release();
	}

	/**
	 * Forget all requests, faults and the latency, release the requests that are held,
	 * and accept the tokens again that were given to the builder.
	 */
	public void reset() {
		this.faults.reset();
		this.journal.clear();
		this.tokens.restore();
		release();
	}

	/**
	 * Accept a token from now on.
	 * @param token the token
	 */
	public void acceptToken(String token) {
		this.tokens.accept(token);
	}

	/**
	 * Answer a token with {@code 401} from now on.
	 * @param token the token
	 */
	public void revokeToken(String token) {
		this.tokens.revoke(token);
	}

	/**
	 * Answer all tokens that were accepted so far with {@code 401} from now on.
	 */
	public void expireTokens() {
		this.tokens.revokeAll();
	}

	/**
	 * Use the time of a scheduler for latency, delays and the expiry of tokens.
	 */
	void useTimeOf(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	/**
	 * Return the ports of clients whose answer is late or held, and what they have asked.
	 */
	Map<Integer, Fault.Endpoint> waitingClients() {
		return this.waiting.clients();
	}

	boolean signsIn() {
		return this.settings.signIn;
	}

	String clientId() {
		return this.settings.clientId;
	}

	String clientSecret() {
		return this.settings.clientSecret;
	}

	@Override
	public void beforeAll(ExtensionContext context) {
		this.shared = true;
		// Closed after all classes: nested classes, subclasses and cached application
		// contexts may use the same server
		context.getRoot().getStore(ExtensionContext.Namespace.create(FakeHopperApi.class)).put(this, this);
		refuseRecorder(context);
	}

	private static void refuseRecorder(ExtensionContext context) {
		if (TestContextAnnotationUtils.hasAnnotation(context.getRequiredTestClass(), AutoConfigureHopperEvents.class)) {
			throw RecordingBeanFactoryPostProcessor.refused("an extension of JUnit");
		}
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		refuseRecorder(context);
		beginTest();
	}

	@Override
	public void afterEach(ExtensionContext context) {
		try {
			endTest();
		}
		finally {
			if (!this.shared) {
				close();
			}
		}
	}

	/**
	 * A test begins.
	 */
	void beginTest() {
		this.journal.beginTest();
		reset();
	}

	/**
	 * A test is over. It fails if it has sent what the API would refuse, unless it
	 * expects that.
	 */
	void endTest() {
		this.journal.endTest();
	}

	/**
	 * Return how many connections are open.
	 * @return the number of connections
	 */
	public int openConnections() {
		return this.server.openConnections();
	}

	boolean isClosed() {
		return this.server.isStopped();
	}

	/**
	 * Stop the server.
	 */
	@Override
	public void close() {
		this.server.stop();
	}

	/**
	 * Builder of {@link FakeHopperApi}.
	 */
	public static final class Builder {

		private int port;

		private String pathPrefix = "/airline/v1.1";

		private final Set<String> tokens = new HashSet<>();

		private final Set<String> forbiddenTokens = new HashSet<>();

		private final Set<String> customEventTypes = new HashSet<>();

		private final Set<String> unknownSessions = new HashSet<>();

		private String clientId = "simulator-client";

		private String clientSecret = "simulator-secret";

		private Duration tokenLifetime = Duration.ofDays(1);

		private boolean signIn;

		private boolean requireSession;

		private boolean keepRequests = true;

		private Consumer<ReceivedRequest> listener = (request) -> {
		};

		private Builder() {
		}

		private Set<String> acceptedTokens(String own) {
			Set<String> accepted = new HashSet<>(this.tokens);
			accepted.add(own);
			return accepted;
		}

		/**
		 * Set the port.
		 * @param port the port, zero (the default) for any that is free
		 * @return this builder
		 */
		public Builder port(int port) {
			this.port = port;
			return this;
		}

		/**
		 * Set the path before {@code /events}.
		 * @param pathPrefix the path, {@code /airline/v1.1} by default
		 * @return this builder
		 */
		public Builder pathPrefix(String pathPrefix) {
			this.pathPrefix = pathPrefix;
			return this;
		}

		/**
		 * Accept a bearer token.
		 * @param token the token
		 * @return this builder
		 */
		public Builder token(String token) {
			this.tokens.add(token);
			return this;
		}

		/**
		 * Know a bearer token that lacks all permissions.
		 * @param token the token
		 * @return this builder
		 */
		public Builder forbiddenToken(String token) {
			this.forbiddenTokens.add(token);
			return this;
		}

		/**
		 * Set the credentials that {@code /auth} and {@code /oauth/token} accept.
		 * @param clientId the id, {@code simulator-client} by default
		 * @param clientSecret the secret, {@code simulator-secret} by default
		 * @return this builder
		 */
		public Builder client(String clientId, String clientSecret) {
			this.clientId = clientId;
			this.clientSecret = clientSecret;
			return this;
		}

		/**
		 * Set whether an application that is connected with this bean signs in with the
		 * {@link #client client's} credentials. If not, it is given a token.
		 * @param signIn whether to sign in
		 * @return this builder
		 */
		public Builder signIn(boolean signIn) {
			this.signIn = signIn;
			return this;
		}

		/**
		 * Set the lifetime of tokens that are issued. Expired tokens are answered with
		 * {@code 401}.
		 * @param tokenLifetime the lifetime, one day by default
		 * @return this builder
		 */
		public Builder tokenLifetime(Duration tokenLifetime) {
			this.tokenLifetime = tokenLifetime;
			return this;
		}

		/**
		 * Accept events of another type, with any attributes.
		 * @param type the type
		 * @return this builder
		 */
		public Builder customEventType(String type) {
			this.customEventTypes.add(type);
			return this;
		}

		/**
		 * Answer events of a session with {@code 404}.
		 * @param sessionId the id of the session
		 * @return this builder
		 */
		public Builder unknownSession(String sessionId) {
			this.unknownSessions.add(sessionId);
			return this;
		}

		/**
		 * Set whether every event needs a session, as the older specification says.
		 * @param requireSession whether a session is always required
		 * @return this builder
		 */
		public Builder requireSession(boolean requireSession) {
			this.requireSession = requireSession;
			return this;
		}

		/**
		 * Set whether requests are kept for {@link FakeHopperApi#requests()}. If not,
		 * only the {@link #onRequest listener} sees them, and any number of them takes no
		 * memory.
		 * @param keepRequests whether requests are kept, {@code true} by default
		 * @return this builder
		 */
		public Builder keepRequests(boolean keepRequests) {
			this.keepRequests = keepRequests;
			return this;
		}

		/**
		 * Set a listener that is called for each request to the API, on an event loop.
		 * What it throws is logged, and changes no answer.
		 * @param listener the listener
		 * @return this builder
		 */
		public Builder onRequest(Consumer<ReceivedRequest> listener) {
			this.listener = listener;
			return this;
		}

		/**
		 * Start the server.
		 * @return the server
		 */
		public FakeHopperApi start() {
			return new FakeHopperApi(this);
		}

	}

}
