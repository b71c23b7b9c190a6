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
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.HopperApiException;
import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.observability.DefaultSignalListener;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
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

	private final ApiClient client;

	private final URI uri;

	private final long start;

	private final AtomicBoolean finished = new AtomicBoolean();

	private final AtomicInteger attempts = new AtomicInteger();

	private boolean entered;

	private volatile long requestStart;

	/**
	 * Whether a request has begun, and neither the head of its answer has arrived nor has
	 * it failed.
	 */
	private final AtomicBoolean requesting = new AtomicBoolean();

	private volatile boolean awaitingAnswer;

	private volatile boolean deliveryUnknown;

	private volatile @Nullable String stopReason;

	ApiCall(ApiClient client, URI uri) {
		this.client = client;
		this.uri = uri;
		this.start = client.now();
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
	 */
	abstract byte[] prepare();

	/**
	 * Read an answer that means success.
	 * @param response the answer
	 * @return the result, or {@code null} if the answer means anything else
	 */
	abstract @Nullable Mono<R> success(ClientResponse response);

	/**
	 * Create the observation.
	 * @return the observation, not started, or {@code null} if there is none
	 */
	abstract @Nullable Observation observation();

	abstract void observe(Observation observation, R result);

	void started() {
	}

	void retrying(String reason) {
	}

	void deliveryUnknown() {
	}

	void requested(@Nullable HttpStatusCode status, @Nullable Throwable failure, Duration elapsed) {
	}

	void finished(@Nullable R result, @Nullable HopperApiException exception) {
	}

	Mono<R> run(ContextView context) {
		started();
		Observation observation = start(context);
		this.entered = this.client.tryEnter();
		if (!this.entered) {
			return refused(observation, overloaded());
		}
		byte[] body;
		try {
			body = prepare();
		}
		catch (RuntimeException ex) {
			return refused(observation, EventCodec.invalid(ex, subject(), eventType(), sessionId()));
		}
		return attemptAndRetry(body).tap(() -> new Outcome(observation));
	}

	private Mono<R> refused(@Nullable Observation observation, HopperApiException exception) {
		finish(observation, null, exception);
		return Mono.error(exception);
	}

	private HopperApiException.Overloaded overloaded() {
		return new HopperApiException.Overloaded(HopperApiException.Details
			.of("The %s %s: %d others (hopper.client.pool.max-connections and max-pending-acquires) have not ended. Nothing was sent. %s"
				.formatted(subject(), failed(), this.client.maxCalls, ApiExceptions.OVERLOADED))
			.withEventType(eventType())
			.withSessionId(sessionId()));
	}

	private @Nullable Observation start(ContextView context) {
		try {
			Observation observation = observation();
			if (observation == null) {
				return null;
			}
			Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			if (parent != null) {
				observation.parentObservation(parent);
			}
			return observation.start();
		}
		catch (RuntimeException ex) {
			// A call is worth more than its telemetry
			logger.debug("A call could not be observed", ex);
			return null;
		}
	}

	private Mono<R> attempt(byte[] body) {
		this.attempts.incrementAndGet();
		this.awaitingAnswer = false;
		long attemptStart = this.client.now();
		this.requestStart = attemptStart;
		this.requesting.set(true);
		Duration timeout = min(this.client.responseTimeout, remaining());
		String sessionId = sessionId();
		Mono<R> answer = this.client.webClient.post()
			.uri(this.uri)
			.body((output, context) -> write(output, sessionId, body))
			.exchangeToMono((response) -> {
				this.awaitingAnswer = false;
				requestEnds(response.statusCode(), null);
				this.client.reached.setPlain(true);
				Mono<R> success = success(response);
				return (success != null) ? success : this.client.decoder.decodeFailure(response, sessionId, body,
						timeout.minus(Duration.ofNanos(this.client.now() - attemptStart)));
			});
		return this.client.deadlines.limit(answer, timeout,
				() -> AttemptFailure.ofTimeout(timeout, this.client.retryPolicy.onTimeout(), this.awaitingAnswer));
	}

	private Mono<Void> write(ReactiveHttpOutputMessage output, @Nullable String sessionId, byte[] body) {
		// Here and not before, where WebClient copies each header several times
		HttpHeaders headers = output.getHeaders();
		if (sessionId != null) {
			headers.set("HC-Session-ID", sessionId);
		}
		headers.set(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE);
		headers.setContentLength(body.length);
		headers.set(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON_VALUE);
		return output.writeWith(Mono.fromSupplier(() -> {
			// Asked for when there is a connection: from here on the API may act on it
			this.awaitingAnswer = true;
			return output.bufferFactory().wrap(body);
		}));
	}

	private void requestEnds(@Nullable HttpStatusCode status, @Nullable Throwable failure) {
		if (this.requesting.compareAndSet(true, false)) {
			requested(status, failure, Duration.ofNanos(this.client.now() - this.requestStart));
		}
	}

	private AttemptFailure classify(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		// What was given up here has not failed
		requestEnds(null, (failure instanceof AttemptFailure) ? null : failure);
		AttemptFailure attemptFailure = AttemptFailure.of(failure, this.client.retryPolicy.onTimeout(),
				this.client.reached.getPlain(), this.awaitingAnswer);
		if (attemptFailure.isDeliveryUnknown()) {
			this.deliveryUnknown = true;
			deliveryUnknown();
		}
		this.awaitingAnswer = false;
		return attemptFailure;
	}

	private Mono<R> attemptAndRetry(byte[] body) {
		return Mono.defer(() -> attempt(body)).onErrorResume((failure) -> retryOrGiveUp(classify(failure), body));
	}

	private Mono<R> retryOrGiveUp(AttemptFailure failure, byte[] body) {
		Duration wait = nextWait(failure);
		return (wait != null) ? Mono.delay(wait, this.client.scheduler).then(attemptAndRetry(body))
				: Mono.error(exception(failure));
	}

	/**
	 * Decide whether another attempt follows.
	 * @param failure why the last attempt failed
	 * @return how long to wait before it, or {@code null} if there is none
	 */
	private @Nullable Duration nextWait(AttemptFailure failure) {
		RetryPolicy policy = this.client.retryPolicy;
		if (!failure.isRetryable() || this.attempts.get() >= policy.maxAttempts()) {
			return null;
		}
		double random = this.client.random.getAsDouble();
		Duration wait = policy.interval(this.attempts.get(), random);
		if (failure.retryAfter() != null) {
			Duration asked = policy.intervalAfter(failure.retryAfter(), random);
			wait = (asked.compareTo(wait) > 0) ? asked : wait;
		}
		// An attempt that is cut off at once would only make a known failure unknown
		if (wait.plus(this.client.responseTimeout.dividedBy(10)).compareTo(remaining()) >= 0) {
			this.stopReason = "the next attempt would come after hopper.retry.timeout";
			return null;
		}
		if (!this.client.retryBudget.tryTake()) {
			this.stopReason = "too many other retries have failed (hopper.retry.budget)";
			return null;
		}
		retrying(failure.kind().tag());
		if (logger.isDebugEnabled()) {
			logger.debug("Attempt %d to send the %s failed: %s. The next one follows in %s"
				.formatted(this.attempts.get(), subject(), failure.description(), Durations.format(wait)));
		}
		return wait;
	}

	private HopperApiException exception(AttemptFailure failure) {
		return ApiExceptions.create(failure,
				HopperApiException.Details.of(message(failure))
					.withAttempts(this.attempts.get())
					.withEventType(eventType())
					.withSessionId(sessionId())
					.withDeliveryUnknown(this.deliveryUnknown));
	}

	private String message(AttemptFailure failure) {
		StringBuilder message = new StringBuilder("The ").append(subject())
			.append(' ')
			.append(failed())
			.append(": ")
			.append(failure.description())
			.append((this.attempts.get() == 1) ? ", after 1 attempt" : ", after " + this.attempts.get() + " attempts");
		if (this.stopReason != null) {
			message.append("; not retried again because ").append(this.stopReason);
		}
		message.append(". ").append(ApiExceptions.advice(failure));
		if (this.deliveryUnknown) {
			message.append(' ').append(unknown());
		}
		return message.toString();
	}

	private void finish(@Nullable Observation observation, @Nullable R result, @Nullable Throwable failure) {
		if (!this.finished.compareAndSet(false, true)) {
			return;
		}
		if (this.entered) {
			this.client.exit();
		}
		requestEnds(null, null);
		if (result != null) {
			this.client.retryBudget.giveBack(this.attempts.get() - 1);
		}
		else if (failure == null && this.awaitingAnswer) {
			// Cancelled in flight
			deliveryUnknown();
		}
		finished(result, (failure instanceof HopperApiException exception) ? exception : null);
		if (observation != null) {
			stop(observation, result, failure);
		}
		if (result != null && logger.isDebugEnabled()) {
			logger.debug("Sent the %s: %s".formatted(subject(), result));
		}
	}

	private void stop(Observation observation, @Nullable R result, @Nullable Throwable failure) {
		try {
			if (result != null) {
				observe(observation, result);
			}
			if (failure != null) {
				observation.error(failure);
			}
			observation.stop();
		}
		catch (RuntimeException ex) {
			// What became of the call does not depend on it
			logger.debug("A call could not be observed", ex);
		}
	}

	int attempts() {
		return this.attempts.get();
	}

	Duration elapsed() {
		return Duration.ofNanos(this.client.now() - this.start);
	}

	private Duration remaining() {
		return this.client.retryPolicy.timeout().minus(elapsed());
	}

	private static Duration min(Duration first, Duration second) {
		Duration min = (first.compareTo(second) < 0) ? first : second;
		return min.isNegative() ? Duration.ZERO : min;
	}

	/**
	 * Records the outcome before the caller hears of it, so that whoever reads the
	 * metrics afterwards finds it there.
	 */
	private final class Outcome extends DefaultSignalListener<R> {

		private final @Nullable Observation observation;

		Outcome(@Nullable Observation observation) {
			this.observation = observation;
		}

		@Override
		public Context addToContext(Context context) {
			return (this.observation != null) ? context.put(ObservationThreadLocalAccessor.KEY, this.observation)
					: context;
		}

		@Override
		public void doOnNext(R result) {
			finish(this.observation, result, null);
		}

		@Override
		public void doOnError(Throwable failure) {
			finish(this.observation, null, failure);
		}

		@Override
		public void doOnComplete() {
			finish(this.observation, null, null);
		}

		@Override
		public void doOnCancel() {
			finish(this.observation, null, null);
		}

	}

}
