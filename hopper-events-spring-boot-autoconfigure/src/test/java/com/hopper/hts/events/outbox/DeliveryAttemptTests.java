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

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperApiException.Details;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.testing.MutableClock;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link DeliveryAttempt}.
 */
class DeliveryAttemptTests {

	private static final Duration MAX_AGE = Duration.ofHours(72);

	private final MutableClock clock = new MutableClock();

	private final RelayPolicy policy = new RelayPolicy(8, MAX_AGE, Duration.ofSeconds(2), Duration.ofMinutes(5),
			Duration.ofSeconds(30), Duration.ofSeconds(20));

	private final RelayGate gate = new RelayGate(this.policy, this.clock, VirtualTimeScheduler.create(), () -> 0.0,
			HopperDiagnosis.ofNothing());

	private final AtomicInteger sent = new AtomicInteger();

	private Mono<EventReceipt> answer = Mono.empty();

	private double random;

	@BeforeEach
	void open() {
		this.gate.open();
	}

	static Stream<Arguments> failures() {
		Details details = Details.of("It failed.");
		Details unavailable = details.withResponse(HttpStatus.SERVICE_UNAVAILABLE, HttpHeaders.EMPTY);
		return Stream.of(arguments(new HopperApiException.Rejected(details, List.of()), "REJECTED"),
				arguments(new HopperApiException.InvalidEvent(details), "INVALID"),
				arguments(new IllegalArgumentException("unreadable"), "INVALID"),
				arguments(new HopperApiException.Unauthorized(details), "Held UNAUTHORIZED"),
				arguments(new HopperApiException.Forbidden(details), "Held FORBIDDEN"),
				arguments(new HopperApiException.SignInFailed(details, true), "Held SIGN_IN_FAILED"),
				arguments(new HopperApiException.SignInFailed(details, false), "Held SIGN_IN_FAILED"),
				arguments(new HopperApiException.ConnectionFailed(details, false), "Held CONNECTION_FAILED"),
				arguments(new HopperApiException.ConnectionFailed(details, true), "Retry"),
				arguments(new HopperApiException.ServerError(unavailable), "Retry"),
				arguments(new HopperApiException.Timeout(details), "Retry"),
				arguments(new HopperApiException.NotFound(details), "Retry"),
				arguments(new HopperApiException.Overloaded(details), "Retry"),
				arguments(new HopperApiException.RateLimited(details), "Retry"),
				arguments(new HopperApiException.RateLimited(details.withRetryAfter(Duration.ofMinutes(1))),
						"Retry RATE_LIMITED"),
				arguments(new IllegalStateException("secret"), "Retry"));
	}

	@ParameterizedTest
	@MethodSource("failures")
	void kindOfTheFailureDecidesOverTheEventAndOverTheRelay(RuntimeException failure, String expected) {
		this.answer = Mono.error(failure);
		EventStore.Outcome outcome = deliver(event());
		String fate = (outcome instanceof EventStore.Outcome.Dead dead) ? dead.deadLetter().reason().name()
				: outcome.getClass().getSimpleName();
		EventOutboxState.Pause pause = this.gate.pause();
		assertThat(fate + ((pause != null) ? " " + pause.reason() : "")).isEqualTo(expected);
		if (pause == null) {
			assertThat(permits()).isEqualTo(8);
		}
	}

	@Test
	void unknownFailureIsKeptWithoutItsMessage() {
		this.answer = Mono.error(new IllegalStateException("secret"));
		assertThat(retry(event()).event().failures()).singleElement().satisfies((failure) -> {
			assertThat(failure.kind()).isEqualTo("unknown");
			assertThat(failure.message()).isEqualTo(IllegalStateException.class.getName());
			assertThat(failure.failedAt()).isEqualTo(this.clock.instant());
		});
	}

	@Test
	void failureIsKeptWithStatusAndErrorsAndAMessageOfLimitedLength() {
		List<ApiError> errors = List.of(new ApiError("wrong", null, Map.of()));
		this.answer = Mono.error(new HopperApiException.Rejected(
				Details.of("x".repeat(501)).withResponse(HttpStatus.UNPROCESSABLE_CONTENT, HttpHeaders.EMPTY), errors));
		EventStore.Outcome.Dead dead = (EventStore.Outcome.Dead) deliver(event());
		assertThat(dead.deadLetter().event().failures()).singleElement().satisfies((failure) -> {
			assertThat(failure.statusCode()).isEqualTo(422);
			assertThat(failure.message()).isEqualTo("x".repeat(500));
			assertThat(failure.errors()).isEqualTo(errors);
		});
		assertThat(dead.deadLetter().event().attempts()).isEqualTo(1);
		assertThat(dead.deadLetter().deadSince()).isEqualTo(this.clock.instant());
	}

	@Test
	void waitsLongerAfterEachFailureAndNeverLongerThanConfigured() {
		this.answer = Mono.error(new HopperApiException.Timeout(Details.of("It failed.")));
		StoredEvent event = event();
		for (int seconds : new int[] { 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 }) {
			EventStore.Outcome.Retry retry = retry(event);
			assertThat(retry.notBefore()).isEqualTo(this.clock.instant().plusSeconds(seconds));
			event = retry.event();
		}
		this.random = 1;
		assertThat(retry(event).notBefore()).isEqualTo(this.clock.instant().plusSeconds(150));
	}

