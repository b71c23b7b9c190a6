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
package com.hopper.hts.events.outbox;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.json.PreparedEvent;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The form in which events are stored. What is written here is read by every later
 * version, and by instances of earlier versions during a deployment: fields are added and
 * never renamed, and unknown ones are ignored. The event itself is stored as the very
 * JSON that is sent, so a type or field of a later version passes through.
 */
final class StoredEventJson {

	static final int VERSION = 1;

	/**
	 * How what is written here begins. An event alone begins with its type.
	 */
	private static final byte[] WHOLE = "{\"version\":1,\"id\":".getBytes(StandardCharsets.US_ASCII);

	/**
	 * The range of times that are read. Others are damaged, and arithmetic with them may
	 * overflow.
	 */
	private static final Instant EARLIEST = Instant.EPOCH;

	private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

	/**
	 * Not every database can write all characters.
	 */
	private static final JsonFactory FACTORY = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private StoredEventJson() {
	}

	static byte[] write(StoredEvent event) {
		return write(event, null, null);
	}

	static byte[] write(DeadLetter deadLetter) {
		return write(deadLetter.event(), deadLetter.reason(), deadLetter.deadSince());
	}

	private static byte[] write(StoredEvent event, DeadLetter.@Nullable Reason reason, @Nullable Instant deadSince) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(256 + event.payload().length);
		try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
			json.writeStartObject();
			json.writeNumberProperty("version", VERSION);
			json.writeStringProperty("id", event.id().toString());
			json.writeStringProperty("stored_at", event.storedAt().toString());
			if (event.sessionId() != null) {
				json.writeStringProperty("session_id", event.sessionId());
			}
			json.writeStringProperty("type", event.type());
			json.writeName("event");
			json.writeRawValue(new String(event.payload(), StandardCharsets.UTF_8));
			if (event.attempts() > 0) {
				json.writeNumberProperty("attempts", event.attempts());
			}
			if (!event.failures().isEmpty()) {
				json.writeArrayPropertyStart("failures");
				event.failures().forEach((failure) -> writeFailure(json, failure));
				json.writeEndArray();
			}
			if (event.replayedAt() != null) {
				json.writeStringProperty("replayed_at", event.replayedAt().toString());
			}
			if (!event.traceContext().isEmpty()) {
				json.writeObjectPropertyStart("trace");
				event.traceContext().forEach(json::writeStringProperty);
				json.writeEndObject();
			}
			if (reason != null && deadSince != null) {
				json.writeObjectPropertyStart("dead");
				json.writeStringProperty("reason", reason.name());
				json.writeStringProperty("since", deadSince.toString());
				json.writeEndObject();
			}
			json.writeEndObject();
		}
		return out.toByteArray();
	}

	/**
	 * Return when an event happened, which is close to its beginning.
	 */
	static @Nullable Instant occurredAt(byte[] payload) {
		try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), payload)) {
			JsonToken token = json.nextToken();
			while (token != null) {
				if (token == JsonToken.PROPERTY_NAME && json.currentName().equals("occurred_date_time")) {
					json.nextToken();
					OffsetDateTime time = OffsetDateTime.parse(json.getString());
					return (time.getYear() > 0 && time.getYear() < 9999) ? time.toInstant() : null;
				}
				if (token == JsonToken.PROPERTY_NAME) {
					json.nextToken();
					json.skipChildren();
				}
				token = json.nextToken();
			}
		}
		catch (JacksonException | DateTimeException ex) {
			// The time is only for display: the payload is sent as it is, and the API
			// judges it
		}
		return null;
	}

	static boolean isWhole(byte[] bytes) {
		return bytes.length > WHOLE.length && Arrays.equals(bytes, 0, WHOLE.length, WHOLE, 0, WHOLE.length);
	}

	static @Nullable String writeFailures(StoredEvent event) {
		return event.failures().isEmpty() ? null : write((json) -> {
			json.writeStartArray();
			event.failures().forEach((failure) -> writeFailure(json, failure));
			json.writeEndArray();
		});
	}

	static @Nullable String writeTrace(StoredEvent event) {
		return event.traceContext().isEmpty() ? null : write((json) -> {
			json.writeStartObject();
			event.traceContext().forEach(json::writeStringProperty);
			json.writeEndObject();
		});
	}

	private static String write(Consumer<JsonGenerator> content) {
		StringWriter out = new StringWriter();
		try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
			content.accept(json);
		}
		return out.toString();
	}

	/**
	 * Read what is kept beside an event. It is not needed to deliver the event, so what
	 * cannot be read is left out.
	 */
	static List<StoredEvent.Failure> readFailures(@Nullable String text, Instant storedAt) {
		return readFailures(beside(text), storedAt);
	}

	static Map<String, String> readTrace(@Nullable String text) {
		return strings(beside(text));
	}

	private static JsonNode beside(@Nullable String text) {
		try {
			return (text != null) ? MAPPER.readTree(text) : MAPPER.missingNode();
		}
		catch (JacksonException | NumberFormatException ex) {
			return MAPPER.missingNode();
		}
	}

	private static List<StoredEvent.Failure> readFailures(JsonNode json, Instant storedAt) {
		return json.isArray() ? json.valueStream()
			.limit(StoredEvent.MAX_FAILURES)
			.map((failure) -> readFailure(failure, storedAt))
			.toList() : List.of();
	}

	private static void writeFailure(JsonGenerator json, StoredEvent.Failure failure) {
		json.writeStartObject();
		json.writeStringProperty("at", failure.failedAt().toString());
		json.writeStringProperty("kind", failure.kind());
		if (failure.statusCode() != null) {
			json.writeNumberProperty("status", failure.statusCode());
		}
		json.writeStringProperty("message", failure.message());
		if (!failure.errors().isEmpty()) {
			json.writeArrayPropertyStart("errors");
			for (ApiError error : failure.errors()) {
				json.writeStartObject();
				json.writeStringProperty("message", error.message());
				if (error.code() != null) {
					json.writeStringProperty("code", error.code());
				}
				json.writeObjectPropertyStart("messages");
				error.messages().forEach(json::writeStringProperty);
				json.writeEndObject();
				json.writeEndObject();
			}
			json.writeEndArray();
		}
		json.writeEndObject();
	}

	static DeadLetter readDeadLetter(byte[] bytes) {
		JsonNode json = tree(bytes);
		StoredEvent event = readEvent(json);
		JsonNode dead = json.path("dead");
		DeadLetter.Reason reason = DeadLetter.Reason.INVALID;
		for (DeadLetter.Reason candidate : DeadLetter.Reason.values()) {
			if (candidate.name().equals(dead.path("reason").asString(""))) {
				reason = candidate;
			}
		}
		return new DeadLetter(event, reason, instant(dead.path("since"), event.storedAt()));
	}

	private static JsonNode tree(byte[] bytes) {
		try {
			return MAPPER.readTree(bytes);
		}
		catch (JacksonException | NumberFormatException ex) {
			throw unreadable(ex);
		}
	}

	private static StoredEvent readEvent(JsonNode json) {
		try {
			JsonNode sessionId = json.path("session_id");
			JsonNode event = json.path("event");
			Instant storedAt = time(json.path("stored_at"));
			if (storedAt == null || !event.isObject() || !json.path("type").isString()) {
				throw new IllegalArgumentException("There is no event, type or time");
			}
			return new StoredEvent(UUID.fromString(json.path("id").asString("")), storedAt,
					new PreparedEvent(sessionId.isString() ? sessionId.stringValue() : null,
							json.path("type").asString(), MAPPER.writeValueAsBytes(event)),
					Math.max(json.path("attempts").asInt(0), 0), readFailures(json.path("failures"), storedAt),
					time(json.path("replayed_at")), strings(json.path("trace")));
		}
		catch (JacksonException | DateTimeException | IllegalArgumentException ex) {
			throw unreadable(ex);
		}
	}

	private static StoredEvent.Failure readFailure(JsonNode json, Instant storedAt) {
		List<ApiError> errors = new ArrayList<>();
		json.path("errors")
			.forEach((error) -> errors.add(new ApiError(error.path("message").asString(""),
					error.path("code").isString() ? error.path("code").stringValue() : null,
					strings(error.path("messages")))));
		String kind = json.path("kind").asString("");
		return new StoredEvent.Failure(instant(json.path("at"), storedAt), kind.isBlank() ? "unknown" : kind,
				json.path("status").isInt() ? json.path("status").intValue() : null, json.path("message").asString(""),
				errors);
	}

	private static Map<String, String> strings(JsonNode json) {
		Map<String, String> strings = new LinkedHashMap<>();
		json.properties().forEach((property) -> strings.put(property.getKey(), property.getValue().asString("")));
		return strings;
	}

	private static Instant instant(JsonNode json, Instant otherwise) {
		Instant time = time(json);
		return (time != null) ? time : otherwise;
	}

	private static @Nullable Instant time(JsonNode json) {
		try {
			Instant time = Instant.parse(json.asString(""));
			return (time.isBefore(EARLIEST) || time.isAfter(LATEST)) ? null : time;
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

	private static IllegalArgumentException unreadable(Exception ex) {
		return new IllegalArgumentException(
				"The stored event cannot be read (%s)".formatted(ex.getClass().getSimpleName()));
	}

}
