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
package com.hopper.hts.events.http;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * When a failed attempt is followed by another, as set with {@code hopper.retry.*}. The
 * wait before the n-th retry is {@code initialInterval * multiplier^(n-1)}, no longer
 * than {@code maxInterval}, of which a random part of up to {@code jitter} is taken off,
 * so that many clients do not come back together.
 */
record RetryPolicy(int maxAttempts, Duration initialInterval, double multiplier, Duration maxInterval, double jitter,
		Duration maxRetryAfter, Duration timeout, boolean onTimeout, int budget) {

	RetryPolicy {
		Assert.isTrue(maxAttempts >= 1, "'maxAttempts' must be at least 1");
		Assert.isTrue(multiplier >= 1, "'multiplier' must be at least 1");
		Assert.isTrue(jitter >= 0 && jitter <= 1, "'jitter' must be between 0 and 1");
		Assert.isTrue(budget >= 0, "'budget' must not be negative");
	}

	/**
	 * Return the policy for a caller that repeats attempts itself.
	 * @return a copy with one attempt
	 */
	RetryPolicy once() {
		return new RetryPolicy(1, this.initialInterval, this.multiplier, this.maxInterval, this.jitter,
				this.maxRetryAfter, this.timeout, this.onTimeout, this.budget);
	}

	/**
	 * Return the wait before a retry that the API did not set.
	 * @param retry which retry of the event it is, starting with 1
	 */
	Duration interval(int retry, double random) {
		double nanos = (double) this.initialInterval.toNanos() * Math.pow(this.multiplier, retry - 1.0);
		nanos = Math.min(nanos, (double) this.maxInterval.toNanos());
		return Duration.ofNanos((long) (nanos * (1 - this.jitter * random)));
	}

	/**
	 * Return the wait before a retry for which the API asked to wait: never less than
	 * asked, up to the limit, plus a random part so that many clients do not come back
	 * together.
	 */
	Duration intervalAfter(Duration retryAfter, double random) {
		Duration wait = (retryAfter.compareTo(this.maxRetryAfter) > 0) ? this.maxRetryAfter : retryAfter;
		double extra = (double) this.initialInterval.toNanos() * this.jitter * random;
		return wait.plus(Duration.ofNanos((long) extra));
	}

}
