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

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.outbox.DeadLetter;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

/**
 * Reads parameters as operators write them. Empty values are refused, because an empty
 * filter would select everything.
 */
final class Parameters {

	private static final int LONGEST_TEXT = 200;

	private Parameters() {
	}

	static @Nullable String text(String name, @Nullable String value) {
		if (value == null) {
			return null;
		}
		if (value.isBlank()) {
			throw OperatorException.invalid(name, "is empty. Give it a value or leave it out");
		}
		if (value.length() > LONGEST_TEXT || value.chars().anyMatch(Character::isISOControl)) {
			throw OperatorException.invalid(name,
					"must have at most " + LONGEST_TEXT + " characters and no line breaks");
		}
		return value.strip();
	}

	static String required(String name, @Nullable String value, String use) {
		String text = text(name, value);
		if (text == null) {
			throw OperatorException.invalid(name, "is missing: " + use);
		}
		return text;
	}

	static @Nullable String session(String name, @Nullable String value) {
		if (value != null && SessionEvent.findSessionIdProblem(value) != null) {
			throw OperatorException.invalid(name, "is no session id. It consists of visible ASCII characters");
		}
		return value;
	}

	static @Nullable UUID id(String name, @Nullable String value) {
		return (value != null) ? requiredId(name, value) : null;
	}

	static UUID requiredId(String name, String value) {
		try {
			UUID id = UUID.fromString(value);
			if (id.toString().equalsIgnoreCase(value)) {
				return id;
			}
		}
		catch (IllegalArgumentException ex) {
			// The exception below names the parameter and an example
		}
		throw OperatorException.invalid(name, "must be the id of an event, such as "
				+ "'0199c0de-0000-7000-8000-000000000000', and is " + shown(value));
	}

	static int number(String name, @Nullable String value, int otherwise, int maximum) {
		if (value == null) {
			return otherwise;
		}
		try {
			int number = Integer.parseInt(value);
			if (number >= 1 && number <= maximum) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// The exception below names the parameter and an example
		}
		throw OperatorException.invalid(name, "must be a number from 1 to " + maximum + " and is " + shown(value));
	}

	static boolean flag(String name, @Nullable String value) {
		if (value == null || value.equals("false")) {
			return false;
		}
		if (value.equals("true")) {
			return true;
		}
		throw OperatorException.invalid(name, "must be true or false and is " + shown(value));
	}

	static DeadLetter.@Nullable Reason reason(String name, @Nullable String value) {
		if (value == null) {
			return null;
		}
		String wanted = value.toUpperCase(Locale.ROOT).replace('-', '_');
		return Arrays.stream(DeadLetter.Reason.values())
			.filter((reason) -> reason.name().equals(wanted))
			.findFirst()
			.orElseThrow(() -> OperatorException.invalid(name,
					"must be one of " + Arrays.toString(DeadLetter.Reason.values()) + " and is " + shown(value)));
	}

	/**
	 * Read a point in time, or how long ago it was.
	 */
	static @Nullable Instant time(String name, @Nullable String value, Instant now) {
		if (value == null) {
			return null;
		}
		try {
			return (value.indexOf('T') > 0) ? OffsetDateTime.parse(value).toInstant()
					: now.minus(DurationStyle.detectAndParse(value).abs());
		}
		catch (DateTimeException | IllegalArgumentException | ArithmeticException ex) {
			throw OperatorException.invalid(name,
					"must be a time such as '2026-01-31T12:00:00Z', or how long ago that was, such as '2h', and is "
							+ shown(value));
		}
	}

	private static String shown(String value) {
		String start = (value.length() > 50) ? value.substring(0, 50) + "…" : value;
		return "'" + AttemptFailure.line(start) + "'";
	}

}
