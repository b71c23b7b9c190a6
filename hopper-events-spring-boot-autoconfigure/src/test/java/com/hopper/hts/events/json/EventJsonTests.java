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

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link EventJson}: the exact bytes.
 */
class EventJsonTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	@Test
	void offersDisplayed() {
		assertThat(json(OffersDisplayed.occurredAt(TIME)))
			.isEqualTo("{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}");
	}

	@Test
	void bookingConfirmedWithNothingElse() {
		assertThat(json(BookingConfirmed.occurredAt(TIME)))
			.isEqualTo("{\"type\":\"booking_confirmed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}");
	}

	@Test
	void bookingConfirmedWithEveryField() {
		Map<String, String> references = new LinkedHashMap<>();
		references.put("dg", "PNR\"2\"");
		references.put("cfar", "PNR–1");
		assertThat(json(BookingConfirmed.occurredAt(OffsetDateTime.parse("2022-01-24T16:34:30.120+01:00"))
			.withCfarContractId("c1")
			.withDgContractId("d1")
			.withCfarOfferIds("co2", "co1")
			.withDgOfferIds("do1")
			.withBookingReferences(references)))
			.isEqualTo("{\"type\":\"booking_confirmed\",\"occurred_date_time\":\"2022-01-24T15:34:30.120Z\","
					+ "\"cfar_contract_id\":\"c1\",\"dg_contract_id\":\"d1\",\"cfar_offer_ids\":[\"co2\",\"co1\"],"
					+ "\"dg_offer_ids\":[\"do1\"],"
					+ "\"booking_references\":{\"cfar\":\"PNR–1\",\"dg\":\"PNR\\\"2\\\"\"}}");
	}

	@ParameterizedTest
	@CsvSource({ "2022-01-24T15:34:30Z,2022-01-24T15:34:30Z", "2022-01-24T15:34:00Z,2022-01-24T15:34:00Z",
			"2022-01-24T15:34:30.000001Z,2022-01-24T15:34:30.000001Z",
			"2022-01-24T15:34:30.123456789Z,2022-01-24T15:34:30.123456789Z",
			"0001-01-01T00:00:00Z,0001-01-01T00:00:00Z" })
	void timeIsRfc3339InUtc(Instant time, String expected) {
		assertThat(json(OffersDisplayed.occurredAt(time))).contains("\"occurred_date_time\":\"" + expected + "\"");
	}

	@Test
	void customEventWithEveryKindOfValue() {
		Map<String, Object> nested = new LinkedHashMap<>();
		nested.put("z", null);
		nested.put("y", List.of("a", 1));
		nested.put("b", Map.of());
		CustomEvent event = CustomEvent.occurredAt("seat_selected", TIME)
			.withAttribute("text", "ä\n")
			.withAttribute("int", 1)
			.withAttribute("long", Long.MAX_VALUE)
			.withAttribute("double", 1.5)
			.withAttribute("float", 0.1f)
			.withAttribute("decimal", new BigDecimal("1.10"))
			.withAttribute("integer", new BigInteger("12345678901234567890"))
			.withAttribute("bool", true)
			.withAttribute("instant", TIME)
			.withAttribute("offset", OffsetDateTime.parse("2022-01-24T16:34:30+01:00"))
			.withAttribute("uuid", new UUID(0, 1))
			.withAttribute("enum", DayOfWeek.MONDAY)
			.withAttribute("nested", nested)
			.withAttribute("absent", null);
		assertThat(json(event))
			.isEqualTo("{\"type\":\"seat_selected\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\",\"bool\":true,"
					+ "\"decimal\":1.10,\"double\":1.5,\"enum\":\"MONDAY\",\"float\":0.1,\"instant\":"
					+ "\"2022-01-24T15:34:30Z\",\"int\":1,\"integer\":12345678901234567890,"
					+ "\"long\":9223372036854775807,\"nested\":{\"b\":{},\"y\":[\"a\",1]},"
					+ "\"offset\":\"2022-01-24T15:34:30Z\",\"text\":\"ä\\n\","
					+ "\"uuid\":\"00000000-0000-0000-0000-000000000001\"}");
	}

	@Test
	void sameContentIsTheSameBytesWhateverTheMap() {
		assertThat(json(CustomEvent.occurredAt("x", TIME).withAttributes(Map.of("a", 1, "b", 2, "c", 3))))
			.isEqualTo(json(CustomEvent.occurredAt("x", TIME)
				.withAttribute("c", 3)
				.withAttribute("b", 2)
				.withAttribute("a", 1)));
	}

	@Test
	void emojiIsSentAsUtf8() {
		assertThat(json(BookingConfirmed.occurredAt(TIME).withBookingReference("r", "✈️🛫"))).contains("✈️🛫");
	}

	@Test
	void collectionThatContainsItselfIsRefused() {
		List<Object> cycle = new ArrayList<>();
		cycle.add(cycle);
		CustomEvent event = CustomEvent.occurredAt("x", TIME).withAttribute("cycle", cycle);
		assertThatExceptionOfType(InvalidEventDataException.class).isThrownBy(() -> EventJson.write(event))
			.withMessageContaining("(1 of 1)")
			.withMessageContaining("contains itself");
	}

	@Test
	void collectionThatContainsItselfMoreThanOnceIsNotCopiedForEver() {
		AtomicInteger read = new AtomicInteger();
		List<Object> cycle = new AbstractList<>() {

			@Override
			public Object get(int index) {
				assertThat(read.incrementAndGet()).isLessThan(1000);
				return this;
			}

			@Override
			public int size() {
				return 9;
			}

		};
		CustomEvent event = CustomEvent.occurredAt("x", TIME)
			.withAttribute("cycle", Map.of("list", cycle))
			.withAttribute("copied", new ArrayList<>(List.of("b")));
		assertThatExceptionOfType(InvalidEventDataException.class).isThrownBy(() -> EventJson.write(event))
			.withMessageContaining("(2 of 2)")
			.withMessageContaining("contains itself");
		assertThat(json(event.withAttribute("cycle", null))).endsWith("\"copied\":[\"b\"]}");
	}

	private static String json(HopperEvent event) {
		return new String(EventJson.write(event), StandardCharsets.UTF_8);
	}

}
