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

import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;

/**
 * Checks events as the API does.
 */
final class EventContract {

	private static final Pattern UTC = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z");

	private static final Set<String> OFFERS_DISPLAYED = Set.of("type", "occurred_date_time");

	private static final Set<String> BOOKING_CONFIRMED = Set.of("type", "occurred_date_time", "cfar_contract_id",
			"dg_contract_id", "cfar_offer_ids", "dg_offer_ids", "booking_references");

	private final Set<String> customTypes;

	private final Set<String> unknownSessions;

	private final boolean requireSession;

	EventContract(Set<String> customTypes, Set<String> unknownSessions, boolean requireSession) {
		this.customTypes = customTypes;
		this.unknownSessions = unknownSessions;
		this.requireSession = requireSession;
	}

	/**
	 * Check an event.
	 * @param sessionIds the values of the session header
	 * @return the event's type
	 */
	String check(String body, List<String> sessionIds) {
		JsonNode event = Json.readObject(body);
		String type = Json.requireString(event, "type");
		checkTime("occurred_date_time", Json.requireString(event, "occurred_date_time"));
		boolean offersNamed = false;
		switch (type) {
			case "offers_displayed" -> Json.refuseUnknown(event, OFFERS_DISPLAYED);
			case "booking_confirmed" -> {
				Json.refuseUnknown(event, BOOKING_CONFIRMED);
				offersNamed = checkBooking(event);
			}
			default -> {
				if (!this.customTypes.contains(type)) {
					throw Refusal.malformed("type", "'" + type + "' is none of the known types",
							"Correct the type, or announce it with FakeHopperApi.builder().customEventType(\"" + type
									+ "\") if Hopper has agreed to it.");
				}
			}
		}
		if (sessionIds.size() > 1) {
			throw Refusal.malformed("HC-Session-ID", "The header HC-Session-ID is there more than once");
		}
		String sessionId = sessionIds.isEmpty() ? null : sessionIds.get(0);
		if (sessionId != null && sessionId.isBlank()) {
			throw Refusal.malformed("HC-Session-ID", "The header HC-Session-ID is blank");
		}
		if (sessionId != null && this.unknownSessions.contains(sessionId)) {
			throw Refusal.arranged(404);
		}
		if (sessionId == null && (this.requireSession || !offersNamed)) {
			throw Refusal.senseless("HC-Session-ID", "The header HC-Session-ID is missing");
		}
		return type;
	}

	static void checkTime(String name, String time) {
		if (UTC.matcher(time).matches()) {
			try {
				LocalDateTime.parse(time.substring(0, time.length() - 1));
				return;
			}
			catch (DateTimeParseException ex) {
				// Refused below
			}
		}
		throw Refusal.malformed(name,
				"'" + name + "' must be an RFC 3339 date-time in UTC, for example 2022-01-24T15:34:30Z");
	}

	private static boolean checkBooking(JsonNode event) {
		for (String name : new String[] { "cfar_contract_id", "dg_contract_id" }) {
			if (event.has(name) && Json.requireString(event, name).isBlank()) {
				throw Refusal.senseless(name, "'" + name + "' is blank");
			}
		}
		boolean offersNamed = false;
		for (String name : new String[] { "cfar_offer_ids", "dg_offer_ids" }) {
			JsonNode ids = event.path(name);
			if (!ids.isMissingNode()) {
				if (!ids.isArray()) {
					throw Refusal.malformed(name, "'" + name + "' must be an array of strings");
				}
				for (JsonNode id : ids) {
					if (!id.isString() || id.stringValue().isBlank()) {
						throw Refusal.malformed(name, "'" + name + "' must be an array of strings that are not blank");
					}
					offersNamed = true;
				}
			}
		}
		JsonNode references = event.path("booking_references");
		if (!references.isMissingNode() && !references.isObject()) {
			throw Refusal.malformed("booking_references", "'booking_references' must be an object");
		}
		references.properties().forEach((reference) -> {
			if (!reference.getValue().isString()) {
				throw Refusal.malformed("booking_references", "'booking_references' must have strings as values");
			}
		});
		return offersNamed;
	}

}
