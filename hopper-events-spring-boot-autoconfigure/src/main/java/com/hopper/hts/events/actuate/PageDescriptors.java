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

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * Pages of what the endpoint lists.
 */
final class PageDescriptors {

	private PageDescriptors() {
	}

	/**
	 * A page of dead letters.
	 *
	 * @param letters the dead letters, in the order in which they were stored
	 * @param next what {@code after} is for the next page, or {@code null} if this is the
	 * last
	 */
	record DeadLetters(List<DeadLetterDescriptor> letters, @Nullable String next) implements OperationResponseBody {

	}

	/**
	 * A page of delivered events.
	 *
	 * @param events the events, in the order in which they were stored
	 * @param next what {@code after} is for the next page, or {@code null} if this is the
	 * last
	 * @param message why there are none, or {@code null}
	 */
	record DeliveredEvents(List<Delivered> events, @Nullable String next,
			@Nullable String message) implements OperationResponseBody {

	}

	/**
	 * A delivered event.
	 *
	 * @param id the id of the event
	 * @param type its type
	 * @param session the id of its session, shortened unless it is known to who asks, or
	 * {@code null}
	 * @param storedAt when it was stored
	 * @param deliveredAt when the API confirmed it
	 * @param status the HTTP status of the confirmation, or {@code null}
	 * @param failedAttempts how many attempts had failed before
	 */
	record Delivered(String id, String type, @Nullable String session, Instant storedAt, Instant deliveredAt,
			@Nullable Integer status, int failedAttempts) {

	}

}
