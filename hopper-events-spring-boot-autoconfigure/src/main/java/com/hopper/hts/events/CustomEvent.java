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
package com.hopper.hts.events;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * An event of a type that this version does not know by name. The API has added and
 * removed event types and fields before; this event sends any of them without waiting for
 * a new version. It is always sent with a session id.
 * <p>
 * Attributes are the fields of the JSON body, besides {@code type} and
 * {@code occurred_date_time}, under the API's own snake_case names. A value is a
 * {@link String}, {@link Number}, {@link Boolean}, {@link Instant},
 * {@link OffsetDateTime}, {@link java.util.UUID}, {@link Enum} (sent by its name), a
 * {@link java.util.Collection} of such values, or a {@link Map} from {@link String} to
 * such values. Collections and maps are copied. {@code null} means that the field is left
 * out. Fields are sent in the order of their names.
 *
 * @since 0.1.0
 */
public final class CustomEvent implements HopperEvent {

	private final String type;

	private final Instant occurredAt;

	private final Map<String, Object> attributes;

	private CustomEvent(String type, Instant occurredAt, Map<String, Object> attributes) {
		this.type = type;
		this.occurredAt = occurredAt;
		this.attributes = attributes;
	}

	/**
	 * Create the event.
	 * @param type the API's name of the event, for example {@code seat_selected}
	 * @param occurredAt when the event happened on the customer's device
	 * @return the event, without attributes
	 */
	public static CustomEvent occurredAt(String type, Instant occurredAt) {
		return new CustomEvent(type, occurredAt, Map.of());
	}

	/**
	 * Create the event.
	 * @param type the API's name of the event, for example {@code seat_selected}
	 * @param occurredAt when the event happened on the customer's device, in any offset
	 * @return the event, without attributes
	 */
	public static CustomEvent occurredAt(String type, OffsetDateTime occurredAt) {
		return occurredAt(type, Copies.instant(occurredAt));
	}

	/**
	 * Set all attributes, replacing those set before.
	 * @param attributes the attributes by name
	 * @return a copy with those attributes
	 */
	public CustomEvent withAttributes(@Nullable Map<String, ? extends @Nullable Object> attributes) {
		return new CustomEvent(this.type, this.occurredAt, Copies.sortedMap(attributes));
	}

	/**
	 * Add an attribute to those set before.
	 * @param name the field's name in the JSON body
	 * @param value the value, or {@code null} to remove the attribute
	 * @return a copy with that attribute
	 */
	public CustomEvent withAttribute(String name, @Nullable Object value) {
		return withAttributes(Copies.put(this.attributes, name, value));
	}

	@Override
	public String type() {
		return this.type;
	}

	@Override
	public Instant occurredAt() {
		return this.occurredAt;
	}

	/**
	 * Return the attributes.
	 * @return the attributes by name, unmodifiable, empty if none are set
	 */
	public Map<String, Object> attributes() {
		return this.attributes;
	}

	@Override
	public boolean equals(Object other) {
		return (this == other) || (other instanceof CustomEvent that && Objects.equals(this.type, that.type)
				&& Objects.equals(this.occurredAt, that.occurredAt) && this.attributes.equals(that.attributes));
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.type, this.occurredAt, this.attributes);
	}

	/**
	 * Return a description for logs. Attributes may be personal, their names too if
	 * arguments were swapped, so only their number is shown.
	 */
	@Override
	public String toString() {
		return "CustomEvent[type=" + this.type + ", occurredAt=" + this.occurredAt + ", attributes="
				+ this.attributes.size() + "]";
	}

}
