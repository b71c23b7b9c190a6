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

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the benchmarks and prints their results as Markdown, and how far they are to the
 * standard error.
 */
final class Benchmarks {

	private Benchmarks() {
	}

	public static void main(String[] args) throws InterruptedException {
		Options options = new Options(args);
		Map<String, Part> parts = new LinkedHashMap<>();
		parts.put("publish", PublishBenchmark::run);
		parts.put("pieces", PiecesBenchmark::run);
		parts.put("outbox", OutboxBenchmark::run);
		parts.put("kafka", KafkaOutboxBenchmark::run);
		parts.put("start-up", StartUpBenchmark::run);
		parts.put("outage", OutageBenchmark::run);
		List<String> selected = options.list("only", String.join(",", parts.keySet()));
		if (!parts.keySet().containsAll(selected)) {
			throw new IllegalArgumentException("--only takes some of " + parts.keySet());
		}
		parts.keySet().retainAll(selected);
		System.out.printf("%s: JDK %s (%s), %s cores, %s %s; each JVM runs with `%s`%n", LocalDate.now(ZoneOffset.UTC),
				System.getProperty("java.runtime.version"), System.getProperty("java.vendor"),
				Runtime.getRuntime().availableProcessors(), System.getProperty("os.name"),
				System.getProperty("os.version"), String.join(" ", Child.JVM_OPTIONS));
		boolean complete = true;
		for (Map.Entry<String, Part> part : parts.entrySet()) {
			String name = part.getKey();
			long start = System.nanoTime();
			try {
				part.getValue().run(options);
				progress("%s took %s s".formatted(name, Duration.ofNanos(System.nanoTime() - start).toSeconds()));
			}
			catch (InterruptedException ex) {
				throw ex;
			}
			// The other parts of a run of half an hour must not be lost
			catch (Exception ex) {
				progress(name + " failed");
				ex.printStackTrace();
				complete = false;
			}
		}
		System.exit(complete ? 0 : 1);
	}

	static void progress(String message) {
		System.err.println("-- " + message);
	}

	/**
	 * One of the benchmarks.
	 */
	interface Part {

		void run(Options options) throws Exception;

	}

}
