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

import java.util.ArrayList;
import java.util.List;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.outbox.EventOutboxOperations;

import org.springframework.context.ConfigurableApplicationContext;

/**
 * The outbox in memory, which has nothing to be compared with.
 */
final class MemoryOutboxBenchmark {

	private MemoryOutboxBenchmark() {
	}

	static void run(Options options, Api api) throws InterruptedException {
		int events = options.number("drained", 20_000);
		int rounds = options.number("outbox-rounds", 3);
		List<Double> stored = new ArrayList<>();
		List<Double> delivered = new ArrayList<>();
		try (ConfigurableApplicationContext context = OutboxBenchmark.application(api, "hopper.outbox.type=memory",
				"hopper.outbox.memory.max-events=" + events, "hopper.outbox.memory.max-bytes=256MB",
				"spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")) {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			EventOutboxOperations operations = context.getBean(EventOutboxOperations.class);
			OutboxBenchmark.Deliveries deliveries = context.getBean(OutboxBenchmark.Deliveries.class);
			for (int round = -1; round < rounds; round++) {
				Benchmarks.progress("outbox in memory: round %s of %s".formatted(round + 1, rounds));
				operations.pause("benchmark");
				deliveries.expect(events);
				long start = System.nanoTime();
				for (int i = 0; i < events; i++) {
					outbox.store("session-" + i, OutboxBenchmark.event(i));
				}
				double storing = OutboxBenchmark.rate(events, start);
				start = System.nanoTime();
				operations.resume();
				deliveries.await();
				if (round >= 0) {
					stored.add(storing);
					delivered.add(OutboxBenchmark.rate(events, start));
				}
			}
		}
		System.out.printf(
				"%n### In memory%n%n| | per second |%n| --- | ---: |%n| stored, one thread | %s |%n"
						+ "| delivered | %s |%n",
				Statistics.spread("%,.0f", stored), Statistics.spread("%,.0f", delivered));
	}

}
