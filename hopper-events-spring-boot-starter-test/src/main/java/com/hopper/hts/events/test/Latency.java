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
import java.util.Random;
import java.util.function.Function;

import org.springframework.util.Assert;

/**
 * How long the {@link FakeHopperApi} takes to answer an event. The same seed gives the
 * same sequence of times.
 *
 * @since 0.1.0
 */
public final class Latency {

	/**
	 * The 99th percentile of the standard normal distribution.
	 */
	private static final double Z99 = 2.3263478740;

	private final Function<Random, Duration> distribution;

	private final Random random;

	private Latency(long seed, Function<Random, Duration> distribution) {
		this.random = new Random(seed);
		this.distribution = distribution;
	}

	/**
	 * Always take the same time.
	 * @param time the time
	 * @return the latency
	 */
	public static Latency fixed(Duration time) {
		Assert.isTrue(!time.isNegative(), "'time' must not be negative");
		return new Latency(0, (random) -> time);
	}

	/**
	 * Take any time of a range, each as likely as the other.
	 * @param min the shortest time
	 * @param max the longest time
	 * @param seed the seed of the random numbers
	 * @return the latency
	 */
	public static Latency uniform(Duration min, Duration max, long seed) {
		Assert.isTrue(!min.isNegative() && min.compareTo(max) <= 0, "'min' must be between 0 and 'max'");
		long range = max.minus(min).toNanos();
		return new Latency(seed, (random) -> min.plusNanos((long) ((double) range * random.nextDouble())));
	}

	/**
	 * Take about as long as a real API does: mostly close to the median, sometimes much
	 * longer (a log-normal distribution).
	 * @param p50 the time that half of the answers take at the most
	 * @param p99 the time that 99 of 100 answers take at the most
	 * @param seed the seed of the random numbers
	 * @return the latency
	 */
	public static Latency percentiles(Duration p50, Duration p99, long seed) {
		Assert.isTrue(!p50.isZero() && !p50.isNegative() && p50.compareTo(p99) <= 0,
				"'p50' must be between 0 and 'p99'");
		double sigma = Math.log((double) p99.toNanos() / (double) p50.toNanos()) / Z99;
		return new Latency(seed, (random) -> Duration
			.ofNanos((long) ((double) p50.toNanos() * Math.exp(sigma * random.nextGaussian()))));
	}

	Duration next() {
		synchronized (this.random) {
			return this.distribution.apply(this.random);
		}
	}

}
