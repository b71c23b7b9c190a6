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

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Publishing from end to end over loopback: one JVM for the API, one for each way to
 * send, which send in turn.
 */
final class PublishBenchmark {

	private final List<String> names;

	private final int rounds;

	private final int warmUp;

	private final int millis;

	PublishBenchmark(List<String> names, int rounds, int warmUp, int millis) {
		this.names = names;
		this.rounds = rounds;
		this.warmUp = warmUp;
		this.millis = millis;
	}

	void run(List<Scenario> scenarios) throws IOException {
		try (Child server = Child.start(Server.class)) {
			String url = "http://127.0.0.1:" + server.readLine();
			Map<String, Child> clients = new LinkedHashMap<>();
			try {
				for (String name : this.names) {
					Child client = Child.start(Client.class, name, url);
					client.readLine();
					clients.put(name, client);
				}
				for (Scenario scenario : scenarios) {
					print(scenario, measure(scenario, clients));
				}
			}
			finally {
				clients.values().forEach(Child::close);
			}
		}
	}

	private Map<String, List<Round>> measure(Scenario scenario, Map<String, Child> clients) throws IOException {
		Map<String, List<Round>> results = new LinkedHashMap<>();
		for (int i = 0; i < this.warmUp + this.rounds; i++) {
			for (Map.Entry<String, Child> client : clients.entrySet()) {
				Round round = client.getValue()
					.round("%s %d %d".formatted(scenario.path(), scenario.inFlight(), this.millis));
				if (i >= this.warmUp) {
					results.computeIfAbsent(client.getKey(), (name) -> new ArrayList<>()).add(round);
				}
			}
		}
		return results;
	}

	private void print(Scenario scenario, Map<String, List<Round>> results) {
		@Nullable List<Round> baseline = results.get(Senders.BASELINE);
		System.out.printf("%n### %s%n%n", scenario.title());
		System.out.println("| client | events/s | spread | × baseline | CPU µs/event | × baseline | bytes/event "
				+ "| p50 ms | p99 ms | p99.9 ms | threads | failed |");
		System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
		results.forEach((name, rounds) -> {
			double[] perSecond = rounds.stream().mapToDouble(Round::perSecond).sorted().toArray();
			System.out.printf(Locale.ROOT,
					"| %s | %,.0f | %,.0f–%,.0f | %s | %.1f | %s | %,.0f | %.2f | %.2f | %.2f | %.0f | %.0f |%n",
					Senders.describe(name), median(rounds, Round::perSecond), perSecond[0],
					perSecond[perSecond.length - 1], ratio(rounds, baseline, Round::perSecond),
					median(rounds, Round::cpu), ratio(rounds, baseline, Round::cpu), median(rounds, Round::allocated),
					median(rounds, Round::p50) / 1e3, median(rounds, Round::p99) / 1e3,
					median(rounds, Round::p999) / 1e3, median(rounds, Round::threads),
					rounds.stream().mapToDouble(Round::failures).sum());
		});
	}

	private static double median(List<Round> rounds, Function<Round, Double> value) {
		return Statistics.median(rounds.stream().map(value).toList());
	}

	private static String ratio(List<Round> rounds, @Nullable List<Round> baseline, Function<Round, Double> value) {
		return (baseline != null) ? String.format(Locale.ROOT, "%.2f",
				Statistics.medianRatio(rounds.stream().map(value).toList(), baseline.stream().map(value).toList()))
				: "";
	}

	/**
	 * What is asked of all clients.
	 */
	record Scenario(String title, String path, int inFlight) {

	}

}
