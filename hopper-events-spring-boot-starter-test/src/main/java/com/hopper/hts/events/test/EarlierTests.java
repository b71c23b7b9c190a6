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
package com.hopper.hts.events.test;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Knows when the earlier tests ran. An event that occurred then and arrives later was
 * left by one of them. Safe for use by many threads.
 */
final class EarlierTests {

	/**
	 * What a message says about an event.
	 */
	static final String LEFT = " (left from an earlier test)";

	private static final int MAX_TESTS = 100;

	private final Deque<Run> runs = new ArrayDeque<>();

	synchronized void add(Instant began, Instant ended) {
		if (this.runs.size() == MAX_TESTS) {
			this.runs.removeFirst();
		}
		this.runs.addLast(new Run(began, ended));
	}

	/**
	 * Return whether an event occurred while an earlier test ran.
	 * @param occurredAt when the event occurred, in whole seconds or milliseconds
	 * @param began when the running test began
	 */
	synchronized boolean include(Instant occurredAt, Instant began) {
		ChronoUnit precision = occurredAt.equals(occurredAt.truncatedTo(ChronoUnit.SECONDS)) ? ChronoUnit.SECONDS
				: ChronoUnit.MILLIS;
		return occurredAt.isBefore(began.truncatedTo(precision)) && this.runs.stream()
			.anyMatch((run) -> !occurredAt.isBefore(run.began().truncatedTo(precision))
					&& !occurredAt.isAfter(run.ended()));
	}

	private record Run(Instant began, Instant ended) {

	}

}
