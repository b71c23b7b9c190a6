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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * Logs a warning if a thread waits for a call of the API and only the time that stands
 * still would end the call. Without the warning the test would hang and give no hint.
 */
final class BlockedCallers {

	private static final Log logger = LogFactory.getLog(HopperTime.class);

	/**
	 * How long a thread may wait, in real time.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(2);

	private final Map<Thread, Call> calls = new ConcurrentHashMap<>();

	private final ScheduledExecutorService executor;

	private final SteppedScheduler scheduler;

	private final Supplier<@Nullable String> awaited;

	/**
	 * Create an instance.
	 * @param scheduler the scheduler whose time may stand still
	 * @param awaited returns what the requests wait for: {@code null} if they do not wait
	 * for the time, an empty text if there is no request
	 */
	BlockedCallers(SteppedScheduler scheduler, Supplier<@Nullable String> awaited) {
		this.scheduler = scheduler;
		this.awaited = awaited;
		ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "hopper-time-watch");
			thread.setDaemon(true);
			return thread;
		});
		executor.setRemoveOnCancelPolicy(true);
		this.executor = executor;
	}

	/**
	 * Watch a call that begins on this thread.
	 */
	void call() {
		if (!Schedulers.isInNonBlockingThread()) {
			Call call = new Call(Thread.currentThread(), this.scheduler.nanos());
			this.calls.put(call.thread(), call);
			schedule(call);
		}
	}

	private void schedule(Call call) {
		try {
			Future<?> check = this.executor.schedule(() -> check(call), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
			if (check.isCancelled()) {
				this.calls.remove(call.thread(), call);
			}
		}
		catch (RejectedExecutionException ex) {
			// The test is over
			this.calls.remove(call.thread(), call);
		}
	}

	private void check(Call call) {
		// Another call of the same thread is watched on its own
		if (this.calls.get(call.thread()) != call) {
			return;
		}
		String method = blockingMethod(call.thread());
		this.calls.remove(call.thread(), call);
		if (method == null) {
			return;
		}
		String text = (call.time() == this.scheduler.nanos()) ? describe() : null;
		if (text != null) {
			logger.warn(method + " on thread '" + call.thread().getName() + "' waits for " + text
					+ " HopperTime, which stands still. Turn it with advanceBy on another thread than the one that "
					+ "waits.");
			return;
		}
		Call next = new Call(call.thread(), this.scheduler.nanos());
		if (this.calls.putIfAbsent(next.thread(), next) == null) {
			schedule(next);
		}
	}

	private @Nullable String describe() {
		String request = this.awaited.get();
		if (request == null || !request.isEmpty()) {
			return request;
		}
		Duration next = this.scheduler.untilNext();
		return (next != null) ? "what is due in " + Descriptions.time(next) + " of" : null;
	}

	private static @Nullable String blockingMethod(Thread thread) {
		Thread.State state = thread.getState();
		if (state != Thread.State.WAITING && state != Thread.State.TIMED_WAITING) {
			return null;
		}
		String method = null;
		for (StackTraceElement frame : thread.getStackTrace()) {
			if (frame.getMethodName().equals("publishAndWait")) {
				return "publishAndWait";
			}
			if (method == null && isBlocking(frame)) {
				method = frame.getMethodName();
			}
		}
		return method;
	}

	private static boolean isBlocking(StackTraceElement frame) {
		return switch (frame.getClassName()) {
			case "reactor.core.publisher.Mono", "reactor.core.publisher.Flux" ->
				frame.getMethodName().startsWith("block");
			case "java.util.concurrent.CompletableFuture" ->
				frame.getMethodName().equals("get") || frame.getMethodName().equals("join");
			default -> false;
		};
	}

	void stop() {
		this.executor.shutdownNow();
	}

	/**
	 * A call. No two calls are equal.
	 */
	private static final class Call {

		private final Thread thread;

		private final long time;

		Call(Thread thread, long time) {
			this.thread = thread;
			this.time = time;
		}

		Thread thread() {
			return this.thread;
		}

		long time() {
			return this.time;
		}

	}

}
