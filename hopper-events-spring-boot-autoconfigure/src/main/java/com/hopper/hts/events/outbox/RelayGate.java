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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Decides how many events may be sent at the moment: as many as configured; none while
 * the relay is paused, except one from time to time to find out whether it can go on; and
 * after a pause first one, then two, four and so on, so that an API that has just come
 * back is not hit by everything that has piled up.
 */
final class RelayGate {

	/**
	 * How many different events in a row must get a {@code 404} before the base URL is
	 * suspected.
	 */
	private static final int NOTHING_FOUND = 3;

	/**
	 * How many failures in a row say that the API is down.
	 */
	private static final int OUTAGE = 10;

	private static final Duration FIRST_PROBE = Duration.ofSeconds(1);

	private static final Log logger = LogFactory.getLog(RelayGate.class);

	private final RelayPolicy policy;

	private final Clock clock;

	private final Scheduler scheduler;

	private final DoubleSupplier random;

	private final HopperDiagnosis diagnosis;

	private final ReentrantLock lock = new ReentrantLock();

	private final Disposable.Swap probeTimer = Disposables.swap();

	private volatile Runnable onAvailable = () -> {
	};

	private boolean open;

	private EventOutboxState.@Nullable Pause pause;

	private int probes;

	/**
	 * What is being sent to find out whether this pause can end.
	 */
	private @Nullable Permit probe;

	/**
	 * Whether the API has said how long the pause must be.
	 */
	private boolean asked;

	private boolean probeScheduled;

	private int probeTimers;

	private int inFlight;

	private int limit;

	private int failuresInRow;

	private final Set<UUID> notFoundInRow = new HashSet<>();

	private @Nullable Instant lastDelivery;

	RelayGate(RelayPolicy policy, Clock clock, Scheduler scheduler, DoubleSupplier random, HopperDiagnosis diagnosis) {
		this.policy = policy;
		this.clock = clock;
		this.scheduler = scheduler;
		this.random = random;
		this.diagnosis = diagnosis;
		this.limit = policy.concurrency();
	}

	/**
	 * Set what to call, on any thread and without locks held, when there may be permits
	 * again.
	 */
	void onAvailable(Runnable onAvailable) {
		this.onAvailable = onAvailable;
	}

	void open() {
		locked(() -> this.open = true);
		wakeUp();
	}

	/**
	 * Give no more permits.
	 */
	void close() {
		locked(() -> this.open = false);
	}

	@Nullable Permit tryAcquire() {
		return locked(() -> {
			if (!this.open) {
				return null;
			}
			if (this.pause != null) {
				if (this.probe != null || !isProbeDue(this.pause)) {
					return null;
				}
				this.inFlight++;
				this.probe = new Permit(true);
				return this.probe;
			}
			if (this.inFlight >= this.limit) {
				return null;
			}
			this.inFlight++;
			return new Permit(false);
		});
	}

	/**
	 * Return whether the next probe may be sent. The timer decides as well as the clock,
	 * because a clock that is set back during the pause would prolong it.
	 */
	private boolean isProbeDue(EventOutboxState.Pause pause) {
		Instant probe = pause.nextProbe();
		return !this.probeScheduled || probe == null || !this.clock.instant().isBefore(probe);
	}

	/**
	 * Give back a permit that was not needed. The loop is not woken up, because nothing
	 * has changed.
	 */
	void giveBack(Permit permit) {
		locked(() -> returned(permit));
	}

	/**
	 * Give a permit back without having learned anything about the API.
	 */
	void release(Permit permit) {
		locked(() -> returned(permit));
		wakeUp();
	}

	/**
	 * The API has taken an event.
	 */
	void delivered(Permit permit) {
		answered(permit, true);
	}

	/**
	 * The API has read an event and refused it, so everything but the event is fine.
	 */
	void refused(Permit permit) {
		answered(permit, false);
	}

	private void answered(Permit permit, boolean delivered) {
		EventOutboxState.Pause ended = locked(() -> {
			returned(permit);
			this.failuresInRow = 0;
			this.notFoundInRow.clear();
			if (delivered) {
				this.lastDelivery = this.clock.instant();
			}
			// If the API asked for a certain time, only a probe ends the pause, not an
			// event sent before it
			EventOutboxState.Pause current = (permit.probe() || !this.asked) ? this.pause : null;
			if (current != null) {
				endPause();
				this.limit = 1;
			}
			else if (this.pause == null && this.limit < this.policy.concurrency()) {
				this.limit++;
			}
			return current;
		});
		if (ended != null) {
			logger.info("Stored events are delivered again after a pause (%s) since %s".formatted(ended.reason(),
					ended.since()));
		}
		wakeUp();
	}

	/**
	 * The failure is about this application, not about the event: every other event would
	 * fail too.
	 */
	void failedForAll(Permit permit, EventOutboxState.PauseReason reason, String message,
			@Nullable Duration retryAfter) {
		failed(permit, () -> pause(permit, reason, message, retryAfter));
	}

