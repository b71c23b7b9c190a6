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
package com.hopper.hts.events.json;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks and writes events as the API wants them, and reads them. A generator of our own
 * and no data binding: the application's Jackson settings must not change a byte, and no
 * reflection is needed.
 */
final class EventJson {

	private static final String TYPE = "type";

	private static final String OCCURRED = "occurred_date_time";

	private static final Set<String> COMMON_FIELDS = Set.of(TYPE, OCCURRED);

	private static final Set<String> BOOKING_FIELDS = Stream
		.concat(COMMON_FIELDS.stream(), BookingField.ALL.stream().map(BookingField::name))
		.collect(Collectors.toUnmodifiableSet());

	private static final Instant YEAR_0 = Instant.parse("0000-01-01T00:00:00Z");

	private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private static final JsonFactory FACTORY = new JsonFactory();

	/**
	 * Nesting beyond this is refused; {@code Copies} keeps cyclic values from ending
	 * below.
	 */
	private static final int MAX_DEPTH = 32;

	/**
	 * What tables of the outbox take.
	 */
	private static final int MAX_TYPE = 255;

	/**
	 * What parsers of JSON read, Jackson among them.
	 */
	private static final int MAX_NUMBER = 1000;

	private static final int MAX_NAME = 50_000;

	private EventJson() {
	}

