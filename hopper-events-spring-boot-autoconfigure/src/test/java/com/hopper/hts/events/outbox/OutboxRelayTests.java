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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what {@link OutboxRelay} does between its start and its end.
 */
@ExtendWith(OutputCaptureExtension.class)
class OutboxRelayTests extends OutboxRelayFixture {

	private static final HopperApiException.Details DETAILS = HopperApiException.Details.of("It failed.");

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void eventIsSentThenWrittenDownThenAnnounced(boolean blocking) {
		List<Integer> settledBefore = new CopyOnWriteArrayList<>();
		create(blocking, new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				settledBefore.add(OutboxRelayTests.this.store.settled.size());
			}

		}, this.listener);
		this.relay.start();
		StoredEvent event = event();
		look(event);
		await().until(() -> this.listener.delivered.size() == 1);
		awaitIdle();
		assertThat(this.store.outcomes()).singleElement().satisfies((outcome) -> {
			assertThat(outcome).isInstanceOf(EventStore.Outcome.Delivered.class);
			assertThat(outcome.event()).isSameAs(event);
		});
		assertThat(settledBefore).containsExactly(1);
		assertThat(this.relay.isDrained()).isTrue();
	}

	@Test
	void engineInMemoryIsAskedForOneEventAtATime() {
		start(false);
		look(event(), event(), event());
		await().until(() -> this.listener.delivered.size() == 3);
		assertThat(this.store.claims).containsOnly(1);
	}

	@Test
	void databaseIsAskedForAsManyEventsAsMayBeSent() {
		this.answer = Mono.never();
		this.shutdownTimeout = Duration.ofMillis(1);
		start(true);
		look(event(), event(), event());
		awaitLoop(3);
		assertThat(this.store.claims).containsOnly(CONCURRENCY);
		this.store.claims.clear();
		look(event(), event());
		awaitLoop(4);
		assertThat(this.store.claims).as("what was not needed is given back").containsExactly(1);
		assertThat(this.relay.isDrained()).isFalse();
	}

	@Test
	void claimThatFailsIsRepeatedAndLoggedOnce(CapturedOutput output) {
		start(true);
		this.store.claimFailure = new IllegalStateException("gone");
		for (int i = 0; i < 3; i++) {
			look();
			awaitIdle();
		}
		assertThat(this.store.claims).as("permits are given back").containsOnly(CONCURRENCY);
		assertThat(count(output, "Events that are kept in a script are not delivered at the moment")).isOne();
		this.store.claimFailure = null;
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
		awaitIdle();
		this.store.claimFailure = new IllegalStateException("gone again");
		look();
		awaitIdle();
		assertThat(count(output, "are not delivered at the moment")).isEqualTo(2);
	}

	@Test
	void outcomeThatCannotBeWrittenDownIsKeptUntilItCan() {
		start(true);
		this.store.settleFailure = new IllegalStateException("gone");
		look(event());
		await().until(() -> this.store.calls.contains("settle"));
		await().until(() -> this.relay.inProgress() == 1);
		assertThat(this.listener.delivered).isEmpty();
		assertThat(this.relay.isDrained()).isFalse();
		this.store.settleFailure = null;
		look();
		await().until(() -> this.listener.delivered.size() == 1);
		awaitIdle();
		assertThat(this.store.outcomes()).hasSize(1);
	}

	@Test
	void relayLooksAgainWhenTheNextEventIsDue() {
		create(false);
		this.store.nextDue = Instant.EPOCH.plusSeconds(10);
		this.relay.start();
		int claims = this.store.claims.size();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(this.store.claims).hasSize(claims);
		// What is due at a certain millisecond may be due at its end
		this.time.advanceTimeBy(Duration.ofMillis(1));
		assertThat(this.store.claims).hasSize(claims + 1);
		this.time.advanceTimeBy(Duration.ofMillis(1));
		assertThat(this.store.claims).as("overdue").hasSize(claims + 2);
		this.store.nextDue = null;
		this.relay.wakeUp();
		assertNotLookedAgain();
	}

	@Test
	void relayThatMaySendNothingWaitsForNoEvent() {
		this.answer = Mono.never();
		this.shutdownTimeout = Duration.ofMillis(1);
		create(false);
		this.relay.start();
		this.store.nextDue = Instant.EPOCH.plusSeconds(10);
		for (int i = 0; i < CONCURRENCY; i++) {
			look(event());
		}
		this.relay.wakeUp();
		assertThat(this.store.claims.size()).isGreaterThanOrEqualTo(CONCURRENCY);
		assertThat(this.relay.inProgress()).isEqualTo(CONCURRENCY);
		assertNotLookedAgain();
	}

	@Test
	void databaseIsTendedAndLookedThroughFromTimeToTime(CapturedOutput output) {
		create(true, this.listener);
		this.store.pollingInterval = Duration.ofMillis(2);
		this.relay.start();
		await().until(() -> this.store.calls.contains("tend"));
		this.store.tendFailure = new IllegalStateException("gone");
		await().untilAsserted(() -> assertThat(output).contains("are not delivered at the moment").contains("gone"));
		this.store.waiting.add(event());
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@Test
	void everyOutcomeIsAnnounced(CapturedOutput output) {
		start(false);
		this.answer = Mono.error(new HopperApiException.Timeout(DETAILS));
		look(event());
		await().until(() -> this.listener.retrying.size() == 1);
		assertThat(this.listener.nextAttempts).containsExactly(Instant.EPOCH.plusSeconds(1));
		this.answer = Mono.just(receipt(EventReceipt.Outcome.DISCARDED));
		look(event());
		await().until(() -> this.listener.discarded(EventDeliveryListener.DiscardReason.DISABLED).size() == 1);
		this.answer = Mono.error(new HopperApiException.Rejected(DETAILS, List.of()));
		look(event());
		await().until(() -> this.listener.dead.size() == 1);
		awaitIdle();
		assertThat(output).contains("is now a dead letter (REJECTED)");
		this.answer = Mono.error(new HopperApiException.Forbidden(DETAILS));
		look(event());
		await().until(() -> this.store.outcomes().size() == 4);
		assertThat(this.store.outcomes().get(3)).isInstanceOf(EventStore.Outcome.Held.class);
		assertThat(this.relay.pause()).isNotNull();
		assertThat(this.listener.retrying).hasSize(1);
		assertThat(this.listener.dead).hasSize(1);
	}

	@Test
	void pauseCanBeEnded() {
		start(false);
		this.answer = Mono.error(new HopperApiException.Forbidden(DETAILS));
		look(event());
		await().until(() -> this.relay.pause() != null);
		awaitIdle();
		this.answer = Mono.just(receipt(EventReceipt.Outcome.DELIVERED));
		this.store.waiting.add(event());
		this.relay.wakeUp();
		assertThat(this.listener.delivered).isEmpty();
		this.relay.resume();
		await().until(() -> this.listener.delivered.size() == 1);
		assertThat(this.relay.pause()).isNull();
	}

	@Test
	void whatTheEngineDropsIsAnnouncedAndLoggedIfItWasForSpace(CapturedOutput output) {
		start(false);
		StoredEvent rolledBack = event();
		StoredEvent overflowed = event();
		this.store.relay.dropped(rolledBack, EventDeliveryListener.DiscardReason.ROLLED_BACK);
		this.store.relay.dropped(overflowed, EventDeliveryListener.DiscardReason.OVERFLOW);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.ROLLED_BACK))
			.containsExactly(rolledBack);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW)).containsExactly(overflowed);
		assertThat(count(output, " was dropped (")).isOne();
		assertThat(output).contains(overflowed.id() + "");
	}

	@Test
	void engineThatHasSomethingNewIsLookedThrough() {
		start(false);
		this.store.waiting.add(event());
		this.store.relay.wakeUp();
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@Test
	void listenerThatMayBlockDoesNotBlockTheConnection() {
		List<Thread> threads = new CopyOnWriteArrayList<>();
		create(false, new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				threads.add(Thread.currentThread());
			}

		});
		this.relay.start();
		look(event());
		await().until(() -> threads.size() == 1);
		assertThat(threads.get(0).getName()).startsWith("boundedElastic-");
	}

	@Test
	void withoutSuchAListenerNoThreadIsNeeded() {
		create(false);
		this.relay.start();
		look(event());
		assertThat(this.store.outcomes()).hasSize(1);
		assertThat(this.relay.inProgress()).isZero();
	}

	@Test
	void relayThatLooksIsInProgress() {
		List<Integer> inProgress = new CopyOnWriteArrayList<>();
		create(new ScriptedStore(false) {

			@Override
			public List<StoredEvent> claim(int max) {
				inProgress.add(OutboxRelayTests.this.relay.inProgress());
				return super.claim(max);
			}

		});
		this.relay.start();
		assertThat(inProgress).containsOnly(1);
		assertThat(this.relay.inProgress()).isZero();
	}

	@Test
	void relayIsNotDrainedBeforeListenersKnow() {
		CountDownLatch asked = new CountDownLatch(1);
		create(new ScriptedStore(true) {

			@Override
			public boolean isEmpty() {
				// Delivered between two looks of the one who asks
				look(event());
				await().until(() -> this.settled.size() == 1);
				return super.isEmpty();
			}

		}, new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				try {
					asked.await(20, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			}

		}, this.listener);
		this.relay.start();
		awaitIdle();
		assertThat(this.relay.isDrained()).isFalse();
		assertThat(this.listener.delivered).isEmpty();
		asked.countDown();
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@Test
	void backlogIsWorkedOffInBatches() {
		create(true, this.listener);
		Sinks.One<EventReceipt> gate = Sinks.one();
		this.answer = gate.asMono();
		for (int i = 0; i < 100; i++) {
			this.store.waiting.add(event());
		}
		this.relay.start();
		awaitLoop(CONCURRENCY);
		gate.tryEmitValue(receipt(EventReceipt.Outcome.DELIVERED));
		await().until(() -> this.listener.delivered.size() == 100);
		awaitIdle();
		assertThat(this.store.outcomes()).extracting(EventStore.Outcome::event).doesNotHaveDuplicates().hasSize(100);
	}

	private void assertNotLookedAgain() {
		int claims = this.store.claims.size();
		this.time.advanceTimeBy(Duration.ofDays(1));
		assertThat(this.store.claims).hasSize(claims);
	}

	/**
	 * Wait until so many events are on their way and the loop is at rest.
	 */
	private void awaitLoop(int events) {
		await().until(() -> this.relay.inProgress() == events);
	}

	private static long count(CapturedOutput output, String text) {
		return output.getAll().lines().filter((line) -> line.contains(text)).count();
	}

}
