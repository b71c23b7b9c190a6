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
package com.hopper.hts.events.benchmarks;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What is said of several rounds.
 */
final class Statistics {

	private Statistics() {
	}

	static double median(List<Double> values) {
		double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
		Arrays.sort(sorted);
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

	static <T> double median(List<T> rounds, Function<T, Double> value) {
		return median(rounds.stream().map(value).toList());
	}

	/**
	 * Return the median of the ratios of rounds that followed each other: drift of the
	 * machine concerns both.
	 */
	static double medianRatio(List<Double> values, @Nullable List<Double> baseline) {
		Assert.state(baseline != null, "Nothing to compare with");
		return median(IntStream.range(0, values.size()).mapToObj((i) -> values.get(i) / baseline.get(i)).toList());
	}

	static <T> double medianRatio(List<T> rounds, @Nullable List<T> baseline, Function<T, Double> value) {
		Assert.state(baseline != null, "Nothing to compare with");
		return medianRatio(rounds.stream().map(value).toList(), baseline.stream().map(value).toList());
	}

	/**
	 * Return the median and, in parentheses, the extremes.
	 */
	static String spread(String format, List<Double> values) {
		return String.format(Locale.ROOT, format + " (" + format + "–" + format + ")", median(values),
				Collections.min(values), Collections.max(values));
	}

}
