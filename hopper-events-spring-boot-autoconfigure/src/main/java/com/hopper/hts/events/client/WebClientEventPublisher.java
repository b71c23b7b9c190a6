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
package com.hopper.hts.events.client;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.observation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishMetrics;
import com.hopper.hts.events.observation.EventPublishObservationContext;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishObservationDocumentation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;
import reactor.util.retry.Retry;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link EventPublisher} on top of a {@link WebClient}. Auto-configured; the builder is
 * for applications that need a second one, for example for another airline brand with a
 * token of its own.
 *
 * @since 0.1.0
 */
public final class WebClientEventPublisher implements EventPublisher {

	private static final Log logger = LogFactory.getLog(WebClientEventPublisher.class);

	private static final EventPublishObservationConvention DEFAULT_CONVENTION = new DefaultEventPublishObservationConvention();

	private static final String NO_TYPE = "none";

	private final WebClient webClient;

	private final URI uri;

	private final EventValidator validator;

	private final RetryPolicy retryPolicy;

	private final RetryBudget retryBudget;

	private final Duration responseTimeout;

	private final ObservationRegistry observationRegistry;

	private final @Nullable EventPublishObservationConvention observationConvention;

	private final EventPublishMetrics metrics;

	private final Scheduler scheduler;

	private final DoubleSupplier random;

	private final ResponseDecoder decoder;

	/**
	 * Whether the API, or something at its address, has ever answered.
	 */
	private final AtomicBoolean reached = new AtomicBoolean();

	private WebClientEventPublisher(Builder builder) {
		this.webClient = builder.webClient;
		this.uri = builder.uri;
		this.validator = new EventValidator(builder.requireSession);
		this.retryPolicy = builder.retryPolicy;
		this.retryBudget = new RetryBudget(builder.retryPolicy.budget());
		this.responseTimeout = builder.responseTimeout;
		this.observationRegistry = builder.observationRegistry;
		this.observationConvention = builder.observationConvention;
		this.metrics = new GuardedMetrics(builder.metrics);
		this.scheduler = builder.scheduler;
		this.random = builder.random;
		this.decoder = new ResponseDecoder(builder.clock, builder.scheduler);
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

	@Override
	public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
		return Mono.deferContextual((context) -> new Publication(this, sessionId, true, event).run(context));
	}

	@Override
	public Mono<EventReceipt> publish(BookingConfirmed event) {
		return Mono.deferContextual((context) -> new Publication(this, null, false, event).run(context));
	}

	/**
	 * One publication of one event: the state of a single subscription.
	 */
	private static final class Publication {

		private final WebClientEventPublisher publisher;

		private final long start;

		private final @Nullable String sessionId;

		private final boolean sessionGiven;

		private final HopperEvent event;

		private final String eventType;

		private final AtomicBoolean finished = new AtomicBoolean();

		private final AtomicInteger attempts = new AtomicInteger();

		private volatile boolean awaitingAnswer;

		private volatile boolean deliveryUnknown;

		private volatile @Nullable String stopReason;

		@SuppressWarnings("NullAway") // Callers without null checks get a clear error
		Publication(WebClientEventPublisher publisher, @Nullable String sessionId, boolean sessionGiven,
				HopperEvent event) {
			this.publisher = publisher;
			this.start = publisher.now();
			this.sessionId = sessionId;
			this.sessionGiven = sessionGiven;
			this.event = event;
			this.eventType = (event != null) ? event.type() : NO_TYPE;
		}

		Mono<EventReceipt> run(ContextView context) {
			this.publisher.metrics.started();
			Observation observation = this.publisher.observationRegistry.isNoop() ? null : observe(context);
			return (observation != null)
					? send(observation)
						.contextWrite((downstream) -> downstream.put(ObservationThreadLocalAccessor.KEY, observation))
					: send(null);
		}

		private @Nullable Observation observe(ContextView context) {
			try {
				EventPublishObservationContext observationContext = new EventPublishObservationContext(this.eventType);
				Observation observation = EventPublishObservationDocumentation.EVENT_PUBLISH.observation(
						this.publisher.observationConvention, DEFAULT_CONVENTION, () -> observationContext,
						this.publisher.observationRegistry);
				Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
				if (parent != null) {
					observation.parentObservation(parent);
				}
				return observation.start();
			}
			catch (RuntimeException ex) {
				// An event is worth more than its telemetry
				logger.debug("An event could not be observed", ex);
				return null;
			}
		}

