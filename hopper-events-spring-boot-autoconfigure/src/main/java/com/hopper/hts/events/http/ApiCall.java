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

import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.session.HopperSessionContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;
import reactor.util.retry.Retry;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * One call of the API, with its attempts and the waits between them: the state of a
 * single subscription. Read from top to bottom: a call is let in, attempts follow each
 * other until one succeeds or the policy ends them, and what came of it is told once.
 *
 * @param <R> the type of the result
 */
final class ApiCall<R> {

	private static final Log logger = LogFactory.getLog(ApiCall.class);

	private static final String ENDING = "the application is ending";

	private final ApiClient client;

	private final URI uri;

	private final ApiRequest<R> request;

	private final CallObservation observation;

	private final long start;

	private final AtomicInteger attempts = new AtomicInteger();

	private final AtomicBoolean finished = new AtomicBoolean();

	private volatile Attempt attempt = new Attempt(0);

	private volatile boolean deliveryUnknown;

	private volatile @Nullable String stopReason;

	private ApiCall(ApiClient client, URI uri, ApiRequest<R> request, ContextView context) {
		this.client = client;
		this.uri = uri;
		this.request = request;
		this.start = client.now();
		request.started();
		this.observation = CallObservation.start(request::observation, context);
	}

	/**
	 * Make a call for each subscription.
	 */
	static <R> Mono<R> mono(ApiClient client, URI uri, Supplier<ApiRequest<R>> request) {
		return Mono.deferContextual((context) -> new ApiCall<>(client, uri, request.get(), context).execute());
	}

	private Mono<R> execute() {
		boolean entered = this.client.tryEnter();
		// Asked after entering: a stop that this check misses waits for this call
		if (this.client.isEnding()) {
			if (entered) {
				this.client.exit();
			}
			return refuse(this.request.ending());
		}
		if (!entered) {
			return refuse(this.request.overloaded(this.client.maxCalls));
		}
		byte[] body;
		try {
			body = this.request.prepare();
		}
		catch (Throwable ex) {
			this.client.exit();
			return refuse(ex);
		}
		Mono<R> attempt = this.observation.around(Mono.defer(() -> attempt(body)));
		Retry retry = Retry.from((failures) -> failures.concatMap((signal) -> waitOrFail(signal.failure())));
		// retryWhen costs about as much as the request itself, so it is added after the
		// first failure
		return attempt.onErrorResume((failure) -> waitOrFail(failure).then(attempt.retryWhen(retry)))
			// Before the subscriber gets the result, so that it finds the event in the
			// metrics
			.doOnSuccess((result) -> leave(result, null))
			.doOnError((failure) -> leave(null, failure))
			.doOnCancel(() -> leave(null, null));
	}

	private Mono<R> refuse(Throwable refusal) {
		finish(null, refusal);
		return Mono.error(refusal);
	}

	private Mono<R> attempt(byte[] body) {
		this.attempts.incrementAndGet();
		Attempt attempt = new Attempt(this.client.now());
		this.attempt = attempt;
		Duration timeout = min(this.client.responseTimeout, remaining(attempt.start));
		return AttemptFailure.catching(exchange(attempt, body, timeout))
			.timeout(timeout, Mono.error(() -> AttemptFailure.ofTimeout(this.uri, timeout, attempt.end())),
					this.client.scheduler);
	}

