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

import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import static com.hopper.hts.events.test.HopperEventsAssertions.assertThatEvent;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Each assertion met and not met, with the message that it prints.
 */
class HopperEventAssertTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private static final CustomEvent SEAT = CustomEvent.occurredAt("seat_selected", TIME)
		.withAttribute("seat_class", "economy")
		.withAttribute("price", 12.50)
		.withAttribute("seats", List.of(Map.of("row", 12)));

	@Test
	void isValidOnTheWire() {
		assertThatEvent(SEAT).isValidOnTheWire();
		fails(() -> assertThatEvent(
				SEAT.withAttribute("price", Map.of("currency", List.of(Currency.getInstance("EUR")))))
			.isValidOnTheWire(),
				"""
						Expected the event to be valid on the wire, but publish and store refuse it:
						  The seat_selected event has an attribute (1 of 3, value 1 of 1, element 1 of 1) of type \
						java.util.Currency; \
						use a string, number, boolean, Instant, OffsetDateTime, UUID, enum, or a collection or map of these""");
		fails(() -> assertThatEvent(SEAT.withAttribute("type", "x")).isValidOnTheWire(), """
				Expected the event to be valid on the wire, but publish and store refuse it:
				  The seat_selected event has an attribute 'type', which is set by CustomEvent.occurredAt; \
				remove the attribute""");
		fails(() -> assertThatEvent(BookingConfirmed.occurredAt(TIME).withDgOfferIds("a", " ")).isValidOnTheWire(), """
				Expected the event to be valid on the wire, but publish and store refuse it:
				  The booking_confirmed event has a 'dgOfferIds' whose element 2 of 2 is blank; leave it out""");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatEvent(null).isValidOnTheWire())
			.withMessageContaining("Expecting actual not to be null");
	}

	@Test
	void customEventsWithTheNameOfABuiltInTypeHaveItsFields() {
		assertThatEvent(CustomEvent.occurredAt("booking_confirmed", TIME).withAttribute("cfar_contract_id", "c"))
			.isValidOnTheWire()
			.isValidFor("session-1");
		fails(() -> assertThatEvent(CustomEvent.occurredAt("booking_confirmed", TIME).withAttribute("seat", "12A"))
			.isValidOnTheWire(), """
					Expected the event to be valid on the wire, but the API would refuse it:
					  The booking_confirmed event is one of the API's own, and 'seat' is not a known field; \
					use BookingConfirmed or OffersDisplayed, or a type of your own""");
		fails(() -> assertThatEvent(CustomEvent.occurredAt("booking_confirmed", TIME).withAttribute("dg_offer_ids", 1))
			.isValidFor("session-1"), """
					Expected the event to be valid on the wire, but the API would refuse it:
					  The booking_confirmed event is one of the API's own, and 'dg_offer_ids' must be an array of \
					strings; use BookingConfirmed or OffersDisplayed, or a type of your own""");
	}

	@Test
	void isValidFor() {
		assertThatEvent(SEAT).isValidFor("session-1");
		fails(() -> assertThatEvent(SEAT).as("seat").isValidFor("sitzung-ü"), """
				[seat] Expected the event to be valid on the wire, but publish and store refuse it:
				  The seat_selected event was given a session id whose character 9 of 9 (U+00FC) cannot be sent \
				in a header; use visible ASCII characters only""");
		fails(() -> assertThatEvent(SEAT).isValidFor(null), """
				Expected the event to be valid on the wire, but publish and store refuse it:
				  The seat_selected event was given a session id that is null; use the id that POST /sessions \
				returned or that you chose for the session""");
	}

	@Test
	void isValidWithoutSession() {
		assertThatEvent(BookingConfirmed.occurredAt(TIME).withCfarOfferIds("a")).isValidWithoutSession();
		fails(() -> assertThatEvent(OffersDisplayed.occurredAt(TIME)).isValidWithoutSession(),
				"Expected the offers_displayed event to be valid without a session, but only a BookingConfirmed can be");
		fails(() -> assertThatEvent(BookingConfirmed.occurredAt(TIME)).isValidWithoutSession(), """
				Expected the event to be valid without a session, but publish and store refuse it:
				  The booking_confirmed event has neither a session id nor offer ids, so the API cannot tell which \
				session was booked; set 'cfarOfferIds' or 'dgOfferIds', or let it have a session. There are three ways \
				to one: give its id with the event, do this within a HopperSessionContext that has it (in a \
				reactive chain: contextWrite), or let the context learn it from a call of hopperWebClient or of \
				another client with an interceptor of Hopper""");
	}

	@Test
	void hasJson() {
		assertThatEvent(SEAT).hasJson("""
				{
				  "seats": [ { "row": 12 } ],
				  "price": 12.5,
				  "seat_class": "economy",
				  "occurred_date_time": "2026-01-01T10:00:00Z",
				  "type": "seat_selected"
				}""");
		fails(() -> assertThatEvent(SEAT).hasJson("""
				{
				  "seats": [ { "row": 13, "letter": "A" } ],
				  "seat_class": 1,
				  "occurred_date_time": "2026-01-01T10:00:00Z",
				  "type": "seat_selected"
				}"""), """
				Expected other JSON of the seat_selected event:
				  - price is 12.5, and should not be there
				  - seat_class is "economy", and should be 1
				  - seats[0].letter is missing, and should be "A"
				  - seats[0].row is 12, and should be 13""");
		assertThatIllegalArgumentException().isThrownBy(() -> assertThatEvent(SEAT).hasJson("{"))
			.withMessageStartingWith("'expected' is not valid JSON: ");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> assertThatEvent(SEAT).hasJson("{\"price\":1e99999999999}"))
			.withMessageStartingWith("'expected' is not valid JSON: ");
	}

	private static void fails(ThrowingCallable assertion, String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessage(message);
	}

}
