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

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What {@code EventPublisher} is expected to reach.
 */
final class Bar {

	private static final String CPU = "CPU per event";

	private static final String RATE = "events/s";

	private static final List<Item> ITEMS = Stream
		.of(observedAndNot(Scenario.BUSY, CPU, Round::cpu, false, 1.0),
				observedAndNot(Scenario.BUSY, RATE, Round::perSecond, true, 0.9),
				observedAndNot(Scenario.ALONE, RATE, Round::perSecond, true, 0.9),
				observedAndNot(Scenario.TLS, CPU, Round::cpu, false, 0.8),
				observedAndNot(Scenario.TLS, "live memory", Round::live, false, 0.5),
				observedAndNot(Scenario.TLS, "threads", Round::threads, false, 0.1),
				observedAndNot(Scenario.TLS_MANY, CPU, Round::cpu, false, 0.8),
				observedAndNot(Scenario.TLS_MANY, "live memory", Round::live, false, 0.5),
				observedAndNot(Scenario.TLS_MANY, "threads", Round::threads, false, 0.1))
		.flatMap(List::stream)
		.toList();

	private Bar() {
	}

	static void print(Map<String, Map<String, List<Round>>> results) {
		System.out.printf(
				"%n### The bar%n%n| `EventPublisher` | expected | measured | |%n" + "| --- | ---: | ---: | --- |%n");
		for (Item item : ITEMS) {
			Map<String, List<Round>> scenario = results.getOrDefault(item.scenario(), Map.of());
			List<Round> ours = scenario.get(item.client());
			List<Round> baseline = scenario.get(item.baseline());
			String expected = (item.atLeast() ? "≥ " : "≤ ") + item.limit();
			if (ours == null || baseline == null) {
				System.out.printf("| %s | %s | | not measured |%n", item.title(), expected);
				continue;
			}
			double ratio = Statistics.medianRatio(ours, baseline, item.value());
			boolean met = item.atLeast() ? ratio >= item.limit() : ratio <= item.limit();
			System.out.printf(Locale.ROOT, "| %s | %s | %.2f | %s |%n", item.title(), expected, ratio,
					met ? "met" : "**not met**");
		}
	}

	/**
	 * Like for like: with everything on beside OkHttp that is observed as well, with
	 * everything off beside OkHttp as it is.
	 */
	private static List<Item> observedAndNot(String scenario, String what, Function<Round, Double> value,
			boolean atLeast, double limit) {
		String title = Scenario.of(scenario).title() + ": " + what;
		return List.of(
				new Item(title + ", everything on, × OkHttp observed", scenario, Senders.PUBLISHER,
						Senders.OKHTTP_OBSERVED, value, atLeast, limit),
				new Item(title + ", everything off, × OkHttp", scenario, Senders.PUBLISHER_OFF, Senders.OKHTTP, value,
						atLeast, limit));
	}

	/**
	 * One expectation of a ratio.
	 */
	private record Item(String title, String scenario, String client, String baseline, Function<Round, Double> value,
			boolean atLeast, double limit) {

	}

}
