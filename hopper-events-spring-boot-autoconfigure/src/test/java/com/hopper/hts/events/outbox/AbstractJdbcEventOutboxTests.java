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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link JdbcEventOutbox}, the same for every database.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractJdbcEventOutboxTests {

	static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	static final Duration SECONDS = Duration.ofSeconds(20);

	private static final RelayPolicy POLICY = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10),
			Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(5));

	private final String platform;

	private HikariDataSource dataSource;

	private JdbcTemplate jdbc;

	private TransactionTemplate transactions;

	private FakeHopperApi api;

	private RecordingListener listener;

	private JdbcEventOutbox outbox;

	AbstractJdbcEventOutboxTests(String platform) {
		this.platform = platform;
	}

	abstract HikariDataSource dataSource();

	@BeforeEach
	void start() {
		if (this.dataSource == null) {
			this.dataSource = dataSource();
			new ResourceDatabasePopulator(
					new ClassPathResource("com/hopper/hts/events/outbox/schema-" + this.platform + ".sql"))
				.execute(this.dataSource);
			this.jdbc = new JdbcTemplate(this.dataSource);
			this.transactions = new TransactionTemplate(new JdbcTransactionManager(this.dataSource));
		}
		this.transactions.executeWithoutResult((status) -> this.jdbc.update("delete from hopper_event_outbox"));
		this.listener = new RecordingListener();
		this.api = FakeHopperApi.builder().token(TestPublishers.TOKEN).unknownSession("unknown-session").start();
		this.outbox = create(this.dataSource, "hopper_event_outbox", this.listener);
		this.outbox.checkTable();
		this.outbox.start();
	}

	private JdbcEventOutbox create(DataSource source, String tableName, RecordingListener heard) {
		return JdbcEventOutbox
			.builder(TestPublishers.create(this.api), source, this.transactions.getTransactionManager())
			.tableName(tableName)
			.policy(POLICY)
			.pollingInterval(Duration.ofMillis(500))
			.listeners(List.of(heard))
			.build();
	}

	@AfterEach
	void stop() {
		this.outbox.stop();
		this.api.close();
	}

	@AfterAll
	void close() {
		if (this.dataSource != null) {
			this.dataSource.close();
		}
	}

	@Test
	void committedEventArrivesAndRolledBackEventDoesNotExist() {
		UUID id = this.transactions.execute((status) -> {
			UUID stored = this.outbox.store("session-1", booking(1));
			assertThat(this.outbox.flush(Duration.ZERO)).isFalse();
			return stored;
		});
		this.transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(2));
			status.setRollbackOnly();
		});
		flush();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.event()).isEqualTo(booking(1));
		});
		await()
			.untilAsserted(() -> assertThat(this.listener.delivered).extracting(StoredEvent::id).containsExactly(id));
		assertThat(this.listener.stored).hasSize(1);
		assertThat(rows()).isZero();
	}

	@Test
	void worksWithoutTransactionAndInBatches() {
		this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME));
		this.outbox.store(BookingConfirmed.occurredAt(TIME).withCfarOfferIds("offer-1"));
		List<UUID> ids = this.outbox
			.storeAll(IntStream.range(0, 50).mapToObj((i) -> SessionEvent.of("session-" + i, booking(i))).toList());
		assertThat(ids).doesNotHaveDuplicates().isSorted();
		flush();
		assertThat(this.api.received()).hasSize(52);
	}

	@Test
	void largeEventArrives() {
		String text = "x".repeat(100_000);
		this.outbox.store("session-1", CustomEvent.occurredAt("offers_displayed", TIME).withAttribute("note", text));
		flush();
		assertThat(this.api.requests()).singleElement()
			.satisfies((request) -> assertThat(request.body()).contains(text));
	}

	@Test
	void worksInAListenerOfTheCommitAndInASavepoint() {
		this.transactions.executeWithoutResult(
				(status) -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
					@Override
					public void afterCommit() {
						AbstractJdbcEventOutboxTests.this.outbox.store("session-1", booking(4));
					}

					@Override
					public void afterCompletion(int completion) {
						AbstractJdbcEventOutboxTests.this.outbox.store("session-1", booking(1));
					}
				}));
		TransactionTemplate nested = new TransactionTemplate(this.transactions.getTransactionManager());
		nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
		this.transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(2));
			nested.executeWithoutResult((inner) -> {
				this.outbox.store("session-1", booking(3));
				inner.setRollbackOnly();
			});
		});
		flush();
		assertThat(this.api.received())
			.extracting((event) -> event.request().body().replaceAll(".*contract-(\\d).*", "$1"))
			.containsExactlyInAnyOrder("1", "2", "4");
		assertThat(this.listener.stored).hasSize(3);
	}

	@Test
	void whatCannotBeSentIsRefusedAtOnce() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.storeAll(List.of(SessionEvent.of("session-1", booking(1)),
					SessionEvent.of("session-1", CustomEvent.occurredAt("", TIME)))));
		assertThat(rows()).isZero();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> Mono.fromCallable(() -> this.outbox.store("session-1", booking(1)))
				.subscribeOn(Schedulers.parallel())
				.block())
			.withMessageContaining("boundedElastic");
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
			assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
			assertThat(letter.event().event()).isEqualTo(booking(0));
			assertThat(letter.event().sessionId()).isEqualTo("session-1");
			assertThat(letter.event().failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.statusCode()).isEqualTo(422));
		});
		assertThat(this.outbox.state().dead()).containsEntry("booking_confirmed", 2L)
			.containsEntry("offers_displayed", 1L);
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 2)).extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), ids.get(1), 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all().withType("offers_displayed"), null, 9)).hasSize(1);
		assertThat(
				this.outbox.deadLetters(DeadLetterFilter.all().withStored(Instant.now().plusSeconds(9), null), null, 9))
			.isEmpty();
		assertThat(this.outbox.replay(ids.get(0))).isTrue();
		assertThat(this.outbox.replay(ids.get(0))).isFalse();
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetterFilter.all().withReason(DeadLetterReason.EXPIRED))).isZero();
		assertThat(this.outbox.replayAll(DeadLetterFilter.all())).isOne();
		assertThat(this.outbox.discardAll(DeadLetterFilter.all(), "test")).isZero();
		flush();
		assertThat(this.api.received()).hasSize(3);
		assertThat(rows()).isZero();
		assertThat(this.listener.replayed).hasValue(2);
		assertThat(this.listener.discarded(DiscardReason.OPERATOR)).hasSize(1);
	}

	@Test
	void failuresThatPassAreRetriedAtTheTimeTheApiAsksFor() {
		Instant before = Instant.now();
		this.api.failNext(1, Fault.status(503).withRetryAfter("1"));
		this.api.failNext(2, Fault.reset());
		this.outbox.store("session-1", booking(1));
		flush();
		await().untilAsserted(() -> assertThat(this.listener.nextAttempts).hasSize(3)
			.first()
			.satisfies((next) -> assertThat(next).isAfterOrEqualTo(before.plusSeconds(1))));
		assertThat(this.api.requests()).hasSize(4);
		await().untilAsserted(() -> assertThat(this.listener.delivered).singleElement()
			.satisfies((event) -> assertThat(event.failures()).hasSize(3)));
	}

	@Test
	void refusedTokenPausesAndNoEventIsGivenUp() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 50).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.UNAUTHORIZED);
		this.api.acceptToken(TestPublishers.TOKEN);
		flush();
		assertThat(this.api.received()).hasSize(50);
		assertThat(this.outbox.state().deadCount()).isZero();
	}

	@Test
	void stopHandsBackAndTheNextStartGoesOn() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 30).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		this.outbox.stop();
		assertThat(this.outbox.isRunning()).isFalse();
		assertThat(rows()).isEqualTo(30);
		assertThat(this.jdbc.queryForObject("select count(*) from hopper_event_outbox where picked = ?", Integer.class,
				true))
			.isZero();
		// Stored while nobody delivers
		this.outbox.store("session-1", booking(30));
		this.api.acceptToken(TestPublishers.TOKEN);
		JdbcEventOutbox next = create(this.dataSource, "hopper_event_outbox", this.listener);
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
		JdbcEventOutbox other = create(this.dataSource, "hopper_event_outbox", otherListener);
		other.start();
		try {
			this.outbox.pause("maintenance");
			other.pause("maintenance");
			await().atMost(Duration.ofSeconds(15)).until(() -> other.state().pause() != null);
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
	void rowThatCannotBeReadBecomesADeadLetterAndHoldsNothingUp() {
		String id = new UuidV7().create(Instant.now()).toString();
		this.transactions.executeWithoutResult((status) -> this.jdbc.update(
				"insert into hopper_event_outbox (task_name, task_instance, task_data, execution_time, picked, version) "
						+ "select ?, ?, ?, " + now() + ", ?, 1 " + fromDual(),
				"booking_confirmed", id, "not json".getBytes(StandardCharsets.UTF_8), false));
		this.outbox.store("session-1", booking(1));
		await().untilAsserted(() -> assertThat(this.outbox.deadLetter(UUID.fromString(id)))
			.hasValueSatisfying((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetterReason.INVALID)));
		flush();
		assertThat(this.outbox.replay(UUID.fromString(id))).isFalse();
		assertThat(this.outbox.discard(UUID.fromString(id), "test")).isTrue();
		assertThat(this.api.received()).hasSize(1);
	}

	String now() {
		return "current_timestamp";
	}

	String fromDual() {
		return "";
	}

	@Test
	void missingTableIsReportedWithWhatToDo() {
		JdbcEventOutbox missing = create(this.dataSource, "no_such_table", this.listener);
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(missing::checkTable)
			.withMessageContaining("no_such_table")
			.withMessageContaining("hopper.outbox.jdbc.initialize-schema=always");
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> missing.store("session-1", booking(1)));
	}

	@Test
	void incompleteTableIsReportedWithWhatIsMissing() {
		this.transactions.executeWithoutResult((status) -> this.jdbc
			.execute("create table incomplete_outbox (task_name varchar(100), task_instance varchar(100))"));
		try {
			JdbcEventOutbox incomplete = create(this.dataSource, "incomplete_outbox", this.listener);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(incomplete::checkTable)
				.withMessageContaining("incomplete_outbox")
				.withMessageMatching("(?is).*task_data.*");
		}
		finally {
			this.transactions.executeWithoutResult((status) -> this.jdbc.execute("drop table incomplete_outbox"));
		}
	}

	@Test
	void anyTextArrives() {
		String text = "null \u0000, quote ', emoji \uD83D\uDE80, line\nfeed";
		this.outbox.store("session-1", CustomEvent.occurredAt("offers_displayed", TIME).withAttribute("note", text));
		this.outbox.pause("null \u0000");
		this.outbox.resume();
		flush();
		assertThat(this.api.requests()).singleElement()
			.satisfies((request) -> assertThat(request.body())
				.contains("null \\u0000, quote ', emoji \uD83D\uDE80, line\\nfeed"));
	}

	@Test
	void eventThatOutlivesTheMaximumAgeIsDead() {
		JdbcEventOutbox impatient = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, this.transactions.getTransactionManager())
			.policy(new RelayPolicy(8, Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(50),
					Duration.ofMillis(50), Duration.ofSeconds(5)))
			.build();
		this.outbox.stop();
		this.api.failNext(1, Fault.status(503));
		UUID id = this.outbox.store("session-1", booking(1));
		impatient.start();
		try {
			await().untilAsserted(() -> assertThat(impatient.deadLetter(id))
				.hasValueSatisfying((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetterReason.EXPIRED)));
		}
		finally {
			impatient.stop();
		}
	}

	@Test
	void everythingStoredEndsInOnePlace() {
		this.api.failRandomly(0.3, 42, Fault.status(503), Fault.status(422), Fault.reset(), Fault.resetAfterAccepting(),
				Fault.status(429).withRetryAfter("0"));
		this.outbox
			.storeAll(IntStream.range(0, 300).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList());
		flush();
		await()
			.untilAsserted(() -> assertThat(this.listener.delivered.size() + this.listener.dead.size()).isEqualTo(300));
		assertThat(this.listener.stored).hasSize(300);
		assertThat(this.listener.dead).isNotEmpty();
		assertThat(rows()).isEqualTo(this.listener.dead.size());
	}

	@Test
	void severalInstancesReplayEveryDeadLetterOnce() {
		this.api.failRandomly(1, 1, Fault.status(422));
		this.outbox.storeAll(IntStream.range(0, 40).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList());
		flush();
		this.api.recover();
		JdbcEventOutbox other = create(this.dataSource, "hopper_event_outbox", this.listener);
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
	private static Mono<Long> replayAll(JdbcEventOutbox target) {
		return Mono.fromCallable(() -> target.replayAll(DeadLetterFilter.all()))
			.retry(3)
			.subscribeOn(Schedulers.boundedElastic());
	}

	@Test
	void whoIsLateReplaysAndDiscardsNothing() {
		this.api.failNext(2, Fault.status(422));
		List<UUID> ids = List.of(this.outbox.store("session-1", booking(1)),
				this.outbox.store("session-1", booking(2)));
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(2));
		PlatformTransactionManager transactionManager = this.transactions.getTransactionManager();
		JdbcEventOutbox late = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, new PlatformTransactionManager() {
				@Override
				public TransactionStatus getTransaction(TransactionDefinition definition) {
					// After the dead letters were read
					AbstractJdbcEventOutboxTests.this.outbox.replayAll(DeadLetterFilter.all());
					flush();
					return transactionManager.getTransaction(definition);
				}

				@Override
				public void commit(TransactionStatus status) {
					transactionManager.commit(status);
				}

				@Override
				public void rollback(TransactionStatus status) {
					transactionManager.rollback(status);
				}
			})
			.listeners(List.of(this.listener))
			.build();
		assertThat(late.replay(ids.get(0))).isFalse();
		assertThat(this.api.received()).hasSize(2);
		this.api.failNext(1, Fault.status(422));
		UUID next = this.outbox.store("session-1", booking(3));
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(3));
		assertThat(late.discard(next, "test")).isFalse();
		flush();
		assertThat(this.api.received()).hasSize(3);
		assertThat(this.listener.replayed).hasValue(3);
		assertThat(this.listener.discarded(DiscardReason.OPERATOR)).isEmpty();
	}

	@Test
	void failingListenersAndThoseThatStoreHarmNothing() {
		this.outbox.stop();
		this.outbox = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, this.transactions.getTransactionManager())
			.policy(POLICY)
			.listeners(List.of(new EventDeliveryListener() {
				@Override
				public void stored(StoredEvent event) {
					if (event.type().equals("offers_displayed")) {
						AbstractJdbcEventOutboxTests.this.outbox.store("session-1", booking(1));
					}
					throw new IllegalStateException("test");
				}

				@Override
				public void delivered(StoredEvent event, EventReceipt receipt) {
					if (event.type().equals("offers_displayed")) {
						AbstractJdbcEventOutboxTests.this.outbox.store("session-1", booking(2));
					}
					throw new AssertionError("test");
				}

				@Override
				public void dead(DeadLetter deadLetter) {
					throw new NoClassDefFoundError("test");
				}
			}, this.listener))
			.build();
		this.outbox.start();
		this.transactions
			.executeWithoutResult((status) -> this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME)));
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(3));
		this.api.failNext(1, Fault.status(422));
		this.outbox.store("session-1", booking(3));
		flush();
		await().untilAsserted(() -> assertThat(this.listener.dead).hasSize(1));
		assertThat(this.api.received()).hasSize(3);
	}

	@Test
	void stopWaitsForWhatIsBeingSent() throws Exception {
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		CompletableFuture<Void> stop = CompletableFuture.runAsync(this.outbox::stop);
		await().until(this.outbox.gate::isBlocked);
		this.api.release();
		stop.get(20, TimeUnit.SECONDS);
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.listener.delivered).hasSize(1);
		assertThat(rows()).isZero();
	}

	@Test
	void rowIsHandedBackAlthoughTheHandOverIsInterrupted() {
		this.outbox.stop();
		MemoryEventOutbox full = MemoryEventOutbox.builder(TestPublishers.create(this.api))
			.limits(1, 100_000)
			.overflow(OverflowPolicy.BLOCK, Duration.ofHours(1))
			.build();
		full.store("session-1", booking(1));
		this.outbox = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, this.transactions.getTransactionManager())
			.policy(new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
					Duration.ofMillis(50), Duration.ofMillis(100)))
			.handOverTo(full)
			.build();
		this.outbox.start();
		this.outbox.store("session-1", booking(2));
		await().until(() -> this.outbox.gate.inFlight() == 1);
		this.outbox.stop();
		assertThat(this.jdbc.queryForList("select picked from hopper_event_outbox", Boolean.class))
			.containsExactly(false);
		// Nothing is wrong with it
		byte[] data = this.jdbc.queryForObject("select task_data from hopper_event_outbox", byte[].class);
		assertThat(StoredEventJson.read(data).attempts()).isZero();
	}

	@Test
	void nothingIsMovedThatAnotherInstanceHasTaken() {
		this.api.failNext(1, Fault.status(422));
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		takeOver();
		this.api.release();
		// Waits for the attempt and what follows from it
		this.outbox.stop();
		assertThat(this.listener.dead).isEmpty();
		assertThat(this.jdbc.queryForList("select task_name from hopper_event_outbox", String.class))
			.containsExactly("booking_confirmed");
	}

	@Test
	void deliveredEventWhoseRowCouldNotBeRemovedIsNotSentAgainAndCountsOnce() {
		this.api.hold();
		this.outbox.store("session-1", booking(1));
		this.api.awaitHeld(1);
		takeOver();
		this.api.release();
		await().untilAsserted(() -> assertThat(this.api.received()).hasSize(1));
		await().untilAsserted(() -> {
			// Given back, as by an instance that was taken for dead
			this.transactions.executeWithoutResult((status) -> this.jdbc
				.update("update hopper_event_outbox set picked = ?, picked_by = null, last_heartbeat = null", false));
			assertThat(rows()).isZero();
		});
		await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(1));
		assertThat(this.api.requests()).hasSize(1);
	}

	private void takeOver() {
		this.transactions
			.executeWithoutResult((status) -> this.jdbc.update("update hopper_event_outbox set version = version + 1"));
	}

	@Test
	void rowsOfAnInstanceThatDiedAreDeliveredAndThoseOfALaterVersionAreKept() {
		this.outbox.stop();
		this.outbox.store("session-1", booking(1));
		UUID second = this.outbox.store("session-1", booking(2));
		String diedLongAgo = "update hopper_event_outbox set last_heartbeat = execution_time where task_instance ";
		this.transactions.executeWithoutResult((status) -> {
			this.jdbc.update("update hopper_event_outbox set picked = ?, picked_by = 'gone', last_heartbeat = "
					+ "timestamp '2999-01-01 00:00:00'", true);
			this.jdbc.update(diedLongAgo + "<> ?", second.toString());
			this.jdbc.update("insert into hopper_event_outbox (task_name, task_instance, task_data, execution_time, "
					+ "picked, version) select 'later_type', task_instance, task_data, execution_time, ?, 1 "
					+ "from hopper_event_outbox where task_instance = ?", false, second.toString());
		});
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		time.advanceTimeBy(Duration.ofMillis(Instant.now().toEpochMilli()));
		JdbcEventOutbox survivor = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, this.transactions.getTransactionManager())
			.policy(POLICY)
			.scheduler(time)
			.pollingInterval(Duration.ofMillis(100))
			.heartbeatInterval(Duration.ofMillis(100))
			.listeners(List.of(this.listener))
			.build();
		survivor.start();
		try {
			time.advanceTimeBy(Duration.ofMinutes(2));
			awaitReceived(1, time);
			time.advanceTimeBy(Duration.ofDays(30));
			// Found by those who would remove what is not known, just before
			this.transactions
				.executeWithoutResult((status) -> this.jdbc.update(diedLongAgo + "= ?", second.toString()));
			awaitReceived(2, time);
			await().untilAsserted(() -> assertThat(this.listener.delivered).hasSize(2));
			assertThat(this.jdbc.queryForList("select task_name from hopper_event_outbox", String.class))
				.containsExactly("later_type");
		}
		finally {
			survivor.stop();
		}
	}

	private void awaitReceived(int count, VirtualTimeScheduler time) {
		await().untilAsserted(() -> {
			time.advanceTimeBy(Duration.ofMillis(100));
			assertThat(this.api.received()).hasSize(count);
		});
	}

	@Test
	void deliversOnVirtualThreadsWhereThereAreSome() throws Exception {
		AtomicReference<Thread> thread = new AtomicReference<>();
		this.outbox.stop();
		this.outbox = JdbcEventOutbox
			.builder(TestPublishers.create(this.api), this.dataSource, this.transactions.getTransactionManager())
			.listeners(List.of(new EventDeliveryListener() {
				@Override
				public void delivered(StoredEvent event, EventReceipt receipt) {
					thread.set(Thread.currentThread());
				}
			}))
			.build();
		this.outbox.start();
		this.outbox.store("session-1", booking(1));
		await().until(() -> thread.get() != null);
		assertThat(thread.get().getName()).startsWith("hopper-outbox-");
		assertThat(thread.get().isDaemon()).isTrue();
		boolean virtual = Runtime.version().feature() >= 21
				&& (boolean) Thread.class.getMethod("isVirtual").invoke(thread.get());
		assertThat(virtual).isEqualTo(Runtime.version().feature() >= 21);
	}

	private void flush() {
		assertThat(this.outbox.flush(SECONDS)).isTrue();
	}

	private int rows() {
		return this.jdbc.queryForObject("select count(*) from hopper_event_outbox", Integer.class);
	}

	static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
