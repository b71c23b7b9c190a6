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
package com.hopper.hts.events.http;

import java.time.Instant;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what the API would refuse, before anything is sent.
 */
final class EventValidator {

	private static final Instant YEAR_0 = Instant.parse("0000-01-01T00:00:00Z");

	private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

	private final boolean requireSession;

	EventValidator(boolean requireSession) {
		this.requireSession = requireSession;
	}

	/**
	 * Check the id of a session that was given.
	 * @param sessionId the id
	 */
	void validateSessionId(@Nullable String sessionId) {
		if (sessionId == null) {
			throw new InvalidEventDataException("was given a session id that is null; " + SESSION_ID_HINT);
		}
		if (sessionId.isBlank()) {
			throw new InvalidEventDataException("was given a session id that is blank; " + SESSION_ID_HINT);
		}
		for (int i = 0; i < sessionId.length(); i++) {
			char c = sessionId.charAt(i);
			if (c < ' ' || c > '~') {
				throw new InvalidEventDataException(
						"was given a session id whose character %d of %d (U+%04X) cannot be sent in a header; "
							.formatted(i + 1, sessionId.length(), (int) c) + "use visible ASCII characters only");
			}
		}
		if (sessionId.charAt(0) == ' ' || sessionId.charAt(sessionId.length() - 1) == ' ') {
			throw new InvalidEventDataException(
					"was given a session id that begins or ends with a space; remove the space");
		}
	}

	private static final String SESSION_ID_HINT = "use the id that POST /sessions returned or that you chose for the session";

	/**
	 * Check that an event can do without a session.
	 * @param event the event
	 */
	void validateNoSession(BookingConfirmed event) {
		if (this.requireSession) {
			throw new InvalidEventDataException(
					"has no session id, which hopper.require-session=true demands; publish it with the id of its session");
		}
		if (event.cfarOfferIds().isEmpty() && event.dgOfferIds().isEmpty()) {
			throw new InvalidEventDataException("has neither a session id nor offer ids, so the API cannot tell which "
					+ "session was booked; publish it with the id of its session, or set 'cfarOfferIds' or 'dgOfferIds'");
		}
	}

	/**
	 * Check an event.
	 * @param event the event
	 */
	void validate(HopperEvent event) {
		Instant occurred = event.occurredDateTime();
		if (occurred.isBefore(YEAR_0) || !occurred.isBefore(YEAR_10000)) {
			throw new InvalidEventDataException(
					"has an 'occurredDateTime' outside the years 0 to 9999; use the time on the customer's device");
		}
		if (event instanceof BookingConfirmed booking) {
			validateId("cfarContractId", booking.cfarContractId());
			validateId("dgContractId", booking.dgContractId());
			validateIds("cfarOfferIds", booking.cfarOfferIds());
			validateIds("dgOfferIds", booking.dgOfferIds());
			validateReferences(booking.bookingReferences());
		}
		else if (event instanceof CustomEvent custom) {
			validateCustom(custom);
		}
	}

	private void validateId(String name, @Nullable String id) {
		if (id != null && id.isBlank()) {
			throw new InvalidEventDataException(
					"has a blank '%s'; set the id, or null if there is none".formatted(name));
		}
	}

	private void validateIds(String name, List<@Nullable String> ids) {
		for (int i = 0; i < ids.size(); i++) {
			String id = ids.get(i);
			if (id == null || id.isBlank()) {
				throw new InvalidEventDataException("has a '%s' whose element %d of %d is %s; leave it out"
					.formatted(name, i + 1, ids.size(), (id != null) ? "blank" : "null"));
			}
		}
	}

	private void validateReferences(Map<String, String> references) {
		references.forEach((name, reference) -> {
			if (isBlank(name)) {
				throw new InvalidEventDataException(
						"has 'bookingReferences' with a blank name; name each reference, for example 'cfar'");
			}
			if (isBlank(reference)) {
				throw new InvalidEventDataException(
						"has a blank 'bookingReferences' value of '%s'; set the reference or leave it out"
							.formatted(name));
			}
		});
	}

	private void validateCustom(CustomEvent custom) {
		if (custom.type().isBlank()) {
			throw new InvalidEventDataException("has a blank 'type'; use the API's name, for example 'seat_selected'");
		}
		custom.attributes().forEach((name, value) -> {
			if (isBlank(name)) {
				throw new InvalidEventDataException("has an attribute with a blank name; use the API's field name");
			}
			if (name.equals("type") || name.equals("occurred_date_time")) {
				throw new InvalidEventDataException(
						"has an attribute '%s', which is set by CustomEvent.occurredAt; remove the attribute"
							.formatted(name));
			}
		});
	}

	private static boolean isBlank(@Nullable String text) {
		return text == null || text.isBlank();
	}

}
