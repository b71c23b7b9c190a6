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
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DefaultEventOutbox} in memory.
 */
@Tag("compatibility")
class MemoryEventOutboxTests extends MemoryOutboxFixture {

	@Test
	void storedEventArrives() {
		UUID id = this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.event()).isEqualTo(booking(1));
		});
		await()
			.untilAsserted(() -> assertThat(this.listener.delivered).extracting(StoredEvent::id).containsExactly(id));
		assertThat(id.version()).isEqualTo(7);
		assertThat(this.outbox.state().pendingCount()).isZero();
	}

	@Test
	void bookingWithoutSessionArrives() {
		this.outbox.store(BookingConfirmed.occurredAt(TIME).withCfarOfferIds("offer-1"));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).singleElement()
			.satisfies((request) -> assertThat(request.request().header("HC-Session-ID")).isNull());
	}

	@Test
	void whatCannotBeSentIsRefusedAtOnceAndTakesTheWholeBatchWithIt() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.store(" ", OffersDisplayed.occurredAt(TIME)))
			.withMessageContaining("session id that is blank");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.store(BookingConfirmed.occurredAt(TIME)))
			.withMessageContaining("neither a session id nor offer ids");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.storeAll(List.of(SessionEvent.of("session-1", booking(1)),
					SessionEvent.of("session-1", CustomEvent.occurredAt("", TIME)))))
			.withMessageContaining("blank 'type'");
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.requests()).isEmpty();
		assertThat(this.listener.stored).isEmpty();
	}

	@Test
	void refusedEventIsDeadAtOnceAndHoldsNothingUp() {
		this.api.failNext(1, Fault.status(422));
		UUID refused = this.outbox.store("session-1", booking(1));
		await().until(() -> this.outbox.deadLetter(refused).isPresent());
		this.outbox
			.storeAll(List.of(SessionEvent.of("session-1", booking(2)), SessionEvent.of("session-1", booking(3))));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.outbox.deadLetter(refused)).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
			assertThat(letter.event().attempts()).isOne();
			assertThat(letter.event().failures()).singleElement().satisfies((failure) -> {
				assertThat(failure.statusCode()).isEqualTo(422);
				assertThat(failure.kind()).isEqualTo("rejected");
			});
			assertThat(letter.event().event()).isEqualTo(booking(1));
		});
		assertThat(this.outbox.state().dead()).containsEntry("booking_confirmed", 1L);
	}

	@Test
	void deadLettersAreListedReplayedAndDiscarded() {
		this.api.failNext(4, Fault.status(400));
		List<UUID> ids = IntStream.range(0, 4).mapToObj((i) -> {
			UUID id = (i == 3) ? this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME))
					: this.outbox.store("session-1", booking(i));
			await().until(() -> this.outbox.deadLetter(id).isPresent());
			return id;
		}).toList();
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), ids.get(1), 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2), ids.get(3));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all().withType("offers_displayed"), null, 10)).hasSize(1);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all().withReason(DeadLetter.Reason.EXPIRED), null, 10))
			.isEmpty();
		assertThat(this.outbox.replay(ids.get(0))).isTrue();
		assertThat(this.outbox.replay(ids.get(0))).isFalse();
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all().withType("booking_confirmed"))).isOne();
		assertThat(this.outbox.discardAll(DeadLetter.Filter.all(), "test")).isOne();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.outbox.state().deadCount()).isZero();
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(2)
			.allSatisfy((event) -> assertThat(event.failures()).hasSize(1)));
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).hasSize(2);
		assertThat(this.listener.replayed).hasValue(2);
	}

	@Test
	void transactionDecides() {
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			assertThat(this.outbox.state().pendingCount()).isZero();
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(2));
			status.setRollbackOnly();
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.ROLLED_BACK)).hasSize(1);
		// As in an AFTER_COMMIT listener, where the transaction is over
		transactions.executeWithoutResult(
				(status) -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
					@Override
					public void afterCompletion(int completion) {
						MemoryEventOutboxTests.this.outbox.store("session-1", booking(3));
					}
				}));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
	}

	@Test
	void rolledBackEventsTakeNoSpace() {
		start((builder) -> builder.limits(2, 100_000));
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		IntStream.range(0, 10).forEach((i) -> transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			this.outbox.store("session-1", booking(2));
			status.setRollbackOnly();
		}));
		this.outbox.store("session-1", booking(3));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
	}

	@Test
	void fullOutboxRefusesAndSacrificesOffersFirst() {
		start((builder) -> builder.limits(3, 100_000));
		this.outbox.pause("full");
		UUID first = this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
		this.outbox.store("session-1", booking(1));
		this.outbox.store("session-1", booking(2));
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME)))
			.withMessageContaining("hopper.outbox.memory.max-events=3");
		this.outbox.store("session-1", booking(3));
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW)).extracting(StoredEvent::id)
			.containsExactly(first);
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox.store("session-1", booking(4)));
		assertThat(this.outbox.state().pending()).containsOnly(java.util.Map.entry("booking_confirmed", 3L));
	}

	@ParameterizedTest
	@ValueSource(strings = { "REJECT", "DROP_OLDEST" })
	void fullOutboxDropsNothingForEventsThatItRefusesAllTheSame(String overflow) {
		start((builder) -> builder.limits(3, 100_000).overflow(overflow, Duration.ZERO));
		this.outbox.pause("full");
		this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
		new TransactionTemplate(new TestTransactionManager()).executeWithoutResult((status) -> {
			// Take their space, and cannot be dropped before the commit
			this.outbox.store("session-1", booking(1));
			this.outbox.store("session-1", booking(2));
			assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> this.outbox
				.storeAll(List.of(SessionEvent.of("session-1", booking(3)), SessionEvent.of("session-1", booking(4)))));
		});
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW)).isEmpty();
		assertThat(this.outbox.state().pending()).containsEntry("offers_displayed", 1L)
			.containsEntry("booking_confirmed", 2L);
	}

	@Test
	void fullOutboxDropsTheOldest() {
		start((builder) -> builder.limits(2, 100_000).overflow("DROP_OLDEST", Duration.ZERO));
		this.outbox.pause("full");
		UUID first = this.outbox.store("session-1", booking(1));
		UUID second = this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
		this.outbox.store("session-1", booking(2));
		this.outbox.store("session-1", booking(3));
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW)).extracting(StoredEvent::id)
			.containsExactly(second, first);
	}

	@Test
	void fullOutboxMakesTheCallerWait() {
		start((builder) -> builder.limits(1, 100_000).overflow("BLOCK", Duration.ofSeconds(10)));
		this.api.failNext(1, Fault.delay(Duration.ofMillis(200)));
		this.outbox.store("session-1", booking(1));
		this.outbox.store("session-1", booking(2));
		assertThat(this.api.received()).isNotEmpty();
		this.outbox.flush(SECONDS);
		start((builder) -> builder.limits(1, 100_000).overflow("BLOCK", Duration.ofMillis(50)));
		this.outbox.pause("full");
		this.outbox.store("session-1", booking(3));
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox.store("session-1", booking(4)));
	}

	@Test
	void onlyTheLatestThousandDeadLettersAreKept() {
		start((builder) -> builder.limits(10_000, 100_000_000));
		this.api.failAll(Fault.status(422));
		List<UUID> ids = IntStream.range(0, 1003).mapToObj((i) -> this.outbox.store("session-1", booking(i))).toList();
		await().untilAsserted(() -> assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW))
			.extracting(StoredEvent::id)
			.containsExactlyInAnyOrderElementsOf(ids.subList(0, 3)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.outbox.state().deadCount()).isEqualTo(1000);
		assertThat(this.outbox.deadLetter(ids.get(2))).isEmpty();
		assertThat(this.outbox.deadLetter(ids.get(3))).isPresent();
	}

	@Test
	void deadLettersTakeNoMoreSpaceThanIsConfigured() {
		start((builder) -> builder.limits(1000, 10_000));
		this.api.failAll(Fault.status(422));
		for (int i = 0; i < 50; i++) {
			this.outbox.store("session-1", booking(i));
			assertThat(this.outbox.flush(SECONDS)).isTrue();
		}
		List<DeadLetter> kept = this.outbox.deadLetters(DeadLetter.Filter.all(), null, 100);
		assertThat(kept).isNotEmpty();
		assertThat(kept.stream().mapToInt((letter) -> letter.event().size()).sum()).isLessThanOrEqualTo(10_000);
		await().untilAsserted(() -> assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW))
			.hasSize(50 - kept.size()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "REJECT", "DROP_OLDEST", "BLOCK" })
	void moreEventsThanEverFitAreRefusedAtOnce(String overflow) {
		start((builder) -> builder.limits(2, 100_000).overflow(overflow, Duration.ofHours(1)));
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox
				.storeAll(IntStream.range(0, 3).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList()))
			.withMessageContaining("can never be stored")
			.withMessageContaining("hopper.outbox.memory.max-events=2");
	}

	@Test
	void bytesAreBoundedToo() {
		start((builder) -> builder.limits(1000, 10_000));
		this.outbox.pause("full");
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> {
			for (int i = 0; i < 1000; i++) {
				this.outbox.store("session-1", booking(i));
			}
		}).withMessageContaining("max-bytes=10000");
		assertThat(this.outbox.state().pendingCount()).isBetween(10L, 30L);
	}

	@Test
	void canBeCalledOnAnEventLoopWhileFlushRefuses() {
		Mono.fromCallable(() -> this.outbox.store("session-1", booking(1))).subscribeOn(Schedulers.parallel()).block();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(
				() -> Mono.fromCallable(() -> this.outbox.flush(SECONDS)).subscribeOn(Schedulers.parallel()).block())
			.withMessageContaining("boundedElastic");
	}

	@Test
	void savepointDecides() {
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			List<TransactionSynchronization> synchronizations = TransactionSynchronizationManager.getSynchronizations();
			synchronizations.forEach((each) -> each.savepoint("savepoint"));
			this.outbox.store("session-1", booking(2));
			synchronizations.forEach((each) -> each.savepointRollback("savepoint"));
			this.outbox.store("session-1", booking(3));
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.ROLLED_BACK)).hasSize(1);
	}

}
