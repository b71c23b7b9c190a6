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
package com.hopper.hts.events.net;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Reads the {@code Retry-After} header, which is a number of seconds or an HTTP date.
 *
 * @since 0.1.0
 */
public final class RetryAfterHeader {

	private static final long MAX_SECONDS = Duration.ofDays(365).toSeconds();

	private RetryAfterHeader() {
	}

	/**
	 * Read the header.
	 * @param headers the headers of an answer
	 * @param clock the clock that an HTTP date is compared with
	 * @return the time to wait, zero for a date in the past and one year at the most, or
	 * {@code null} if there is no such header or it cannot be understood
	 */
	public static @Nullable Duration read(HttpHeaders headers, Clock clock) {
		String value = headers.getFirst(HttpHeaders.RETRY_AFTER);
		if (value == null) {
			return null;
		}
		String text = value.trim();
		if (!text.isEmpty() && text.chars().allMatch((c) -> c >= '0' && c <= '9')) {
			// Longer than any long is longer than any wait
			return Duration.ofSeconds((text.length() > 9) ? MAX_SECONDS : Math.min(Long.parseLong(text), MAX_SECONDS));
		}
		try {
			Instant date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
			Duration wait = Duration.between(clock.instant(), date);
			return wait.isNegative() ? Duration.ZERO : wait;
		}
		catch (DateTimeParseException ex) {
			return null;
		}
	}

}
