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

import org.springframework.util.Assert;

/**
 * How stored events are delivered, as set with {@code hopper.outbox.*}. The wait after
 * the n-th failed attempt of an event is {@code initialInterval * 2^(n-1)}, no longer
 * than {@code maxInterval}, of which a random half may be taken off, unless the API asks
 * for a certain time with {@code Retry-After}.
 *
 * @param concurrency how many events are sent at a time
 * @param maxAge the time after which an event that keeps failing is given up
 * @param initialInterval the wait after the first failure
 * @param maxInterval the longest wait that is not asked for by the API
 * @param probeInterval the longest time between two events that are sent to find out
 * whether a pause can end
 * @param shutdownTimeout how long the end of the application waits for deliveries
 */
record RelayPolicy(int concurrency, Duration maxAge, Duration initialInterval, Duration maxInterval,
		Duration probeInterval, Duration shutdownTimeout) {

	public RelayPolicy {
		Assert.isTrue(concurrency >= 1, "'concurrency' must be at least 1");
	}

	Duration interval(int failures, double random) {
		double nanos = (double) this.initialInterval.toNanos() * Math.pow(2, Math.min(failures, 60) - 1.0);
		nanos = Math.min(nanos, (double) this.maxInterval.toNanos());
		return Duration.ofNanos((long) (nanos * (1 - 0.5 * random)));
	}

}