	/**
	 * The failure may pass, and may or may not have to do with the event.
	 */
	void failed(Permit permit, String message, @Nullable Duration retryAfter) {
		failed(permit, () -> (++this.failuresInRow >= OUTAGE || permit.probe())
				? pause(permit, EventOutboxState.PauseReason.API_UNAVAILABLE, message, retryAfter) : null);
	}

	/**
	 * The failure is about this event, or about the address of the API.
	 */
	void notFound(Permit permit, UUID event, String message) {
		failed(permit, () -> {
			this.notFoundInRow.add(event);
			return (permit.probe() || this.notFoundInRow.size() >= NOTHING_FOUND)
					? pause(permit, EventOutboxState.PauseReason.NOT_FOUND, message, null) : null;
		});
	}

	private void failed(Permit permit, Supplier<EventOutboxState.@Nullable Pause> consequence) {
		EventOutboxState.Pause begun = locked(() -> {
			returned(permit);
			return consequence.get();
		});
		if (begun != null) {
			// Without the lock, because the diagnosis may take other locks
			logger.warn("Stored events are not delivered at the moment (" + begun.reason() + "), next try at "
					+ begun.nextProbe() + ". " + this.diagnosis.describe(begun));
		}
		wakeUp();
	}

	/**
	 * Return whether the API has taken any event after a point in time.
	 */
	boolean deliveredSince(Instant time) {
		return locked(() -> this.lastDelivery != null && this.lastDelivery.isAfter(time));
	}

	private void returned(Permit permit) {
		if (permit.returned) {
			// Returned twice: an attempt may be cancelled in the moment in which it ends
			return;
		}
		permit.returned = true;
		this.inFlight--;
		if (permit == this.probe) {
			this.probe = null;
		}
	}

	/**
	 * Begin a pause, or prolong the current one.
	 * @return the pause if it has just begun, or {@code null} if there was one already
	 */
	private EventOutboxState.@Nullable Pause pause(Permit permit, EventOutboxState.PauseReason reason, String message,
			@Nullable Duration retryAfter) {
		EventOutboxState.Pause current = this.pause;
		if (current != null && !permit.probe()) {
			// The event was sent before the pause began, so its failure is no news
			return null;
		}
		Instant now = this.clock.instant();
		Duration wait = (retryAfter != null) ? retryAfter : probeInterval();
		this.probes++;
		this.asked = retryAfter != null;
		Instant since = (current != null && current.reason() == reason) ? current.since() : null;
		EventOutboxState.Pause next = new EventOutboxState.Pause(reason, (since != null) ? since : now, message,
				now.plus(wait));
		this.pause = next;
		this.notFoundInRow.clear();
		schedule(wait);
		return (since == null) ? next : null;
	}

	private void schedule(Duration wait) {
		this.probeScheduled = true;
		int current = ++this.probeTimers;
		this.probeTimer.update(this.scheduler.schedule(() -> {
			locked(() -> {
				// A timer that was replaced while it fired must not end the wait of its
				// successor
				this.probeScheduled = this.probeScheduled && current != this.probeTimers;
			});
			wakeUp();
		}, wait.toMillis() + 1, TimeUnit.MILLISECONDS));
	}

	private Duration probeInterval() {
		long first = Math.min(FIRST_PROBE.toNanos(), this.policy.probeInterval().toNanos());
		double nanos = Math.min(first * Math.pow(2, Math.min(this.probes, 40)),
				(double) this.policy.probeInterval().toNanos());
		return Duration.ofNanos((long) (nanos * (1 - 0.2 * this.random.getAsDouble())));
	}

	private void endPause() {
		this.pause = null;
		this.asked = false;
		this.probes = 0;
		this.probeScheduled = false;
		if (this.probe != null) {
			// What comes of this probe must not end or prolong the next pause
			this.probe.probe = false;
			this.probe = null;
		}
		this.probeTimer.update(Disposables.single());
	}

	/**
	 * Go on at once, carefully.
	 */
	void resume() {
		locked(() -> {
			if (this.pause != null) {
				endPause();
				this.failuresInRow = 0;
			}
			this.limit = 1;
		});
		wakeUp();
	}

	EventOutboxState.@Nullable Pause pause() {
		return locked(() -> this.pause);
	}

	private void wakeUp() {
		this.onAvailable.run();
	}

	private void locked(Runnable action) {
		locked(() -> {
			action.run();
			return true;
		});
	}

	private <T extends @Nullable Object> T locked(Supplier<T> action) {
		this.lock.lock();
		try {
			return action.get();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Permission to send one event, to be given back with what came of it.
	 */
	static final class Permit {

		// Both guarded by the gate's lock

		private boolean probe;

		private boolean returned;

		private Permit(boolean probe) {
			this.probe = probe;
		}

		/**
		 * Return whether the event is sent to find out whether the pause can end.
		 */
		boolean probe() {
			return this.probe;
		}

	}

}
