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
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DefaultEventOutbox} in memory.
 */
class MemoryEventOutboxTests {

	private static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	private static final Duration SECONDS = Duration.ofSeconds(20);

	private final FakeHopperApi api = FakeHopperApi.builder()
		.token(TestPublishers.TOKEN)
		.unknownSession("unknown-session")
		.start();

	private final RecordingListener listener = new RecordingListener();

	private RelayPolicy policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
			Duration.ofMillis(50), Duration.ofSeconds(5));

	private TestOutbox outbox;

	@BeforeEach
	void start() {
		start(UnaryOperator.identity());
	}

	private void start(UnaryOperator<MemoryOutboxes.Builder> customizer) {
		if (this.outbox != null) {
			this.outbox.destroy();
		}
		this.outbox = customizer
			.apply(MemoryOutboxes.builder(TestPublishers.create(this.api))
				.policy(this.policy)
				.listeners(List.of(this.listener)))
			.build();
		this.outbox.start();
	}

	@AfterEach
	void stop() {
		this.outbox.pause("end of test");
		this.outbox.destroy();
		this.api.close();
	}

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
			assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
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
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 2)).extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), ids.get(1), 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2), ids.get(3));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all().withType("offers_displayed"), null, 10)).hasSize(1);
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all().withReason(DeadLetterReason.EXPIRED), null, 10))
			.isEmpty();
		assertThat(this.outbox.replay(ids.get(0))).isTrue();
		assertThat(this.outbox.replay(ids.get(0))).isFalse();
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetterFilter.all().withType("booking_confirmed"))).isOne();
		assertThat(this.outbox.discardAll(DeadLetterFilter.all(), "test")).isOne();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.outbox.state().deadCount()).isZero();
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(2)
			.allSatisfy((event) -> assertThat(event.failures()).hasSize(1)));
		assertThat(this.listener.discarded(DiscardReason.OPERATOR)).hasSize(2);
		assertThat(this.listener.replayed).hasValue(2);
	}

	@Test
	void failureThatPassesIsRetriedWithGrowingWaits() {
		this.api.failNext(3, Fault.status(503));
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.api.requests()).hasSize(4);
		await().untilAsserted(() -> assertThat(this.listener.retrying).extracting(StoredEvent::attempts)
			.containsExactlyInAnyOrder(1, 2, 3));
	}

	@Test
	void retryAfterIsExact() {
		Instant before = Instant.now();
		this.api.failNext(1, Fault.status(503).withRetryAfter("1"));
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(Duration.between(before, Instant.now())).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
		assertThat(this.listener.nextAttempts).singleElement()
			.satisfies((next) -> assertThat(next).isAfterOrEqualTo(before.plusSeconds(1)));
	}

	@Test
	void tooManyRequestsHoldsEverythingForAsLongAsAsked() {
		this.api.failNext(1, Fault.status(429).withRetryAfter("1"));
		this.outbox.store("session-1", booking(1));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.RATE_LIMITED);
		this.outbox.store("session-1", booking(2));
		assertThat(this.api.requests()).hasSize(1);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
	}

	@Test
	void refusedTokenPausesTheRelayAndNoEventIsGivenUp() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 100).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.UNAUTHORIZED);
		assertThat(this.outbox.state().pendingCount()).isEqualTo(100);
		await().until(() -> this.api.requests().size() >= 11);
		// The first eight at a time, then one after the other
		assertThat(this.api.requests().size()).isLessThan(30);
		this.api.acceptToken(TestPublishers.TOKEN);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(100);
		assertThat(this.outbox.state().pause()).isNull();
		assertThat(this.outbox.state().deadCount()).isZero();
	}

	@Test
	void unknownSessionIsTheEventsFaultWhileOthersGetThrough() {
		UUID lost = this.outbox.store("unknown-session", booking(0));
		AtomicInteger number = new AtomicInteger();
		await().until(() -> {
			this.outbox.store("session-1", booking(number.incrementAndGet()));
			return this.outbox.deadLetter(lost).isPresent();
		});
		assertThat(this.outbox.deadLetter(lost)).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetterReason.NOT_FOUND);
			assertThat(letter.event().attempts()).isGreaterThanOrEqualTo(3);
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(number.get());
	}

	@Test
	void nothingFoundPausesTheRelay() {
		this.api.failNext(30, Fault.status(404));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.NOT_FOUND);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.outbox.state().deadCount()).isZero();
		assertThat(this.api.received()).hasSize(20);
	}

	@Test
	void deadApiPausesTheRelayAndIsNotHitByAllAtOnceWhenItComesBack() {
		this.api.failNext(20, Fault.reset());
		IntStream.range(0, 200).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.API_UNAVAILABLE);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(200);
	}

	@Test
	void eventThatOutlivesTheMaximumAgeIsDead() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		start((builder) -> builder.scheduler(time));
		this.api.failNext(1, Fault.status(503));
		this.api.hold();
		UUID id = this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		time.advanceTimeBy(Duration.ofHours(73));
		this.api.release();
		await().until(() -> this.outbox.deadLetter(id).isPresent());
		assertThat(this.outbox.deadLetter(id).orElseThrow().reason()).isEqualTo(DeadLetterReason.EXPIRED);
		// Its age counts anew
		this.api.failNext(1, Fault.status(503));
		this.outbox.replay(id);
		await().untilAsserted(() -> assertThat(this.listener.retrying).hasSize(1));
		time.advanceTimeBy(Duration.ofHours(1));
		this.outbox.store("session-1", booking(2));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
	}

	@Test
	void operatorPausesAndResumes() {
		this.outbox.pause("maintenance");
		this.outbox.pause("again");
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(Duration.ofMillis(100))).isFalse();
		assertThat(this.api.requests()).isEmpty();
		assertThat(this.outbox.state().pause()).satisfies((pause) -> {
			assertThat(pause.reason()).isEqualTo(PauseReason.OPERATOR);
			assertThat(pause.message()).isEqualTo("maintenance");
			assertThat(pause.nextProbe()).isNull();
		});
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
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
		assertThat(this.listener.discarded(DiscardReason.ROLLED_BACK)).hasSize(1);
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
		assertThat(this.listener.discarded(DiscardReason.OVERFLOW)).extracting(StoredEvent::id).containsExactly(first);
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox.store("session-1", booking(4)));
		assertThat(this.outbox.state().pending()).containsOnly(java.util.Map.entry("booking_confirmed", 3L));
	}

	@Test
	void fullOutboxDropsTheOldest() {
		start((builder) -> builder.limits(2, 100_000).overflow("DROP_OLDEST", Duration.ZERO));
		this.outbox.pause("full");
		UUID first = this.outbox.store("session-1", booking(1));
		UUID second = this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
		this.outbox.store("session-1", booking(2));
		this.outbox.store("session-1", booking(3));
		assertThat(this.listener.discarded(DiscardReason.OVERFLOW)).extracting(StoredEvent::id)
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
	void stopDeliversWhatWaits() {
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofHours(1), Duration.ofHours(1),
				Duration.ofMillis(50), Duration.ofSeconds(10));
		start(UnaryOperator.identity());
		this.api.failNext(1, Fault.status(503));
		this.outbox.store("session-1", booking(0));
		await().untilAsserted(() -> assertThat(this.listener.retrying).hasSize(1));
		IntStream.range(1, 100).forEach((i) -> this.outbox.store("session-1", booking(i)));
		this.outbox.stop();
		assertThat(this.api.received()).hasSize(100);
		assertThat(this.listener.discarded).isEmpty();
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> this.outbox.store("session-1", booking(1)))
			.withMessageContaining("shutting down");
		this.outbox.start();
		this.outbox.store("session-1", booking(100));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void stopNamesWhatIsLost(CapturedOutput output) {
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
				Duration.ofMillis(50), Duration.ofMillis(200));
		start(UnaryOperator.identity());
		this.outbox.store("session-1", booking(20));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		this.api.failRandomly(1, 1, Fault.status(503));
		List<UUID> ids = IntStream.range(0, 20).mapToObj((i) -> this.outbox.store("session-1", booking(i))).toList();
		this.outbox.stop();
		assertThat(this.listener.discarded(DiscardReason.SHUTDOWN)).isEmpty();
		assertThat(this.outbox.state().pendingCount()).isEqualTo(20);
		this.outbox.destroy();
		assertThat(this.listener.discarded(DiscardReason.SHUTDOWN)).extracting(StoredEvent::id)
			.containsExactlyInAnyOrderElementsOf(ids);
		assertThat(output.getAll().lines().filter((line) -> line.contains("20 events were lost"))).singleElement()
			.satisfies((line) -> assertThat(ids.stream().filter((id) -> line.contains(id.toString()))).hasSize(10));
		assertThat(this.outbox.state().pendingCount()).isZero();
		assertThat(this.outbox.isRunning()).isFalse();
	}

	@Test
	void stopAndStartLoseNothing() {
		this.api.failRandomly(1, 1, Fault.status(503));
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
				Duration.ofMillis(50), Duration.ofMillis(200));
		start(UnaryOperator.identity());
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		this.outbox.stop();
		this.api.recover();
		this.outbox.start();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(20);
		assertThat(this.listener.discarded).isEmpty();
	}

	@Test
	void failingListenerHarmsNothing() {
		start((builder) -> builder.listeners(List.of(new EventDeliveryListener() {
			@Override
			public void stored(StoredEvent event) {
				throw new IllegalStateException("test");
			}

			@Override
			public void delivered(StoredEvent event, com.hopper.hts.events.EventReceipt receipt) {
				throw new AssertionError("test");
			}

			@Override
			public void retrying(StoredEvent event, Instant nextAttempt) {
				throw new IllegalStateException("test");
			}

			@Override
			public void dead(DeadLetter deadLetter) {
				throw new NoClassDefFoundError("test");
			}

			@Override
			public void discarded(StoredEvent event, DiscardReason reason) {
				throw new IllegalStateException("test");
			}

			@Override
			public void replayed(StoredEvent event) {
				throw new IllegalStateException("test");
			}
		}, this.listener)));
		this.api.failNext(1, Fault.status(503));
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(1));
		this.api.failNext(2, Fault.status(400));
		UUID refused = this.outbox.store("session-1", booking(2));
		UUID discarded = this.outbox.store("session-1", booking(3));
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(2));
		assertThat(this.outbox.replay(refused)).isTrue();
		assertThat(this.outbox.discard(discarded, "test")).isTrue();
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(2));
	}

	@Test
	void listenerMayStoreAnotherEvent() {
		AtomicInteger number = new AtomicInteger(1);
		start((builder) -> builder.listeners(List.of(new EventDeliveryListener() {
			@Override
			public void delivered(StoredEvent event, com.hopper.hts.events.EventReceipt receipt) {
				if (number.incrementAndGet() <= 5) {
					MemoryEventOutboxTests.this.outbox.store("session-1", booking(number.get()));
				}
			}
		})));
		this.outbox.store("session-1", booking(1));
		await().untilAsserted(() -> assertThat(this.api.received()).hasSize(5));
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
		assertThat(this.listener.discarded(DiscardReason.ROLLED_BACK)).hasSize(1);
	}

	@Test
	void forbiddenPausesTheRelayAndNoEventIsGivenUp() {
		this.api.failNext(10, Fault.status(403));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.FORBIDDEN);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(20);
	}

	@Test
	void failureToSignInPausesTheRelayAndNoEventIsGivenUp() {
		AtomicBoolean refused = new AtomicBoolean(true);
		this.outbox.stop();
		this.outbox = MemoryOutboxes
			.builder(TestPublishers.create(this.api,
					() -> refused.get() ? Mono.error(new IllegalStateException("The secret has expired"))
							: Mono.just(TestPublishers.TOKEN)))
			.policy(this.policy)
			.listeners(List.of(this.listener))
			.build();
		this.outbox.start();
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.SIGN_IN_FAILED);
		assertThat(this.api.requests()).isEmpty();
		refused.set(false);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(20);
	}

	@Test
	void eventThatIsNeverFoundIsDeadAtTheMaximumAge() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		start((builder) -> builder.scheduler(time));
		UUID id = this.outbox.store("unknown-session", booking(1));
		await().until(() -> this.listener.retrying.size() == 1);
		time.advanceTimeBy(Duration.ofHours(73));
		await().until(() -> {
			time.advanceTimeBy(Duration.ofMinutes(1));
			return this.outbox.deadLetter(id).isPresent();
		});
		assertThat(this.outbox.deadLetter(id).orElseThrow().reason()).isEqualTo(DeadLetterReason.EXPIRED);
	}

	@Test
	void holdsNoThreadAndNoTimerWhileIdle() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		start((builder) -> builder.scheduler(time));
		assertThat(Thread.getAllStackTraces().keySet()).filteredOn((thread) -> !before.contains(thread)).isEmpty();
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		await().until(() -> this.outbox.inProgress() == 0);
		assertThat(time.getScheduledTaskCount()).isZero();
		this.api.failNext(1, Fault.status(503));
		this.outbox.store("session-1", booking(2));
		await().until(() -> this.listener.retrying.size() == 1);
		await().until(() -> time.getScheduledTaskCount() == 1);
	}

	@Test
	void eventThatBecomesDueJustAfterItWasLookedAtIsNotForgotten() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		AtomicLong now = new AtomicLong();
		// Seven milliseconds pass between any two looks at the clock
		Scheduler slow = new Scheduler() {
			@Override
			public Disposable schedule(Runnable task) {
				return time.schedule(task);
			}

			@Override
			public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
				return time.schedule(task, delay, unit);
			}

			@Override
			public Worker createWorker() {
				return time.createWorker();
			}

			@Override
			public long now(TimeUnit unit) {
				return unit.convert(now.addAndGet(7), TimeUnit.MILLISECONDS);
			}
		};
		start((builder) -> builder.random(() -> 0).scheduler(slow));
		this.api.failNext(1, Fault.status(503));
		this.outbox.store("session-1", booking(1));
		await().until(() -> this.listener.retrying.size() == 1);
		await().untilAsserted(() -> {
			time.advanceTimeBy(Duration.ofMillis(10));
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	@Timeout(30)
	void outboxThatWasNeverStartedDoesNotWaitForDeliveries() {
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
				Duration.ofMillis(50), Duration.ofHours(1));
		TestOutbox neverStarted = MemoryOutboxes.builder(TestPublishers.create(this.api))
			.policy(this.policy)
			.listeners(List.of(this.listener))
			.build();
		neverStarted.store("session-1", booking(1));
		neverStarted.destroy();
		assertThat(this.listener.discarded(DiscardReason.SHUTDOWN)).hasSize(1);
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void everythingStoredEndsInOnePlace() {
		start((builder) -> builder.limits(500, 10_000_000).overflow("DROP_OLDEST", Duration.ZERO));
		this.api.failRandomly(0.3, 42, Fault.status(503), Fault.status(422), Fault.reset(), Fault.resetAfterAccepting(),
				Fault.status(429).withRetryAfter("0"));
		int stored = 0;
		for (int i = 0; i < 5000; i++) {
			if (i % 2 == 0) {
				this.outbox.store("session-1", booking(i));
				stored++;
			}
			else {
				try {
					this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
					stored++;
				}
				catch (EventNotStoredException ex) {
					// Full of bookings, and the caller knows
				}
			}
		}
		this.api.recover();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		int expected = stored;
		await().untilAsserted(() -> assertThat(this.listener.delivered.size() + this.listener.dead.size()
				+ this.listener.discarded(DiscardReason.OVERFLOW).size())
			.isEqualTo(expected));
		assertThat(this.listener.stored.size()).isEqualTo(expected);
		assertThat(this.listener.dead).hasSize((int) this.outbox.state().deadCount());
	}

	private static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
