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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.observation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.observation.EventPublishObservationContext;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link EventPublisher} on top of a {@link WebClient}. Auto-configured; the builder is
 * for applications that need a second one, for example for another airline brand with a
 * token of its own.
 *
 * @since 0.1.0
 */
public class WebClientEventPublisher implements EventPublisher, Lifecycle, Phased {

	private static final EventPublishObservationConvention DEFAULT_CONVENTION = new DefaultEventPublishObservationConvention();

	private static final String NO_TYPE = "none";

	private final ApiClient client;

	private final URI uri;

	private final Duration shutdownTimeout;

	private volatile boolean running = true;

	private final EventCodec codec;

	private final ObservationRegistry observationRegistry;

	private final @Nullable EventPublishObservationConvention observationConvention;

	private final HopperMetrics metrics;

	WebClientEventPublisher(Builder builder) {
		this.client = new ApiClient(builder.webClient, builder.retryPolicy, builder.responseTimeout,
				builder.maxConcurrency, Set.of(), builder.scheduler, builder.random);
		this.uri = builder.uri;
		this.shutdownTimeout = builder.shutdownTimeout;
		this.codec = new EventCodec(builder.requireSession);
		this.observationRegistry = builder.observationRegistry;
		this.observationConvention = builder.observationConvention;
		this.metrics = builder.metrics;
	}

	/**
	 * Create a builder.
	 * @param webClient the client, which signs requests with the bearer token
	 * @param baseUrl the base URL of the API, to which {@code /events} is added
	 * @param retryPolicy when a failed attempt is followed by another
	 * @return the builder
	 */
	public static Builder builder(WebClient webClient, URI baseUrl, RetryPolicy retryPolicy) {
		return new Builder(webClient, baseUrl, retryPolicy);
	}

	/**
	 * Return what makes one attempt for each event and does not limit how many are sent
	 * at a time.
	 */
	EventSender sender() {
		ApiClient once = this.client.withoutRetries();
		return (event) -> ApiCall.mono(() -> new Publication(this, once, event.type(), event.sessionId(), () -> event));
	}

