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
package com.hopper.hts.events.outbox.memory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.testing.MutableClock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link MemoryEventStore} when the application ends while events are stored,
 * and when the clock is set back.
 */
@Timeout(60)
class MemoryEventStoreTests {

	private final EventStore store = MemoryStores.create(1, 100_000, "BLOCK", Duration.ofSeconds(40),
			Clock.systemUTC());

	@Test
	void whoeverWaitsForSpaceAtTheEndIsRefusedAtOnce() {
		this.store.open();
		store(event());
		CompletableFuture<Void> waiting = startToWait();
		this.store.closing();
		assertRefused(waiting);
	}

	@Test
	void whoeverWaitsForSpaceAtTheEndDoesNotGetIt() {
		this.store.open();
		store(event());
		List<StoredEvent> claimed = this.store.claim(1);
		CompletableFuture<Void> waiting = startToWait();
		this.store.closing();
		this.store.settle(List.of(new EventStore.Outcome.Delivered(claimed.get(0),
				new EventReceipt("offers_displayed", EventReceipt.Outcome.DELIVERED, Map.of(), 1, Duration.ZERO))));
		assertRefused(waiting);
		assertThat(this.store.isEmpty()).isTrue();
	}

	@Test
	void whatIsCommittedAfterTheVeryEndIsNotStored() {
		this.store.open();
		List<StoredEvent> events = List.of(event());
		this.store.append(events);
		this.store.closing();
		this.store.close();
		assertThat(this.store.abandon()).isEmpty();
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> this.store.committed(events))
			.withMessageContaining("application");
		this.store.open();
		store(event());
		assertThat(this.store.isEmpty()).isFalse();
	}

	@Test
	void whatIsCommittedBetweenTheEndAndTheVeryEndIsReportedAsLost() {
		this.store.open();
		List<StoredEvent> events = List.of(event());
		this.store.append(events);
		this.store.closing();
		this.store.close();
		this.store.committed(events);
		assertThat(this.store.abandon()).isEqualTo(events);
	}

	@Test
	void clockThatIsSetBackKeepsNothingWaiting() {
		MutableClock clock = new MutableClock();
		EventStore store = MemoryStores.create(10, 100_000, "REJECT", Duration.ZERO, clock);
		StoredEvent first = event(clock.instant());
		store.append(List.of(first));
		store.committed(List.of(first));
		assertThat(store.claim(1)).containsExactly(first);
		store.settle(List.of(new EventStore.Outcome.Retry(first, clock.instant().plusSeconds(10))));
		StoredEvent second = event(clock.instant());
		store.append(List.of(second));
		store.committed(List.of(second));
		clock.advance(Duration.ofHours(-1));
		assertThat(store.claim(10)).containsExactly(second);
		assertThat(store.nextDue()).isEqualTo(clock.instant().plusSeconds(10));
		clock.advance(Duration.ofSeconds(10));
		assertThat(store.claim(10)).containsExactly(first);
		clock.advance(Duration.ofHours(-1));
		store.settle(List.of(new EventStore.Outcome.Held(second)));
		assertThat(store.claim(10)).containsExactly(second);
	}

	@Test
	void whoeverWaitsForSpaceGetsThatOfATransactionThatIsRolledBack() {
		this.store.open();
		List<StoredEvent> events = List.of(event());
		this.store.append(events);
		CompletableFuture<Void> waiting = startToWait();
		this.store.rolledBack(events);
		waiting.orTimeout(20, TimeUnit.SECONDS).join();
		assertThat(this.store.isEmpty()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void eventTakesItsSpaceUntilItIsFinalAndAgainWhenItIsReplayed(boolean byNumber) {
		StoredEvent first = event();
		EventStore store = byNumber ? MemoryStores.create(2, 100_000, "REJECT", Duration.ZERO, Clock.systemUTC())
				: MemoryStores.create(100, 2 * first.size(), "REJECT", Duration.ZERO, Clock.systemUTC());
		store.append(List.of(first));
		store.committed(List.of(first));
		store.claim(1);
		store.settle(List.of(new EventStore.Outcome.Retry(first, Instant.EPOCH)));
		StoredEvent second = event();
		store.append(List.of(second));
		assertFull(store);
		store.claim(1);
		DeadLetter letter = new DeadLetter(first, DeadLetter.Reason.REJECTED, Instant.EPOCH);
		store.settle(List.of(new EventStore.Outcome.Dead(letter)));
		StoredEvent third = event();
		store.append(List.of(third));
		assertFull(store);
		assertThat(store.replay(List.of(letter), Instant.EPOCH)).isEmpty();
		store.rolledBack(List.of(third));
		assertThat(store.replay(List.of(letter), Instant.EPOCH)).hasSize(1);
		assertThat(store.replay(List.of(letter), Instant.EPOCH)).isEmpty();
		assertFull(store);
	}

	private static void assertFull(EventStore store) {
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> store.append(List.of(event())))
			.withMessageContaining("full");
	}

	private CompletableFuture<Void> startToWait() {
		CompletableFuture<Void> result = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				store(event());
				result.complete(null);
			}
			catch (RuntimeException ex) {
				result.completeExceptionally(ex);
			}
		});
		thread.start();
		Awaitility.await().pollDelay(Duration.ZERO).until(() -> thread.getState() == Thread.State.TIMED_WAITING);
		return result;
	}

	private static void assertRefused(CompletableFuture<Void> waiting) {
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> waiting.orTimeout(20, TimeUnit.SECONDS).join())
			.withCauseInstanceOf(EventNotStoredException.class)
			.withMessageContaining("shutting down");
	}

	private void store(StoredEvent event) {
		this.store.append(List.of(event));
		this.store.committed(List.of(event));
	}

	private static StoredEvent event() {
		return event(Instant.EPOCH);
	}

	private static StoredEvent event(Instant storedAt) {
		return StoredEvent.of(UUID.randomUUID(), storedAt, "session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
	}

}
