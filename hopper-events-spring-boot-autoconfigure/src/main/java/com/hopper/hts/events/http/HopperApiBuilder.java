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
package com.hopper.hts.events.http;

import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.session.HopperSessions;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Builds what calls the API with a {@link WebClient}. The defaults are those of the
 * properties. The auto-configuration uses it for its beans. An application needs it for a
 * second set of them, for example for another airline brand with a token of its own.
 *
 * @since 0.1.0
 */
public final class HopperApiBuilder {

	private final WebClient webClient;

	private final URI baseUrl;

	private RetryPolicy retryPolicy = new RetryPolicy(4, Duration.ofMillis(200), 2, Duration.ofSeconds(5), 0.5,
			Duration.ofSeconds(10), Duration.ofSeconds(30), true, 100);

	private Duration responseTimeout = Duration.ofSeconds(10);

	private Duration shutdownTimeout = Duration.ofSeconds(20);

	private int maxConcurrency = Integer.MAX_VALUE;

	private boolean requireSession;

	private boolean learnSession = true;

	private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

	private @Nullable EventPublishObservationConvention observationConvention;

	private HopperMetrics metrics = HopperMetrics.NONE;

	private Scheduler scheduler = Schedulers.parallel();

	private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

	/**
	 * Create an instance.
	 * @param webClient the client, which signs requests with the bearer token
	 * @param baseUrl the base URL of the API without a slash at its end, to which
	 * {@code /events} is added
	 */
	public HopperApiBuilder(WebClient webClient, URI baseUrl) {
		Assert.notNull(webClient, "'webClient' must not be null");
		Assert.notNull(baseUrl, "'baseUrl' must not be null");
		this.webClient = webClient;
		this.baseUrl = baseUrl;
	}

	/**
	 * Create a connector to the API with Reactor Netty. It makes sure that a request only
	 * gets its own answer, names the proxy in failures of the proxy, and takes hosts for
	 * which {@link URI#getHost()} returns {@code null}, with an underscore for example.
	 * @param factory creates a connector with a client that is customized
	 * @param proxy host and port of the proxy of {@code hopper.client.proxy.*}, or
	 * {@code null} if there is none
	 * @return the connector
	 */
	public static ClientHttpConnector connector(Function<UnaryOperator<HttpClient>, ClientHttpConnector> factory,
			@Nullable String proxy) {
		return new ApiConnector(factory, proxy);
	}

	/**
	 * Set how far failed requests are repeated.
	 * @param maxAttempts the number of requests for one event, including the first
	 * @param timeout the time for one event, with all requests and the waits between them
	 * @param budget how many retries may be unpaid, over all events
	 * @return this builder
	 */
	public HopperApiBuilder retry(int maxAttempts, Duration timeout, int budget) {
		RetryPolicy policy = this.retryPolicy;
		return retryPolicy(new RetryPolicy(maxAttempts, policy.initialInterval(), policy.multiplier(),
				policy.maxInterval(), policy.jitter(), policy.maxRetryAfter(), timeout, policy.onTimeout(), budget));
	}

	/**
	 * Set the waits before retries.
	 * @param initialInterval the wait before the first retry
	 * @param multiplier the factor from one wait to the next
	 * @param maxInterval the longest wait that is not asked for by the API
	 * @param jitter the part of a wait that is random, from 0 to 1
	 * @param maxRetryAfter the longest wait that the API can ask for
	 * @return this builder
	 */
	public HopperApiBuilder backoff(Duration initialInterval, double multiplier, Duration maxInterval, double jitter,
			Duration maxRetryAfter) {
		RetryPolicy policy = this.retryPolicy;
		return retryPolicy(new RetryPolicy(policy.maxAttempts(), initialInterval, multiplier, maxInterval, jitter,
				maxRetryAfter, policy.timeout(), policy.onTimeout(), policy.budget()));
	}

	/**
	 * Set whether to repeat a request that was sent and not answered in time.
	 * @param retryOnTimeout whether to repeat it, as is the default
	 * @return this builder
	 */
	public HopperApiBuilder retryOnTimeout(boolean retryOnTimeout) {
		RetryPolicy policy = this.retryPolicy;
		return retryPolicy(new RetryPolicy(policy.maxAttempts(), policy.initialInterval(), policy.multiplier(),
				policy.maxInterval(), policy.jitter(), policy.maxRetryAfter(), policy.timeout(), retryOnTimeout,
				policy.budget()));
	}

