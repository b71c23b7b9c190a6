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

import java.io.Serial;
import java.util.concurrent.TimeUnit;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;

/**
 * Leaves it to Resilience4j whether the API is down, with the application's settings and
 * metrics for circuit breakers.
 */
final class CircuitBreakerOutageDetector implements OutageDetector {

	private final CircuitBreaker circuitBreaker;

	CircuitBreakerOutageDetector(CircuitBreaker circuitBreaker) {
		this.circuitBreaker = circuitBreaker;
	}

	@Override
	public void answered() {
		this.circuitBreaker.onSuccess(0, TimeUnit.NANOSECONDS);
	}

	@Override
	public boolean failed() {
		this.circuitBreaker.onError(0, TimeUnit.NANOSECONDS, new Unavailable());
		CircuitBreaker.State state = this.circuitBreaker.getState();
		return state == CircuitBreaker.State.OPEN || state == CircuitBreaker.State.FORCED_OPEN;
	}

	@Override
	public boolean mayProbe() {
		return this.circuitBreaker.tryAcquirePermission();
	}

	@Override
	public void notProbed() {
		// There are few while it is half open, and it would wait for this one forever
		this.circuitBreaker.releasePermission();
	}

	@Override
	public void reset() {
		this.circuitBreaker.reset();
	}

	/**
	 * What circuit breakers are told; why a request failed is known to the relay.
	 */
	private static final class Unavailable extends RuntimeException {

		@Serial
		private static final long serialVersionUID = 1L;

		Unavailable() {
			super("The Hopper API did not take an event", null, false, false);
		}

	}

}
