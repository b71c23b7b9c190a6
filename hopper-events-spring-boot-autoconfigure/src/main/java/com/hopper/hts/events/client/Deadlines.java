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
package com.hopper.hts.events.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Ends of many waits that hardly ever come. A timer for each would wake up the
 * scheduler's thread for each; here, one timer is set for the earliest end, and the ends
 * that were called off by then have cost nothing but their place in a set.
 */
final class Deadlines {

	private static final long NONE = Long.MAX_VALUE;

	private final Scheduler scheduler;

	private final Set<Deadline> pending = ConcurrentHashMap.newKeySet();

	/**
	 * When the timer goes off.
	 */
	private final AtomicLong next = new AtomicLong(NONE);

	Deadlines(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	/**
	 * Return a {@link Mono} that completes after a time, unless it is cancelled before.
	 * @param nanos the time from subscription, in nanoseconds
	 * @return the end of the wait
	 */
	Mono<Long> after(long nanos) {
		return new Deadline(nanos);
	}

	private long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

	private void await(long end) {
		long scheduled = this.next.get();
		while (end < scheduled) {
			if (this.next.compareAndSet(scheduled, end)) {
				this.scheduler.schedule(() -> goOff(end), Math.max(0, end - now()), TimeUnit.NANOSECONDS);
				return;
			}
			scheduled = this.next.get();
		}
	}

	private void goOff(long timer) {
		if (!this.next.compareAndSet(timer, NONE)) {
			// Another timer was set for an earlier end, and has set one again
			return;
		}
		long now = now();
		long earliest = NONE;
		for (Deadline deadline : this.pending) {
			if (deadline.end <= now) {
				deadline.complete();
			}
			else {
				earliest = Math.min(earliest, deadline.end);
			}
		}
		if (earliest != NONE) {
			await(earliest);
		}
	}

	/**
	 * One end of one wait.
	 */
	private final class Deadline extends Mono<Long> implements Subscription {

		private final long nanos;

		private long end;

		private @Nullable CoreSubscriber<? super Long> subscriber;

		private volatile boolean cancelled;

		private Deadline(long nanos) {
			this.nanos = nanos;
		}

		@Override
		public void subscribe(CoreSubscriber<? super Long> subscriber) {
			this.subscriber = subscriber;
			this.end = now() + this.nanos;
			subscriber.onSubscribe(this);
			Deadlines.this.pending.add(this);
			if (this.cancelled) {
				Deadlines.this.pending.remove(this);
				return;
			}
			await(this.end);
		}

		private void complete() {
			if (Deadlines.this.pending.remove(this) && this.subscriber != null) {
				this.subscriber.onComplete();
			}
		}

		@Override
		public void request(long count) {
		}

		@Override
		public void cancel() {
			this.cancelled = true;
			Deadlines.this.pending.remove(this);
		}

	}

}
