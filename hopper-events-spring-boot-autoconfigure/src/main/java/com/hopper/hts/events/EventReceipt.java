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

import org.springframework.http.HttpHeaders;
import org.springframework.util.Assert;

/**
 * Proof that the API has taken an event: it answered {@code 204}.
 * <p>
 * With {@code hopper.enabled=false} nothing is sent and the receipt says so:
 * {@link #delivered()} is {@code false} and {@link #attempts()} is zero.
 *
 * @param eventType the type of the event, for example {@code booking_confirmed}
 * @param statusCode the HTTP status, {@code 204}, or zero if nothing was sent
 * @param headers the headers of the answer, read-only
 * @param attempts how many requests it took, one if the first was answered
 * @param elapsed the time from subscription to the answer, with all attempts and the
 * waits between them
 * @since 0.1.0
 */
public record EventReceipt(String eventType, int statusCode, HttpHeaders headers, int attempts, Duration elapsed) {

	/**
	 * Create an instance.
	 * @param eventType the type of the event
	 * @param statusCode the HTTP status, or zero if nothing was sent
	 * @param headers the headers of the answer
	 * @param attempts how many requests it took
	 * @param elapsed the time from subscription to the answer
	 */
	public EventReceipt {
		Assert.hasText(eventType, "'eventType' must not be empty");
		Assert.notNull(headers, "'headers' must not be null");
		Assert.notNull(elapsed, "'elapsed' must not be null");
		headers = HttpHeaders.readOnlyHttpHeaders(headers);
	}

	/**
	 * Return whether the API has taken the event.
	 * @return {@code false} only if nothing was sent because of
	 * {@code hopper.enabled=false}
	 */
	public boolean delivered() {
		return this.statusCode == 204;
	}

	/**
	 * Return a description for logs, without the headers.
	 */
	@Override
	public String toString() {
		return "EventReceipt[eventType=" + this.eventType + ", statusCode=" + this.statusCode + ", attempts="
				+ this.attempts + ", elapsed=" + this.elapsed + "]";
	}

}