	HopperApiBuilder retryPolicy(RetryPolicy retryPolicy) {
		this.retryPolicy = retryPolicy;
		return this;
	}

	/**
	 * Set the time for one attempt, from connecting to the last byte of the answer.
	 * @param responseTimeout the timeout, ten seconds by default
	 * @return this builder
	 */
	public HopperApiBuilder responseTimeout(Duration responseTimeout) {
		this.responseTimeout = responseTimeout;
		return this;
	}

	/**
	 * Set how many events may be published at a time, those that wait for a connection or
	 * a retry included. One more is refused with {@link HopperApiException.Overloaded},
	 * so that an API that is slow or down takes no more than a certain amount of memory.
	 * @param maxConcurrency the number of events, unlimited by default
	 * @return this builder
	 */
	public HopperApiBuilder maxConcurrency(int maxConcurrency) {
		Assert.isTrue(maxConcurrency > 0, "'maxConcurrency' must be greater than 0");
		this.maxConcurrency = maxConcurrency;
		return this;
	}

	/**
	 * Set how long the end of the application waits for calls.
	 * @param shutdownTimeout the timeout, 20 seconds by default
	 * @return this builder
	 */
	public HopperApiBuilder shutdownTimeout(Duration shutdownTimeout) {
		this.shutdownTimeout = shutdownTimeout;
		return this;
	}

	/**
	 * Set whether events without a session id are refused.
	 * @param requireSession whether every event needs a session id
	 * @return this builder
	 */
	public HopperApiBuilder requireSession(boolean requireSession) {
		this.requireSession = requireSession;
		return this;
	}

	/**
	 * Set whether a session that is created becomes the session of the current context.
	 * @param learnSession whether it does, as is the default
	 * @return this builder
	 */
	public HopperApiBuilder learnSession(boolean learnSession) {
		this.learnSession = learnSession;
		return this;
	}

	/**
	 * Set where calls are observed.
	 * @param observationRegistry the registry
	 * @return this builder
	 */
	public HopperApiBuilder observationRegistry(ObservationRegistry observationRegistry) {
		this.observationRegistry = observationRegistry;
		return this;
	}

	/**
	 * Set how publications are observed.
	 * @param observationConvention the convention, or {@code null} for the default
	 * @return this builder
	 */
	public HopperApiBuilder observationConvention(@Nullable EventPublishObservationConvention observationConvention) {
		this.observationConvention = observationConvention;
		return this;
	}

	/**
	 * Set where publications are counted.
	 * @param metrics the metrics
	 * @return this builder
	 */
	public HopperApiBuilder metrics(HopperMetrics metrics) {
		this.metrics = metrics;
		return this;
	}

	/**
	 * Set what waits and says what time it is.
	 * @param scheduler the scheduler, {@link Schedulers#parallel()} and the time of the
	 * system by default
	 * @return this builder
	 */
	public HopperApiBuilder scheduler(Scheduler scheduler) {
		Assert.notNull(scheduler, "'scheduler' must not be null");
		this.scheduler = scheduler;
		return this;
	}

	HopperApiBuilder random(DoubleSupplier random) {
		this.random = random;
		return this;
	}

	/**
	 * Build a publisher.
	 * @return the publisher
	 */
	public EventPublisher publisher() {
		return new WebClientEventPublisher(client(this.maxConcurrency, Set.of()), uri("/events"), this.requireSession,
				this.observationRegistry, this.observationConvention, this.metrics);
	}

	/**
	 * Build what creates sessions.
	 * @return the sessions
	 */
	public HopperSessions sessions() {
		return new WebClientHopperSessions(client(Integer.MAX_VALUE, EventCodec.PUBLIC_SESSION_FIELDS),
				uri("/sessions"), this.observationRegistry, this.learnSession);
	}

	private ApiClient client(int maxCalls, Set<String> publicFields) {
		return new ApiClient(this.webClient, this.retryPolicy, this.responseTimeout, this.shutdownTimeout, maxCalls,
				publicFields, this.scheduler, this.random);
	}

	private URI uri(String path) {
		return URI.create(this.baseUrl + path);
	}

}
