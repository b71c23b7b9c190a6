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

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.time.SchedulerClock;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import reactor.util.Logger;
import reactor.util.Loggers;
import tools.jackson.databind.JsonNode;

import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * A local stand-in of the Hopper Airline API: a real HTTP server on loopback that checks
 * every request to {@code /events}, {@code /auth} and {@code /sessions} as strictly as
 * the real one, keeps what it received, and fails on demand. It can be told what to do by
 * method calls and by HTTP, below {@code /simulator}. Safe for use by many threads.
 * <p>
 * As a bean, of {@link FakeHopperApiConfiguration} or declared by a test configuration,
 * it is what the auto-configured beans are connected with, whatever the properties say:
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
 * Such a method may stand among those of Testcontainers and be annotated like them with
 * {@code @ServiceConnection}. It works with and without: Spring Boot looks for that
 * annotation on containers only, and this starter looks for the bean. On a field, where
 * Spring Boot insists on a container, leave it out.
 * <p>
 * Without Spring it is an extension of JUnit, in a static field to be shared by all tests
 * of the class, of its nested classes and of its subclasses; it is stopped when all tests
 * are over:
 *
 * <pre class="code">
 * &#064;RegisterExtension
 * static FakeHopperApi hopper = FakeHopperApi.builder().start();
 * </pre>
 *
 * A test that has an application context as well hands {@link #baseUrl()} and
 * {@link #token()} over with {@code @DynamicPropertySource}.
 * <p>
 * In both cases it is {@link #reset() reset} before each test, and each test fails that
 * has sent what the API would refuse, unless it {@link #expectViolations() expects} that.
 * Tests that run in parallel need one each.
 *
 * @since 0.1.0
 */
public final class FakeHopperApi implements AutoCloseable, BeforeAllCallback, BeforeEachCallback, AfterEachCallback {

	private static final Logger logger = Loggers.getLogger(FakeHopperApi.class);

	private static final int MAX_BODY_SIZE = 1024 * 1024;

	/**
	 * How many events or requests a message lists.
	 */
	private static final int MAX_LISTED = 30;

	/**
	 * How many violations, of which one needs several lines.
	 */
	private static final int MAX_VIOLATIONS = 10;

	private static final Duration AWAIT_TIMEOUT = Duration.ofSeconds(5);

	private static final Instant NEVER = Instant.MAX;

	private static final String KNOW_CLIENT = "Announce the client with FakeHopperApi.builder().client(...), or correct "
			+ "hopper.auth.client-id and hopper.auth.client-secret.";

	private final Builder settings;

	private final EventContract contract;

	/**
	 * Tokens that were ever accepted, and until when they are.
	 */
	private final Map<String, Instant> tokens = new ConcurrentHashMap<>();

	private final String token = UUID.randomUUID().toString();

	private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

	/**
	 * Not the event loops that applications share: when one application context is
	 * closed, they stop for all.
	 */
	private final LoopResources eventLoops = LoopResources.create("hopper-fake-api");

	private final DisposableServer server;

	private final Object monitor = new Object();

	private final List<ReceivedRequest> requests = new ArrayList<>();

	private final List<ReceivedEvent> received = new ArrayList<>();

	private final List<ContractViolation> violations = new ArrayList<>();

	private final Map<String, Integer> attempts = new HashMap<>();

	private final EarlierTests earlierTests = new EarlierTests();

	/**
	 * Requests that an earlier test has left.
	 */
	private final Set<ReceivedRequest> left = Collections.newSetFromMap(new IdentityHashMap<>());

	private volatile int test;

	private Instant testBegan = Instant.EPOCH;

	/**
	 * Ports of clients that wait for a late or held answer.
	 */
	private final Set<Integer> waiting = ConcurrentHashMap.newKeySet();

	private final Deque<Script> script = new ArrayDeque<>();

	private final Map<Fault.Endpoint, Fault> outages = new EnumMap<>(Fault.Endpoint.class);

	private double faultProbability;

	private Random random = new Random(0);

	private List<Fault> randomFaults = List.of();

	private Latency latency = Latency.fixed(Duration.ZERO);

	private Sinks.@Nullable One<Boolean> held;

	private int heldRequests;

	private boolean violationsExpected;

	private boolean shared;

	private volatile Scheduler scheduler = Schedulers.parallel();

	private FakeHopperApi(Builder builder) {
		this.settings = builder;
		this.contract = new EventContract(Set.copyOf(builder.customEventTypes), Set.copyOf(builder.unknownSessions),
				builder.requireSession);
		restoreTokens();
		this.server = HttpServer.create()
			.runOn(this.eventLoops)
			.host("127.0.0.1")
			.port(builder.port)
			// Not doOnConnection, which is called with the first request only
			.doOnChannelInit((observer, channel, address) -> this.connections.add(channel))
			.handle(this::handle)
			.bindNow(Duration.ofSeconds(30));
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
		synchronized (this.monitor) {
			return List.copyOf(this.requests);
		}
	}

	/**
	 * Return the events that were accepted in the order of arrival.
	 * @return a copy of the list
	 */
	public List<ReceivedEvent> received() {
		synchronized (this.monitor) {
			return List.copyOf(this.received);
		}
	}

	/**
	 * Wait until events are delivered, for five seconds at the most.
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
		await(this.received::size, count, timeout, "event", " to be delivered", "delivered");
		return received();
	}

	/**
	 * Wait until requests were made, for five seconds at the most, however they ended.
	 * @param count how many at least, since the last {@link #reset() reset}
	 * @return all requests until then
	 * @throws AssertionError if there were fewer; the message lists them
	 */
	public List<ReceivedRequest> awaitRequests(int count) {
		return awaitRequests(count, AWAIT_TIMEOUT);
	}

	List<ReceivedRequest> awaitRequests(int count, Duration timeout) {
		await(this.requests::size, count, timeout, "request", " to be made", "made");
		return requests();
	}

	/**
	 * Wait until requests are {@link #hold() held}, for five seconds at the most.
	 * @param count how many at least
	 * @throws AssertionError if there were fewer; the message lists what was received
	 */
	public void awaitHeld(int count) {
		awaitHeld(count, AWAIT_TIMEOUT);
	}

	void awaitHeld(int count, Duration timeout) {
		await(() -> this.heldRequests, count, timeout, "event", " to be held", "held");
	}

	private void await(IntSupplier actual, int expected, Duration timeout, String what, String expectation,
			String done) {
		if (!this.settings.keepRequests) {
			throw new IllegalStateException("Requests are not kept, so they cannot be awaited");
		}
		long end = System.nanoTime() + timeout.toNanos();
		synchronized (this.monitor) {
			while (actual.getAsInt() < expected) {
				long remaining = end - System.nanoTime();
				if (remaining <= 0) {
					throw new AssertionError("Expected %s%s within %s, but %s %s.%n%s".formatted(
							counted(expected, what), expectation, Descriptions.time(timeout),
							wereCounted(actual.getAsInt(), what), done, describe()));
				}
				try {
					TimeUnit.NANOSECONDS.timedWait(this.monitor, remaining);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
					throw new AssertionError(
							"Interrupted while waiting for %s%s".formatted(counted(expected, what), expectation), ex);
				}
			}
		}
	}

	private static String counted(int count, String what) {
		return count + " " + what + ((count == 1) ? "" : "s");
	}

	private static String wereCounted(int count, String what) {
		return (count == 0) ? "none was" : counted(count, what) + ((count == 1) ? " was" : " were");
	}

	private String describe() {
		StringBuilder text = new StringBuilder();
		list(text, "Delivered",
				this.received.stream().map((event) -> event + leftFromEarlierTest(event.request())).toList());
		list(text, "All requests",
				this.requests.stream().map((request) -> request + leftFromEarlierTest(request)).toList());
		list(text, "What the API would refuse", this.violations);
		if (this.heldRequests > 0) {
			text.append("Held at the moment: ").append(this.heldRequests).append(System.lineSeparator());
		}
		CallersTransaction transaction = CallersTransaction.current();
		if (transaction != CallersTransaction.NONE) {
			text.append("What was stored on this thread may wait for the commit of ")
				.append(transaction.words())
				.append('.')
				.append(System.lineSeparator())
				.append(transaction.advice());
		}
		return text.toString().stripTrailing();
	}

	private String leftFromEarlierTest(ReceivedRequest request) {
		synchronized (this.monitor) {
			return this.left.contains(request) ? EarlierTests.LEFT : "";
		}
	}

	private static void list(StringBuilder text, String title, List<?> elements) {
		if (elements.isEmpty()) {
			text.append(title).append(": none").append(System.lineSeparator());
			return;
		}
		text.append(title).append(':').append(System.lineSeparator());
		int first = Math.max(0, elements.size() - MAX_LISTED);
		if (first > 0) {
			text.append("(the latest ").append(MAX_LISTED).append(')').append(System.lineSeparator());
		}
		for (int i = first; i < elements.size(); i++) {
			text.append(i + 1).append(". ").append(elements.get(i)).append(System.lineSeparator());
		}
	}

	/**
	 * Return the requests that the API would refuse whatever the circumstances: mistakes
	 * of the application, not faults that were ordered.
	 * @return a copy of the list
	 */
	public List<ContractViolation> violations() {
		synchronized (this.monitor) {
			return List.copyOf(this.violations);
		}
	}

	/**
	 * Check that no request was made that the API would refuse. Called after each test by
	 * itself, see the description of this class.
	 * @throws AssertionError if there was one; the message says what to do
	 */
	public void assertNoViolations() {
		List<ContractViolation> found = violations();
		if (!found.isEmpty()) {
			StringBuilder text = new StringBuilder("The Hopper API would refuse %s:"
				.formatted((found.size() == 1) ? "a request of this test" : found.size() + " requests of this test"));
			for (int i = 0; i < Math.min(found.size(), MAX_VIOLATIONS); i++) {
				text.append("%n%n%s. %s%s".formatted(i + 1, found.get(i), leftFromEarlierTest(found.get(i).request())));
			}
			if (found.size() > MAX_VIOLATIONS) {
				text.append("%n%n... and %s more".formatted(found.size() - MAX_VIOLATIONS));
			}
			text.append("%n%nA test that means to do this calls expectViolations().".formatted());
			throw new AssertionError(text.toString());
		}
	}

	/**
	 * Do not fail the running test because of {@link #violations() violations}.
	 */
	public void expectViolations() {
		synchronized (this.monitor) {
			this.violationsExpected = true;
		}
	}

	/**
	 * Let the next requests to the endpoint that the fault is for, normally
	 * {@code /events}, fail. Several calls queue up.
	 * @param count how many requests
	 * @param fault what happens to them
	 */
	public void failNext(int count, Fault fault) {
		if (count < 1) {
			throw new IllegalArgumentException("'count' must be at least 1, but is " + count);
		}
		synchronized (this.monitor) {
			this.script.add(new Script(count, fault));
		}
	}

	/**
	 * Let all requests to the endpoint that the fault is for, normally {@code /events},
	 * fail until {@link #recover()} is called.
	 * @param fault what happens to them
	 */
	public void failAll(Fault fault) {
		synchronized (this.monitor) {
			this.outages.put(fault.endpoint(), fault);
		}
	}

	/**
	 * Let requests to {@code /events} fail at random.
	 * @param probability how likely a request fails, from 0 (off) to 1
	 * @param seed the seed of the random numbers
	 * @param faults what happens to them, each as likely as the other
	 */
	public void failRandomly(double probability, long seed, Fault... faults) {
		if (!(probability >= 0 && probability <= 1)) {
			throw new IllegalArgumentException("'probability' must be between 0 and 1, but is " + probability);
		}
		if (probability > 0 && faults.length == 0) {
			throw new IllegalArgumentException("'faults' must not be empty");
		}
		synchronized (this.monitor) {
			this.faultProbability = probability;
			this.random = new Random(seed);
			this.randomFaults = List.of(faults);
		}
	}

	/**
	 * Forget all faults that were ordered.
	 */
	public void recover() {
		synchronized (this.monitor) {
			this.script.clear();
			this.outages.clear();
			this.faultProbability = 0;
		}
	}

	/**
	 * Take some time for each answer to a request to {@code /events}, besides what faults
	 * take. With {@link HopperTime} it is that time.
	 * @param latency how long
	 */
	public void latency(Latency latency) {
		synchronized (this.monitor) {
			this.latency = latency;
		}
	}

	/**
	 * Hold requests to {@code /events} from now on: nothing is looked at or answered
	 * until {@link #release()} is called, so that a test can look at the application
	 * while events are in flight.
	 */
	public void hold() {
		synchronized (this.monitor) {
			if (this.held == null) {
				this.held = Sinks.one();
			}
		}
	}

	/**
	 * Go on with the requests that are held, and hold no more.
	 */
	public void release() {
		Sinks.One<Boolean> released;
		synchronized (this.monitor) {
			released = this.held;
			this.held = null;
		}
		if (released != null) {
			released.tryEmitValue(true);
		}
	}

	/**
	 * Forget all that was received and ordered: faults, latency, holding, and changes to
	 * tokens that were given.
	 */
	public void reset() {
		synchronized (this.monitor) {
			recover();
			this.latency = Latency.fixed(Duration.ZERO);
			this.requests.clear();
			this.received.clear();
			this.attempts.clear();
			this.left.clear();
			this.violations.clear();
			this.violationsExpected = false;
			restoreTokens();
		}
		release();
	}

	private void restoreTokens() {
		this.tokens.put(this.token, NEVER);
		this.settings.tokens.forEach((given) -> this.tokens.put(given, NEVER));
	}

	/**
	 * Accept a token from now on.
	 * @param token the token
	 */
	public void acceptToken(String token) {
		this.tokens.put(token, NEVER);
	}

	/**
	 * Answer a token with {@code 401} from now on.
	 * @param token the token
	 */
	public void revokeToken(String token) {
		this.tokens.put(token, Instant.MIN);
	}

	/**
	 * Answer all tokens that were given or issued so far with {@code 401} from now on.
	 */
	public void expireTokens() {
		this.tokens.replaceAll((token, expiry) -> Instant.MIN);
	}

	/**
	 * Wait and issue tokens by the time of a scheduler.
	 */
	void useTimeOf(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	/**
	 * Return the ports of clients whose answer is late or held.
	 */
	Set<Integer> waitingClients() {
		return this.waiting;
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
		// Not until this class is over: nested classes, subclasses and cached application
		// contexts may use the same
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
		synchronized (this.monitor) {
			this.test++;
			this.testBegan = now();
		}
		reset();
	}

	/**
	 * A test is over.
	 */
	void endTest() {
		synchronized (this.monitor) {
			this.earlierTests.add(this.testBegan, now());
		}
		verify();
	}

	private Instant now() {
		return SchedulerClock.of(this.scheduler).instant();
	}

	/**
	 * Fail the test that has sent what the API would refuse, unless it expects that.
	 */
	void verify() {
		boolean expected;
		synchronized (this.monitor) {
			expected = this.violationsExpected;
		}
		if (!expected) {
			assertNoViolations();
		}
	}

	/**
	 * Return how many connections are open.
	 * @return the number of connections
	 */
	public int openConnections() {
		return this.connections.size();
	}

	boolean isClosed() {
		return this.server.isDisposed();
	}

	/**
	 * Stop the server.
	 */
	@Override
	public void close() {
		this.server.disposeNow(Duration.ofSeconds(5));
		this.connections.close().awaitUninterruptibly(5_000);
		this.eventLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).subscribe();
	}

	private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		return body(request).flatMap((body) -> {
			String path = path(request.uri());
			if (path.startsWith("/simulator/")) {
				return control(request.method().name(), path, body, response);
			}
			return api(request, response, path, body);
		});
	}

	/**
	 * Return the path as it was sent: nothing is decoded, and nothing can be malformed.
	 * @param uri the target of the request, a path or (from a client that believes to
	 * talk to a proxy) a complete URL
	 * @return the path without the query
	 */
	private static String path(String uri) {
		int start = uri.startsWith("http://") ? uri.indexOf('/', "http://".length()) : 0;
		int query = uri.indexOf('?');
		String path = (query >= 0) ? uri.substring(0, query) : uri;
		return (start >= 0 && start <= path.length()) ? path.substring(start) : "/";
	}

	private Mono<Body> body(HttpServerRequest request) {
		// Read to the end even if it is too long, so that the answer is not lost in a
		// reset
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		int[] size = new int[1];
		int test = this.test;
		return request.receive().doOnNext((buffer) -> {
			size[0] += buffer.readableBytes();
			if (size[0] <= MAX_BODY_SIZE) {
				byte[] bytes = new byte[buffer.readableBytes()];
				buffer.getBytes(buffer.readerIndex(), bytes);
				content.writeBytes(bytes);
			}
		})
			.then(Mono.fromSupplier(() -> new Body(content.toString(StandardCharsets.UTF_8),
					isUtf8(content.toByteArray()), size[0] > MAX_BODY_SIZE, test)));
	}

	private static boolean isUtf8(byte[] bytes) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
			return true;
		}
		catch (CharacterCodingException ex) {
			return false;
		}
	}

	private Mono<Void> api(HttpServerRequest request, HttpServerResponse response, String path, Body body) {
		Fault.Endpoint endpoint = endpoint(path);
		if (endpoint == null || !request.method().name().equals("POST")) {
			return Mono.defer(() -> answer(request, response, path, body, null));
		}
		Fault fault;
		Duration delay;
		Sinks.One<Boolean> hold;
		synchronized (this.monitor) {
			fault = nextFault(endpoint);
			boolean events = (endpoint == Fault.Endpoint.EVENTS);
			delay = (events ? this.latency.next() : Duration.ZERO)
				.plus((fault != null) ? fault.delay() : Duration.ZERO);
			hold = events ? this.held : null;
		}
		Mono<Void> answer = Mono.defer(() -> answer(request, response, path, body, fault));
		if (hold == null && delay.isZero()) {
			return answer;
		}
		Mono<?> released = (hold != null) ? held(hold) : Mono.empty();
		Mono<?> delayed = delay.isZero() ? Mono.empty() : Mono.delay(delay, this.scheduler);
		InetSocketAddress address = request.remoteAddress();
		int client = (address != null) ? address.getPort() : 0;
		// Counted as waiting last: as soon as it is, time may pass
		return Mono.when(released.then(delayed), Mono.fromRunnable(() -> this.waiting.add(client)))
			// A client that does not wait takes its event with it, but it was here
			.doOnCancel(() -> record(request, path, body, 0, null))
			.doFinally((signal) -> this.waiting.remove(client))
			.then(answer);
	}

	private Mono<Boolean> held(Sinks.One<Boolean> hold) {
		return hold.asMono().doOnSubscribe((subscription) -> countHeld(1)).doFinally((signal) -> countHeld(-1));
	}

	private void countHeld(int change) {
		synchronized (this.monitor) {
			this.heldRequests += change;
			this.monitor.notifyAll();
		}
	}

	private Fault.@Nullable Endpoint endpoint(String path) {
		if (path.equals(this.settings.pathPrefix + "/events")) {
			return Fault.Endpoint.EVENTS;
		}
		if (path.equals(this.settings.pathPrefix + "/sessions")) {
			return Fault.Endpoint.SESSIONS;
		}
		return (path.equals(this.settings.pathPrefix + "/auth") || path.equals("/oauth/token")) ? Fault.Endpoint.SIGN_IN
				: null;
	}

	private @Nullable Fault nextFault(Fault.Endpoint endpoint) {
		synchronized (this.monitor) {
			for (Iterator<Script> scripts = this.script.iterator(); scripts.hasNext();) {
				Script next = scripts.next();
				if (next.fault.endpoint() == endpoint) {
					if (--next.remaining == 0) {
						scripts.remove();
					}
					return next.fault;
				}
			}
			Fault fault = this.outages.get(endpoint);
			if (fault == null && endpoint == Fault.Endpoint.EVENTS && this.faultProbability > 0
					&& this.random.nextDouble() < this.faultProbability) {
				fault = this.randomFaults.get(this.random.nextInt(this.randomFaults.size()));
			}
			return fault;
		}
	}

	private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, String path, Body body,
			@Nullable Fault fault) {
		if (fault != null && fault.resets() == Fault.Reset.BEFORE_ACCEPTING) {
			record(request, path, body, 0, null);
			return reset(response);
		}
		if (fault != null && fault.status() != 0) {
			record(request, path, body, fault.status(), null);
			if (fault.status() / 100 == 2) {
				addCaching(response);
			}
			return send(response, fault.status(), faultBody(fault.status(), path), fault.retryAfter());
		}
		try {
			Answer answer = process(request, path, body);
			if (fault != null && fault.resets() != Fault.Reset.NEVER) {
				record(request, path, body, 0, answer.eventType());
				return (fault.resets() == Fault.Reset.WITHIN_ANSWER) ? sendHalf(response) : reset(response);
			}
			record(request, path, body, answer.status(), answer.eventType());
			addCaching(response);
			return send(response, answer.status(), answer.body(), null);
		}
		catch (Refusal refusal) {
			ReceivedRequest received = record(request, path, body, refusal.status(), null);
			ContractViolation violation = refusal.violation(received);
			if (violation != null) {
				logger.warn("The Hopper API would refuse a request: " + violation);
				synchronized (this.monitor) {
					if (this.settings.keepRequests) {
						this.violations.add(violation);
					}
				}
			}
			return send(response, refusal.status(), refusal.body(), null);
		}
	}

	private static void addCaching(HttpServerResponse response) {
		response.header("Expires", "0").header("Cache-Control", "no-cache, no-store, must-revalidate");
	}

	/**
	 * Return what the API promises to say with a status.
	 */
	private static String faultBody(int status, String path) {
		if (path.equals("/oauth/token")) {
			return (status == 400) ? Json.write(Map.of("error", "invalid_request")) : "";
		}
		return switch (status) {
			case 400 -> Refusal.malformed(null, "A syntactic error that the test has ordered").body();
			case 422 -> Refusal.senseless(null, "A semantic error that the test has ordered").body();
			default -> "";
		};
	}

	private Answer process(HttpServerRequest request, String path, Body body) {
		if (path.equals("/oauth/token") && request.method().name().equals("POST")) {
			return signInAtIdentityProvider(request, body.text());
		}
		String endpoint = path.startsWith(this.settings.pathPrefix + "/")
				? path.substring(this.settings.pathPrefix.length()) : "";
		if (!endpoint.equals("/events") && !endpoint.equals("/sessions") && !endpoint.equals("/auth")) {
			throw Refusal.of(404, "path", "There is nothing at " + path,
					"Check hopper.base-url, which should be " + baseUrl() + ".");
		}
		if (!request.method().name().equals("POST")) {
			throw Refusal.of(405, "method", "There is only POST", "Use POST.");
		}
		if (!endpoint.equals("/auth")) {
			checkToken(request.requestHeaders().getAll("Authorization"));
		}
		if (body.tooLong()) {
			throw Refusal.of(413, "body", "The body is longer than %s bytes".formatted(MAX_BODY_SIZE),
					"Send less with the event.");
		}
		checkMediaTypes(request);
		if (!body.utf8()) {
			throw Refusal.malformed(null, "The body is not valid UTF-8");
		}
		return switch (endpoint) {
			case "/events" ->
				new Answer(204, "", this.contract.check(body.text(), request.requestHeaders().getAll("HC-Session-ID")));
			case "/sessions" -> new Answer(201, Json.write(Map.of("id", SessionContract.check(body.text()))), null);
			default -> signIn(body.text());
		};
	}

	private void checkToken(List<String> authorization) {
		String token = (authorization.size() == 1 && authorization.get(0).startsWith("Bearer "))
				? authorization.get(0).substring(7) : "";
		if (this.settings.forbiddenTokens.contains(token)) {
			throw Refusal.arranged(403);
		}
		Instant expiry = this.tokens.get(token);
		if (expiry == null) {
			throw Refusal.of(401, "header Authorization",
					token.isEmpty() ? "There is no bearer token" : "The bearer token is not known",
					"Let the application sign in as a client of the fake API, or announce the token with "
							+ "FakeHopperApi.builder().token(...).");
		}
		if (!SchedulerClock.of(this.scheduler).instant().isBefore(expiry)) {
			throw Refusal.arranged(401);
		}
	}

	private static void checkMediaTypes(HttpServerRequest request) {
		List<String> contentType = request.requestHeaders().getAll("Content-Type");
		if (contentType.size() != 1 || !contentType.get(0)
			.toLowerCase(Locale.ROOT)
			.matches("application/json( *; *charset *= *\"?utf-8\"?)?")) {
			throw Refusal.malformed("Content-Type", "The header Content-Type must be application/json");
		}
		if (!allowsJson(request.requestHeaders().getAll("Accept"))) {
			throw Refusal.malformed("Accept", "The header Accept must allow application/json");
		}
	}

	private static boolean allowsJson(List<String> accept) {
		if (accept.isEmpty()) {
			return true;
		}
		// Of the ranges that match, the most specific one decides
		Map<String, Boolean> allowed = new HashMap<>();
		for (String range : String.join(",", accept)
			.toLowerCase(Locale.ROOT)
			.replaceAll("\"[^\"]*\"|\\s", "")
			.split(",", -1)) {
			int parameters = range.indexOf(';');
			String type = (parameters >= 0) ? range.substring(0, parameters) : range;
			allowed.merge(type, !range.matches(".*;q=0(\\.0*)?(;.*)?"), Boolean::logicalOr);
		}
		for (String type : List.of("application/json", "application/*")) {
			Boolean decision = allowed.get(type);
			if (decision != null) {
				return decision;
			}
		}
		return allowed.getOrDefault("*/*", false);
	}

	private Answer signIn(String body) {
		JsonNode credentials = Json.readObject(body);
		Json.refuseUnknown(credentials, Set.of("client_id", "client_secret"));
		String clientId = Json.requireString(credentials, "client_id");
		String clientSecret = Json.requireString(credentials, "client_secret");
		if (!clientId.equals(this.settings.clientId) || !clientSecret.equals(this.settings.clientSecret)) {
			throw Refusal.of(401, "client_id and client_secret", "The credentials are not known", KNOW_CLIENT);
		}
		return new Answer(201, Json.write(issueToken()), null);
	}

	/**
	 * The identity provider of the stand-in: OAuth 2 client credentials.
	 */
	private Answer signInAtIdentityProvider(HttpServerRequest request, String body) {
		if (!request.requestHeaders()
			.get("Content-Type", "")
			.toLowerCase(Locale.ROOT)
			.startsWith("application/x-www-form-urlencoded")) {
			throw oauthError(400, "invalid_request", "header Content-Type", "The request is not a form",
					"Send application/x-www-form-urlencoded.");
		}
		Map<String, List<String>> form = new QueryStringDecoder(body, false).parameters();
		String clientId = form.getOrDefault("client_id", List.of("")).get(0);
		String clientSecret = form.getOrDefault("client_secret", List.of("")).get(0);
		String basic = request.requestHeaders().get("Authorization", "");
		if (basic.startsWith("Basic ")) {
			try {
				String[] credentials = new String(Base64.getDecoder().decode(basic.substring(6)),
						StandardCharsets.UTF_8)
					.split(":", 2);
				clientId = URLDecoder.decode(credentials[0], StandardCharsets.UTF_8);
				clientSecret = URLDecoder.decode((credentials.length > 1) ? credentials[1] : "",
						StandardCharsets.UTF_8);
			}
			catch (IllegalArgumentException ex) {
				throw oauthError(401, "invalid_client", "header Authorization", "The credentials are not Base64",
						KNOW_CLIENT);
			}
		}
		if (!List.of("client_credentials").equals(form.get("grant_type")) || !form.containsKey("audience")) {
			throw oauthError(400, "invalid_request", "grant_type and audience",
					"The request must have an audience and ask for client_credentials", "Set hopper.auth.audience.");
		}
		if (!clientId.equals(this.settings.clientId) || !clientSecret.equals(this.settings.clientSecret)) {
			throw oauthError(401, "access_denied", "client_id and client_secret", "The credentials are not known",
					KNOW_CLIENT);
		}
		return new Answer(200, Json.write(issueToken()), null);
	}

	private static Refusal oauthError(int status, String error, String subject, String message, String fix) {
		return Refusal.withBody(status,
				Json.write(Map.of("error", error, "error_description", "The request was refused")), subject, message,
				fix);
	}

	private Map<String, Object> issueToken() {
		String token = UUID.randomUUID().toString();
		this.tokens.put(token, SchedulerClock.of(this.scheduler).instant().plus(this.settings.tokenLifetime));
		Map<String, Object> answer = new LinkedHashMap<>();
		answer.put("access_token", token);
		answer.put("scope", "");
		answer.put("expires_in", this.settings.tokenLifetime.toSeconds());
		answer.put("token_type", "Bearer");
		return answer;
	}

	private ReceivedRequest record(HttpServerRequest request, String path, Body body, int status,
			@Nullable String eventType) {
		Map<String, List<String>> headers = new LinkedHashMap<>();
		request.requestHeaders()
			.forEach((header) -> headers
				.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), (name) -> new ArrayList<>())
				.add(header.getValue()));
		ReceivedRequest received = new ReceivedRequest(request.method().name(), path, headers, body.text(), status,
				eventType);
		synchronized (this.monitor) {
			if (this.settings.keepRequests) {
				keep(received, body.test());
			}
		}
		try {
			this.settings.listener.accept(received);
		}
		catch (RuntimeException ex) {
			logger.warn("The listener failed for " + received, ex);
		}
		return received;
	}

	private void keep(ReceivedRequest request, int test) {
		this.requests.add(request);
		if (test != this.test) {
			this.left.add(request);
		}
		String sessionId = request.header("HC-Session-ID");
		int attempt = this.attempts.merge(sessionId + "\n" + request.body(), 1, Integer::sum);
		if (request.accepted()) {
			HopperEvent event = EventCodec.decode(request.body().getBytes(StandardCharsets.UTF_8));
			this.received.add(new ReceivedEvent(event, sessionId, attempt, request));
			if (this.earlierTests.include(event.occurredAt(), this.testBegan)) {
				this.left.add(request);
			}
		}
		this.monitor.notifyAll();
	}

	private Mono<Void> control(String method, String path, Body body, HttpServerResponse response) {
		try {
			switch (method + " " + path) {
				case "GET /simulator/events" -> {
					return send(response, 200, Json.write(received().stream().map(FakeHopperApi::describe).toList()),
							null);
				}
				case "GET /simulator/events/count" -> {
					return send(response, 200,
							Json.write(Map.of("accepted", received().size(), "requests", requests().size())), null);
				}
				case "DELETE /simulator/events" -> reset();
				case "POST /simulator/faults" -> {
					FaultRequest fault = FaultRequest.parse(body.text());
					failNext(fault.count(), fault.fault());
				}
				case "DELETE /simulator/faults" -> recover();
				default -> throw Refusal.arranged(404);
			}
			return send(response, 204, "", null);
		}
		catch (Refusal refusal) {
			return send(response, refusal.status(), refusal.body(), null);
		}
	}

	private static Map<String, Object> describe(ReceivedEvent event) {
		Map<String, Object> description = new LinkedHashMap<>();
		description.put("type", event.event().type());
		if (event.sessionId() != null) {
			description.put("session_id", event.sessionId());
		}
		description.put("body", Json.readObject(event.request().body()));
		return description;
	}

	private static Mono<Void> send(HttpServerResponse response, int status, String body, @Nullable String retryAfter) {
		response.status(HttpResponseStatus.valueOf(status));
		if (retryAfter != null) {
			response.header("Retry-After", retryAfter);
		}
		if (body.isEmpty()) {
			return (status == 204) ? response.send() : response.header("Content-Length", "0").send();
		}
		return response.header("Content-Type", "application/json").sendString(Mono.just(body)).then();
	}

	/**
	 * Promise more than is sent: of an answer without a body there is no half, but a part
	 * of its head.
	 */
	private static Mono<Void> sendHalf(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			// Past the encoder, which would complete the head
			channel.pipeline()
				.firstContext()
				.writeAndFlush(Unpooled.copiedBuffer("HTTP/1.1 204 No Content\r\nExpires: 0\r\nCache-C",
						StandardCharsets.US_ASCII))
				.addListener((written) -> channel.close().addListener((closed) -> sink.success()));
		}));
	}

	private static Mono<Void> reset(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			channel.config().setOption(ChannelOption.SO_LINGER, 0);
			channel.close().addListener((future) -> sink.success());
		}));
	}

	/**
	 * A fault for a number of requests.
	 */
	private static final class Script {

		private int remaining;

		private final Fault fault;

		Script(int count, Fault fault) {
			this.remaining = count;
			this.fault = fault;
		}

	}

	/**
	 * The body of a request.
	 *
	 * @param test the number of the test in which it arrived
	 */
	private record Body(String text, boolean utf8, boolean tooLong, int test) {

	}

	private record Answer(int status, String body, @Nullable String eventType) {

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
		 * Set whether an application that is connected with this bean signs in with these
		 * client credentials. Without, it is given a token.
		 * @param signIn whether to sign in
		 * @return this builder
		 */
		public Builder signIn(boolean signIn) {
			this.signIn = signIn;
			return this;
		}

		/**
		 * Set the lifetime of tokens that are issued, after which they are answered with
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
		 * Set whether every event needs a session, as with the older specification.
		 * @param requireSession whether a session is always required
		 * @return this builder
		 */
		public Builder requireSession(boolean requireSession) {
			this.requireSession = requireSession;
			return this;
		}

		/**
		 * Set whether requests are kept for {@link FakeHopperApi#requests()}. Without,
		 * they are seen by the {@link #onRequest listener} only and any number of them
		 * takes no memory.
		 * @param keepRequests whether requests are kept, {@code true} by default
		 * @return this builder
		 */
		public Builder keepRequests(boolean keepRequests) {
			this.keepRequests = keepRequests;
			return this;
		}

		/**
		 * Set who hears of each request to the API. It is called on an event loop.
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
