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
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what the outbox in memory makes of failures of the API: retries, pauses and
 * dead letters.
 */
class MemoryOutboxFailuresTests extends MemoryOutboxFixture {

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
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		start((builder) -> builder.scheduler(time));
		this.api.failNext(1, Fault.status(429).withRetryAfter("1"));
		this.outbox.store("session-1", booking(1));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.RATE_LIMITED);
		this.outbox.store("session-1", booking(2));
		time.advanceTimeBy(Duration.ofMillis(999));
		assertThat(this.api.requests()).hasSize(1);
		await().until(() -> {
			time.advanceTimeBy(Duration.ofSeconds(1));
			return this.api.received().size() == 2;
		});
	}

	@Test
	void refusedTokenPausesTheRelayAndNoEventIsGivenUp() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 100).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.UNAUTHORIZED);
		assertThat(this.outbox.state().pendingCount()).isEqualTo(100);
		await().until(() -> this.api.requests().size() >= 11);
		// The first eight at a time, then one after the other
		assertThat(this.api.requests().size()).isLessThan(100);
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
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.NOT_FOUND);
			assertThat(letter.event().attempts()).isGreaterThanOrEqualTo(3);
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(number.get());
	}

	@Test
	void nothingFoundPausesTheRelay() {
		this.api.failAll(Fault.status(404));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.NOT_FOUND);
		this.api.recover();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.outbox.state().deadCount()).isZero();
		assertThat(this.api.received()).hasSize(20);
	}

	@Test
	void deadApiPausesTheRelayAndIsNotHitByAllAtOnceWhenItComesBack() {
		this.api.failAll(Fault.reset());
		IntStream.range(0, 200).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.API_UNAVAILABLE);
		this.api.recover();
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
		assertThat(this.outbox.deadLetter(id).orElseThrow().reason()).isEqualTo(DeadLetter.Reason.EXPIRED);
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
			assertThat(pause.reason()).isEqualTo(EventOutboxState.PauseReason.OPERATOR);
			assertThat(pause.message()).isEqualTo("maintenance");
			assertThat(pause.nextProbe()).isNull();
		});
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void forbiddenPausesTheRelayAndNoEventIsGivenUp() {
		this.api.failAll(Fault.status(403));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-1", booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.FORBIDDEN);
		this.api.recover();
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
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.SIGN_IN_FAILED);
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
		assertThat(this.outbox.deadLetter(id).orElseThrow().reason()).isEqualTo(DeadLetter.Reason.EXPIRED);
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
	void everythingStoredEndsInOnePlace() {
		start((builder) -> builder.limits(100, 10_000_000).overflow("DROP_OLDEST", Duration.ZERO));
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
				+ this.listener.discarded(EventDeliveryListener.DiscardReason.OVERFLOW).size())
			.isEqualTo(expected));
		assertThat(this.listener.stored.size()).isEqualTo(expected);
		assertThat(this.listener.dead).hasSize((int) this.outbox.state().deadCount());
	}

}
