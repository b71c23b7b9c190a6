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
import java.util.List;

import org.springframework.boot.DefaultApplicationArguments;

/**
 * Runs the benchmarks and prints their results as Markdown.
 */
final class Benchmarks {

	private static final List<PublishBenchmark.Scenario> PUBLISH = List.of(
			new PublishBenchmark.Scenario("64 in flight", "plain", 64),
			new PublishBenchmark.Scenario("One in flight", "plain", 1),
			new PublishBenchmark.Scenario("64 in flight, the API takes 50 ms", "slow", 64),
			new PublishBenchmark.Scenario("64 in flight, 1 % of the answers are 503 (only `EventPublisher` retries)",
					"faulty", 64));

	private Benchmarks() {
	}

	public static void main(String[] args) throws Exception {
		DefaultApplicationArguments options = new DefaultApplicationArguments(args);
		List<String> parts = Arrays.asList(option(options, "only", "publish,outbox,start-up").split(",", -1));
		if (parts.contains("publish")) {
			List<String> scenarios = Arrays.asList(option(options, "scenarios", "0,1,2,3").split(",", -1));
			new PublishBenchmark(
					Arrays.asList(option(options, "clients", String.join(",", Senders.ALL)).split(",", -1)),
					Integer.parseInt(option(options, "rounds", "7")), Integer.parseInt(option(options, "warm-up", "4")),
					Integer.parseInt(option(options, "millis", "3000")))
				.run(scenarios.stream().map((index) -> PUBLISH.get(Integer.parseInt(index))).toList());
		}
		if (parts.contains("outbox")) {
			outbox(options);
		}
		if (parts.contains("start-up")) {
			new StartUpBenchmark(Integer.parseInt(option(options, "starts", "11"))).run();
		}
	}

	private static void outbox(DefaultApplicationArguments options) throws Exception {
		String url = option(options, "jdbc-url", "");
		try (LocalPostgres postgres = url.isEmpty() ? LocalPostgres.start() : null) {
			if (postgres == null && url.isEmpty()) {
				System.out
					.println("No PostgreSQL is installed; give one with --jdbc-url, or install the package postgresql");
				return;
			}
			OutboxBenchmark.run((postgres != null) ? postgres.jdbcUrl() : url, option(options, "jdbc-user", "postgres"),
					option(options, "jdbc-password", ""), Integer.parseInt(option(options, "outbox-rounds", "5")),
					Integer.parseInt(option(options, "outbox-millis", "5000")),
					Integer.parseInt(option(options, "drained", "20000")),
					Arrays.stream(option(options, "backlogs", "1000,100000,1000000").split(",", -1))
						.map(Integer::valueOf)
						.toList());
		}
	}

	private static String option(DefaultApplicationArguments options, String name, String otherwise) {
		List<String> values = options.getOptionValues(name);
		return (values != null && !values.isEmpty()) ? values.get(0) : otherwise;
	}

}
