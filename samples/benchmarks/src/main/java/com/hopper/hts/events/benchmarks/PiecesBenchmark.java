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

import java.util.Collection;
import java.util.Locale;
import java.util.Objects;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs {@link PublishPieces} with JMH.
 */
final class PiecesBenchmark {

	private PiecesBenchmark() {
	}

	static void run(Options options) throws RunnerException {
		int warmUp = options.number("pieces-warm-up", 3);
		int iterations = options.number("pieces-iterations", 4);
		int millis = options.number("pieces-millis", 2000);
		ChainedOptionsBuilder jmh = new OptionsBuilder().include(PublishPieces.class.getName() + "\\.")
			.addProfiler(GCProfiler.class)
			.forks(1)
			.jvmArgs(Child.JVM_OPTIONS.toArray(String[]::new))
			.warmupIterations(warmUp)
			.warmupTime(TimeValue.milliseconds(millis))
			.measurementIterations(iterations)
			.measurementTime(TimeValue.milliseconds(millis))
			.verbosity(VerboseMode.SILENT)
			.shouldFailOnError(true);
		Benchmarks.progress("JMH: %s methods, %s iterations of %s ms each".formatted(PublishPieces.STEPS.size(),
				warmUp + iterations, millis));
		Collection<RunResult> results = new Runner(jmh.build()).run();
		System.out.printf(
				"%n## The pieces%n%nJMH, one thread, %s iterations of %s ms after %s to warm up, against a "
						+ "connector that answers from memory. Each step adds to the one before.%n%n",
				iterations, millis, warmUp);
		System.out.println("| | ns/op | ± | bytes/op |\n| --- | ---: | ---: | ---: |");
		PublishPieces.STEPS.forEach((method, title) -> results.stream()
			.filter((result) -> result.getParams().getBenchmark().endsWith("." + method))
			.forEach((result) -> print(title, result)));
	}

	private static void print(String title, RunResult result) {
		Result<?> time = result.getPrimaryResult();
		Result<?> bytes = Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"));
		System.out.printf(Locale.ROOT, "| %s | %,.0f | %,.0f | %,.0f |%n", title, time.getScore(), time.getScoreError(),
				bytes.getScore());
	}

}
