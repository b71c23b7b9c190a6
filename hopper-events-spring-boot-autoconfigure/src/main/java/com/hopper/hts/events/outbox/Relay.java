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
package com.hopper.hts.events.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.observation.EventTags;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.transport.ReceiverContext;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatusCode;

/**
 * Sends one stored event with the {@link EventSender}, the only way to the API, and
 * decides what the answer means for the event and for the relay as a whole.
 */
final class Relay {

	/**
	 * How often an event must meet an answer that can be its own or the address's fault
	 * before it is given up, provided that other events get through.
	 */
	private static final int STRIKES = 3;

	private static final Set<String> AMBIGUOUS = Set.of("not_found", "unexpected_response");

	private final EventSender sender;

	private final RelayPolicy policy;

	private final RelayGate gate;

	private final ObservationRegistry observationRegistry;

	private final Clock clock;

	private final DoubleSupplier random;

	Relay(EventSender sender, RelayPolicy policy, RelayGate gate, ObservationRegistry observationRegistry, Clock clock,
			DoubleSupplier random) {
		this.sender = sender;
		this.policy = policy;
		this.gate = gate;
		this.observationRegistry = observationRegistry;
		this.clock = clock;
		this.random = random;
	}

	/**
	 * Send an event.
	 * @param event the event
	 * @param permit the permit, which is given back when the attempt is over
	 * @return what came of it; never fails
	 */
	Mono<Outcome> attempt(StoredEvent event, RelayGate.Permit permit) {
		return Mono.defer(() -> publish(event))
			.map((receipt) -> succeeded(event, permit, receipt))
			.onErrorResume((ex) -> Mono.just(failed(event, permit, ex)))
			.switchIfEmpty(Mono
				.fromSupplier(() -> failed(event, permit, new IllegalStateException("The publisher gave no receipt"))))
			.doOnCancel(() -> this.gate.release(permit));
	}

	private Mono<EventReceipt> publish(StoredEvent stored) {
		Mono<EventReceipt> publication = this.sender.send(stored.prepared());
		if (this.observationRegistry.isNoop()) {
			return publication;
		}
		ReceiverContext<StoredEvent> context = new ReceiverContext<>(
				(carrier, name) -> carrier.traceContext().get(name));
		context.setCarrier(stored);
		String type = stored.countedType();
		Observation observation = HopperObservationDocumentation.EVENT_DELIVER
			.observation(this.observationRegistry, () -> context)
			.contextualName(HopperObservationDocumentation.EVENT_DELIVER.getContextualName() + " " + type)
			.lowCardinalityKeyValue(EventTags.TYPE, type);
		return Mono.defer(() -> {
			observation.start();
			return publication.doOnError(observation::error)
				.doFinally((signal) -> observation.stop())
				.contextWrite((view) -> view.put(ObservationThreadLocalAccessor.KEY, observation));
		});
	}

	private Outcome succeeded(StoredEvent event, RelayGate.Permit permit, EventReceipt receipt) {
		if (!receipt.delivered()) {
			this.gate.release(permit);
			return new Outcome.Discarded(event, DiscardReason.DISABLED);
		}
		this.gate.delivered(permit);
		return new Outcome.Delivered(event, receipt);
	}

