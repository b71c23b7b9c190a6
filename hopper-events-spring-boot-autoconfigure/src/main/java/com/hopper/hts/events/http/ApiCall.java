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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.session.HopperSessionContext;
import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;
import reactor.util.retry.Retry;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * One call of the API, with its attempts and the waits between them: the state of a
 * single subscription.
 *
 * @param <R> the type of the result
 */
abstract class ApiCall<R> {

	private static final Log logger = LogFactory.getLog(ApiCall.class);

	private static final String ENDING = "the application is ending";

	private static final byte[] NOTHING = new byte[0];

	private final ApiClient client;

	private final URI uri;

	private final long start;

	private @Nullable Observation observation;

	private byte[] body = NOTHING;

	private boolean entered;

	/**
	 * The answer to the attempt, noted before any filter of the application sees it.
	 */
	private final AtomicReference<@Nullable ClientResponse> answer = new AtomicReference<>();

	private final AtomicInteger attempts = new AtomicInteger();

	private final AtomicBoolean finished = new AtomicBoolean();

	private volatile long attemptStart;

	private volatile boolean awaitingAnswer;

	private volatile boolean deliveryUnknown;

	private volatile @Nullable String stopReason;

	ApiCall(ApiClient client, URI uri) {
		this.client = client;
		this.uri = uri;
		this.start = client.now();
	}

	/**
	 * Make a call for each subscription.
	 * @param <R> the type of the result
	 * @param factory creates the call
	 * @return the result
	 */
	static <R> Mono<R> mono(Supplier<ApiCall<R>> factory) {
		return Mono.deferContextual((context) -> factory.get().execute(context));
	}

	/**
	 * Return what is sent, in words.
	 * @return a noun, without article
	 */
	abstract String subject();

	/**
	 * Return what a failure means for the subject.
	 * @return a predicate
	 */
	abstract String failed();

	/**
	 * Return what it means that the answer to a request that was sent is not known.
	 * @return a sentence
	 */
	abstract String unknown();

	abstract @Nullable String eventType();

	abstract @Nullable String sessionId();

	/**
	 * Check and write what is sent.
	 * @return the body, used by all attempts
	 * @throws HopperApiException if it cannot be sent
	 */
	abstract byte[] prepare();

	/**
	 * Read an answer that means success.
	 * @param response the answer
	 * @param answered when it arrived
	 * @return the result, or {@code null} if the answer means anything else
	 */
	abstract @Nullable Mono<R> success(ClientResponse response, long answered);

	/**
	 * Create the observation.
	 * @return the observation, not started
	 */
	abstract Observation observation();

	abstract void observe(Observation observation, R result);

	void started() {
	}

	void retrying(String reason) {
	}

	void deliveryUnknown() {
	}

	void finished(@Nullable R result, @Nullable HopperApiException exception) {
	}

	private Mono<R> execute(ContextView context) {
		started();
		startObservation(context);
		HopperApiException refusal = refusal();
		if (refusal != null) {
			finish(null, refusal);
			return Mono.error(refusal);
		}
		Mono<R> attempt = observed(Mono.defer(this::attempt));
		Retry retry = Retry.from((failures) -> failures.concatMap((signal) -> waitOrFail(signal.failure())));
		// Retrying costs about as much as the request, so only a call that failed once
		// pays
		return attempt.onErrorResume((failure) -> waitOrFail(failure).then(attempt.retryWhen(retry)))
			// Runs before the subscriber, which then finds the event in the metrics
			.doOnSuccess((result) -> finish(result, null))
			.doOnError((failure) -> finish(null, failure))
			.doOnCancel(() -> finish(null, null));
	}

	private @Nullable HopperApiException refusal() {
		if (this.client.isEnding()) {
			return ending();
		}
		this.entered = this.client.tryEnter();
		if (!this.entered) {
			return overloaded();
		}
		try {
			this.body = prepare();
			return null;
		}
		catch (HopperApiException ex) {
			return ex;
		}
	}

	private HopperApiException.ConnectionFailed ending() {
		return new HopperApiException.ConnectionFailed(
				details("the application is ending, and its connections to Hopper with it. Nothing was sent. "
						+ "Send it before the application ends, or store it in the outbox."),
				true);
	}

	private HopperApiException.Overloaded overloaded() {
		return new HopperApiException.Overloaded(details(this.client.maxCalls
				+ " others (hopper.client.pool.max-connections and max-pending-acquires) have not ended. Nothing was sent. "
				+ FailureKind.OVERLOADED.advice()));
	}

