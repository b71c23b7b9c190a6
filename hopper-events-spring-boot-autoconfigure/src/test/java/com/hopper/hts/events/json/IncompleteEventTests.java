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

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Creating an event never interrupts a booking; what is wrong with it is said when it is
 * published or stored.
 */
class IncompleteEventTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(TIME);

	private static final CustomEvent CUSTOM = CustomEvent.occurredAt("seat_selected", TIME);

	private final EventCodec codec = new EventCodec(false);

	@ParameterizedTest
	@MethodSource("refusedWhenPublished")
	void isRefusedWhenPublishedAndNotWhenCreated(Supplier<HopperEvent> creation, String problem) {
		HopperEvent event = creation.get();
		assertThat(event).isEqualTo(creation.get()).hasSameHashCodeAs(creation.get());
		assertThat(event.toString()).doesNotContain("jane@example.com");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.codec.prepare("session", event))
			.withMessageContaining(problem)
			.withMessageEndingWith(". Nothing was sent.")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("jane@example.com"));
	}

	static Stream<Arguments> refusedWhenPublished() {
		return Stream.of(refused(() -> OffersDisplayed.occurredAt((Instant) null), "no 'occurredAt'"),
				refused(() -> OffersDisplayed.occurredAt((OffsetDateTime) null), "no 'occurredAt'"),
				refused(() -> BookingConfirmed.occurredAt((Instant) null), "no 'occurredAt'"),
				refused(() -> BookingConfirmed.occurredAt((OffsetDateTime) null), "no 'occurredAt'"),
				refused(() -> CustomEvent.occurredAt("seat_selected", (Instant) null), "no 'occurredAt'"),
				refused(() -> CustomEvent.occurredAt("seat_selected", (OffsetDateTime) null), "no 'occurredAt'"),
				refused(() -> CustomEvent.occurredAt(null, TIME), "'type'"),
				refused(() -> BOOKING.withCfarOfferIds("a", null, "c"), "'cfarOfferIds' whose element 2 of 3 is null"),
				refused(() -> BOOKING.withDgOfferIds(Arrays.asList("a", null)),
						"'dgOfferIds' whose element 2 of 2 is null"),
				refused(() -> BOOKING.withBookingReference(null, "jane@example.com"), "'bookingReferences'"),
				refused(() -> BOOKING.withBookingReferences(Collections.singletonMap(null, "jane@example.com")),
						"'bookingReferences'"),
				refused(() -> BOOKING.withBookingReference("jane@example.com", " "), "'bookingReferences'"),
				refused(() -> CUSTOM.withAttribute(null, 1), "blank name"),
				refused(() -> CUSTOM.withAttribute("jane@example.com", Thread.currentThread()), "attribute (1 of 1)"),
				refused(() -> CUSTOM.withAttribute("jane@example.com", Arrays.asList("a", null)),
						"attribute (1 of 1, element 2 of 2)"),
				refused(() -> CUSTOM.withAttribute("jane@example.com", Collections.singletonMap(null, "a")),
						"attribute (1 of 1)"),
				refused(() -> CUSTOM.withAttribute("a", 1)
					.withAttribute("jane@example.com", Map.of("b", List.of(Map.of("c", Double.NaN)))),
						"attribute (2 of 2, value 1 of 1, element 1 of 1, value 1 of 1)"),
				refused(() -> CUSTOM.withAttribute("jane@example.com", OffsetDateTime.MAX), "years 0 to 9999"),
				refused(() -> CUSTOM.withAttribute("a", "jane@example.com\ud800"), "unpaired surrogate"));
	}

	private static Arguments refused(Supplier<HopperEvent> creation, String problem) {
		return arguments(creation, problem);
	}

	@Test
	void nullArraysCollectionsAndMapsAreLeftOut() {
		BookingConfirmed booking = BOOKING.withCfarOfferIds("a")
			.withCfarOfferIds((String[]) null)
			.withDgOfferIds((String[]) null)
			.withCfarOfferIds((Collection<String>) null)
			.withDgOfferIds((Collection<String>) null)
			.withBookingReferences(null);
		assertThat(booking).isEqualTo(BOOKING);
		assertThat(CUSTOM.withAttributes(null)).isEqualTo(CUSTOM);
		assertThat(CUSTOM.withAttribute("a", null)).isEqualTo(CUSTOM);
		Map<String, Object> nested = new HashMap<>();
		nested.put("b", null);
		assertThat(CUSTOM.withAttribute("a", nested).attributes()).isEqualTo(Map.of("a", Map.of()));
	}

	@Test
	void nullEventOfSessionIsRefusedWhenPublished() {
		assertThat(new SessionEvent("session", null)).hasToString("SessionEvent[sessionId=***, event=null]");
		assertThat(SessionEvent.of(null)).isEqualTo(SessionEvent.of(null, null));
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.codec.prepareAll(List.of(SessionEvent.of("session", null))))
			.withMessageStartingWith("The event (event 1 of 1) is null");
	}

	@Test
	void oneOfSeveralEventsIsNamedByItsPosition() {
		List<SessionEvent> events = new ArrayList<>(List.of(SessionEvent.of("session", BOOKING)));
		events.add(null);
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(() -> this.codec.prepareAll(events))
			.withMessageContaining("is null")
			.withMessageContaining("(event 2 of 2)");
		events.set(1, SessionEvent.of(BOOKING));
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(() -> this.codec.prepareAll(events))
			.withMessageContaining("The booking_confirmed event (event 2 of 2) has neither");
	}

	@Test
	void collectionThatIsNullIsRefusedAsAnEventIs() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(() -> this.codec.prepareAll(null))
			.withMessageContaining("collection of events is null");
	}

	@Test
	void veryLongTypeIsNotRepeated() {
		assertThat(EventCodec.subject("x".repeat(65))).isEqualTo("event");
		assertThat(EventCodec.subject("x".repeat(64))).endsWith("x event");
	}

}
