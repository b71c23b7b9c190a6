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

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for how events are stored in a database and delivered from there.
 */
abstract class AbstractJdbcDeliveryTests extends JdbcOutboxFixture {

	AbstractJdbcDeliveryTests(String platform) {
		super(platform);
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
	void whatWasDeliveredIsWrittenDownBeforeMoreIsClaimed() {
		this.outbox.stop();
		this.outbox
			.storeAll(IntStream.range(0, 200).mapToObj((i) -> SessionEvent.of("session-1", booking(i))).toList());
		EventReceipt receipt = new EventReceipt("booking_confirmed", EventReceipt.Outcome.DELIVERED, Map.of(), 1,
				Duration.ZERO);
		AtomicInteger sent = new AtomicInteger();
		AtomicInteger unwritten = new AtomicInteger();
		// An API that is faster than the database always leaves room for another claim
		this.outbox = TestOutbox.builder((event) -> Mono.fromSupplier(() -> {
			int open = sent.incrementAndGet() - this.listener.delivered.size();
			unwritten.accumulateAndGet(open, Math::max);
			return receipt;
		})).policy(POLICY).listeners(List.of(this.listener)).build(store(this.dataSource, "hopper_event_outbox"));
		this.outbox.start();
		flush();
		assertThat(sent).hasValue(200);
		assertThat(unwritten).hasValueLessThanOrEqualTo(2 * POLICY.concurrency());
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
						AbstractJdbcDeliveryTests.this.outbox.store("session-1", booking(4));
					}

					@Override
					public void afterCompletion(int completion) {
						AbstractJdbcDeliveryTests.this.outbox.store("session-1", booking(1));
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
	void eventThatWasDamagedIsDeadAndHoldsNothingUp() {
		this.outbox.pause("test");
		UUID damaged = this.outbox.store("session-1", booking(1));
		byte[] payload = "{\"name\":\"Jane Doe".getBytes(StandardCharsets.UTF_8);
		this.transactions
			.executeWithoutResult((status) -> this.jdbc.update("update hopper_event_outbox set payload = ?", payload));
		this.outbox.store("session-1", booking(2));
		this.outbox.resume();
		flush();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement().satisfies((letter) -> {
			assertThat(letter.event().id()).isEqualTo(damaged);
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
		});
	}

	@Test
	void sessionsAreToldApartToTheLetter() {
		List<String> sessions = List.of("session-a", "session-A");
		this.api.failRandomly(1, 1, Fault.status(400));
		sessions.forEach((session) -> this.outbox.store(session, booking(1)));
		flush();
		assertThat(sessions).allSatisfy((session) -> {
			DeadLetter.Filter filter = DeadLetter.Filter.all().withSession(session);
			assertThat(this.outbox.deadLetters(filter, null, 10)).singleElement()
				.satisfies((letter) -> assertThat(letter.event().sessionId()).isEqualTo(session));
			assertThat(this.outbox.discardAll(filter, "test")).isOne();
		});
	}

	@Test
	void answerThatTheDatabaseCannotWriteHoldsNothingUp() {
		String message = "\u5927\u962A";
		DisposableServer server = HttpServer.create()
			.host("localhost")
			.port(0)
			.handle((request, response) -> response.status(400)
				.header("Content-Type", "application/json")
				.sendString(Mono.just("{\"errors\":[{\"code\":\"city\",\"message\":\"" + message + "\"}]}")))
			.bindNow();
		this.outbox.stop();
		URI baseUrl = URI.create("http://localhost:" + server.port());
		TestOutbox other = TestOutbox.builder(new HopperApiBuilder(WebClient.create(), baseUrl).publisher())
			.policy(POLICY)
			.listeners(List.of(this.listener))
			.build(store(this.dataSource, "hopper_event_outbox"));
		try {
			other.start();
			other.store("session-1", booking(1));
			assertThat(other.flush(SECONDS)).isTrue();
			assertThat(other.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement()
				.satisfies((letter) -> assertThat(letter.event().failures()).singleElement()
					.satisfies((failure) -> assertThat(failure.errors()).singleElement()
						.satisfies((error) -> assertThat(error.message()).isEqualTo(message))));
		}
		finally {
			other.stop();
			server.disposeNow();
		}
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
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.UNAUTHORIZED);
		this.api.acceptToken(TestPublishers.TOKEN);
		flush();
		assertThat(this.api.received()).hasSize(50);
		assertThat(this.outbox.state().deadCount()).isZero();
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
		TestOutbox impatient = TestOutbox.builder(TestPublishers.create(this.api))
			.policy(new RelayPolicy(8, Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(50),
					Duration.ofMillis(50), Duration.ofSeconds(5)))
			.build(store(this.dataSource, "hopper_event_outbox"));
		this.outbox.stop();
		this.api.failNext(1, Fault.status(503));
		UUID id = this.outbox.store("session-1", booking(1));
		impatient.start();
		try {
			await().untilAsserted(() -> assertThat(impatient.deadLetter(id))
				.hasValueSatisfying((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.EXPIRED)));
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
	void failingListenersAndThoseThatStoreHarmNothing() {
		this.outbox.stop();
		this.outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.policy(POLICY)
			.listeners(List.of(new EventDeliveryListener() {
				@Override
				public void stored(StoredEvent event) {
					if (event.type().equals("offers_displayed")) {
						AbstractJdbcDeliveryTests.this.outbox.store("session-1", booking(1));
					}
					throw new IllegalStateException("test");
				}

				@Override
				public void delivered(StoredEvent event, EventReceipt receipt) {
					if (event.type().equals("offers_displayed")) {
						AbstractJdbcDeliveryTests.this.outbox.store("session-1", booking(2));
					}
					throw new AssertionError("test");
				}

				@Override
				public void dead(DeadLetter deadLetter) {
					throw new NoClassDefFoundError("test");
				}
			}, this.listener))
			.build(store(this.dataSource, "hopper_event_outbox"));
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
	void instanceThatStartsDuringAnOperatorsPauseSaysSo(CapturedOutput output) {
		this.outbox.pause("maintenance");
		TestOutbox other = create(this.dataSource, "hopper_event_outbox", this.listener);
		other.start();
		try {
			assertThat(output.getAll().substring(output.getAll().lastIndexOf("Stored events are kept")))
				.contains("Stored events are not delivered at the moment. Paused by an operator")
				.contains("maintenance");
		}
		finally {
			other.stop();
		}
	}

	@Test
	void relayHasOneThreadThatIsADaemon() {
		AtomicReference<Thread> thread = new AtomicReference<>();
		this.outbox.stop();
		this.outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.listeners(List.of(new EventDeliveryListener() {
				@Override
				public void delivered(StoredEvent event, EventReceipt receipt) {
					thread.set(Thread.currentThread());
				}
			}))
			.build(store(this.dataSource, "hopper_event_outbox"));
		this.outbox.start();
		this.outbox.store("session-1", booking(1));
		await().until(() -> thread.get() != null);
		assertThat(thread.get().getName()).startsWith("hopper-outbox-");
		assertThat(thread.get().isDaemon()).isTrue();
	}

}
