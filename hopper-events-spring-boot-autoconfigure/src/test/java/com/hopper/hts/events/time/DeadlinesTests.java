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
package com.hopper.hts.events.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

class DeadlinesTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final AtomicInteger timers = new AtomicInteger();

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Deadlines deadlines = new Deadlines(counting(this.time));

	private final List<String> reached = new ArrayList<>();

	@AfterEach
	void dispose() {
		this.time.dispose();
	}

	@Test
	void whatIsDueIsDoneInItsTime() {
		schedule("late", 3);
		schedule("early", 1);
		schedule("between", 2);
		this.time.advanceTimeBy(SECOND);
		assertThat(this.reached).containsExactly("early");
		this.time.advanceTimeBy(SECOND);
		assertThat(this.reached).containsExactly("early", "between");
		this.time.advanceTimeBy(SECOND);
		assertThat(this.reached).containsExactly("early", "between", "late");
		this.time.advanceTimeBy(SECOND.multipliedBy(10));
		assertThat(this.reached).hasSize(3);
	}

	@Test
	void whatIsCalledOffIsNotDone() {
		Disposable disposable = schedule("never", 1);
		disposable.dispose();
		assertThat(disposable.isDisposed()).isTrue();
		schedule("later", 2);
		this.time.advanceTimeBy(SECOND.multipliedBy(2));
		assertThat(this.reached).containsExactly("later");
	}

	@Test
	void oneTimerServesManyThatAreCalledOff() {
		for (int i = 0; i < 1000; i++) {
			schedule("never", 5).dispose();
			this.time.advanceTimeBy(Duration.ofMillis(1));
		}
		assertThat(this.timers).hasValue(1);
	}

	@Test
	void whatManyThreadsBeginAndOthersCallOffIsDoneOnceOrNever() throws Exception {
		Queue<Integer> expected = new ConcurrentLinkedQueue<>();
		Queue<Integer> done = new ConcurrentLinkedQueue<>();
		Queue<Disposable> calledOff = new ConcurrentLinkedQueue<>();
		ExecutorService threads = Executors.newFixedThreadPool(4);
		List<Future<?>> ends = new ArrayList<>();
		for (int thread = 0; thread < 4; thread++) {
			int first = thread * 10_000;
			ends.add(threads.submit(() -> {
				Random random = new Random(first);
				for (int i = first; i < first + 10_000; i++) {
					int number = i;
					Disposable deadline = this.deadlines.schedule(() -> done.add(number),
							Duration.ofMillis(1000 + random.nextInt(1000)));
					switch (random.nextInt(3)) {
						case 0 -> expected.add(number);
						case 1 -> deadline.dispose();
						default -> calledOff.add(deadline);
					}
					Disposable other = (random.nextInt(3) == 0) ? calledOff.poll() : null;
					if (other != null) {
						other.dispose();
					}
				}
			}));
		}
		for (Future<?> end : ends) {
			end.get(20, TimeUnit.SECONDS);
		}
		threads.shutdown();
		calledOff.forEach(Disposable::dispose);
		this.time.advanceTimeBy(SECOND.multipliedBy(2));
		assertThat(done).containsExactlyInAnyOrderElementsOf(expected);
	}

	@Test
	void failureOfOneDoesNotKeepOthersWaiting() {
		this.deadlines.schedule(() -> {
			throw new IllegalStateException("test");
		}, SECOND);
		schedule("other", 1);
		schedule("later", 2);
		this.time.advanceTimeBy(SECOND.multipliedBy(2));
		assertThat(this.reached).containsExactly("other", "later");
	}

	@Test
	void valueInTimePasses() {
		StepVerifier.create(limit(Mono.just("value"))).expectNext("value").verifyComplete();
		StepVerifier.create(limit(Mono.empty())).verifyComplete();
		StepVerifier.create(limit(Mono.error(new IllegalStateException("test"))))
			.verifyError(IllegalStateException.class);
		this.time.advanceTimeBy(SECOND.multipliedBy(2));
	}

	@Test
	void valueThatTakesTooLongIsCancelledAndFails() {
		TestPublisher<String> source = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
		StepVerifier.create(limit(source.mono()))
			.then(() -> this.time.advanceTimeBy(SECOND))
			.verifyError(TimeoutException.class);
		source.assertCancelled();
		// Whatever comes now is nobody's concern
		source.error(new IllegalStateException("test"));
	}

	@Test
	void cancellationReachesTheSourceAndCallsOffTheEnd() {
		TestPublisher<String> source = TestPublisher.create();
		StepVerifier.create(limit(source.mono())).thenCancel().verify();
		source.assertCancelled();
		this.time.advanceTimeBy(SECOND.multipliedBy(2));
	}

	@Test
	void nothingIsEmittedBeforeItIsAskedFor() {
		StepVerifier.create(limit(Mono.just("value")), 0)
			.expectSubscription()
			.thenRequest(1)
			.expectNext("value")
			.verifyComplete();
	}

	@Test
	void sourceSeesTheContext() {
		StepVerifier
			.create(limit(Mono.deferContextual((context) -> Mono.just(context.<String>get("key"))))
				.contextWrite((context) -> context.put("key", "value")))
			.expectNext("value")
			.verifyComplete();
	}

	@Test
	void raceBetweenValueAndEndHasOneWinner() throws InterruptedException {
		Deadlines real = new Deadlines(Schedulers.parallel());
		for (int i = 0; i < 500; i++) {
			AtomicInteger signals = new AtomicInteger();
			real.limit(Mono.delay(Duration.ofMillis(1)), Duration.ofMillis(1), TimeoutException::new)
				.materialize()
				.doOnNext((signal) -> signals.incrementAndGet())
				.block(Duration.ofSeconds(10));
			assertThat(signals).hasValue(1);
		}
	}

	private <T> Mono<T> limit(Mono<T> source) {
		return this.deadlines.limit(source, SECOND, TimeoutException::new);
	}

	private Disposable schedule(String name, int seconds) {
		return this.deadlines.schedule(() -> this.reached.add(name), SECOND.multipliedBy(seconds));
	}

	private Scheduler counting(VirtualTimeScheduler scheduler) {
		return new Scheduler() {

			@Override
			public Disposable schedule(Runnable task) {
				return scheduler.schedule(task);
			}

			@Override
			public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
				DeadlinesTests.this.timers.incrementAndGet();
				return scheduler.schedule(task, delay, unit);
			}

			@Override
			public long now(TimeUnit unit) {
				return scheduler.now(unit);
			}

			@Override
			public Worker createWorker() {
				return scheduler.createWorker();
			}

		};
	}

}
