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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.jspecify.annotations.Nullable;

/**
 * Decides which requests fail and how long answers take. Safe for use by many threads.
 */
final class FaultPlan {

	private final Deque<Script> scripts = new ArrayDeque<>();

	private final Map<Fault.Endpoint, Fault> outages = new EnumMap<>(Fault.Endpoint.class);

	private double probability;

	private Random random = new Random(0);

	private List<Fault> randomFaults = List.of();

	private Latency latency = Latency.fixed(Duration.ZERO);

	synchronized void failNext(int count, Fault fault) {
		if (count < 1) {
			throw new IllegalArgumentException("'count' must be at least 1, but is " + count);
		}
		this.scripts.add(new Script(count, fault));
	}

	synchronized void failAll(Fault fault) {
		this.outages.put(fault.endpoint(), fault);
	}

	synchronized void failRandomly(double probability, long seed, List<Fault> faults) {
		if (!(probability >= 0 && probability <= 1)) {
			throw new IllegalArgumentException("'probability' must be between 0 and 1, but is " + probability);
		}
		if (probability > 0 && faults.isEmpty()) {
			throw new IllegalArgumentException("'faults' must not be empty");
		}
		this.probability = probability;
		this.random = new Random(seed);
		this.randomFaults = faults;
	}

	/**
	 * Forget all faults.
	 */
	synchronized void recover() {
		this.scripts.clear();
		this.outages.clear();
		this.probability = 0;
	}

	/**
	 * Forget all faults and the latency.
	 */
	synchronized void reset() {
		recover();
		this.latency = Latency.fixed(Duration.ZERO);
	}

	synchronized void latency(Latency latency) {
		this.latency = latency;
	}

	synchronized Duration nextLatency() {
		return this.latency.next();
	}

	/**
	 * Return what goes wrong with the next request.
	 * @return the fault, or {@code null} if nothing goes wrong
	 */
	synchronized @Nullable Fault next(Fault.Endpoint endpoint) {
		for (Iterator<Script> scripts = this.scripts.iterator(); scripts.hasNext();) {
			Script next = scripts.next();
			if (next.fault.endpoint() == endpoint) {
				if (--next.remaining == 0) {
					scripts.remove();
				}
				return next.fault;
			}
		}
		Fault fault = this.outages.get(endpoint);
		if (fault == null && endpoint == Fault.Endpoint.EVENTS && this.probability > 0
				&& this.random.nextDouble() < this.probability) {
			fault = this.randomFaults.get(this.random.nextInt(this.randomFaults.size()));
		}
		return fault;
	}

	/**
	 * A fault for a number of requests.
	 */
	private static final class Script {

		private int remaining;

		private final Fault fault;

		Script(int count, Fault fault) {
			this.remaining = count;
			this.fault = fault;
		}

	}

}
