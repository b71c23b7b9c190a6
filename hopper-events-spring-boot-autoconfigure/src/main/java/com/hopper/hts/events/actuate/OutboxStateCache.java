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
package com.hopper.hts.events.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * The state of the outbox for those who ask all the time. It is read again when it is
 * older than its time to live, by a thread of its own: whoever asks is not kept waiting
 * by a database that does not answer. Instances are safe for use by many threads.
 */
final class OutboxStateCache {

	/**
	 * Well below the timeout that load balancers usually have.
	 */
	private static final Duration MAX_WAIT = Duration.ofMillis(500);

	private final EventOutboxOperations operations;

	private final Duration timeToLive;

	private final Clock clock;

	private final AtomicReference<@Nullable CompletableFuture<Snapshot>> reading = new AtomicReference<>();

	private volatile @Nullable Snapshot last;

	OutboxStateCache(EventOutboxOperations operations, Duration timeToLive, Clock clock) {
		this.operations = operations;
		this.timeToLive = timeToLive;
		this.clock = clock;
	}

	/**
	 * Return the state, which may be as old as the time to live, or older together with
	 * the failure to read it.
	 */
	Snapshot get() {
		Snapshot current = this.last;
		Instant now = this.clock.instant();
		if (current != null && !now.isBefore(current.readAt())
				&& now.isBefore(current.readAt().plus(this.timeToLive))) {
			return current;
		}
		CompletableFuture<Snapshot> mine = new CompletableFuture<>();
		CompletableFuture<Snapshot> others = this.reading.compareAndExchange(null, mine);
		if (others == null) {
			Schedulers.boundedElastic().schedule(() -> read(mine));
		}
		else if (current != null) {
			// One caller waits for the new state, all others get the last one
			return overdue(current);
		}
		return await((others != null) ? others : mine, current);
	}

	private void read(CompletableFuture<Snapshot> result) {
		Snapshot before = this.last;
		Snapshot snapshot;
		try {
			snapshot = new Snapshot(this.operations.state(), null, this.clock.instant());
		}
		catch (Throwable ex) {
			// Even an Error: without a result the reading would seem to go on for ever
			snapshot = new Snapshot((before != null) ? before.state() : null, ex, this.clock.instant());
		}
		this.last = snapshot;
		this.reading.set(null);
		result.complete(snapshot);
	}

	private Snapshot await(CompletableFuture<Snapshot> reading, @Nullable Snapshot current) {
		try {
			return reading.get(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return overdue(current);
		}
		catch (ExecutionException | TimeoutException ex) {
			return overdue(current);
		}
	}

	/**
	 * What is older than three times its time to live is not true any more.
	 */
	private Snapshot overdue(@Nullable Snapshot current) {
		if (current != null && this.clock.instant().isBefore(current.readAt().plus(this.timeToLive.multipliedBy(3)))) {
			return current;
		}
		return new Snapshot((current != null) ? current.state() : null, new TimeoutException("no answer in time"),
				this.clock.instant());
	}

	/**
	 * What was read.
	 *
	 * @param state the state, or {@code null} if it was never read, or from a mock
	 * @param failure why it could not be read, or {@code null}
	 * @param readAt when
	 */
	record Snapshot(@Nullable EventOutboxState state, @Nullable Throwable failure, Instant readAt) {

	}

}