	@Test
	void waitsAsLongAsTheApiAsksAndALittleLonger() {
		this.answer = Mono
			.error(new HopperApiException.ServerError(Details.of("It failed.").withRetryAfter(Duration.ofMinutes(10))));
		assertThat(retry(event()).notBefore()).isEqualTo(this.clock.instant().plus(Duration.ofMinutes(10)));
		this.random = 1;
		assertThat(retry(event()).notBefore())
			.isEqualTo(this.clock.instant().plus(Duration.ofMinutes(10)).plusSeconds(1));
	}

	@Test
	void apiThatAsksForNoWaitShortensNoneAndBeginsNoPause() {
		Details details = Details.of("It failed.").withRetryAfter(Duration.ZERO);
		StoredEvent event = event();
		for (int seconds : new int[] { 2, 4, 8, 16 }) {
			this.answer = Mono.error((seconds < 16) ? new HopperApiException.ServerError(details)
					: new HopperApiException.RateLimited(details));
			EventStore.Outcome.Retry retry = retry(event);
			assertThat(retry.notBefore()).isEqualTo(this.clock.instant().plusSeconds(seconds));
			event = retry.event();
		}
		assertThat(this.gate.pause()).isNull();
		this.answer = Mono.error(new HopperApiException.ServerError(details));
		for (int i = 0; i < 6; i++) {
			retry(event());
		}
		assertThat(this.gate.pause().nextProbe()).isEqualTo(this.clock.instant().plusSeconds(1));
	}

	@Test
	void waitsNoLongerThanUntilItsMaximumAge() {
		this.answer = Mono
			.error(new HopperApiException.ServerError(Details.of("It failed.").withRetryAfter(Duration.ofDays(365))));
		StoredEvent event = event();
		Instant next = retry(event).notBefore();
		assertThat(next).isEqualTo(event.storedAt().plus(MAX_AGE).plusMillis(1));
		this.clock.advance(Duration.between(this.clock.instant(), next));
		assertThat(deliver(event)).isInstanceOf(EventStore.Outcome.Dead.class);
	}

	@Test
	void eventThatFailsBeyondItsAgeIsGivenUp() {
		this.answer = Mono.error(new HopperApiException.Timeout(Details.of("It failed.")));
		StoredEvent event = event();
		this.clock.advance(MAX_AGE);
		retry(event);
		this.clock.advance(Duration.ofMillis(1));
		assertThat(deliver(event)).isInstanceOfSatisfying(EventStore.Outcome.Dead.class,
				(dead) -> assertThat(dead.deadLetter().reason()).isEqualTo(DeadLetter.Reason.EXPIRED));
		retry(event.replayed(this.clock.instant()));
	}

	@Test
	void unknownSessionIsGivenUpAfterThreeStrikesIfOtherEventsGetThrough() {
		Mono<EventReceipt> notFound = Mono.error(new HopperApiException.NotFound(Details.of("It failed.")));
		this.answer = notFound;
		StoredEvent event = retry(event()).event();
		this.clock.advance(Duration.ofSeconds(1));
		event = retry(event).event();
		event = retry(event).event();
		// No other event got through
		event = retry(event).event();
		this.answer = Mono.just(receipt());
		assertThat(deliver(event())).isInstanceOf(EventStore.Outcome.Delivered.class);
		this.answer = notFound;
		assertThat(deliver(event)).isInstanceOfSatisfying(EventStore.Outcome.Dead.class,
				(dead) -> assertThat(dead.deadLetter().reason()).isEqualTo(DeadLetter.Reason.NOT_FOUND));
	}

	@Test
	void strikesBeforeAReplayDoNotCount() {
		Mono<EventReceipt> notFound = Mono.error(new HopperApiException.NotFound(Details.of("It failed.")));
		this.answer = notFound;
		StoredEvent event = event();
		for (int i = 0; i < 3; i++) {
			event = retry(event).event();
		}
		this.clock.advance(Duration.ofSeconds(1));
		this.answer = Mono.just(receipt());
		deliver(event());
		this.answer = notFound;
		event = ((EventStore.Outcome.Dead) deliver(event)).deadLetter().event();
		this.clock.advance(Duration.ofSeconds(1));
		event = retry(event.replayed(this.clock.instant())).event();
		event = retry(event).event();
		this.clock.advance(Duration.ofSeconds(1));
		this.answer = Mono.just(receipt());
		deliver(event());
		this.answer = notFound;
		assertThat(deliver(event)).isInstanceOf(EventStore.Outcome.Dead.class);
	}

	@Test
	void twoStrikesAreNotEnough() {
		this.answer = Mono.error(new HopperApiException.NotFound(Details.of("It failed.")));
		StoredEvent event = retry(event()).event();
		this.answer = Mono.just(receipt());
		this.clock.advance(Duration.ofSeconds(1));
		deliver(event());
		this.answer = Mono.error(new HopperApiException.Timeout(Details.of("It failed.")));
		event = retry(event).event();
		this.answer = Mono.error(new HopperApiException.NotFound(Details.of("It failed.")));
		retry(event);
	}

