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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the events.
 */
class HopperEventTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	@Test
	void typesAreTheApisOwn() {
		assertThat(OffersDisplayed.occurredAt(TIME).type()).isEqualTo("offers_displayed");
		assertThat(BookingConfirmed.occurredAt(TIME).type()).isEqualTo("booking_confirmed");
		assertThat(CustomEvent.occurredAt("seat_selected", TIME).type()).isEqualTo("seat_selected");
	}

	@Test
	void timeInAnyOffsetIsTheSameInstant() {
		OffsetDateTime local = OffsetDateTime.parse("2022-01-24T10:34:30-05:00");
		assertThat(OffersDisplayed.occurredAt(local)).isEqualTo(OffersDisplayed.occurredAt(TIME));
		assertThat(BookingConfirmed.occurredAt(local)).isEqualTo(BookingConfirmed.occurredAt(TIME));
		assertThat(CustomEvent.occurredAt("x", local)).isEqualTo(CustomEvent.occurredAt("x", TIME));
	}

	@Test
	void withMethodsReturnCopies() {
		BookingConfirmed empty = BookingConfirmed.occurredAt(TIME);
		BookingConfirmed full = empty.withCfarContractId("c")
			.withDgContractId("d")
			.withCfarOfferIds("co")
			.withDgOfferIds("do")
			.withBookingReference("cfar", "r");
		assertThat(empty).isEqualTo(BookingConfirmed.occurredAt(TIME)).isNotEqualTo(full);
		assertThat(full.cfarContractId()).isEqualTo("c");
		assertThat(full.dgContractId()).isEqualTo("d");
		assertThat(full.cfarOfferIds()).containsExactly("co");
		assertThat(full.dgOfferIds()).containsExactly("do");
		assertThat(full.bookingReferences()).containsExactly(Map.entry("cfar", "r"));
		assertThat(full.occurredAt()).isEqualTo(TIME);
	}

	@Test
	void nullMeansAbsent() {
		BookingConfirmed full = BookingConfirmed.occurredAt(TIME)
			.withCfarContractId("c")
			.withDgContractId("d")
			.withCfarOfferIds("co")
			.withDgOfferIds("do")
			.withBookingReference("cfar", "r");
		assertThat(full.withCfarContractId(null)
			.withDgContractId(null)
			.withCfarOfferIds((List<String>) null)
			.withDgOfferIds((List<String>) null)
			.withBookingReference("cfar", null)).isEqualTo(BookingConfirmed.occurredAt(TIME));
		assertThat(full.withBookingReferences(null).bookingReferences()).isEmpty();
	}

	@Test
	void collectionsAreCopiedAndCannotBeChanged() {
		List<String> offers = new ArrayList<>(List.of("o"));
		Map<String, String> references = new HashMap<>(Map.of("cfar", "r"));
		BookingConfirmed booking = BookingConfirmed.occurredAt(TIME)
			.withCfarOfferIds(offers)
			.withBookingReferences(references);
		offers.add("later");
		references.put("later", "x");
		assertThat(booking.cfarOfferIds()).containsExactly("o");
		assertThat(booking.bookingReferences()).containsOnlyKeys("cfar");
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> booking.cfarOfferIds().add("x"));
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> booking.bookingReferences().put("x", "y"));
	}

	@Test
	void attributesAreCopiedDeeply() {
		List<Object> inner = new ArrayList<>(List.of(1));
		Map<String, Object> nested = new LinkedHashMap<>();
		nested.put("list", inner);
		CustomEvent event = CustomEvent.occurredAt("x", TIME).withAttribute("nested", nested);
		inner.add(2);
		nested.put("later", true);
		assertThat(event.attributes()).isEqualTo(Map.of("nested", Map.of("list", List.of(1))));
		assertThat(event.withAttribute("nested", null).attributes()).isEmpty();
	}

	@Test
	void collectionThatContainsItselfDoesNotOverflowTheStack() {
		List<Object> cycle = new ArrayList<>();
		cycle.add(cycle);
		assertThat(CustomEvent.occurredAt("x", TIME).withAttribute("cycle", cycle).attributes())
			.containsOnlyKeys("cycle");
	}

	@Test
	void equalContentIsEqualWhateverTheOrderOfReferences() {
		BookingConfirmed one = BookingConfirmed.occurredAt(TIME)
			.withBookingReference("a", "1")
			.withBookingReference("b", "2");
		BookingConfirmed other = BookingConfirmed.occurredAt(TIME)
			.withBookingReference("b", "2")
			.withBookingReference("a", "1");
		assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
		assertThat(one).isNotEqualTo(other.withCfarContractId("c"));
	}

	@Test
	void descriptionsShowNothingPersonal() {
		assertThat(BookingConfirmed.occurredAt(TIME).withBookingReference("cfar", "PNR123")).asString()
			.contains("bookingReferences=1")
			.doesNotContain("PNR123");
		assertThat(CustomEvent.occurredAt("x", TIME).withAttribute("email", "a@b.c")).asString()
			.contains("attributes=1")
			.doesNotContain("a@b.c", "email");
		assertThat(SessionEvent.of("9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f", OffersDisplayed.occurredAt(TIME))).asString()
			.contains("9fd3***")
			.doesNotContain("f2f9");
		assertThat(SessionEvent.of("short", OffersDisplayed.occurredAt(TIME))).asString().doesNotContain("short");
	}

}
