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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

import org.springframework.util.Assert;

/**
 * Ends of many waits that hardly ever come. A timer for each would wake up the
 * scheduler's thread for each; here, one timer is set for the earliest end, and the ends
 * that were called off by then have cost nothing but their place in a list. Safe for use
 * by many threads.
 *
 * @since 0.1.0
 */
public final class Deadlines {

	private static final Log logger = LogFactory.getLog(Deadlines.class);

	private static final long NONE = Long.MAX_VALUE;

	private static final int LISTS = 16;

	private final Scheduler scheduler;

	private final Pending[] pending = Stream.generate(Pending::new).limit(LISTS).toArray(Pending[]::new);

	/**
	 * When the timer goes off.
	 */
	private final AtomicLong next = new AtomicLong(NONE);

	/**
	 * Create an instance.
	 * @param scheduler what waits, and calls what is to be done at an end
	 */
	public Deadlines(Scheduler scheduler) {
		Assert.notNull(scheduler, "'scheduler' must not be null");
		this.scheduler = scheduler;
	}

	/**
	 * Do something after a time, unless it is called off before.
	 * @param task what to do
	 * @param delay the time
	 * @return what calls it off
	 */
	public Disposable schedule(Runnable task, Duration delay) {
		Task deadline = new Task(task);
		deadline.start(delay.toNanos());
		return deadline;
	}

	/**
	 * Return what the source emits, or an error if that takes too long.
	 * @param <T> the type of the value
	 * @param source the source, which is cancelled when the time is over
	 * @param limit the time from subscription
	 * @param failure creates the error
	 * @return the source with a limit
	 */
	public <T> Mono<T> limit(Mono<T> source, Duration limit, Supplier<? extends Throwable> failure) {
		return new Mono<>() {

			@Override
			public void subscribe(CoreSubscriber<? super T> actual) {
				source.subscribe(new Limited<>(actual, limit.toNanos(), failure));
			}

		};
	}

	private long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

	private void await(long end) {
		long scheduled = this.next.get();
		while (end < scheduled) {
			if (this.next.compareAndSet(scheduled, end)) {
				schedule(end);
				return;
			}
			scheduled = this.next.get();
		}
	}

	private void schedule(long end) {
		try {
			this.scheduler.schedule(() -> goOff(end), Math.max(0, end - now()), TimeUnit.NANOSECONDS);
		}
		catch (RuntimeException ex) {
			// Not what everybody after this one relies on
			this.next.compareAndSet(end, NONE);
			throw ex;
		}
	}

	private void goOff(long timer) {
		if (!this.next.compareAndSet(timer, NONE)) {
			// Another timer was set for an earlier end, and has set one again
			return;
		}
		long now = now();
		long earliest = NONE;
		List<Deadline> due = new ArrayList<>();
		for (Pending pending : this.pending) {
			earliest = Math.min(earliest, pending.due(now, due));
		}
		due.forEach(Deadlines::reach);
		if (earliest != NONE) {
			await(earliest);
		}
	}

	private static void reach(Deadline deadline) {
		try {
			deadline.reached();
		}
		catch (Throwable ex) {
			// The others must not wait for ever
			logger.warn("What follows a timeout failed", ex);
		}
	}

	/**
	 * One end of one wait. It is done once: when it is reached, or when it is called off.
	 */
	private abstract class Deadline extends AtomicBoolean {

		private static final long serialVersionUID = 1L;

		private long end;

		private volatile @Nullable Pending list;

		private @Nullable Deadline previous;

		private @Nullable Deadline next;

		final void start(long nanos) {
			this.end = now() + nanos;
			Pending list = Deadlines.this.pending[(int) Thread.currentThread().getId() & (LISTS - 1)];
			this.list = list;
			list.add(this);
			if (get()) {
				list.remove(this);
				return;
			}
			await(this.end);
		}

		final boolean done() {
			if (!compareAndSet(false, true)) {
				return false;
			}
			Pending list = this.list;
			if (list != null) {
				list.remove(this);
			}
			return true;
		}

		abstract void reached();

	}

	/**
	 * Ends of waits that a thread has begun. Each thread has a list of its own as long as
	 * there are few, so that nearly nobody waits for another.
	 */
	private static final class Pending {

		private @Nullable Deadline first;

		synchronized void add(Deadline deadline) {
			Deadline first = this.first;
			deadline.next = first;
			if (first != null) {
				first.previous = deadline;
			}
			this.first = deadline;
		}

		synchronized void remove(Deadline deadline) {
			Deadline previous = deadline.previous;
			Deadline next = deadline.next;
			if (previous != null) {
				previous.next = next;
			}
			else if (this.first == deadline) {
				this.first = next;
			}
			if (next != null) {
				next.previous = previous;
			}
			deadline.previous = null;
			deadline.next = null;
		}

		/**
		 * Collect what is due.
		 * @param now the time
		 * @param due what is due, which stays here until it is done
		 * @return the earliest end of the others
		 */
		synchronized long due(long now, List<Deadline> due) {
			long earliest = NONE;
			for (Deadline deadline = this.first; deadline != null; deadline = deadline.next) {
				if (deadline.end <= now) {
					due.add(deadline);
				}
				else {
					earliest = Math.min(earliest, deadline.end);
				}
			}
			return earliest;
		}

	}

	private final class Task extends Deadline implements Disposable {

		private static final long serialVersionUID = 1L;

		private final transient Runnable task;

		Task(Runnable task) {
			this.task = task;
		}

		@Override
		void reached() {
			if (done()) {
				this.task.run();
			}
		}

		@Override
		public void dispose() {
			done();
		}

		@Override
		public boolean isDisposed() {
			return get();
		}

	}

	private final class Limited<T> extends Deadline implements CoreSubscriber<T>, Subscription {

		private static final long serialVersionUID = 1L;

		private final transient CoreSubscriber<? super T> actual;

		private final long nanos;

		private final transient Supplier<? extends Throwable> failure;

		private transient @Nullable Subscription upstream;

		Limited(CoreSubscriber<? super T> actual, long nanos, Supplier<? extends Throwable> failure) {
			this.actual = actual;
			this.nanos = nanos;
			this.failure = failure;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.validate(this.upstream, subscription)) {
				this.upstream = subscription;
				this.actual.onSubscribe(this);
				start(this.nanos);
			}
		}

		@Override
		public void onNext(T value) {
			if (done()) {
				this.actual.onNext(value);
				this.actual.onComplete();
			}
			else {
				Operators.onNextDropped(value, currentContext());
			}
		}

		@Override
		public void onError(Throwable failure) {
			// Of what was given up nobody wants to know how it failed
			if (done()) {
				this.actual.onError(failure);
			}
		}

		@Override
		public void onComplete() {
			if (done()) {
				this.actual.onComplete();
			}
		}

		@Override
		public void request(long count) {
			if (this.upstream != null) {
				this.upstream.request(count);
			}
		}

		@Override
		public void cancel() {
			if (done() && this.upstream != null) {
				this.upstream.cancel();
			}
		}

		@Override
		void reached() {
			if (done()) {
				try {
					if (this.upstream != null) {
						this.upstream.cancel();
					}
				}
				finally {
					this.actual.onError(this.failure.get());
				}
			}
		}

	}

}
