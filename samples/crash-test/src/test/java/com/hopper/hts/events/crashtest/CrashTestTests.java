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
 * The short version of {@link CrashTest}, or with {@code -Dcrash-test.args} any other.
 */
class CrashTestTests {

	private static final String[] SHORT = { "--events=20000 --kills=5 --outage=5s",
			"--engine=kafka --events=6000 --kills=3 --outage=5s" };

	static Stream<String> options() {
		String options = System.getProperty("crash-test.args");
		return (options != null) ? Stream.of(options) : Stream.of(SHORT);
	}

	@ParameterizedTest
	@MethodSource("options")
	void everyEventIsWhereItBelongs(String options) throws Exception {
		Report report = CrashTest.run(options.split(" "));
		System.out.println(report.toMarkdown());
		assertThat(report.isReconciled()).as(report.toMarkdown()).isTrue();
		assertThat(report.kills()).isPositive();
		assertThat(report.brokerRestarts()).isEqualTo(report.engine().usesBroker() ? 1 : 0);
		assertThat(report.delivered()).isGreaterThan(report.committed() / 2);
		assertThat(report.duplicates()).as("answers were lost").isPositive();
	}

}
