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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Publishing from end to end over loopback: one JVM for the API, one for each way to
 * send, which send in turn.
 */
final class PublishBenchmark {

	private final Api api;

	private final Options options;

	private final Map<String, Child> clients = new LinkedHashMap<>();

	/**
	 * What was measured in the scenario of that name.
	 */
	private final Map<String, Map<String, List<Round>>> results = new LinkedHashMap<>();

	private PublishBenchmark(Api api, Options options) {
		this.api = api;
		this.options = options;
	}

	static void run(Options options) throws IOException {
		System.out.printf("%n## Publishing%n%nOne JVM for each client and one for the server, on the same cores, so "
				+ "events per second depend on the server as well: what a client costs is its CPU time. JIT ms is "
				+ "how long the JVM was still compiling in a round: little, if the warm-up was long enough. Live "
				+ "memory is what a full collection leaves while events are in flight, on the heap and in Netty's "
				+ "buffers; the stacks of threads come on top. Medians "
				+ "and extremes of the rounds, in which the clients take turns; × is the median of the ratios of "
				+ "each round.%n");
		try (Api api = Api.start()) {
			PublishBenchmark benchmark = new PublishBenchmark(api, options);
			try {
				for (String name : options.list("scenarios", String.join(",", Scenario.ALL))) {
					benchmark.run(name);
				}
			}
			finally {
				benchmark.clients.values().forEach(Child::close);
			}
			Bar.print(benchmark.results);
		}
	}

	private void run(String name) throws IOException {
		Scenario scenario = Scenario.of(name);
		// Beyond the first two, the clients are compiled and differences are large
		boolean main = name.equals(Scenario.BUSY) || name.equals(Scenario.ALONE);
		int rounds = this.options.number("rounds", main ? 7 : 5);
		int millis = this.options.number("millis", main ? 3000 : 2000);
		List<String> names = new ArrayList<>(scenario.clients());
		names.retainAll(this.options.list("clients", String.join(",", names)));
		if (names.isEmpty()) {
			return;
		}
		System.out.printf("%n### %s%n%n", scenario.title());
		System.out.printf("%s rounds of %.1f s. %s%n%n", rounds, millis / 1000.0, warmUp(scenario, names));
		Map<String, List<Round>> measured = new LinkedHashMap<>();
		// In this order in the table
		names.forEach((client) -> measured.put(client, new ArrayList<>()));
		for (int i = 0; i < rounds; i++) {
			Benchmarks.progress("%s: round %s of %s".formatted(scenario.title(), i + 1, rounds));
			for (String client : names) {
				measured.computeIfAbsent(client, (key) -> new ArrayList<>())
					.add(send(scenario, client, millis / 10, millis));
			}
			// Back and forth, so that drift of the machine favours nobody
			Collections.reverse(names);
		}
		print(scenario, measured);
		this.results.put(name, measured);
	}

	/**
	 * Send until the client is compiled. A client that has been in another scenario only
	 * has to get used to this one.
	 */
	private String warmUp(Scenario scenario, List<String> names) throws IOException {
		Map<Integer, Integer> seconds = new LinkedHashMap<>();
		for (String name : names) {
			int duration = this.clients.containsKey(name) ? this.options.number("warm-up-again", 8)
					: this.options.number("warm-up", 40);
			Benchmarks.progress("%s: warming up %s for %s s".formatted(scenario.title(), name, duration));
			send(scenario, name, duration * 1000, 0);
			seconds.merge(duration, 1, Integer::sum);
		}
		return "Warmed up before: " + seconds.entrySet()
			.stream()
			.map((entry) -> "%s clients for %s s each".formatted(entry.getValue(), entry.getKey()))
			.collect(Collectors.joining(", ")) + ".";
	}

	private Round send(Scenario scenario, String name, int leadIn, int millis) throws IOException {
		Child client = this.clients.get(name);
		if (client == null) {
			client = Child.start(name, Client.class, name, this.api.certificate().pem());
			this.clients.put(name, client);
		}
		return Round.parse(client
			.ask("%s %s %s %s".formatted(scenario.url(this.api), scenario.inFlight(), leadIn, millis), "round"));
	}

	private static void print(Scenario scenario, Map<String, List<Round>> results) {
		List<String> baselines = scenario.baselines().stream().filter(results::containsKey).toList();
		String ratios = baselines.stream().map((name) -> "× " + name + " | ").collect(Collectors.joining());
		System.out.printf("| client | CPU µs/event | %sevents/s | %sbytes/event | p50 ms | p99 ms | p99.9 ms | threads "
				+ "| live MiB | JIT ms | failed |%n", ratios, ratios);
		System.out.println("| --- |" + " ---: |".repeat(10 + 2 * baselines.size()));
		results.forEach((name, rounds) -> {
			System.out.printf("| %s | %s | ", Senders.describe(name), spread("%,.1f", rounds, Round::cpu));
			baselines.forEach((baseline) -> System.out.printf(Locale.ROOT, "%.2f | ",
					Statistics.medianRatio(rounds, results.get(baseline), Round::cpu)));
			System.out.printf("%s | ", spread("%,.0f", rounds, Round::perSecond));
			baselines.forEach((baseline) -> System.out.printf(Locale.ROOT, "%.2f | ",
					Statistics.medianRatio(rounds, results.get(baseline), Round::perSecond)));
			System.out.printf(Locale.ROOT, "%,.0f | %.2f | %.2f | %.2f | %.0f | %.1f | %.0f | %.0f |%n",
					Statistics.median(rounds, Round::allocated), Statistics.median(rounds, Round::p50) / 1e3,
					Statistics.median(rounds, Round::p99) / 1e3, Statistics.median(rounds, Round::p999) / 1e3,
					Statistics.median(rounds, Round::threads), Statistics.median(rounds, Round::live) / 1048576,
					Statistics.median(rounds, Round::compilation), rounds.stream().mapToDouble(Round::failures).sum());
		});
	}

	private static String spread(String format, List<Round> rounds, Function<Round, Double> value) {
		return Statistics.spread(format, rounds.stream().map(value).toList());
	}

}