		private Mono<EventReceipt> send(@Nullable Observation observation) {
			byte[] body;
			try {
				body = prepare();
			}
			catch (RuntimeException ex) {
				String problem = (ex instanceof InvalidEventDataException) ? ex.getMessage()
						: "cannot be written as JSON (%s)".formatted(ex.getClass().getSimpleName());
				HopperApiException.InvalidEvent exception = new HopperApiException.InvalidEvent(
						HopperApiException.Details
							.of("The %s %s. Nothing was sent.".formatted(describeEvent(), problem))
							.withEventType(this.eventType.equals(NO_TYPE) ? null : this.eventType)
							.withSessionId(this.sessionId));
				finish(observation, null, exception);
				return Mono.error(exception);
			}
			// The outcome is recorded before the caller hears of it, so that whoever
			// reads
			// the metrics afterwards finds it there
			return Mono.defer(() -> attempt(body))
				.retryWhen(Retry.from((signals) -> signals.concatMap(this::waitOrGiveUp)))
				.map(this::receipt)
				.onErrorMap(this::exception)
				.doOnSuccess((receipt) -> finish(observation, receipt, null))
				.doOnError((ex) -> finish(observation, null, ex))
				.doOnCancel(() -> finish(observation, null, null));
		}

		@SuppressWarnings("NullAway")
		private byte[] prepare() {
			if (this.event == null) {
				throw new InvalidEventDataException(
						"is null; create one with OffersDisplayed, BookingConfirmed or CustomEvent");
			}
			if (this.sessionGiven) {
				this.publisher.validator.validateSessionId(this.sessionId);
			}
			else {
				this.publisher.validator.validateNoSession((BookingConfirmed) this.event);
			}
			this.publisher.validator.validate(this.event);
			return EventJson.write(this.event);
		}

		private Mono<HttpHeaders> attempt(byte[] body) {
			this.attempts.incrementAndGet();
			this.awaitingAnswer = false;
			long attemptStart = this.publisher.now();
			Duration timeout = min(this.publisher.responseTimeout, remaining());
			return this.publisher.webClient.post().uri(this.publisher.uri).headers((headers) -> {
				headers.setContentType(MediaType.APPLICATION_JSON);
				headers.setContentLength(body.length);
				headers.set(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON_VALUE);
				if (this.sessionId != null) {
					headers.set("HC-Session-ID", this.sessionId);
				}
			}).body((request, context) -> request.writeWith(Mono.fromSupplier(() -> {
				// Asked for when there is a connection: from here on the event may count
				this.awaitingAnswer = true;
				return request.bufferFactory().wrap(body);
			}))).exchangeToMono((response) -> {
				this.awaitingAnswer = false;
				this.publisher.reached.setPlain(true);
				Duration elapsed = Duration.ofNanos(this.publisher.now() - attemptStart);
				return this.publisher.decoder.decode(response, this.sessionId, body, timeout.minus(elapsed));
			})
				.timeout(timeout,
						Mono.error(() -> AttemptFailure.ofTimeout(timeout, this.publisher.retryPolicy.onTimeout(),
								this.awaitingAnswer)),
						this.publisher.scheduler)
				.onErrorMap(this::classify);
		}

		private Throwable classify(Throwable failure) {
			Exceptions.throwIfJvmFatal(failure);
			AttemptFailure attemptFailure = AttemptFailure.of(failure, this.publisher.retryPolicy.onTimeout(),
					this.publisher.reached.getPlain(), this.awaitingAnswer);
			if (attemptFailure.isDeliveryUnknown()) {
				this.deliveryUnknown = true;
				this.publisher.metrics.deliveryUnknown(this.eventType);
			}
			this.awaitingAnswer = false;
			return attemptFailure;
		}

		private Mono<Long> waitOrGiveUp(Retry.RetrySignal signal) {
			Throwable failure = signal.failure();
			Duration wait = (failure instanceof AttemptFailure attemptFailure) ? nextWait(attemptFailure) : null;
			return (wait != null) ? Mono.delay(wait, this.publisher.scheduler) : Mono.error(failure);
		}

		/**
		 * Decide whether another attempt follows.
		 * @param failure why the last attempt failed
		 * @return how long to wait before it, or {@code null} if there is none
		 */
		private @Nullable Duration nextWait(AttemptFailure failure) {
			RetryPolicy policy = this.publisher.retryPolicy;
			if (!failure.isRetryable() || this.attempts.get() >= policy.maxAttempts()) {
				return null;
			}
			double random = this.publisher.random.getAsDouble();
			Duration wait = policy.interval(this.attempts.get(), random);
			if (failure.retryAfter() != null) {
				Duration asked = policy.intervalAfter(failure.retryAfter(), random);
				wait = (asked.compareTo(wait) > 0) ? asked : wait;
			}
			// An attempt that is cut off at once would only make a known failure an
			// unknown one
			if (wait.plus(this.publisher.responseTimeout.dividedBy(10)).compareTo(remaining()) >= 0) {
				this.stopReason = "the next attempt would come after hopper.retry.timeout";
				return null;
			}
			if (!this.publisher.retryBudget.tryTake()) {
				this.stopReason = "too many other retries have failed (hopper.retry.budget)";
				return null;
			}
			this.publisher.metrics.retrying(this.eventType, failure.kind().tag());
			if (logger.isDebugEnabled()) {
				logger.debug("Attempt %d to publish the %s failed: %s. The next one follows in %s"
					.formatted(this.attempts.get(), describeEvent(), failure.description(), Durations.format(wait)));
			}
			return wait;
		}