	/**
	 * Check and write an event.
	 * @throws InvalidEventDataException if the API would refuse a value, or if it has no
	 * representation in JSON
	 */
	static byte[] write(HopperEvent event) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(512);
		try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
			json.writeStartObject();
			json.writeName(TYPE);
			json.writeString(type(event.type()));
			json.writeName(OCCURRED);
			json.writeString(time("occurredAt", event.occurredAt()));
			if (event instanceof BookingConfirmed booking) {
				BookingField.ALL.forEach((field) -> field.write(json, booking));
			}
			else if (event instanceof CustomEvent custom) {
				writeAttributes(json, custom.attributes(), COMMON_FIELDS, "CustomEvent.occurredAt");
			}
			json.writeEndObject();
		}
		return out.toByteArray();
	}

	private static String type(@Nullable String type) {
		if (type == null || type.isBlank()) {
			throw new InvalidEventDataException("has a blank 'type'; use the API's name, for example 'seat_selected'");
		}
		if (type.length() > MAX_TYPE) {
			throw new InvalidEventDataException("has a 'type' of " + type.length() + " characters, more than the "
					+ MAX_TYPE + " that can be kept");
		}
		if (type.chars().anyMatch(Character::isISOControl)) {
			throw new InvalidEventDataException("has a 'type' with a control character; use the API's name");
		}
		return wellFormed(type);
	}

	/**
	 * Return whether a number can be parsed again, which the text of a {@link BigDecimal}
	 * with the smallest scale cannot.
	 */
	private static boolean isReadable(String number) {
		try {
			BigDecimal unused = new BigDecimal(number);
			return true;
		}
		catch (NumberFormatException ex) {
			return false;
		}
	}

	/**
	 * Check a name of a field that the API does not know.
	 */
	static String name(String name) {
		if (name.length() > MAX_NAME) {
			throw new InvalidEventDataException(
					"has a name of " + name.length() + " characters, more than the " + MAX_NAME + " that can be read");
		}
		return wellFormed(name);
	}

	/**
	 * Check and write a time as the API wants it, in UTC.
	 */
	static String time(Object property, @Nullable Instant time) {
		if (time == null) {
			throw new InvalidEventDataException(
					"has no '" + property + "'; set the time at which it happened on the customer's device");
		}
		if (time.isBefore(YEAR_0) || !time.isBefore(YEAR_10000)) {
			throw new InvalidEventDataException("has '" + property + "' outside the years 0 to 9999; correct the time");
		}
		return DateTimeFormatter.ISO_INSTANT.format(time);
	}

	static void writeAttributes(JsonGenerator json, Map<String, Object> attributes, Set<String> reserved,
			String setBy) {
		int position = 1;
		for (Map.Entry<@Nullable String, Object> attribute : attributes.entrySet()) {
			String name = attribute.getKey();
			if (name == null || name.isBlank()) {
				throw new InvalidEventDataException("has an attribute with a blank name; use the API's field name");
			}
			if (reserved.contains(name)) {
				throw new InvalidEventDataException(
						"has an attribute '" + name + "', which is set by " + setBy + "; remove the attribute");
			}
			json.writeName(name(name));
			writeValue(json, new Place(null, "", position, attributes.size()), attribute.getValue(), 0);
			position++;
		}
	}

	/**
	 * Refuse text that UTF-8 cannot carry and Jackson would quietly change.
	 */
	static String wellFormed(String text) {
		for (int i = 0; i < text.length(); i++) {
			if (Character.isSurrogate(text.charAt(i))) {
				int codePoint = text.codePointAt(i);
				if (codePoint <= Character.MAX_VALUE) {
					throw new InvalidEventDataException(
							"has a text that is not valid Unicode (an unpaired surrogate); correct the text");
				}
				i++;
			}
		}
		return text;
	}

	/**
	 * Write a value of any kind that JSON can carry.
	 * @param where which attribute it belongs to; its name may be personal data that was
	 * passed in the wrong place, so it is not shown
	 */
	static void writeValue(JsonGenerator json, Place where, @Nullable Object value, int depth) {
		if (depth > MAX_DEPTH) {
			throw new InvalidEventDataException(
					"has an attribute (" + where.outermost() + ") that is nested too deeply or contains itself");
		}
		if (value instanceof String || value instanceof UUID) {
			json.writeString(wellFormed(value.toString()));
		}
		else if (value instanceof Boolean bool) {
			json.writeBoolean(bool);
		}
		else if (value instanceof Number number) {
			writeNumber(json, where, number);
		}
		else if (value instanceof Enum<?> constant) {
			json.writeString(constant.name());
		}
		else if (value instanceof Instant instant) {
			json.writeString(time(where, instant));
		}
		else if (value instanceof OffsetDateTime dateTime) {
			json.writeString(time(where, dateTime.toInstant()));
		}
		else if (value instanceof Map<?, ?> map) {
			json.writeStartObject();
			int position = 1;
			for (Map.Entry<?, ?> entry : map.entrySet()) {
				if (entry.getKey() == null) {
					throw new InvalidEventDataException("has an attribute (" + where + ") with a name that is null");
				}
				json.writeName(name(entry.getKey().toString()));
				writeValue(json, new Place(where, "value ", position, map.size()), entry.getValue(), depth + 1);
				position++;
			}
			json.writeEndObject();
		}
		else if (value instanceof Collection<?> collection) {
			json.writeStartArray();
			int position = 1;
			for (Object element : collection) {
				writeValue(json, new Place(where, "element ", position, collection.size()), element, depth + 1);
				position++;
			}
			json.writeEndArray();
		}
		else {
			throw new InvalidEventDataException("has an attribute (" + where + ") of "
					+ ((value != null) ? "type " + value.getClass().getName() : "value null")
					+ "; use a string, number, boolean, Instant, OffsetDateTime, UUID, enum, "
					+ "or a collection or map of these");
		}
	}

	private static void writeNumber(JsonGenerator json, Place where, Number number) {
		if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
			json.writeNumber(number.longValue());
		}
		else if (number instanceof BigDecimal || number instanceof BigInteger) {
			String digits = number.toString();
			if (digits.length() > MAX_NUMBER) {
				throw new InvalidEventDataException("has an attribute (" + where + ") with a number of "
						+ digits.length() + " characters, more than the " + MAX_NUMBER + " that can be read");
			}
			if (!isReadable(digits)) {
				throw new InvalidEventDataException(
						"has an attribute (" + where + ") with a number whose exponent is beyond what can be read");
			}
			json.writeNumber(digits);
		}
		else if (number instanceof Double || number instanceof Float) {
			if (!Double.isFinite(number.doubleValue())) {
				throw new InvalidEventDataException("has an attribute (" + where + ") that is not a finite number");
			}
			if (number instanceof Float) {
				json.writeNumber(number.floatValue());
			}
			else {
				json.writeNumber(number.doubleValue());
			}
		}
		else {
			throw new InvalidEventDataException("has an attribute (" + where + ") of type "
					+ number.getClass().getName() + "; use a number of java.lang or java.math");
		}
	}

	/**
	 * Read an event.
	 */
	static HopperEvent read(byte[] body) {
		try {
			return read(MAPPER.readTree(body));
		}
		// Jackson lets NumberFormatException through for a number that is too long
		catch (JacksonException | DateTimeException | NumberFormatException ex) {
			throw new IllegalArgumentException("Not the JSON of an event (" + ex.getClass().getName() + ")");
		}
	}

	private static HopperEvent read(JsonNode json) {
		JsonNode type = json.path(TYPE);
		JsonNode occurredAt = json.path(OCCURRED);
		if (!type.isString() || !occurredAt.isString()) {
			throw new IllegalArgumentException("Not the JSON of an event: 'type' or 'occurred_date_time' is missing");
		}
		Instant occurred = OffsetDateTime.parse(occurredAt.stringValue()).toInstant();
		return switch (type.stringValue()) {
			case OffersDisplayed.TYPE -> COMMON_FIELDS.containsAll(json.propertyNames())
					? OffersDisplayed.occurredAt(occurred) : custom(json, OffersDisplayed.TYPE, occurred);
			case BookingConfirmed.TYPE -> BOOKING_FIELDS.containsAll(json.propertyNames()) ? booking(json, occurred)
					: custom(json, BookingConfirmed.TYPE, occurred);
			default -> custom(json, type.stringValue(), occurred);
		};
	}

	private static BookingConfirmed booking(JsonNode json, Instant occurred) {
		BookingConfirmed booking = BookingConfirmed.occurredAt(occurred);
		for (BookingField<?> field : BookingField.ALL) {
			booking = field.read(json, booking);
		}
		return booking;
	}

	private static CustomEvent custom(JsonNode json, String type, Instant occurred) {
		Map<String, Object> attributes = new TreeMap<>();
		json.properties().forEach((property) -> {
			if (!COMMON_FIELDS.contains(property.getKey())) {
				attributes.put(property.getKey(), MAPPER.convertValue(property.getValue(), Object.class));
			}
		});
		return CustomEvent.occurredAt(type, occurred).withAttributes(attributes);
	}

	/**
	 * Where a value is. Made into a text only if the value is refused.
	 */
	private record Place(@Nullable Place outer, String kind, int position, int size) {

		Place outermost() {
			Place place = this;
			while (place.outer != null) {
				place = place.outer;
			}
			return place;
		}

		@Override
		public String toString() {
			return ((this.outer != null) ? this.outer + ", " : "") + this.kind + this.position + " of " + this.size;
		}

	}

}
