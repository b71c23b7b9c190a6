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
package com.hopper.hts.events.actuate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.hopper.hts.events.outbox.DeadLetter;
import org.jspecify.annotations.Nullable;

/**
 * Counts dead letters that match, and remembers the first of them.
 */
class Tally {

	/**
	 * How many are counted, so that a request does not last long.
	 */
	private static final int MOST = 10_000;

	private final int limit;

	private final List<DeadLetter> chosen = new ArrayList<>();

	private final Map<String, Long> types = new TreeMap<>();

	private final Map<String, Long> reasons = new TreeMap<>();

	private long count;

	Tally(int limit) {
		this.limit = limit;
	}

	void add(DeadLetter letter) {
		this.count++;
		this.types.merge(letter.event().type(), 1L, Long::sum);
		this.reasons.merge(letter.reason().name(), 1L, Long::sum);
		if (this.chosen.size() < this.limit) {
			this.chosen.add(letter);
		}
	}

	boolean isFull() {
		return this.count >= MOST;
	}

	List<DeadLetter> chosen() {
		return List.copyOf(this.chosen);
	}

	long remaining() {
		return this.count - this.chosen.size();
	}

	/**
	 * Return the id after which the next request goes on, or {@code null} if nothing
	 * remains. Going on by id, nobody meets a dead letter twice that was replayed and
	 * failed again.
	 */
	@Nullable String next() {
		return (remaining() > 0) ? this.chosen.get(this.chosen.size() - 1).event().id().toString() : null;
	}

	ActionDescriptor.Matching matching() {
		return new ActionDescriptor.Matching(this.count, !isFull(), Map.copyOf(this.types), Map.copyOf(this.reasons));
	}

}
