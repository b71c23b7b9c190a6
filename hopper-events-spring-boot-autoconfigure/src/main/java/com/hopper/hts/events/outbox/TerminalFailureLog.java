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
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import com.hopper.hts.events.SessionEvent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Writes a line for each event that will not be delivered, with its key values. When many
 * meet the same end, the first have a line of their own, and the others are counted in
 * one line a minute. Instances are safe for use by many threads.
 */
final class TerminalFailureLog {

	/**
	 * How many events in a row have a line of their own.
	 */
	static final int LINES = 10;

	static final Duration INTERVAL = Duration.ofMinutes(1);

	private static final String LOST = "lost";

	private static final Logger logger = LoggerFactory.getLogger(TerminalFailureLog.class);

	private final Scheduler scheduler;

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, Burst> bursts = new HashMap<>();

	TerminalFailureLog(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	void dead(DeadLetter letter) {
		StoredEvent event = letter.event();
		String reason = letter.reason().name().toLowerCase(Locale.ROOT);
		if (admits("became dead letters (" + letter.reason() + ")", reason, Level.WARN, event)) {
			StoredEvent.@Nullable Failure last = event.lastFailure();
			describe(logger.atWarn(), event, reason).log(event + " is now a dead letter (" + letter.reason() + "): "
					+ ((last != null) ? last.message() : ""));
		}
	}

	void dropped(StoredEvent event, EventDeliveryListener.DiscardReason cause) {
		String reason = cause.name().toLowerCase(Locale.ROOT);
		if (admits("were dropped (" + cause + ")", reason, Level.WARN, event)) {
			describe(logger.atWarn(), event, reason).log(event + " was dropped (" + cause + ")");
		}
	}

	/**
	 * Write down what was lost although its transaction was committed.
	 */
	void lost(List<StoredEvent> events, String message, Throwable failure) {
		boolean admitted = false;
		for (StoredEvent event : events) {
			admitted |= admits("were lost after the commit of their transaction", LOST, Level.ERROR, event);
		}
		if (admitted) {
			LoggingEventBuilder line = logger.atError().setCause(failure);
			((events.size() == 1) ? describe(line, events.get(0), LOST)
					: line.addKeyValue("hopper.reason", LOST).addKeyValue("hopper.count", events.size()))
				.log(message);
		}
	}

	/**
	 * Write down what was only counted so far.
	 */
	void flush() {
		this.lock.lock();
		try {
			List.copyOf(this.bursts.keySet()).forEach(this::summarize);
			this.bursts.values().forEach((burst) -> burst.timer.dispose());
			this.bursts.clear();
		}
		finally {
			this.lock.unlock();
		}
	}

	private static LoggingEventBuilder describe(LoggingEventBuilder line, StoredEvent event, String reason) {
		LoggingEventBuilder described = line.addKeyValue("hopper.event.type", event.printableType())
			.addKeyValue("hopper.event.id", event.id().toString())
			.addKeyValue("hopper.attempts", event.attempts())
			.addKeyValue("hopper.reason", reason);
		String session = SessionEvent.maskSessionId(event.sessionId());
		if (session != null) {
			described = described.addKeyValue("hopper.session", session);
		}
		StoredEvent.Failure last = event.lastFailure();
		if (last != null) {
			described = described.addKeyValue("hopper.failure.kind", last.kind());
			if (last.statusCode() != null) {
				described = described.addKeyValue("hopper.failure.status", last.statusCode());
			}
		}
		return described;
	}

	private boolean admits(String end, String reason, Level level, StoredEvent event) {
		this.lock.lock();
		try {
			Burst burst = this.bursts.get(end);
			if (burst == null) {
				burst = new Burst(reason, level);
				this.bursts.put(end, burst);
				summarizeLater(end, burst);
			}
			return burst.admits(event);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void summarizeLater(String end, Burst burst) {
		try {
			burst.timer
				.update(this.scheduler.schedule(() -> summarize(end), INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
		}
		catch (RejectedExecutionException ex) {
			// The application is ending, and flush logs what is left
		}
	}

	private void summarize(String end) {
		this.lock.lock();
		try {
			Burst burst = this.bursts.get(end);
			if (burst == null) {
				return;
			}
			if (burst.counted.isEmpty()) {
				this.bursts.remove(end);
				return;
			}
			long count = burst.counted.values().stream().mapToLong(Long::longValue).sum();
			logger.atLevel(burst.level)
				.addKeyValue("hopper.reason", burst.reason)
				.addKeyValue("hopper.count", count)
				.log(count + " more events " + end + " within " + INTERVAL.toSeconds() + "s: " + burst.counted
						+ ", the last of them " + burst.last);
			burst.counted.clear();
			summarizeLater(end, burst);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Events that meet the same end one soon after the other.
	 */
	private static final class Burst {

		private final String reason;

		private final Level level;

		private final Disposable.Swap timer = Disposables.swap();

		/**
		 * How many events had no line since the last one, by their type and the kind of
		 * their last failure.
		 */
		private final Map<String, Long> counted = new TreeMap<>();

		private int lines;

		private @Nullable StoredEvent last;

		Burst(String reason, Level level) {
			this.reason = reason;
			this.level = level;
		}

		boolean admits(StoredEvent event) {
			if (this.lines < LINES) {
				this.lines++;
				return true;
			}
			StoredEvent.Failure failure = event.lastFailure();
			this.counted.merge(event.countedType() + ((failure != null) ? " " + failure.kind() : ""), 1L, Long::sum);
			this.last = event;
			return false;
		}

	}

}