	@Override
	public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
		return publish(event, sessionId, () -> this.codec.prepare(sessionId, event));
	}

	@Override
	public Mono<EventReceipt> publish(BookingConfirmed event) {
		return publish(event, null, () -> this.codec.prepare(event));
	}

	@SuppressWarnings("NullAway") // Callers without null checks get a clear error
	private Mono<EventReceipt> publish(HopperEvent event, @Nullable String sessionId,
			Supplier<PreparedEvent> preparation) {
		String type = (event != null && event.type() != null) ? event.type() : NO_TYPE;
		return ApiCall.mono(() -> new Publication(this, this.client, type, sessionId, preparation));
	}

	@Override
	public Flux<EventResult> publishAll(Publisher<SessionEvent> events, int concurrency) {
		return EventPublisher.super.publishAll(events, Math.min(concurrency, this.client.maxCalls));
	}

	/**
	 * Take calls again.
	 */
	@Override
	public void start() {
		this.client.start();
		this.running = true;
	}

	/**
	 * Take no more calls, begin no further attempts, and wait for those that were begun.
	 */
	@Override
	public void stop() {
		this.running = false;
		this.client.stop(this.shutdownTimeout);
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/**
	 * After what may call, and before the connections.
	 */
	@Override
	public int getPhase() {
		return 2;
	}

	/**
	 * One publication of one event.
	 */
	private static final class Publication extends ApiCall<EventReceipt> {

		private final WebClientEventPublisher publisher;

		private final String eventType;

		private final @Nullable String sessionId;

		private final Supplier<PreparedEvent> preparation;

		Publication(WebClientEventPublisher publisher, ApiClient client, String eventType, @Nullable String sessionId,
				Supplier<PreparedEvent> preparation) {
			super(client, publisher.uri);
			this.publisher = publisher;
			this.eventType = eventType;
			this.sessionId = sessionId;
			this.preparation = preparation;
		}

		@Override
		String subject() {
			return EventCodec.subject(eventType());
		}

		@Override
		String failed() {
			return "was not delivered";
		}

		@Override
		String unknown() {
			return "The event may have been counted although this was not confirmed.";
		}

		@Override
		@Nullable String eventType() {
			return this.eventType.equals(NO_TYPE) ? null : this.eventType;
		}

		@Override
		@Nullable String sessionId() {
			return this.sessionId;
		}

		@Override
		byte[] prepare() {
			return this.preparation.get().body();
		}

		@Override
		@Nullable Mono<EventReceipt> success(ClientResponse response, long answered) {
			if (response.statusCode().value() != 204) {
				return null;
			}
			Map<String, List<String>> headers = new LinkedHashMap<>();
			response.headers().asHttpHeaders().forEach(headers::put);
			// A 204 has no body to be read
			return Mono.just(new EventReceipt(this.eventType, EventReceipt.Outcome.DELIVERED, headers, attempts(),
					elapsed(answered)));
		}

		@Override
		Observation observation() {
			return HopperObservationDocumentation.EVENT_PUBLISH.observation(this.publisher.observationConvention,
					DEFAULT_CONVENTION, () -> new EventPublishObservationContext(this.eventType),
					this.publisher.observationRegistry);
		}

		@Override
		void observe(Observation observation, EventReceipt receipt) {
			((EventPublishObservationContext) observation.getContext()).setReceipt(receipt);
		}

		@Override
		void started() {
			this.publisher.metrics.started();
		}

		@Override
		void retrying(String reason) {
			this.publisher.metrics.retrying(this.eventType, reason);
		}

		@Override
		void deliveryUnknown() {
			this.publisher.metrics.deliveryUnknown(this.eventType);
		}

		@Override
		void finished(@Nullable EventReceipt receipt, @Nullable HopperApiException exception) {
			this.publisher.metrics.finished(this.eventType, attempts(), receipt, exception);
		}

	}

	/**
	 * Builder of {@link WebClientEventPublisher}.
	 */
	public static final class Builder {

		private final WebClient webClient;

		private final URI uri;

		private final RetryPolicy retryPolicy;

		private Duration responseTimeout = Duration.ofSeconds(10);

		private int maxConcurrency = Integer.MAX_VALUE;

		private Duration shutdownTimeout = Duration.ofSeconds(20);

		private boolean requireSession;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private @Nullable EventPublishObservationConvention observationConvention;

		private HopperMetrics metrics = HopperMetrics.NONE;

		private Scheduler scheduler = Schedulers.parallel();

		private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

		private Builder(WebClient webClient, URI baseUrl, RetryPolicy retryPolicy) {
			Assert.notNull(webClient, "'webClient' must not be null");
			Assert.notNull(baseUrl, "'baseUrl' must not be null");
			Assert.notNull(retryPolicy, "'retryPolicy' must not be null");
			this.webClient = webClient;
			String base = baseUrl.toString();
			this.uri = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/events");
			this.retryPolicy = retryPolicy;
		}

		/**
		 * Set the time for one attempt, from connecting to the last byte of the answer.
		 * @param responseTimeout the timeout, ten seconds by default
		 * @return this builder
		 */
		public Builder responseTimeout(Duration responseTimeout) {
			this.responseTimeout = responseTimeout;
			return this;
		}

		/**
		 * Set how many events may be published at a time, those that wait for a
		 * connection or a retry included. One more is refused with
		 * {@link HopperApiException.Overloaded}, so that an API that is slow or down
		 * takes no more than a certain amount of memory.
		 * @param maxConcurrency the number of events, unlimited by default
		 * @return this builder
		 */
		public Builder maxConcurrency(int maxConcurrency) {
			Assert.isTrue(maxConcurrency > 0, "'maxConcurrency' must be greater than 0");
			this.maxConcurrency = maxConcurrency;
			return this;
		}

		/**
		 * Set how long the end of the application waits for publications.
		 * @param shutdownTimeout the timeout, 20 seconds by default
		 * @return this builder
		 */
		public Builder shutdownTimeout(Duration shutdownTimeout) {
			this.shutdownTimeout = shutdownTimeout;
			return this;
		}

		/**
		 * Set whether events without a session id are refused.
		 * @param requireSession whether every event needs a session id
		 * @return this builder
		 */
		public Builder requireSession(boolean requireSession) {
			this.requireSession = requireSession;
			return this;
		}

		/**
		 * Set where publications are observed.
		 * @param observationRegistry the registry
		 * @param observationConvention the convention, or {@code null} for the default
		 * @return this builder
		 */
		public Builder observation(ObservationRegistry observationRegistry,
				@Nullable EventPublishObservationConvention observationConvention) {
			this.observationRegistry = observationRegistry;
			this.observationConvention = observationConvention;
			return this;
		}

		/**
		 * Set where publications are counted.
		 * @param metrics the metrics
		 * @return this builder
		 */
		public Builder metrics(HopperMetrics metrics) {
			this.metrics = metrics;
			return this;
		}

		/**
		 * Set what waits and says what time it is. It is for tests, which turn the time
		 * of a scheduler of their own.
		 * @param scheduler the scheduler, {@link Schedulers#parallel()} and the time of
		 * the system by default
		 * @return this builder
		 */
		public Builder scheduler(Scheduler scheduler) {
			Assert.notNull(scheduler, "'scheduler' must not be null");
			this.scheduler = scheduler;
			return this;
		}

		Builder random(DoubleSupplier random) {
			this.random = random;
			return this;
		}

		/**
		 * Build the publisher.
		 * @return the publisher
		 */
		public WebClientEventPublisher build() {
			return new WebClientEventPublisher(this);
		}

	}

}
