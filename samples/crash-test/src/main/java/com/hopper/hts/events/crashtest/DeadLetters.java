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

import java.util.BitSet;

/**
 * The dead letters that were found.
 */
final class DeadLetters {

	private final BitSet numbers = new BitSet();

	private final BitSet refused = new BitSet();

	private int duplicates;

	void add(String session, String reason) {
		int number = Numbers.ofSession(session);
		if (this.numbers.get(number)) {
			this.duplicates++;
		}
		this.numbers.set(number);
		if (reason.equals("REJECTED")) {
			this.refused.set(number);
		}
	}

	boolean contains(int number) {
		return this.numbers.get(number);
	}

	/**
	 * Return whether the API is said to have refused the event.
	 */
	boolean isRefused(int number) {
		return this.refused.get(number);
	}

	int count() {
		return this.numbers.cardinality();
	}

	/**
	 * Return how often a dead letter was written again.
	 */
	int duplicates() {
		return this.duplicates;
	}

}