	private HopperApiException.Details details(String message) {
		return HopperApiException.Details.of("The " + subject() + " " + failed() + ": " + message)
			.withEventType(eventType())
			.withSessionId(sessionId());
	}

	private void startObservation(ContextView context) {
		try {
			Observation observation = observation();
			if (observation.isNoop()) {
				// The caller's remains the parent of the requests
				return;
			}
			Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			if (parent != null) {
				observation.parentObservation(parent);
			}
			// Tracing prefers the span of the thread to the parent observation
			inScope(parent, observation::start);
			this.observation = observation;
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
	}

	/**
	 * Let each attempt begin in the scope of this call's observation, whose child the
	 * observation of the request is.
	 */
	private Mono<R> observed(Mono<R> attempt) {
		Observation observation = this.observation;
		if (observation == null) {
			return attempt;
		}
		Mono<R> observed = attempt
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, observation));
		return Mono.fromDirect((subscriber) -> inScope(observation, () -> observed.subscribe(subscriber)));
	}

	private Mono<R> attempt() {
		this.attempts.incrementAndGet();
		this.awaitingAnswer = false;
		this.answer.set(null);
		this.attemptStart = this.client.now();
		Duration timeout = min(this.client.responseTimeout, remaining(this.attemptStart));
		return exchange(timeout).timeout(timeout,
				Mono.error(() -> AttemptFailure.ofTimeout(this.uri, timeout, this.awaitingAnswer)),
				this.client.scheduler);
	}

	private Mono<R> exchange(Duration timeout) {
		String sessionId = sessionId();
		return this.client.webClient.post()
			.uri(this.uri)
			.headers((headers) -> setHeaders(headers, sessionId))
			.attribute(ApiClient.ANSWER_ATTRIBUTE, this.answer)
			.body((output, context) -> write(output, this.body))
			.exchangeToMono((response) -> {
				long answered = this.client.now();
				this.awaitingAnswer = false;
				this.client.reached();
				Mono<R> success = success(response, answered);
				return (success != null) ? success
						: this.client.decoder.decodeFailure(response, sessionId, this.body, left(timeout));
			})
			.onErrorResume((failure) -> this.client.decoder.decodeException(failure, this.uri, this.answer.get(),
					this.awaitingAnswer, sessionId, this.body, left(timeout)))
			// The session is what was prepared, or none
			.contextWrite(HopperSessionContext.none().toReactorContext());
	}

	private Duration left(Duration timeout) {
		return timeout.minus(Duration.ofNanos(this.client.now() - this.attemptStart));
	}

	/**
	 * Set what filters of the application can see and change.
	 */
	private static void setHeaders(HttpHeaders headers, @Nullable String sessionId) {
		if (sessionId != null) {
			headers.set("HC-Session-ID", sessionId);
		}
		headers.set(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE);
		headers.set(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON_VALUE);
	}

	private Mono<Void> write(ReactiveHttpOutputMessage output, byte[] body) {
		output.getHeaders().setContentLength(body.length);
		return output.writeWith(Mono.fromSupplier(() -> {
			// The connection asks for the body: from here on the API may act on it
			this.awaitingAnswer = true;
			return output.bufferFactory().wrap(body);
		}));
	}

	private Mono<Long> waitOrFail(Throwable failure) {
		AttemptFailure attemptFailure = classify(failure);
		Duration wait = nextWait(attemptFailure);
		if (wait == null) {
			return Mono.error(exception(attemptFailure));
		}
		return Mono.delay(wait, this.client.scheduler).or(this.client.ending().then(Mono.error(() -> {
			this.stopReason = ENDING;
			return exception(attemptFailure);
		})));
	}

	private AttemptFailure classify(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		AttemptFailure attemptFailure = AttemptFailure.of(failure, this.uri, this.client.isReached(),
				this.awaitingAnswer);
		if (attemptFailure.isDeliveryUnknown()) {
			this.deliveryUnknown = true;
			deliveryUnknown();
		}
		this.awaitingAnswer = false;
		return attemptFailure;
	}

	/**
	 * Decide whether another attempt follows.
	 * @param failure why the last attempt failed
	 * @return how long to wait before it, or {@code null} if there is none
	 */
	private @Nullable Duration nextWait(AttemptFailure failure) {
		RetryPolicy policy = this.client.retryPolicy;
		if (!failure.isRetryable(policy.onTimeout()) || attempts() >= policy.maxAttempts()) {
			return null;
		}
		if (this.client.isEnding()) {
			this.stopReason = ENDING;
			return null;
		}
		double random = this.client.random.getAsDouble();
		Duration wait = policy.interval(attempts(), random);
		if (failure.retryAfter() != null) {
			Duration asked = policy.intervalAfter(failure.retryAfter(), random);
			wait = (asked.compareTo(wait) > 0) ? asked : wait;
		}
		// An attempt that is cut off at once would turn a known failure into an unknown
		// one
		if (wait.plus(this.client.responseTimeout.dividedBy(10)).compareTo(remaining(this.client.now())) >= 0) {
			this.stopReason = "the next attempt would come after hopper.retry.timeout";
			return null;
		}
		if (!this.client.retryBudget.tryTake()) {
			this.stopReason = "too many other retries have failed (hopper.retry.budget)";
			return null;
		}
		retrying(failure.kind().tag());
		if (logger.isDebugEnabled()) {
			logger.debug("Attempt %s to send the %s failed: %s. The next one follows in %s".formatted(attempts(),
					subject(), failure.description(), Durations.format(wait)));
		}
		return wait;
	}

	private HopperApiException exception(AttemptFailure failure) {
		return failure
			.toException(details(message(failure)).withAttempts(attempts()).withDeliveryUnknown(this.deliveryUnknown));
	}

	private String message(AttemptFailure failure) {
		StringBuilder message = new StringBuilder(failure.description()).append(address(failure))
			.append(", after ")
			.append(attempts())
			.append((attempts() == 1) ? " attempt" : " attempts");
		if (this.stopReason != null) {
			message.append("; not retried again because ").append(this.stopReason);
		}
		message.append(". ").append(failure.kind().advice());
		if (this.deliveryUnknown) {
			message.append(' ').append(unknown());
		}
		return message.toString();
	}

	/**
	 * Show where an answer is from that may be none of the API's, or not meant for this
	 * client.
	 */
	private String address(AttemptFailure failure) {
		return (failure.statusCode() != null && (failure.kind().fault() == FailureKind.Fault.EVENT_OR_ADDRESS
				|| failure.kind().fault() == FailureKind.Fault.CLIENT)) ? ", from " + AttemptFailure.url(this.uri) : "";
	}

	private void finish(@Nullable R result, @Nullable Throwable failure) {
		if (!this.finished.compareAndSet(false, true)) {
			return;
		}
		if (this.entered) {
			this.client.exit();
		}
		if (result != null) {
			this.client.retryBudget.giveBack(attempts() - 1);
		}
		else if (failure == null && this.awaitingAnswer) {
			// Cancelled in flight
			deliveryUnknown();
		}
		Observation observation = this.observation;
		try {
			// In whose scope what is counted and logged belongs to its trace
			inScope(observation, () -> {
				finished(result, (failure instanceof HopperApiException exception) ? exception : null);
				if (result != null && logger.isDebugEnabled()) {
					logger.debug("Sent the %s: %s".formatted(subject(), result));
				}
				if (observation != null) {
					stop(observation, result, failure);
				}
			});
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
	}

	private static void notObserved(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		// A failure of telemetry must not fail the call
		logger.debug("A call could not be observed", failure);
	}

	private static void inScope(@Nullable Observation observation, Runnable action) {
		Observation.Scope scope = Observation.Scope.NOOP;
		try {
			scope = (observation != null) ? observation.openScope() : scope;
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
		try {
			action.run();
		}
		finally {
			close(scope);
		}
	}

	private static void close(Observation.Scope scope) {
		try {
			scope.close();
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
	}

	private void stop(Observation observation, @Nullable R result, @Nullable Throwable failure) {
		if (result != null) {
			observe(observation, result);
		}
		if (failure != null) {
			observation.error(failure);
		}
		observation.stop();
	}

	int attempts() {
		return this.attempts.get();
	}

	Duration elapsed(long now) {
		return Duration.ofNanos(now - this.start);
	}

	private Duration remaining(long now) {
		return this.client.retryPolicy.timeout().minus(elapsed(now));
	}

	private static Duration min(Duration first, Duration second) {
		Duration min = (first.compareTo(second) < 0) ? first : second;
		return min.isNegative() ? Duration.ZERO : min;
	}

}
