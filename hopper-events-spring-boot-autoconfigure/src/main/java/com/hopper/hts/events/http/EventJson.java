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

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes events as the API wants them. A generator of our own and no data binding: the
 * application's Jackson settings must not change a byte, and no reflection is needed.
 */
final class EventJson {

	private static final JsonFactory FACTORY = new JsonFactory();

	/**
	 * Nesting beyond this is refused; {@code Copies} keeps cyclic values from ending
	 * below.
	 */
	private static final int MAX_DEPTH = 32;

	private EventJson() {
	}

	/**
	 * Write an event.
	 * @param event the event
	 * @return the bytes of the request's body
	 * @throws InvalidEventDataException if a value has no representation in JSON
	 */
	static byte[] write(HopperEvent event) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(512);
		try (JsonGenerator json = FACTORY.createGenerator(tools.jackson.core.ObjectWriteContext.empty(), out)) {
			json.writeStartObject();
			writeString(json, "type", event.type());
			json.writeStringProperty("occurred_date_time", format(event.occurredDateTime()));
			if (event instanceof BookingConfirmed booking) {
				writeBooking(json, booking);
			}
			else if (event instanceof CustomEvent custom) {
				for (Map.Entry<String, Object> attribute : custom.attributes().entrySet()) {
					json.writeName(wellFormed(attribute.getKey()));
					writeValue(json, attribute.getKey(), attribute.getValue(), 0);
				}
			}
			json.writeEndObject();
		}
		return out.toByteArray();
	}

	private static void writeBooking(JsonGenerator json, BookingConfirmed booking) {
		if (booking.cfarContractId() != null) {
			writeString(json, "cfar_contract_id", booking.cfarContractId());
		}
		if (booking.dgContractId() != null) {
			writeString(json, "dg_contract_id", booking.dgContractId());
		}
		writeStrings(json, "cfar_offer_ids", booking.cfarOfferIds());
		writeStrings(json, "dg_offer_ids", booking.dgOfferIds());
		if (!booking.bookingReferences().isEmpty()) {
			json.writeObjectPropertyStart("booking_references");
			booking.bookingReferences().forEach((name, reference) -> writeString(json, name, reference));
			json.writeEndObject();
		}
	}

	private static void writeString(JsonGenerator json, String name, String value) {
		json.writeName(wellFormed(name));
		json.writeString(wellFormed(value));
	}

	/**
	 * Refuse what UTF-8 cannot carry; Jackson would quietly change it.
	 */
	private static String wellFormed(String text) {
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

	private static void writeStrings(JsonGenerator json, String name, Collection<String> values) {
		if (!values.isEmpty()) {
			json.writeArrayPropertyStart(name);
			values.forEach((value) -> json.writeString(wellFormed(value)));
			json.writeEndArray();
		}
	}

	private static void writeValue(JsonGenerator json, String path, @Nullable Object value, int depth) {
		if (depth > MAX_DEPTH) {
			throw new InvalidEventDataException(
					"has an attribute '%s' that is nested too deeply or contains itself".formatted(rootOf(path)));
		}
		if (value instanceof String || value instanceof UUID) {
			json.writeString(wellFormed(value.toString()));
		}
		else if (value instanceof Boolean bool) {
			json.writeBoolean(bool);
		}
		else if (value instanceof Number number) {
			writeNumber(json, path, number);
		}
		else if (value instanceof Enum<?> constant) {
			json.writeString(constant.name());
		}
		else if (value instanceof Instant instant) {
			json.writeString(format(instant));
		}
		else if (value instanceof OffsetDateTime dateTime) {
			json.writeString(format(dateTime.toInstant()));
		}
		else if (value instanceof Map<?, ?> map) {
			json.writeStartObject();
			map.forEach((name, element) -> {
				if (name == null) {
					throw new InvalidEventDataException("has a name in attribute '%s' that is null".formatted(path));
				}
				json.writeName(wellFormed(name.toString()));
				writeValue(json, path + "." + name, element, depth + 1);
			});
			json.writeEndObject();
		}
		else if (value instanceof Collection<?> collection) {
			json.writeStartArray();
			int index = 0;
			for (Object element : collection) {
				writeValue(json, path + "[" + index++ + "]", element, depth + 1);
			}
			json.writeEndArray();
		}
		else {
			throw new InvalidEventDataException(
					("has an attribute '%s' of %s; use a string, number, boolean, Instant, OffsetDateTime, UUID, enum, "
							+ "or a collection or map of these")
						.formatted(path, (value != null) ? "type " + value.getClass().getName() : "value null"));
		}
	}

	private static void writeNumber(JsonGenerator json, String path, Number number) {
		if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
			json.writeNumber(number.longValue());
		}
		else if (number instanceof BigDecimal decimal) {
			json.writeNumber(decimal);
		}
		else if (number instanceof BigInteger integer) {
			json.writeNumber(integer);
		}
		else if (number instanceof Double || number instanceof Float) {
			if (!Double.isFinite(number.doubleValue())) {
				throw new InvalidEventDataException(
						"has an attribute '%s' that is not a finite number".formatted(path));
			}
			if (number instanceof Float) {
				json.writeNumber(number.floatValue());
			}
			else {
				json.writeNumber(number.doubleValue());
			}
		}
		else {
			throw new InvalidEventDataException(
					"has an attribute '%s' of type %s; use a number of java.lang or java.math".formatted(path,
							number.getClass().getName()));
		}
	}

	private static String rootOf(String path) {
		int end = 0;
		while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
			end++;
		}
		return path.substring(0, end);
	}

	private static String format(Instant instant) {
		return DateTimeFormatter.ISO_INSTANT.format(instant);
	}

}
