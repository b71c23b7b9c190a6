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

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A token bucket that limits retries over all events, so that an API that is down is not
 * hit by a multiple of the normal traffic. A retry takes one token. A delivered event
 * gives back what its retries took and a tenth of a token more, so an API that is merely
 * flaky never exhausts the bucket.
 */
final class RetryBudget {

	private static final int TOKEN = 10;

	private final int capacity;

	private final AtomicInteger level;

	RetryBudget(int retries) {
		this.capacity = Math.multiplyExact(retries, TOKEN);
		this.level = new AtomicInteger(this.capacity);
	}

	boolean tryTake() {
		return this.level.getAndUpdate((level) -> (level >= TOKEN) ? level - TOKEN : level) >= TOKEN;
	}

	void giveBack(int retries) {
		// Read first: in normal operation the bucket is full and nothing has to be
		// written
		if (this.level.get() < this.capacity) {
			this.level.updateAndGet((level) -> (int) Math.min(this.capacity, level + (long) retries * TOKEN + 1));
		}
	}

}
