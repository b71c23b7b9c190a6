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
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.http.EventSender;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatusCode;

/**
 * Sends one stored event with the {@link EventSender}, the only way to the API, and
 * decides what the answer means for the event and for the relay as a whole.
 */
final class DeliveryAttempt {

	/**
	 * How often an event must meet an answer that can be its own or the address's fault
	 * before it is given up, provided that other events get through.
	 */
	private static final int STRIKES = 3;

	private static final Set<String> AMBIGUOUS = Stream.of(FailureKind.values())
		.filter((kind) -> kind.fault() == FailureKind.Fault.EVENT_OR_ADDRESS)
		.map(FailureKind::tag)
		.collect(Collectors.toUnmodifiableSet());

	private final EventSender sender;

	private final RelayPolicy policy;

	private final RelayGate gate;

	private final Clock clock;

	private final DoubleSupplier random;

	DeliveryAttempt(EventSender sender, RelayPolicy policy, RelayGate gate, Clock clock, DoubleSupplier random) {
		this.sender = sender;
		this.policy = policy;
		this.gate = gate;
		this.clock = clock;
		this.random = random;
	}

	/**
	 * Send an event.
	 * @param event the event
	 * @param permit the permit, which is given back when the attempt is over
	 * @param observation the observation of the attempt, not started
	 * @return what came of it; never fails
	 */
	Mono<EventStore.Outcome> deliver(StoredEvent event, RelayGate.Permit permit, OutboxObservation observation) {
		return Mono.defer(() -> {
			observation.start();
			String problem = (event.sessionId() != null) ? SessionEvent.findSessionIdProblem(event.sessionId()) : null;
			if (problem != null) {
				// The stored row or record was damaged. Checked here, because the failure
				// of the HTTP client would look like an outage
				throw new IllegalArgumentException("The event was stored with a session id " + problem);
			}
			return this.sender.send(event.prepared());
		})
			.contextWrite(observation::addTo)
			.map((receipt) -> ended(observation, () -> succeeded(event, permit, receipt)))
			.onErrorResume((ex) -> Mono.just(broken(event, permit, observation, ex)))
			.switchIfEmpty(Mono.fromSupplier(() -> ended(observation,
					() -> failed(event, permit, new IllegalStateException("The publisher gave no receipt")))))
			.doOnCancel(() -> {
				this.gate.release(permit);
				observation.stop();
			});
	}

	/**
	 * Return what it means that an attempt could not be made.
	 */
	EventStore.Outcome broken(StoredEvent event, RelayGate.Permit permit, OutboxObservation observation, Throwable ex) {
		observation.failed(ex);
		return ended(observation, () -> failed(event, permit, ex));
	}

	private static EventStore.Outcome ended(OutboxObservation observation, Supplier<EventStore.Outcome> outcome) {
		EventStore.Outcome result = observation.inScope(outcome);
		observation.stop();
		return result;
	}

	private EventStore.Outcome succeeded(StoredEvent event, RelayGate.Permit permit, EventReceipt receipt) {
		if (!receipt.delivered()) {
			this.gate.release(permit);
			return new EventStore.Outcome.Discarded(event, EventDeliveryListener.DiscardReason.DISABLED);
		}
		this.gate.delivered(permit);
		return new EventStore.Outcome.Delivered(event, receipt);
	}

	private EventStore.Outcome failed(StoredEvent event, RelayGate.Permit permit, Throwable ex) {
		Instant now = this.clock.instant();
		StoredEvent failed = event.failed(failure(ex, now));
		String message = String.valueOf(ex.getMessage());
		Duration retryAfter = retryAfter(ex);
		FailureKind kind = (ex instanceof HopperApiException exception) ? exception.getKind() : null;
		FailureKind.Fault fault = (kind != null) ? kind.fault() : FailureKind.Fault.API;
		if (ex instanceof IllegalArgumentException || kind == FailureKind.INVALID_EVENT) {
			this.gate.release(permit);
			return dead(failed, DeadLetter.Reason.INVALID, now);
		}
		if (fault == FailureKind.Fault.EVENT) {
			this.gate.refused(permit);
			return dead(failed, DeadLetter.Reason.REJECTED, now);
		}
		if (fault == FailureKind.Fault.CLIENT) {
			this.gate.failedForAll(permit, pauseReason(kind), message, retryAfter);
			return new EventStore.Outcome.Held(failed);
		}
		if (fault == FailureKind.Fault.EVENT_OR_ADDRESS) {
			this.gate.notFound(permit, event.id(), message);
			if (isGivenUp(failed)) {
				return dead(failed, DeadLetter.Reason.NOT_FOUND, now);
			}
			retryAfter = null;
		}
		else if (fault == FailureKind.Fault.LOAD) {
			// Too many events at a time say nothing about the API
			this.gate.release(permit);
		}
		else if (kind == FailureKind.RATE_LIMITED && retryAfter != null) {
			this.gate.failedForAll(permit, EventOutboxState.PauseReason.RATE_LIMITED, message, retryAfter);
		}
		else {
			this.gate.failed(permit, message, retryAfter);
		}
		if (isTooOld(event, now)) {
			return dead(failed, DeadLetter.Reason.EXPIRED, now);
		}
		return new EventStore.Outcome.Retry(failed, now.plus(wait(failed, retryAfter, now)));
	}

