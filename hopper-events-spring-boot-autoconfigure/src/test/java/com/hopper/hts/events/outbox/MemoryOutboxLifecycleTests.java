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
import java.time.temporal.ChronoUnit;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.ReceivedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the beginning and the end of an outbox in memory, and for its listeners.
 */
class MemoryOutboxLifecycleTests extends MemoryOutboxFixture {

	@Test
	void stopDeliversWhatWaits() {
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofHours(1), Duration.ofHours(1),
				Duration.ofMillis(50), Duration.ofSeconds(60));
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
	void flushCanWaitForEver() {
		start(UnaryOperator.identity());
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(ChronoUnit.FOREVER.getDuration())).isTrue();
		assertThat(this.api.received()).hasSize(1);
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
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.SHUTDOWN)).isEmpty();
		assertThat(this.outbox.state().pendingCount()).isEqualTo(20);
		this.outbox.destroy();
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.SHUTDOWN)).extracting(StoredEvent::id)
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
		// What the stop cut off may have arrived, and is sent again
		assertThat(this.api.received()).extracting(ReceivedEvent::event)
			.containsOnly(IntStream.range(0, 20).mapToObj(MemoryOutboxFixture::booking).toArray(HopperEvent[]::new));
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
			public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
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
					MemoryOutboxLifecycleTests.this.outbox.store("session-1", booking(number.get()));
				}
			}
		})));
		this.outbox.store("session-1", booking(1));
		await().untilAsserted(() -> assertThat(this.api.received()).hasSize(5));
	}

	@Test
	void holdsNoThreadAndNoTimerWhileIdle() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		start((builder) -> builder.scheduler(time));
		assertThat(Thread.getAllStackTraces().keySet()).filteredOn((thread) -> !before.contains(thread))
			// Netty's, of a server that another test has closed
			.filteredOn((thread) -> !thread.getName().startsWith("globalEventExecutor"))
			.isEmpty();
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		await().until(() -> this.outbox.inProgress() == 0);
		assertThat(time.getScheduledTaskCount()).isZero();
		this.api.failNext(1, Fault.status(503));
		// The relay's loop ends before the answer comes, and is not run twice for it
		this.api.hold();
		this.outbox.store("session-1", booking(2));
		this.api.release();
		await().until(() -> this.listener.retrying.size() == 1);
		await().until(() -> time.getScheduledTaskCount() == 1);
	}

	@Test
	@Timeout(180)
	void outboxThatWasNeverStartedDoesNotWaitForDeliveries() {
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
				Duration.ofMillis(50), Duration.ofHours(1));
		TestOutbox neverStarted = MemoryOutboxes.builder(TestPublishers.create(this.api))
			.policy(this.policy)
			.listeners(List.of(this.listener))
			.build();
		neverStarted.store("session-1", booking(1));
		neverStarted.destroy();
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.SHUTDOWN)).hasSize(1);
		assertThat(this.api.requests()).isEmpty();
	}

}
