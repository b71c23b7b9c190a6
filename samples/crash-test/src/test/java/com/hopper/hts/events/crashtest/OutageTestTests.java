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
package com.hopper.hts.events.crashtest;

import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The short version of {@link OutageTest}, or with {@code -Doutage-test.args} any other.
 */
class OutageTestTests {

	private static final int EVENTS = 3000;

	private static final int PAYLOAD = 4000;

	private static final String SHORT = " --events=" + EVENTS + " --payload=" + PAYLOAD
			+ " --max-events=1000 --outage=2s --probe-interval=250ms";

	static Stream<String> options() {
		String options = System.getProperty("outage-test.args");
		return (options != null) ? Stream.of(options) : Stream.of("--engine=memory" + SHORT, "--engine=jdbc" + SHORT);
	}

	@ParameterizedTest
	@MethodSource("options")
	void nothingIsLostAndTheEndOfTheOutageIsNoStampede(String options) throws Exception {
		OutageReport report = OutageTest.run(options.split(" "));
		System.out.println(report.toMarkdown());
		assertThat(report.isReconciled()).as(report.toMarkdown()).isTrue();
		assertThat(report.herd()).as("in flight, one by one: " + report.inFlight()).isFalse();
		assertThat(report.inFlight()).startsWith(1).anyMatch((inFlight) -> inFlight > 4);
		// Ten failures in a row, or as many as were in flight then, and probes
		assertThat(report.requestsInOutage()).isPositive().isLessThan(report.events() / 4);
		if (options.endsWith(SHORT)) {
			checkMemory(report);
		}
	}

	private static void checkMemory(OutageReport report) {
		boolean memory = report.engine().equals("memory");
		long bytes = (long) EVENTS * PAYLOAD;
		assertThat(report.stored()).isEqualTo(memory ? 1000 : EVENTS);
		// Full with a third of them, or never
		assertThat(report.heapFull() - report.heapHalf()).isLessThan(bytes / 5);
		assertThat(report.heapFull() - report.heapBefore()).isLessThan(memory ? bytes * 2 / 3 : bytes / 5);
		assertThat(report.heapAfter() - report.heapBefore()).isLessThan(bytes / 5);
	}

}
