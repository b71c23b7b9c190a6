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
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the benchmarks run, and that they calculate correctly. How fast anything is
 * cannot be said here.
 */
@ExtendWith(OutputCaptureExtension.class)
class BenchmarksTests {

	@Test
	void publishingIsMeasuredInJvmsOfTheirOwn(CapturedOutput output) throws Exception {
		PublishBenchmark.run(new Options("--scenarios=64", "--clients=publisher,okhttp", "--rounds=2", "--warm-up=0",
				"--millis=1000"));
		assertThat(output.getOut()).contains("### 64 in flight", "2 rounds of 1.0 s", "2 clients for 0 s each")
			.containsPattern("\\| \\*\\*`EventPublisher`, everything on\\*\\* \\|.*\\| 0 \\|\n")
			.containsPattern("\\| OkHttp 4 .*\\| 1\\.00 \\|.*\\| 1\\.00 \\|.*\\| 0 \\|\n")
			.containsPattern(
					"One in flight: events/s, everything on, × OkHttp observed \\| ≥ 0.9 \\| +\\| not measured");
	}

	@Test
	void outboxInKafkaIsMeasuredBesideBareClients(CapturedOutput output) throws Exception {
		KafkaOutboxBenchmark.run(new Options("--kafka-topologies=3x2", "--kafka-events=200", "--kafka-rounds=1"));
		assertThat(output.getOut()).contains("200 events a round")
			.containsPattern("\\| 3 \\| 2 \\| [0-9,]+ \\(.*\\) \\| [0-9.]+ \\| [0-9,]+ \\(.*\\) \\| [0-9.]+ \\|\n");
	}

	@Test
	void piecesAreListedInTheTableAndRun() throws Exception {
		PublishPieces pieces = new PublishPieces();
		for (String method : PublishPieces.STEPS.keySet()) {
			assertThat(PublishPieces.class.getMethod(method).invoke(pieces)).as(method).isNotNull();
		}
	}

	@Test
	void ratioIsTheMedianOfTheRatiosOfEachRound() {
		assertThat(Statistics.medianRatio(List.of(2.0, 30.0, 8.0), List.of(1.0, 10.0, 2.0))).isEqualTo(3);
		assertThat(Statistics.median(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(3);
		assertThat(Statistics.spread("%,.0f", List.of(4000.0, 1000.0, 2000.0))).isEqualTo("2,000 (1,000–4,000)");
	}

	@Test
	void barSaysWhatIsMetAndWhatIsNot(CapturedOutput output) {
		Bar.print(Map.of(Scenario.BUSY,
				Map.of(Senders.PUBLISHER, List.of(round(899, 9)), Senders.OKHTTP_OBSERVED, List.of(round(1000, 10)),
						Senders.PUBLISHER_OFF, List.of(round(1000, 11)), Senders.OKHTTP, List.of(round(1000, 10)))));
		assertThat(output.getOut()).contains(
				"64 in flight: CPU per event, everything on, × OkHttp observed | ≤ 1.0 | 0.90 | met |",
				"64 in flight: CPU per event, everything off, × OkHttp | ≤ 1.0 | 1.10 | **not met** |",
				"64 in flight: events/s, everything on, × OkHttp observed | ≥ 0.9 | 0.90 | **not met** |",
				"64 in flight: events/s, everything off, × OkHttp | ≥ 0.9 | 1.00 | met |",
				"One in flight: events/s, everything off, × OkHttp | ≥ 0.9 | | not measured |");
	}

	private static Round round(double perSecond, double cpu) {
		return new Round(perSecond, cpu, 0, 0, 0, 0, 0, 0, 0, 0);
	}

}
