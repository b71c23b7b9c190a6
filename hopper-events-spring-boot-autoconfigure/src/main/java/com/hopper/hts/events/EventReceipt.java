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
package com.hopper.hts.events;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.springframework.util.Assert;
import org.springframework.util.LinkedCaseInsensitiveMap;

/**
 * What became of an event that was published. Nothing in it is secret, and it can be
 * written as JSON as it is.
 *
 * @param eventType the type of the event, for example {@code booking_confirmed}
 * @param outcome what became of the event
 * @param headers the headers of the answer, unmodifiable and looked up by name regardless
 * of case; empty if nothing was sent
 * @param attempts how many requests it took, one if the first was answered, zero if
 * nothing was sent
 * @param elapsed the time from subscription to the answer, with all attempts and the
 * waits between them
 * @since 0.1.0
 */
public record EventReceipt(String eventType, Outcome outcome, Map<String, List<String>> headers, int attempts,
		Duration elapsed) {

	/**
	 * Create an instance.
	 * @param eventType the type of the event
	 * @param outcome what became of the event
	 * @param headers the headers of the answer
	 * @param attempts how many requests it took
	 * @param elapsed the time from subscription to the answer
	 */
	public EventReceipt {
		Assert.hasText(eventType, "'eventType' must not be empty");
		Assert.notNull(outcome, "'outcome' must not be null");
		Assert.notNull(headers, "'headers' must not be null");
		Assert.notNull(elapsed, "'elapsed' must not be null");
		Map<String, List<String>> copy = new LinkedCaseInsensitiveMap<>(headers.size());
		headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
		headers = Collections.unmodifiableMap(copy);
	}

	/**
	 * Return whether the API has taken the event.
	 * @return whether the outcome is {@link Outcome#DELIVERED}
	 */
	public boolean delivered() {
		return this.outcome == Outcome.DELIVERED;
	}

	/**
	 * Return a description for logs, without the headers.
	 */
	@Override
	public String toString() {
		return "EventReceipt[eventType=" + this.eventType + ", outcome=" + this.outcome + ", attempts=" + this.attempts
				+ ", elapsed=" + this.elapsed + "]";
	}

	/**
	 * What became of an event.
	 */
	public enum Outcome {

		/**
		 * The API has taken it: it answered {@code 204}.
		 */
		DELIVERED,

		/**
		 * It was dropped, because {@code hopper.enabled} is {@code false}.
		 */
		DISCARDED

	}

}