	private Mono<R> exchange(Attempt attempt, byte[] body, Duration timeout) {
		String sessionId = this.request.sessionId();
		return this.client.webClient()
			.post()
			.uri(this.uri)
			.headers((headers) -> setHeaders(headers, sessionId))
			.attribute(ApiClient.ANSWER_ATTRIBUTE, attempt.answer)
			.body((output, context) -> write(attempt, output, body))
			.exchangeToMono((response) -> {
				Duration elapsed = elapsed(this.client.now());
				this.client.reached();
				Mono<R> success = this.request.success(response, this.attempts.get(), elapsed);
				return (success != null) ? success
						: this.client.decoder.decodeFailure(response, sessionId, body, left(attempt, timeout));
			})
			.onErrorResume((failure) -> this.client.decoder.decodeException(failure, this.uri, attempt.answer.get(),
					sessionId, body, left(attempt, timeout)))
			// Filters must not add the current session: the call has the one that was
			// prepared, or none
			.contextWrite(HopperSessionContext.none().toReactorContext());
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

	private static Mono<Void> write(Attempt attempt, ReactiveHttpOutputMessage output, byte[] body) {
		output.getHeaders().setContentLength(body.length);
		// Subscribed to when the connection asks for the body: from here on the API may
		// act on it
		return output
			.writeWith(Mono.defer(() -> attempt.send() ? Mono.just(output.bufferFactory().wrap(body)) : Mono.never()));
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
		AttemptFailure attemptFailure = AttemptFailure.of(failure, this.uri, this.client.isReached(),
				this.attempt.end());
		if (attemptFailure.isDeliveryUnknown()) {
			this.deliveryUnknown = true;
			this.request.deliveryUnknown();
		}
		return attemptFailure;
	}

	/**
	 * Decide whether another attempt follows.
	 * @return how long to wait before it, or {@code null} if there is none
	 */
	private @Nullable Duration nextWait(AttemptFailure failure) {
		RetryPolicy policy = this.client.retryPolicy;
		int attempts = this.attempts.get();
		if (!failure.isRetryable(policy.onTimeout()) || attempts >= policy.maxAttempts()) {
			return null;
		}
		if (this.client.isEnding()) {
			this.stopReason = ENDING;
			return null;
		}
		double random = this.client.random.getAsDouble();
		Duration wait = policy.interval(attempts, random);
		if (failure.retryAfter() != null) {
			Duration asked = policy.intervalAfter(failure.retryAfter(), random);
			wait = (asked.compareTo(wait) > 0) ? asked : wait;
		}
		// An attempt with hardly any time left would turn a known failure into an unknown
		// delivery
		if (wait.plus(this.client.responseTimeout.dividedBy(10)).compareTo(remaining(this.client.now())) >= 0) {
			this.stopReason = "the next attempt would come after hopper.retry.timeout";
			return null;
		}
		if (!this.client.retryBudget.tryTake()) {
			this.stopReason = "too many other retries have failed (hopper.retry.budget)";
			return null;
		}
		this.request.retrying(failure.kind().tag());
		if (logger.isDebugEnabled()) {
			logger.debug("Attempt %s to send the %s failed: %s. The next one follows in %s".formatted(attempts,
					this.request.subject(), failure.description(), Durations.format(wait)));
		}
		return wait;
	}

	private HopperApiException exception(AttemptFailure failure) {
		return this.request.exception(failure, this.uri, this.attempts.get(), this.deliveryUnknown, this.stopReason);
	}

	private void leave(@Nullable R result, @Nullable Throwable failure) {
		if (!this.finished.compareAndSet(false, true)) {
			return;
		}
		this.client.exit();
		if (result != null) {
			this.client.retryBudget.giveBack(this.attempts.get() - 1);
		}
		else if (failure == null && this.attempt.end()) {
			// The subscriber cancelled after the event had been sent
			this.request.deliveryUnknown();
		}
		finish(result, failure);
	}

	private void finish(@Nullable R result, @Nullable Throwable failure) {
		this.observation.stop(() -> {
			this.request.finished(this.attempts.get(), result,
					(failure instanceof HopperApiException exception) ? exception : null);
			if (result != null && logger.isDebugEnabled()) {
				logger.debug("Sent the %s: %s".formatted(this.request.subject(), result));
			}
		}, (observation) -> {
			if (result != null) {
				this.request.observe(observation, result);
			}
			if (failure != null) {
				observation.error(failure);
			}
		});
	}

	private Duration elapsed(long now) {
		return Duration.ofNanos(now - this.start);
	}

	private Duration remaining(long now) {
		return this.client.retryPolicy.timeout().minus(elapsed(now));
	}

	private Duration left(Attempt attempt, Duration timeout) {
		return timeout.minus(Duration.ofNanos(this.client.now() - attempt.start));
	}

	private static Duration min(Duration first, Duration second) {
		Duration min = (first.compareTo(second) < 0) ? first : second;
		return min.isNegative() ? Duration.ZERO : min;
	}

	/**
	 * How far an attempt has come.
	 */
	private static final class Attempt {

		private final long start;

		/**
		 * The answer, noted before any filter of the application sees it.
		 */
		private final AtomicReference<@Nullable ClientResponse> answer = new AtomicReference<>();

		private boolean sent;

		private boolean ended;

		Attempt(long start) {
			this.start = start;
		}

		/**
		 * Send the event, unless the attempt was given up: what was reported as not sent
		 * must not be sent later.
		 * @return whether it may be sent
		 */
		synchronized boolean send() {
			this.sent |= !this.ended;
			return !this.ended;
		}

		/**
		 * Give the attempt up.
		 * @return whether it is unknown if the API has acted on it, said once
		 */
		synchronized boolean end() {
			boolean first = !this.ended;
			this.ended = true;
			ClientResponse answer = this.answer.get();
			return first && this.sent && (answer == null || AttemptFailure.isDeliveryUnknown(answer.statusCode()));
		}

	}

}
