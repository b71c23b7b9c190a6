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

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns events into the JSON of {@code POST /events} and back, and refuses what the API
 * would refuse. The JSON is the same whatever the application's Jackson settings are.
 * Safe for use by many threads.
 *
 * @since 0.1.0
 */
public final class EventCodec {

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private static final Set<String> OFFERS_FIELDS = Set.of("type", "occurred_date_time");

	private static final Set<String> BOOKING_FIELDS = Set.of("type", "occurred_date_time", "cfar_contract_id",
			"dg_contract_id", "cfar_offer_ids", "dg_offer_ids", "booking_references");

	private final EventValidator validator;

	/**
	 * Create an instance.
	 * @param requireSession whether every event needs a session id
	 */
	public EventCodec(boolean requireSession) {
		this.validator = new EventValidator(requireSession);
	}

	/**
	 * Write an event of a session.
	 * @param sessionId the id of the session
	 * @param event the event
	 * @return the body of the request
	 * @throws HopperApiException.InvalidEvent if the API would refuse the session id or
	 * the event
	 */
	public byte[] encode(String sessionId, HopperEvent event) {
		return encode(sessionId, event, true);
	}

	/**
	 * Write a confirmed booking whose session is not known.
	 * @param event the event
	 * @return the body of the request
	 * @throws HopperApiException.InvalidEvent if the API would refuse the event
	 */
	public byte[] encode(BookingConfirmed event) {
		return encode(null, event, false);
	}

	private byte[] encode(@Nullable String sessionId, HopperEvent event, boolean sessionGiven) {
		try {
			return write(sessionId, event, sessionGiven);
		}
		catch (RuntimeException ex) {
			throw invalid(ex, subject(event), (event != null) ? event.type() : null, sessionId);
		}
	}

	@SuppressWarnings("NullAway") // Callers without null checks get a clear error
	byte[] write(@Nullable String sessionId, HopperEvent event, boolean sessionGiven) {
		if (event == null) {
			throw new InvalidEventDataException(
					"is null; create one with OffersDisplayed, BookingConfirmed or CustomEvent");
		}
		if (sessionGiven) {
			this.validator.validateSessionId(sessionId);
		}
		else {
			this.validator.validateNoSession((BookingConfirmed) event);
		}
		this.validator.validate(event);
		return EventJson.write(event);
	}

	static String subject(@Nullable HopperEvent event) {
		return (event != null) ? event.type().replaceAll("[^\\x20-\\x7E]", "?") + " event" : "event";
	}

	static HopperApiException.InvalidEvent invalid(RuntimeException ex, String subject, @Nullable String eventType,
			@Nullable String sessionId) {
		String problem = (ex instanceof InvalidEventDataException) ? ex.getMessage()
				: "cannot be written as JSON (%s)".formatted(ex.getClass().getSimpleName());
		return new HopperApiException.InvalidEvent(
				HopperApiException.Details.of("The %s %s. Nothing was sent.".formatted(subject, problem))
					.withEventType(eventType)
					.withSessionId(sessionId));
	}

	/**
	 * Read an event. What this version does not know by name, a type or a field, becomes
	 * a {@link CustomEvent} that is sent with everything it had.
	 * @param json the body of the request, as written by any version
	 * @return the event
	 * @throws IllegalArgumentException if it is not the JSON of an event; the message
	 * does not repeat the content
	 */
	public static HopperEvent decode(byte[] json) {
		try {
			return decode(MAPPER.readTree(json));
		}
		catch (JacksonException | DateTimeException ex) {
			throw new IllegalArgumentException(
					"Not the JSON of an event (%s)".formatted(ex.getClass().getSimpleName()));
		}
	}

	private static HopperEvent decode(JsonNode json) {
		JsonNode type = json.path("type");
		JsonNode occurredDateTime = json.path("occurred_date_time");
		if (!type.isString() || !occurredDateTime.isString()) {
			throw new IllegalArgumentException("Not the JSON of an event: 'type' or 'occurred_date_time' is missing");
		}
		Instant occurred = OffsetDateTime.parse(occurredDateTime.stringValue()).toInstant();
		return switch (type.stringValue()) {
			case OffersDisplayed.TYPE -> OFFERS_FIELDS.containsAll(json.propertyNames())
					? OffersDisplayed.occurredAt(occurred) : custom(json, OffersDisplayed.TYPE, occurred);
			case BookingConfirmed.TYPE -> BOOKING_FIELDS.containsAll(json.propertyNames()) ? booking(json, occurred)
					: custom(json, BookingConfirmed.TYPE, occurred);
			default -> custom(json, type.stringValue(), occurred);
		};
	}

	private static BookingConfirmed booking(JsonNode json, Instant occurred) {
		BookingConfirmed booking = BookingConfirmed.occurredAt(occurred);
		if (json.has("cfar_contract_id")) {
			booking = booking.withCfarContractId(json.path("cfar_contract_id").stringValue());
		}
		if (json.has("dg_contract_id")) {
			booking = booking.withDgContractId(json.path("dg_contract_id").stringValue());
		}
		Map<String, String> references = new TreeMap<>();
		json.path("booking_references")
			.properties()
			.forEach((reference) -> references.put(reference.getKey(), reference.getValue().stringValue()));
		return booking.withCfarOfferIds(strings(json.path("cfar_offer_ids")))
			.withDgOfferIds(strings(json.path("dg_offer_ids")))
			.withBookingReferences(references);
	}

	private static List<String> strings(JsonNode array) {
		List<String> strings = new ArrayList<>();
		array.forEach((element) -> strings.add(element.stringValue()));
		return strings;
	}

	private static CustomEvent custom(JsonNode json, String type, Instant occurred) {
		Map<String, Object> attributes = new TreeMap<>();
		json.properties().forEach((property) -> {
			if (!OFFERS_FIELDS.contains(property.getKey())) {
				attributes.put(property.getKey(), MAPPER.convertValue(property.getValue(), Object.class));
			}
		});
		return CustomEvent.occurredAt(type, occurred).withAttributes(attributes);
	}

}
