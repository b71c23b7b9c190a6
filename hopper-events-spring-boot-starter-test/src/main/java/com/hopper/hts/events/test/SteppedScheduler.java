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
package com.hopper.hts.events.test;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.NonBlocking;
import reactor.core.scheduler.Scheduler;
import reactor.util.Logger;
import reactor.util.Loggers;

/**
 * Scheduler whose time stands still until it is advanced. Delayed tasks run one at a
 * time, each at its own time. Tasks without delay run at once. All tasks run on a thread
 * that must not block, like those of the scheduler that this one replaces.
 */
final class SteppedScheduler implements Scheduler {

	private static final Logger logger = Loggers.getLogger(SteppedScheduler.class);

	private final Object monitor = new Object();

	private final PriorityQueue<Task> tasks = new PriorityQueue<>(
			Comparator.<Task>comparingLong((task) -> task.time).thenComparingLong((task) -> task.number));

	private final ExecutorService executor = Executors
		.newSingleThreadExecutor((runnable) -> new StepThread(runnable, "hopper-time"));

	private long now = ChronoUnit.MILLIS.between(Instant.EPOCH, Instant.now()) * 1_000_000;

	private long number;

	private int atOnce;

	@Override
	public long now(TimeUnit unit) {
		return unit.convert(nanos(), TimeUnit.NANOSECONDS);
	}

	long nanos() {
		synchronized (this.monitor) {
			return this.now;
		}
	}

	/**
	 * Return whether tasks without delay are running.
	 */
	boolean isBusy() {
		synchronized (this.monitor) {
			return this.atOnce > 0;
		}
	}

	/**
	 * Advance the time to that of the next task and run it.
	 * @param until the time before which or at which the task is due
	 * @return whether there was such a task
	 */
	boolean runNext(long until) {
		Task task;
		synchronized (this.monitor) {
			task = this.tasks.peek();
			if (task == null || task.time > until) {
				return false;
			}
			this.tasks.remove();
			this.now = Math.max(this.now, task.time);
		}
		try {
			CompletableFuture.runAsync(task, this.executor).join();
		}
		catch (CompletionException ex) {
			logger.error("A task failed", ex);
		}
		return true;
	}

	/**
	 * Return how much time must pass until a task is due that does not repeat, or
	 * {@code null} if there is none.
	 */
	@Nullable Duration untilNext() {
		synchronized (this.monitor) {
			return this.tasks.stream()
				.filter((task) -> task.period == 0)
				.min(Comparator.comparingLong((task) -> task.time))
				.map((task) -> Duration.ofNanos(Math.max(task.time - this.now, 0)))
				.orElse(null);
		}
	}

	void turnTo(long time) {
		synchronized (this.monitor) {
			this.now = Math.max(this.now, time);
		}
	}

	@Override
	public Disposable schedule(Runnable task) {
		return schedule(task, 0, TimeUnit.NANOSECONDS);
	}

	@Override
	public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
		return schedule(task, unit.toNanos(delay), 0);
	}

	@Override
	public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
		return schedule(task, unit.toNanos(initialDelay), Math.max(unit.toNanos(period), 1));
	}

	private Task schedule(Runnable action, long delay, long period) {
		synchronized (this.monitor) {
			Task task = new Task(action, this.now + Math.max(delay, 0), period, this.number++);
			if (delay > 0) {
				this.tasks.add(task);
			}
			else {
				this.atOnce++;
				this.executor.execute(() -> {
					try {
						task.run();
					}
					finally {
						synchronized (this.monitor) {
							this.atOnce--;
						}
					}
				});
			}
			return task;
		}
	}

	@Override
	public Worker createWorker() {
		Disposable.Composite all = Disposables.composite();
		return new Worker() {

			@Override
			public Disposable schedule(Runnable task) {
				return add(SteppedScheduler.this.schedule(task));
			}

			@Override
			public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
				return add(SteppedScheduler.this.schedule(task, delay, unit));
			}

			@Override
			public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
				return add(SteppedScheduler.this.schedulePeriodically(task, initialDelay, period, unit));
			}

			private Disposable add(Disposable task) {
				all.add(task);
				return task;
			}

			@Override
			public void dispose() {
				all.dispose();
			}

			@Override
			public boolean isDisposed() {
				return all.isDisposed();
			}

		};
	}

	@Override
	public void dispose() {
		synchronized (this.monitor) {
			this.tasks.clear();
		}
		this.executor.shutdownNow();
	}

	@Override
	public boolean isDisposed() {
		return this.executor.isShutdown();
	}

	/**
	 * A task that waits for its time.
	 */
	private final class Task implements Runnable, Disposable {

		private final Runnable action;

		private final long period;

		private final long number;

		private long time;

		private volatile boolean disposed;

		Task(Runnable action, long time, long period, long number) {
			this.action = action;
			this.time = time;
			this.period = period;
			this.number = number;
		}

		@Override
		public void run() {
			if (this.disposed) {
				return;
			}
			try {
				this.action.run();
			}
			finally {
				synchronized (SteppedScheduler.this.monitor) {
					if (this.period > 0 && !this.disposed) {
						this.time += this.period;
						SteppedScheduler.this.tasks.add(this);
					}
					else {
						this.disposed = true;
					}
				}
			}
		}

		@Override
		public void dispose() {
			synchronized (SteppedScheduler.this.monitor) {
				this.disposed = true;
				SteppedScheduler.this.tasks.remove(this);
			}
		}

		@Override
		public boolean isDisposed() {
			return this.disposed;
		}

	}

	/**
	 * A thread that must not block.
	 */
	private static final class StepThread extends Thread implements NonBlocking {

		StepThread(Runnable runnable, String name) {
			super(runnable, name);
			setDaemon(true);
		}

	}

}
