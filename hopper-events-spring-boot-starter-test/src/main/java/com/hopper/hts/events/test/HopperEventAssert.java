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

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Assertions about an event as it is sent, made by
 * {@link HopperEventsAssertions#assertThatEvent}. They check the event as the publisher
 * does, so that {@code publish} and {@code store} accept an event that is valid here.
 * They also check it as {@link FakeHopperApi} does, so that a custom event with the name
 * of one of the API's own types has only fields of that type. They cannot tell whether
 * the API knows a custom type and its attributes.
 *
 * @since 0.1.0
 */
public final class HopperEventAssert extends AbstractAssert<HopperEventAssert, HopperEvent> {

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	private static final EventCodec CODEC = new EventCodec(false);

	private static final String ANY_SESSION = "session";

	@SuppressWarnings("NullAway") // AssertJ checks it when it is used
	HopperEventAssert(@Nullable HopperEvent actual) {
		super(actual, HopperEventAssert.class);
	}

	/**
	 * Verify that the event can be sent for a session.
	 * @return this assertion object
	 */
	public HopperEventAssert isValidOnTheWire() {
		return isValidFor(ANY_SESSION);
	}

	/**
	 * Verify that the event can be sent for this session, whose id is checked too.
	 * @param sessionId the id of the session
	 * @return this assertion object
	 */
	public HopperEventAssert isValidFor(@Nullable String sessionId) {
		isNotNull();
		checkContract(encode(sessionId), (sessionId != null) ? List.of(sessionId) : List.of());
		return this;
	}

	/**
	 * Verify that the event can be sent without a session. Only a
	 * {@link BookingConfirmed} that names the offers shown can.
	 * @return this assertion object
	 */
	public HopperEventAssert isValidWithoutSession() {
		isNotNull();
		if (!(this.actual instanceof BookingConfirmed booking)) {
			throw failure("%s",
					"Expected the %s event to be valid without a session, but only a BookingConfirmed can be"
						.formatted(this.actual.type()));
		}
		try {
			CODEC.prepare(SessionEvent.of(booking));
		}
		catch (HopperApiException.InvalidEvent ex) {
			throw invalid(ex, "without a session");
		}
		return this;
	}

	/**
	 * Verify the JSON that is sent. The order of fields, white space and the notation of
	 * numbers do not matter; everything else does.
	 * @param expected the JSON
	 * @return this assertion object
	 */
	public HopperEventAssert hasJson(String expected) {
		JsonNode expectedJson;
		try {
			expectedJson = MAPPER.readTree(expected);
		}
		// Jackson lets NumberFormatException through for a number that is too long
		catch (JacksonException | NumberFormatException ex) {
			throw new IllegalArgumentException("'expected' is not valid JSON: "
					+ ((ex instanceof JacksonException invalid) ? invalid.getOriginalMessage() : ex.getMessage()));
		}
		isNotNull();
		JsonNode actualJson = MAPPER.readTree(encode(ANY_SESSION));
		List<String> differences = new ArrayList<>();
		compare("", expectedJson, actualJson, differences);
		if (!differences.isEmpty()) {
			throw failure("%s", "Expected other JSON of the %s event:\n  - %s".formatted(this.actual.type(),
					String.join("\n  - ", differences)));
		}
		return this;
	}

	private void checkContract(byte[] json, List<String> sessionIds) {
		String type = this.actual.type();
		try {
			new EventContract(Set.of(type), Set.of(), false).check(new String(json, StandardCharsets.UTF_8),
					sessionIds);
		}
		catch (Refusal ex) {
			throw failure("%s",
					("Expected the event to be valid on the wire, but the API would refuse it:\n"
							+ "  The %s event is one of the API's own, and %s; "
							+ "use BookingConfirmed or OffersDisplayed, or a type of your own")
						.formatted(type, ex.getMessage()));
		}
	}

	@SuppressWarnings("NullAway") // A session id that is null is what may be checked
	private byte[] encode(@Nullable String sessionId) {
		try {
			return CODEC.prepare(sessionId, this.actual).body();
		}
		catch (HopperApiException.InvalidEvent ex) {
			throw invalid(ex, "on the wire");
		}
	}

	private AssertionError invalid(HopperApiException.InvalidEvent ex, String where) {
		String problem = String.valueOf(ex.getMessage()).replace(". Nothing was sent.", "");
		return failure("%s",
				"Expected the event to be valid %s, but publish and store refuse it:\n  %s".formatted(where, problem));
	}

	private static void compare(String path, @Nullable JsonNode expected, @Nullable JsonNode actual,
			List<String> differences) {
		if (expected == null || actual == null) {
			differences.add((expected == null) ? "%s is %s, and should not be there".formatted(path, value(actual))
					: "%s is missing, and should be %s".formatted(path, value(expected)));
		}
		else if (expected.isObject() && actual.isObject()) {
			TreeSet<String> names = new TreeSet<>(expected.propertyNames());
			names.addAll(actual.propertyNames());
			names.forEach((name) -> compare(path.isEmpty() ? name : path + "." + name, expected.get(name),
					actual.get(name), differences));
		}
		else if (expected.isArray() && actual.isArray()) {
			for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
				compare(path + "[" + i + "]", expected.get(i), actual.get(i), differences);
			}
		}
		else if (!same(expected, actual)) {
			differences.add("%s is %s, and should be %s".formatted(path.isEmpty() ? "it" : path, value(actual),
					value(expected)));
		}
	}

	private static boolean same(JsonNode expected, JsonNode actual) {
		if (expected.isNumber() && actual.isNumber()) {
			return new BigDecimal(expected.asString()).compareTo(new BigDecimal(actual.asString())) == 0;
		}
		return expected.equals(actual);
	}

	private static String value(@Nullable JsonNode node) {
		return (node != null && node.isString()) ? Descriptions.value(node.stringValue())
				: Descriptions.value((Object) node);
	}

}
