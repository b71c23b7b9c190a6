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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;

import com.hopper.hts.events.BookingConfirmed;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * A field of {@code booking_confirmed}: how it is checked, written and read. A new field
 * is one more line in {@link #ALL}.
 *
 * @param <T> the type of the value
 */
final class BookingField<T> {

	static final List<BookingField<?>> ALL = List.of(
			id("cfar_contract_id", "cfarContractId", BookingConfirmed::cfarContractId,
					BookingConfirmed::withCfarContractId),
			id("dg_contract_id", "dgContractId", BookingConfirmed::dgContractId, BookingConfirmed::withDgContractId),
			ids("cfar_offer_ids", "cfarOfferIds", BookingConfirmed::cfarOfferIds, BookingConfirmed::withCfarOfferIds),
			ids("dg_offer_ids", "dgOfferIds", BookingConfirmed::dgOfferIds, BookingConfirmed::withDgOfferIds),
			new BookingField<Map<String, String>>("booking_references", "bookingReferences",
					BookingConfirmed::bookingReferences, BookingConfirmed::withBookingReferences,
					BookingField::writeReferences, BookingField::readReferences));

	private final String name;

	private final String property;

	private final Function<BookingConfirmed, @Nullable T> getter;

	private final BiFunction<BookingConfirmed, T, BookingConfirmed> setter;

	private final Writer<T> writer;

	private final Function<JsonNode, T> reader;

	private BookingField(String name, String property, Function<BookingConfirmed, @Nullable T> getter,
			BiFunction<BookingConfirmed, T, BookingConfirmed> setter, Writer<T> writer, Function<JsonNode, T> reader) {
		this.name = name;
		this.property = property;
		this.getter = getter;
		this.setter = setter;
		this.writer = writer;
		this.reader = reader;
	}

	private static BookingField<String> id(String name, String property,
			Function<BookingConfirmed, @Nullable String> getter,
			BiFunction<BookingConfirmed, String, BookingConfirmed> setter) {
		return new BookingField<>(name, property, getter, setter, BookingField::writeId, JsonNode::stringValue);
	}

	private static BookingField<List<String>> ids(String name, String property,
			Function<BookingConfirmed, @Nullable List<String>> getter,
			BiFunction<BookingConfirmed, List<String>, BookingConfirmed> setter) {
		return new BookingField<>(name, property, getter, setter, BookingField::writeIds, BookingField::readIds);
	}

	/**
	 * Return the name in JSON.
	 */
	String name() {
		return this.name;
	}

	/**
	 * Check and write the value, if there is any.
	 */
	void write(JsonGenerator json, BookingConfirmed booking) {
		T value = this.getter.apply(booking);
		if (value != null) {
			this.writer.write(json, this, value);
		}
	}

	/**
	 * Read the value, if there is any.
	 */
	BookingConfirmed read(JsonNode json, BookingConfirmed booking) {
		JsonNode value = json.path(this.name);
		return (value.isMissingNode() || value.isNull()) ? booking
				: this.setter.apply(booking, this.reader.apply(value));
	}

	private static void writeId(JsonGenerator json, BookingField<String> field, String id) {
		if (id.isBlank()) {
			throw new InvalidEventDataException(
					"has a blank '" + field.property + "'; set the id, or null if there is none");
		}
		json.writeName(field.name);
		json.writeString(EventJson.wellFormed(id));
	}

	private static void writeIds(JsonGenerator json, BookingField<List<String>> field, List<String> ids) {
		if (ids.isEmpty()) {
			return;
		}
		json.writeArrayPropertyStart(field.name);
		int position = 1;
		for (@Nullable
		String id : ids) {
			if (id == null || id.isBlank()) {
				throw new InvalidEventDataException("has a '" + field.property + "' whose element " + position + " of "
						+ ids.size() + " is " + ((id != null) ? "blank" : "null") + "; leave it out");
			}
			json.writeString(EventJson.wellFormed(id));
			position++;
		}
		json.writeEndArray();
	}

	private static List<String> readIds(JsonNode array) {
		List<String> ids = new ArrayList<>();
		array.forEach((element) -> ids.add(element.stringValue()));
		return ids;
	}

	private static void writeReferences(JsonGenerator json, BookingField<Map<String, String>> field,
			Map<String, String> references) {
		if (references.isEmpty()) {
			return;
		}
		json.writeObjectPropertyStart(field.name);
		references.forEach((@Nullable String name, @Nullable String reference) -> {
			if (name == null || name.isBlank()) {
				throw new InvalidEventDataException(
						"has '" + field.property + "' with a blank name; name each reference, for example 'cfar'");
			}
			if (reference == null || reference.isBlank()) {
				throw new InvalidEventDataException("has '" + field.property + "' with a blank value (its name has "
						+ name.length() + " characters); set the reference or leave it out");
			}
			json.writeName(EventJson.name(name));
			json.writeString(EventJson.wellFormed(reference));
		});
		json.writeEndObject();
	}

	private static Map<String, String> readReferences(JsonNode object) {
		Map<String, String> references = new TreeMap<>();
		object.properties()
			.forEach((reference) -> references.put(reference.getKey(), reference.getValue().stringValue()));
		return references;
	}

	/**
	 * Checks and writes a value that is there.
	 *
	 * @param <T> the type of the value
	 */
	private interface Writer<T> {

		void write(JsonGenerator json, BookingField<T> field, T value);

	}

}