	@Test
	void deliveredEventIsDelivered() {
		this.answer = Mono.just(receipt());
		StoredEvent event = event();
		assertThat(deliver(event)).isEqualTo(new EventStore.Outcome.Delivered(event, receipt()));
		assertThat(permits()).isEqualTo(8);
		assertThat(this.gate.deliveredSince(this.clock.instant().minusNanos(1))).isTrue();
	}

	@Test
	void eventOfADisabledPublisherIsDiscarded() {
		this.answer = Mono.just(receipt(EventReceipt.Outcome.DISCARDED));
		StoredEvent event = event();
		assertThat(deliver(event))
			.isEqualTo(new EventStore.Outcome.Discarded(event, EventDeliveryListener.DiscardReason.DISABLED));
		assertThat(permits()).isEqualTo(8);
		assertThat(this.gate.deliveredSince(Instant.EPOCH)).isFalse();
	}

	@Test
	void senderWithoutAnAnswerHasFailed() {
		assertThat(retry(event()).event().failures()).extracting(StoredEvent.Failure::message)
			.containsExactly(IllegalStateException.class.getName());
	}

	@Test
	void cancelledAttemptGivesItsPermitBack() {
		this.answer = Mono.never();
		RelayGate.Permit permit = this.gate.tryAcquire();
		attempt().deliver(event(), permit, OutboxObservation.NONE).subscribe().dispose();
		assertThat(permits()).isEqualTo(8);
	}

	@Test
	void attemptIsObservedFromItsBeginningToItsEnd() {
		TestObservationRegistry observations = TestObservationRegistry.create();
		this.answer = Mono.error(new HopperApiException.Timeout(Details.of("It failed.")));
		deliver(event(), observations);
		TestObservationRegistryAssert.assertThat(observations)
			.hasSingleObservationThat()
			.hasBeenStarted()
			.hasBeenStopped()
			.hasError();
		observations.clear();
		this.answer = Mono.just(receipt());
		deliver(event(), observations);
		TestObservationRegistryAssert.assertThat(observations)
			.hasSingleObservationThat()
			.hasBeenStopped()
			.doesNotHaveError();
		observations.clear();
		this.answer = Mono.never();
		StoredEvent event = event();
		attempt().deliver(event, this.gate.tryAcquire(), OutboxObservation.ofDelivery(observations, event))
			.subscribe()
			.dispose();
		TestObservationRegistryAssert.assertThat(observations).hasSingleObservationThat().hasBeenStopped();
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\r\nX-Evil: 1", "", " a", "\u0000", "\u00e9" })
	void damagedSessionIdEndsItsEventAndNotTheDelivery(String sessionId) {
		this.answer = Mono.just(receipt());
		StoredEvent stored = event();
		StoredEvent damaged = StoredEvent.restore(stored.id(), stored.storedAt(), sessionId, stored.type(),
				stored.payload(), 0, null, null, null);
		assertThat(deliver(damaged)).isInstanceOfSatisfying(EventStore.Outcome.Dead.class,
				(dead) -> assertThat(dead.deadLetter().reason()).isEqualTo(DeadLetter.Reason.INVALID));
		assertThat(this.sent).hasValue(0);
		assertThat(this.gate.pause()).isNull();
		assertThat(permits()).isEqualTo(8);
	}

	private EventStore.Outcome.Retry retry(StoredEvent event) {
		EventStore.Outcome outcome = deliver(event);
		assertThat(outcome).isInstanceOf(EventStore.Outcome.Retry.class);
		return (EventStore.Outcome.Retry) outcome;
	}

	private EventStore.Outcome deliver(StoredEvent event) {
		return deliver(event, ObservationRegistry.NOOP);
	}

	private EventStore.Outcome deliver(StoredEvent event, ObservationRegistry observations) {
		if (this.gate.pause() != null) {
			this.gate.resume();
		}
		EventStore.Outcome outcome = attempt()
			.deliver(event, this.gate.tryAcquire(), OutboxObservation.ofDelivery(observations, event))
			.block(Duration.ofSeconds(60));
		assertThat(outcome).isNotNull();
		return outcome;
	}

	private DeliveryAttempt attempt() {
		EventSender sender = (prepared) -> {
			this.sent.incrementAndGet();
			return this.answer;
		};
		return new DeliveryAttempt(sender, this.policy, this.gate, this.clock, () -> this.random);
	}

	private int permits() {
		int permits = 0;
		while (this.gate.tryAcquire() != null) {
			permits++;
		}
		return permits;
	}

	private StoredEvent event() {
		return StoredEvent.of(UUID.randomUUID(), this.clock.instant(), "session-1",
				OffersDisplayed.occurredAt(this.clock.instant()));
	}

	private static EventReceipt receipt() {
		return receipt(EventReceipt.Outcome.DELIVERED);
	}

	private static EventReceipt receipt(EventReceipt.Outcome outcome) {
		return new EventReceipt("offers_displayed", outcome, Map.of(), 1, Duration.ZERO);
	}

}
