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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What the starter adds to an application with {@code WebClient} and metrics that does
 * nothing.
 */
final class StartUpBenchmark {

	private final int rounds;

	StartUpBenchmark(int rounds) {
		this.rounds = rounds;
	}

	void run() throws IOException {
		List<List<Double>> without = new ArrayList<>();
		List<List<Double>> with = new ArrayList<>();
		for (int i = 0; i < this.rounds; i++) {
			without.add(start("without"));
			with.add(start("with"));
		}
		System.out.printf("%n### Start-up%n%n| | without | with | added |%n| --- | ---: | ---: | ---: |%n");
		row("milliseconds to start", median(without, 0), median(with, 0));
		row("bean definitions", median(without, 1), median(with, 1));
		row("heap after garbage collection, KiB", median(without, 2) / 1024, median(with, 2) / 1024);
		row("threads", median(without, 3), median(with, 3));
		for (String element : System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1)) {
			if (element.contains("hopper-events-spring-boot-") && Files.isRegularFile(Path.of(element))) {
				System.out.printf(Locale.ROOT, "| %s, KiB | | | %d |%n", Path.of(element).getFileName(),
						Files.size(Path.of(element)) / 1024);
			}
		}
	}

	private static List<Double> start(String how) throws IOException {
		try (Child child = Child.start(StartUp.class, how)) {
			return Arrays.stream(child.readLine().split(" ", 4)).map(Double::valueOf).toList();
		}
	}

	private static double median(List<List<Double>> rounds, int value) {
		return Statistics.median(rounds.stream().map((round) -> round.get(value)).toList());
	}

	private static void row(String name, double without, double with) {
		System.out.printf(Locale.ROOT, "| %s | %,.0f | %,.0f | %,.0f |%n", name, without, with, with - without);
	}

}
