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
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the outbox in databases, with what operators do and several instances.
 */
abstract class AbstractJdbcOutboxTests extends AbstractJdbcDeliveryTests {

	AbstractJdbcOutboxTests(String platform) {
		super(platform);
	}

	@Test
	void refusedEventIsKeptListedReplayedAndDiscarded() {
		this.api.failNext(3, Fault.status(422));
		List<UUID> ids = IntStream.range(0, 3).mapToObj((i) -> {
			UUID id = (i == 2) ? this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME))
					: this.outbox.store("session-1", booking(i));
			await().until(() -> this.outbox.deadLetter(id).isPresent());
			return id;
		}).toList();
		this.outbox.store("session-1", booking(3));
		flush();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.outbox.deadLetter(ids.get(0))).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
			assertThat(letter.event().event()).isEqualTo(booking(0));
			assertThat(letter.event().sessionId()).isEqualTo("session-1");
			assertThat(letter.event().failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.statusCode()).isEqualTo(422));
		});
		assertThat(this.outbox.state().dead()).containsEntry("booking_confirmed", 2L)
			.containsEntry("offers_displayed", 1L);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), ids.get(1), 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all().withType("offers_displayed"), null, 9)).hasSize(1);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all().withStored(Instant.now().plusSeconds(9), null), null,
				9))
			.isEmpty();
		assertThat(this.outbox.replay(ids.get(0))).isTrue();
		assertThat(this.outbox.replay(ids.get(0))).isFalse();
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all().withReason(DeadLetter.Reason.EXPIRED))).isZero();
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all())).isOne();
		assertThat(this.outbox.discardAll(DeadLetter.Filter.all(), "test")).isZero();
		flush();
		assertThat(this.api.received()).hasSize(3);
		assertThat(rows()).isZero();
		assertThat(this.listener.replayed).hasValue(2);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).hasSize(1);
	}

	@Test
	void stopHandsBackAndTheNextStartGoesOn() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 30).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		this.outbox.stop();
		assertThat(this.outbox.isRunning()).isFalse();
		assertThat(rows()).isEqualTo(30);
		assertThat(this.jdbc.queryForObject("select count(*) from hopper_event_outbox where claimed_by is not null",
				Integer.class))
			.isZero();
		// Stored while nobody delivers
		this.outbox.store("session-1", booking(30));
		this.api.acceptToken(TestPublishers.TOKEN);
		TestOutbox next = create(this.dataSource, "hopper_event_outbox", this.listener);
		next.start();
		assertThat(next.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(31);
		next.stop();
		this.outbox.start();
		this.outbox.store("session-1", booking(31));
		flush();
		assertThat(this.api.received()).hasSize(32);
	}

	@Test
	void severalInstancesShareTheWorkAndAnOperatorsPause() {
		RecordingListener otherListener = new RecordingListener();
		TestOutbox other = create(this.dataSource, "hopper_event_outbox", otherListener);
		other.start();
		try {
			this.outbox.pause("maintenance");
			other.pause("maintenance");
			await().until(() -> other.state().pause() != null);
			other.resume();
			this.outbox.resume();
			this.outbox
				.storeAll(IntStream.range(0, 300).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList());
			flush();
			assertThat(this.api.received()).hasSize(300);
			await().untilAsserted(
					() -> assertThat(this.listener.delivered.size() + otherListener.delivered.size()).isEqualTo(300));
		}
		finally {
			other.stop();
		}
	}

	@Test
	void rowsOfAnEarlierVersionAreReadAfterTheMigration() {
		UUID id = this.outbox.store("session-1", booking(1));
		flush();
		StoredEvent old = this.listener.delivered.get(0);
		this.outbox.stop();
		UUID pending = insertOld(old, 1, "PENDING", StoredEventJson.write(old));
		UUID dead = insertOld(old, 2, "DEAD",
				StoredEventJson.write(new DeadLetter(old, DeadLetter.Reason.REJECTED, old.storedAt())));
		this.outbox.start();
		await().untilAsserted(() -> assertThat(this.api.received()).hasSize(2));
		assertThat(this.api.received().get(1).event()).isEqualTo(booking(1));
		assertThat(this.outbox.deadLetter(dead)).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
			assertThat(letter.event().sessionId()).isEqualTo("session-1");
		});
		assertThat(this.outbox.replay(dead)).isTrue();
		flush();
		assertThat(this.api.received()).hasSize(3);
		assertThat(pending).isNotEqualTo(id);
	}

	private UUID insertOld(StoredEvent old, int number, String state, byte[] data) {
		UUID id = new UUID(old.id().getMostSignificantBits(), old.id().getLeastSignificantBits() + number);
		Object bound = this.platform.equals("postgresql") ? id : id.toString();
		this.transactions.executeWithoutResult((status) -> this.jdbc.update(
				"insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, version) "
						+ "values (?, 'booking_confirmed', ?, ?, ?, ?, 0, 0)",
				bound, state, data, LocalDateTime.parse("2026-01-01T00:00:00"),
				LocalDateTime.parse(state.equals("DEAD") ? "9999-12-31T00:00:00" : "2026-01-01T00:00:00")));
		return id;
	}

	@Test
	void missingTableIsReportedWithWhatToDo() {
		TestOutbox missing = create(this.dataSource, "no_such_table", this.listener);
		assertThatException().isThrownBy(missing::start).withMessageContaining("no_such_table");
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> missing.store("session-1", booking(1)));
	}

	@Test
	void severalInstancesReplayEveryDeadLetterOnce() {
		this.api.failRandomly(1, 1, Fault.status(422));
		this.outbox.storeAll(IntStream.range(0, 40).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList());
		flush();
		this.api.recover();
		TestOutbox other = create(this.dataSource, "hopper_event_outbox", this.listener);
		long replayed = Mono.zip(replayAll(this.outbox), replayAll(other), replayAll(this.outbox), replayAll(other))
			.map((counts) -> counts.getT1() + counts.getT2() + counts.getT3() + counts.getT4())
			.block(SECONDS);
		assertThat(replayed).isEqualTo(40);
		flush();
		assertThat(this.api.received()).hasSize(40);
		assertThat(rows()).isZero();
	}

	/**
	 * What meets another transaction that the database undoes is tried once more, like an
	 * operator would.
	 */
	private static Mono<Long> replayAll(TestOutbox target) {
		return Mono.fromCallable(() -> target.replayAll(DeadLetter.Filter.all()))
			.retry(20)
			.subscribeOn(Schedulers.boundedElastic());
	}

	@Test
	void whoIsLateReplaysAndDiscardsNothing() {
		this.api.failNext(2, Fault.status(422));
		List<UUID> ids = List.of(this.outbox.store("session-1", booking(1)),
				this.outbox.store("session-1", booking(2)));
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(2));
		// Both have read the dead letters
		List<DeadLetter> letters = this.outbox.deadLetters(DeadLetter.Filter.all(), null, 9);
		EventStore late = store(this.dataSource, "hopper_event_outbox");
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all())).isEqualTo(2);
		flush();
		assertThat(late.replay(letters, Instant.now())).isEmpty();
		assertThat(this.api.received()).hasSize(2);
		assertThat(late.discard(letters)).isEmpty();
		assertThat(ids).hasSize(2);
		assertThat(this.listener.replayed).hasValue(2);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).isEmpty();
	}

	@Test
	void stopWaitsForWhatIsBeingSent() throws Exception {
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		CompletableFuture<Void> stop = CompletableFuture.runAsync(this.outbox::stop);
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> stop.get(200, TimeUnit.MILLISECONDS));
		this.api.release();
		stop.get(20, TimeUnit.SECONDS);
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.listener.delivered).hasSize(1);
		assertThat(rows()).isZero();
	}

	@Test
	void nothingIsMovedThatAnotherInstanceHasTaken() {
		this.api.failNext(1, Fault.status(422));
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		takeOver("other", "2999-01-01T00:00:00");
		this.api.release();
		// Waits for the attempt and what follows from it
		this.outbox.stop();
		assertThat(this.jdbc.queryForList("select state from hopper_event_outbox", String.class))
			.containsExactly("PENDING");
	}

	@Test
	void whatAnInstanceThatDiedWasSendingIsSentByAnother(CapturedOutput output) {
		this.outbox.stop();
		IntStream.range(0, 5).forEach((i) -> this.outbox.store("session-1", booking(i)));
		takeOver("gone", "2026-01-01T00:00:00");
		this.outbox.start();
		flush();
		assertThat(this.api.received()).hasSize(5);
		assertThat(output.getAll().lines().filter((line) -> line.contains("Instance gone"))).hasSize(1);
	}

	@Test
	void leaseIsRenewedWhileAnEventIsBeingSent() {
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		TestOutbox other = create(this.dataSource, "hopper_event_outbox", this.listener);
		other.start();
		try {
			LocalDateTime until = leaseEnd();
			// Beyond the first lease
			await().atMost(SECONDS).until(() -> leaseEnd().isAfter(until.plus(LEASE)));
			this.api.release();
			flush();
			assertThat(this.api.requests()).hasSize(1);
			assertThat(this.api.received()).hasSize(1);
		}
		finally {
			other.stop();
		}
	}

	private LocalDateTime leaseEnd() {
		return this.jdbc.queryForObject("select claimed_until from hopper_event_outbox", LocalDateTime.class);
	}

	@Test
	void deliveredEventsAreKeptAsProofAndPurged() {
		this.outbox.stop();
		this.outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.policy(POLICY)
			.listeners(List.of(this.listener))
			.build(JdbcStores.create(this.dataSource, this.transactions.getTransactionManager(), "hopper_event_outbox",
					Duration.ofMillis(300), Duration.ofHours(1), Schedulers.parallel()));
		this.outbox.start();
		this.api.failNext(1, Fault.status(503));
		UUID id = this.outbox.store("session-1", booking(1));
		flush();
		this.outbox.store("session-2", OffersDisplayed.occurredAt(TIME));
		flush();
		assertThat(this.outbox.delivered(DeliveredEvent.Filter.all(), null, 10)).hasSize(2);
		assertThat(this.outbox.delivered(DeliveredEvent.Filter.all().withSession("session-1"), null, 10))
			.singleElement()
			.satisfies((delivered) -> {
				assertThat(delivered.event().id()).isEqualTo(id);
				assertThat(delivered.event().attempts()).isOne();
				assertThat(delivered.statusCode()).isEqualTo(204);
				assertThat(delivered.deliveredAt()).isAfterOrEqualTo(delivered.event().storedAt().minusSeconds(5));
			});
		assertThat(this.outbox.delivered(DeliveredEvent.Filter.all().withType("offers_displayed"), id, 10)).hasSize(1);
		assertThat(this.outbox.state().pendingCount()).isZero();
		assertThat(this.jdbc.query("select finished_at, due_at from hopper_event_outbox",
				(row, number) -> Duration.between(row.getObject(1, LocalDateTime.class),
						row.getObject(2, LocalDateTime.class))))
			.containsExactly(Duration.ofHours(1), Duration.ofHours(1));
		// An hour later
		this.transactions
			.executeWithoutResult((status) -> this.jdbc.update("update hopper_event_outbox set due_at = finished_at"));
		await().atMost(SECONDS).until(() -> rows() == 0);
	}

	@Test
	void operationsOfATransactionThatRollsBackChangeNothing() {
		this.api.failNext(1, Fault.status(422));
		this.outbox.store("session-1", booking(1));
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(1));
		this.outbox.pause("maintenance");
		this.transactions.executeWithoutResult((status) -> {
			this.outbox.resume();
			assertThat(this.outbox.replayAll(DeadLetter.Filter.all())).isOne();
			status.setRollbackOnly();
		});
		this.transactions.executeWithoutResult((status) -> {
			assertThat(this.outbox.discardAll(DeadLetter.Filter.all(), "test")).isOne();
			status.setRollbackOnly();
		});
		assertThat(this.outbox.state().pause()).isNotNull();
		assertThat(this.outbox.state().deadCount()).isOne();
		assertThat(this.listener.replayed).hasValue(0);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).isEmpty();
		this.outbox.resume();
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all())).isOne();
		flush();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void pauseBelongsToTheTransactionAndHoldsForAllAtOnce() {
		TestOutbox other = create(this.dataSource, "hopper_event_outbox", this.listener);
		other.start();
		try {
			this.transactions.executeWithoutResult((status) -> {
				this.outbox.pause("maintenance");
				status.setRollbackOnly();
			});
			assertThat(this.outbox.state().pause()).isNull();
			this.outbox.pause("maintenance");
			assertThat(other.state().pause()).isNotNull()
				.satisfies((pause) -> assertThat(pause.message()).isEqualTo("maintenance"));
			other.store("session-1", booking(1));
			assertThat(other.flush(Duration.ofMillis(300))).isFalse();
			assertThat(this.api.requests()).isEmpty();
			other.resume();
			flush();
			assertThat(this.outbox.state().pendingCount()).isZero();
		}
		finally {
			other.stop();
		}
	}

	private void takeOver(String instance, String until) {
		this.transactions.executeWithoutResult(
				(status) -> this.jdbc.update("update hopper_event_outbox set claimed_by = ?, claimed_until = ?",
						instance, LocalDateTime.parse(until)));
	}

}
