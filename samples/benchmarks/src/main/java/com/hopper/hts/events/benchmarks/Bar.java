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

/**
 * What {@code EventPublisher} is expected to reach.
 */
final class Bar {

	private static final List<Item> ITEMS = List.of(
			new Item("64 in flight: events/s, × OkHttp", Scenario.BUSY, Senders.OKHTTP, Round::perSecond, true, 1.05),
			new Item("64 in flight: CPU per event, × OkHttp", Scenario.BUSY, Senders.OKHTTP, Round::cpu, false, 0.95),
			new Item("One in flight: events/s, × OkHttp", Scenario.ALONE, Senders.OKHTTP, Round::perSecond, true, 1.0),
			new Item("64 in flight: CPU per event, everything on, × everything off", Scenario.BUSY,
					Senders.PUBLISHER_OFF, Round::cpu, false, 1.08),
			new Item("Moonshot, 64 in flight: CPU per event, × OkHttp", Scenario.BUSY, Senders.OKHTTP, Round::cpu,
					false, 0.8),
			new Item("Moonshot, 64 in flight: CPU per event, × bare reactor-netty", Scenario.BUSY, Senders.NETTY,
					Round::cpu, false, 1.4));

	private Bar() {
	}

	static void print(Map<String, Map<String, List<Round>>> results) {
		System.out.printf("%n### The bar%n%n| `EventPublisher`, everything on | expected | measured | |%n"
				+ "| --- | ---: | ---: | --- |%n");
		for (Item item : ITEMS) {
			Map<String, List<Round>> scenario = results.getOrDefault(item.scenario(), Map.of());
			List<Round> ours = scenario.get(Senders.PUBLISHER);
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
	 * One expectation of a ratio.
	 */
	private record Item(String title, String scenario, String baseline, Function<Round, Double> value, boolean atLeast,
			double limit) {

	}

}
