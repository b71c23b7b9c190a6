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

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * The time of the {@link Scheduler} that waits, so that a test that turns one turns the
 * other. With {@link Schedulers#parallel()} it is the time of the system.
 *
 * @since 0.1.0
 */
public final class SchedulerClock extends Clock {

	private final Scheduler scheduler;

	private final ZoneId zone;

	private SchedulerClock(Scheduler scheduler, ZoneId zone) {
		this.scheduler = scheduler;
		this.zone = zone;
	}

	/**
	 * Return the clock of a scheduler.
	 * @param scheduler the scheduler
	 * @return the clock, in UTC
	 */
	public static Clock of(Scheduler scheduler) {
		Assert.notNull(scheduler, "'scheduler' must not be null");
		return new SchedulerClock(scheduler, ZoneOffset.UTC);
	}

	/**
	 * Return nanoseconds for measuring what has passed, whose zero has no meaning.
	 * @param scheduler the scheduler
	 * @return the nanoseconds
	 */
	public static long nanoTime(Scheduler scheduler) {
		// Not the time of a real scheduler, which is exact to the millisecond only and
		// may jump
		return isReal(scheduler) ? System.nanoTime() : scheduler.now(TimeUnit.NANOSECONDS);
	}

	private static boolean isReal(Scheduler scheduler) {
		return scheduler == Schedulers.parallel();
	}

	@Override
	public Instant instant() {
		return isReal(this.scheduler) ? Instant.now()
				: Instant.EPOCH.plusNanos(this.scheduler.now(TimeUnit.NANOSECONDS));
	}

	@Override
	public ZoneId getZone() {
		return this.zone;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		return new SchedulerClock(this.scheduler, zone);
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof SchedulerClock clock && this.scheduler.equals(clock.scheduler)
				&& this.zone.equals(clock.zone);
	}

	@Override
	public int hashCode() {
		return this.scheduler.hashCode() * 31 + this.zone.hashCode();
	}

}