	private Outcome failed(StoredEvent event, RelayGate.Permit permit, Throwable ex) {
		Instant now = this.clock.instant();
		StoredEvent failed = event.failed(failure(ex, now));
		String message = String.valueOf(ex.getMessage());
		if (ex instanceof HopperApiException.Rejected) {
			this.gate.refused(permit);
			return dead(failed, DeadLetterReason.REJECTED, now);
		}
		if (ex instanceof HopperApiException.InvalidEvent || ex instanceof IllegalArgumentException) {
			this.gate.release(permit);
			return dead(failed, DeadLetterReason.INVALID, now);
		}
		PauseReason pauseReason = aboutUs(ex);
		if (pauseReason != null) {
			this.gate.failedForAll(permit, pauseReason, message, retryAfter(ex));
			return new Outcome.Held(failed);
		}
		if (ex instanceof HopperApiException.NotFound || ex instanceof HopperApiException.UnexpectedResponse) {
			this.gate.notFound(permit, event.id(), message);
			List<DeliveryFailure> strikes = failed.failures()
				.stream()
				.filter((failure) -> AMBIGUOUS.contains(failure.kind()))
				.toList();
			if (strikes.size() >= STRIKES && this.gate.deliveredSince(strikes.get(0).failedAt())) {
				return dead(failed, DeadLetterReason.NOT_FOUND, now);
			}
			if (isTooOld(event, now)) {
				return dead(failed, DeadLetterReason.EXPIRED, now);
			}
			return new Outcome.Retry(failed, now.plus(wait(failed, null)));
		}
		Duration retryAfter = retryAfter(ex);
		if (ex instanceof HopperApiException.RateLimited && retryAfter != null) {
			this.gate.failedForAll(permit, PauseReason.RATE_LIMITED, message, retryAfter);
		}
		else if (ex instanceof HopperApiException.Overloaded) {
			// This says nothing of the API
			this.gate.release(permit);
		}
		else {
			this.gate.failed(permit, message, retryAfter);
		}
		if (isTooOld(event, now)) {
			return dead(failed, DeadLetterReason.EXPIRED, now);
		}
		return new Outcome.Retry(failed, now.plus(wait(failed, retryAfter)));
	}

	private boolean isTooOld(StoredEvent event, Instant now) {
		return event.since().plus(this.policy.maxAge()).isBefore(now);
	}

	private static Outcome dead(StoredEvent event, DeadLetterReason reason, Instant now) {
		return new Outcome.Dead(new DeadLetter(event, reason, now));
	}

	/**
	 * Return why every other event would fail as well.
	 */
	private static @Nullable PauseReason aboutUs(Throwable ex) {
		if (ex instanceof HopperApiException.SignInFailed) {
			return PauseReason.SIGN_IN_FAILED;
		}
		if (ex instanceof HopperApiException.Unauthorized) {
			return PauseReason.UNAUTHORIZED;
		}
		if (ex instanceof HopperApiException.Forbidden) {
			return PauseReason.FORBIDDEN;
		}
		return (ex instanceof HopperApiException.ConnectionFailed failed && !failed.isTransient())
				? PauseReason.CONNECTION_FAILED : null;
	}

	private Duration wait(StoredEvent event, @Nullable Duration retryAfter) {
		Duration backoff = this.policy.interval(event.attempts(), this.random.getAsDouble());
		if (retryAfter == null) {
			return backoff;
		}
		// Never earlier than asked for, and not together with all others
		return retryAfter.plusNanos((long) (this.policy.initialInterval().toNanos() * this.random.getAsDouble() / 2));
	}

	private static @Nullable Duration retryAfter(Throwable ex) {
		return (ex instanceof HopperApiException exception) ? exception.getRetryAfter() : null;
	}

	private static DeliveryFailure failure(Throwable ex, Instant now) {
		HttpStatusCode status = (ex instanceof HopperApiException exception) ? exception.getStatusCode() : null;
		List<com.hopper.hts.events.ApiError> errors = (ex instanceof HopperApiException.Rejected rejected)
				? rejected.getErrors() : List.of();
		String kind = (ex instanceof HopperApiException)
				? ex.getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT)
				: "unknown";
		// The message of an exception that is not ours may carry anything
		String message = (ex instanceof HopperApiException || ex instanceof IllegalArgumentException)
				? String.valueOf(ex.getMessage()) : ex.getClass().getName();
		return new DeliveryFailure(now, kind, (status != null) ? status.value() : null,
				(message.length() > 500) ? message.substring(0, 500) : message, errors);
	}

}