		private EventReceipt receipt(HttpHeaders headers) {
			this.publisher.retryBudget.giveBack(this.attempts.get() - 1);
			return new EventReceipt(this.eventType, 204, headers, this.attempts.get(), elapsed());
		}

		private Throwable exception(Throwable failure) {
			return (failure instanceof AttemptFailure attemptFailure) ? ApiExceptions.create(attemptFailure,
					HopperApiException.Details.of(message(attemptFailure))
						.withAttempts(this.attempts.get())
						.withEventType(this.eventType)
						.withSessionId(this.sessionId)
						.withDeliveryUnknown(this.deliveryUnknown))
					: failure;
		}

		private String message(AttemptFailure failure) {
			StringBuilder message = new StringBuilder("The ").append(describeEvent())
				.append(" was not delivered: ")
				.append(failure.description())
				.append((this.attempts.get() == 1) ? ", after 1 attempt"
						: ", after " + this.attempts.get() + " attempts");
			if (this.stopReason != null) {
				message.append("; not retried again because ").append(this.stopReason);
			}
			message.append(". ").append(ApiExceptions.advice(failure));
			if (this.deliveryUnknown) {
				message.append(" The event may have been counted although this was not confirmed.");
			}
			return message.toString();
		}

		private String describeEvent() {
			return this.eventType.equals(NO_TYPE) ? "event"
					: this.eventType.replaceAll("[^\\x20-\\x7E]", "?") + " event";
		}

		private void finish(@Nullable Observation observation, @Nullable EventReceipt receipt,
				@Nullable Throwable failure) {
			if (!this.finished.compareAndSet(false, true)) {
				return;
			}
			if (receipt == null && failure == null && this.awaitingAnswer) {
				// Cancelled in flight
				this.publisher.metrics.deliveryUnknown(this.eventType);
			}
			this.publisher.metrics.finished(this.eventType, this.attempts.get(), receipt,
					(failure instanceof HopperApiException exception) ? exception : null);
			if (observation != null) {
				stop(observation, receipt, failure);
			}
			if (receipt != null && logger.isDebugEnabled()) {
				logger.debug("Published the %s: %s".formatted(describeEvent(), receipt));
			}
		}

		private static void stop(Observation observation, @Nullable EventReceipt receipt, @Nullable Throwable failure) {
			try {
				if (receipt != null) {
					((EventPublishObservationContext) observation.getContext()).setReceipt(receipt);
				}
				if (failure != null) {
					observation.error(failure);
				}
				observation.stop();
			}
			catch (RuntimeException ex) {
				// What became of the event does not depend on it
				logger.debug("An event could not be observed", ex);
			}
		}

		private Duration elapsed() {
			return Duration.ofNanos(this.publisher.now() - this.start);
		}

		private Duration remaining() {
			return this.publisher.retryPolicy.timeout().minus(elapsed());
		}

	}

	private long now() {
		// The scheduler's own clock is exact to the millisecond only, but it is the one
		// that tests turn
		return (this.scheduler == Schedulers.parallel()) ? System.nanoTime() : this.scheduler.now(TimeUnit.NANOSECONDS);
	}

	private static Duration min(Duration first, Duration second) {
		Duration min = (first.compareTo(second) < 0) ? first : second;
		return min.isNegative() ? Duration.ZERO : min;
	}

	/**
	 * Builder of {@link WebClientEventPublisher}.
	 */
	public static final class Builder {

		private final WebClient webClient;

		private final URI uri;

		private final RetryPolicy retryPolicy;

		private Duration responseTimeout = Duration.ofSeconds(10);

		private boolean requireSession;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private @Nullable EventPublishObservationConvention observationConvention;

		private EventPublishMetrics metrics = EventPublishMetrics.NONE;

		private Clock clock = Clock.systemUTC();

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
		public Builder metrics(EventPublishMetrics metrics) {
			this.metrics = metrics;
			return this;
		}

		Builder clock(Clock clock) {
			this.clock = clock;
			return this;
		}

		Builder scheduler(Scheduler scheduler) {
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
