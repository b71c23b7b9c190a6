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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * Describes events in words, on one line each.
 */
final class Descriptions {

	private static final int MAX_LENGTH = 48;

	private static final Pattern EMAIL = Pattern.compile("[^\\s@]+@[^\\s@]+");

	private Descriptions() {
	}

	static String of(PublishedHopperEvent<?> published) {
		return of(published.sessionId(), published.event()) + origin(published.sessionOrigin())
				+ (published.throughOutbox() ? ", through the outbox" : ", directly");
	}

	static String origin(HopperSessionContext.@Nullable Origin origin) {
		if (origin == null) {
			return "";
		}
		return ", in the current session (" + switch (origin) {
			case APPLICATION -> "set by the application";
			case ANSWER -> "learned from an answer of the API";
			case HTTP_SESSION -> "kept in the HTTP session";
		} + ")";
	}

	static String of(@Nullable String sessionId, @Nullable HopperEvent event) {
		List<String> parts = new ArrayList<>();
		parts.add(subject(event) + ((sessionId != null) ? " for session " + value(sessionId) : " without session"));
		if (event instanceof BookingConfirmed booking) {
			add(parts, "cfarContractId", booking.cfarContractId());
			add(parts, "dgContractId", booking.dgContractId());
			add(parts, "cfarOfferIds", booking.cfarOfferIds());
			add(parts, "dgOfferIds", booking.dgOfferIds());
			add(parts, "bookingReferences", booking.bookingReferences());
		}
		else if (event instanceof CustomEvent custom && !custom.attributes().isEmpty()) {
			// No values, like toString: they may be personal
			parts.add("attributes " + shorten(String.join(" ", custom.attributes().keySet())));
		}
		if (event != null) {
			parts.add("occurred " + event.occurredAt());
		}
		return String.join(", ", parts);
	}

	static String subject(@Nullable HopperEvent event) {
		if (event == null) {
			return "null";
		}
		return (event instanceof CustomEvent) ? "CustomEvent " + value(event.type()) : event.getClass().getSimpleName();
	}

	private static void add(List<String> parts, String name, @Nullable Object value) {
		boolean empty = (value == null) || (value instanceof Collection<?> collection && collection.isEmpty())
				|| (value instanceof Map<?, ?> map && map.isEmpty());
		if (!empty) {
			parts.add(name + " " + value(value));
		}
	}

	/**
	 * Describe a value. Texts are quoted, e-mail addresses are left out, and long values
	 * are shortened.
	 */
	static String value(@Nullable Object value) {
		if (value instanceof Collection<?> collection) {
			return shorten("[" + String.join(", ", collection.stream().map(Descriptions::value).toList()) + "]");
		}
		if (value instanceof Map<?, ?> map) {
			return shorten("{" + String.join(", ",
					map.entrySet()
						.stream()
						.map((entry) -> clean(String.valueOf(entry.getKey())) + "=" + value(entry.getValue()))
						.toList())
					+ "}");
		}
		if (value instanceof CharSequence) {
			return "\"" + shorten(clean(value.toString())) + "\"";
		}
		return shorten(clean(String.valueOf(value)));
	}

	static String time(Duration time) {
		return (time.toMillis() % 1000 == 0) ? time.toSeconds() + " s" : time.toMillis() + " ms";
	}

	private static String clean(String text) {
		return EMAIL.matcher(text).replaceAll("***").replaceAll("\\p{Cntrl}", "?");
	}

	private static String shorten(String text) {
		return (text.length() > MAX_LENGTH) ? text.substring(0, MAX_LENGTH) + "..." : text;
	}

}