	/**
	 * Return how long the API asks to wait. Zero, which gateways send in an outage and
	 * which becomes of a date in the past, asks for nothing: waits grow as without it.
	 */
	private static @Nullable Duration retryAfter(Throwable ex) {
		Duration asked = (ex instanceof HopperApiException exception) ? exception.getRetryAfter() : null;
		return (asked != null && asked.isZero()) ? null : asked;
	}

	/**
	 * Return whether an event has met such answers often enough. Those from before a
	 * replay do not count: the operator expects that their cause is gone.
	 */
	private boolean isGivenUp(StoredEvent event) {
		Instant replayed = event.replayedAt();
		List<StoredEvent.Failure> strikes = event.failures()
			.stream()
			.filter((failure) -> AMBIGUOUS.contains(failure.kind())
					&& (replayed == null || !failure.failedAt().isBefore(replayed)))
			.toList();
		return strikes.size() >= STRIKES && this.gate.deliveredSince(strikes.get(0).failedAt());
	}

	private boolean isTooOld(StoredEvent event, Instant now) {
		return event.since().plus(this.policy.maxAge()).isBefore(now);
	}

	private static EventStore.Outcome dead(StoredEvent event, DeadLetter.Reason reason, Instant now) {
		return new EventStore.Outcome.Dead(new DeadLetter(event, reason, now));
	}

	private static EventOutboxState.PauseReason pauseReason(@Nullable FailureKind kind) {
		if (kind == FailureKind.SIGN_IN_FAILED || kind == FailureKind.SIGN_IN_REFUSED) {
			return EventOutboxState.PauseReason.SIGN_IN_FAILED;
		}
		if (kind == FailureKind.UNAUTHORIZED) {
			return EventOutboxState.PauseReason.UNAUTHORIZED;
		}
		return (kind == FailureKind.FORBIDDEN) ? EventOutboxState.PauseReason.FORBIDDEN
				: EventOutboxState.PauseReason.CONNECTION_FAILED;
	}

	private Duration wait(StoredEvent event, @Nullable Duration retryAfter, Instant now) {
		Duration backoff = this.policy.interval(event.attempts(), this.random.getAsDouble());
		if (retryAfter == null) {
			return backoff;
		}
		// Not later than the event expires
		Duration rest = Duration.between(now, event.since().plus(this.policy.maxAge())).plusMillis(1);
		Duration asked = (retryAfter.compareTo(rest) < 0) ? retryAfter : rest;
		// Spread, so that not all events are sent again at the same moment
		return asked.plusNanos((long) (this.policy.initialInterval().toNanos() * this.random.getAsDouble() / 2));
	}

	private static StoredEvent.Failure failure(Throwable ex, Instant now) {
		HttpStatusCode status = (ex instanceof HopperApiException exception) ? exception.getStatusCode() : null;
		List<ApiError> errors = (ex instanceof HopperApiException.Rejected rejected) ? rejected.getErrors() : List.of();
		String kind = (ex instanceof HopperApiException exception) ? exception.getKind().tag() : "unknown";
		// Other exceptions are stored by name only: their messages may carry secrets or
		// the payload
		String message = (ex instanceof HopperApiException || ex instanceof IllegalArgumentException)
				? String.valueOf(ex.getMessage()) : ex.getClass().getName();
		return new StoredEvent.Failure(now, kind, (status != null) ? status.value() : null,
				(message.length() > 500) ? message.substring(0, 500) : message, errors);
	}

}
