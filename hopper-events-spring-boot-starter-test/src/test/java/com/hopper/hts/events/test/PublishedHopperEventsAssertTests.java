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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Each assertion met and not met, with the message that it prints.
 */
class PublishedHopperEventsAssertTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(TIME)
		.withCfarContractId("contract-1")
		.withCfarOfferIds("offer-1", "offer-2")
		.withBookingReference("cfar", "PNR123");

	private static final CustomEvent SEAT = CustomEvent.occurredAt("seat_selected", TIME)
		.withAttribute("seat_class", "economy")
		.withAttribute("row", 12)
		.withAttribute("email", "jane@example.com");

	private static final String OFFERS_LINE = "OffersDisplayed for session \"session-1\", "
			+ "occurred 2026-01-01T10:00:00Z, directly";

	private static final String BOOKING_LINE = "BookingConfirmed for session \"session-1\", cfarContractId \"contract-1\", "
			+ "cfarOfferIds [\"offer-1\", \"offer-2\"], bookingReferences {cfar=\"PNR123\"}, "
			+ "occurred 2026-01-01T10:00:00Z, through the outbox";

	private static final String DG_LINE = "BookingConfirmed without session, dgContractId \"contract-2\", "
			+ "dgOfferIds [\"offer-3\"], occurred 2026-01-01T10:00:01Z, directly";

	private static final String SEAT_LINE = "CustomEvent \"seat_selected\" for session \"session-2\", "
			+ "attributes email row seat_class, occurred 2026-01-01T10:00:00Z, directly";

	private static final String ALL = """
			Published:
			  1. %s
			  2. %s
			  3. %s
			  4. %s""".formatted(OFFERS_LINE, BOOKING_LINE, DG_LINE, SEAT_LINE);

	private static final String OTHER_SESSIONS = """
			Expected that a BookingConfirmed for session "session-9" was published, but none was.
			Published:
			  1. %s
			  2. %s <- another session
			  3. %s <- no session
			  4. %s""".formatted(OFFERS_LINE, BOOKING_LINE, DG_LINE, SEAT_LINE);

	private final HopperEventsRecorder published = new HopperEventsRecorder();

	@Test
	void containsIsMet() {
		publishSome();
		assertThat(this.published).contains(OffersDisplayed.class);
		assertThat(this.published).contains(BookingConfirmed.class)
			.forSession("session-1")
			.withCfarContractId("contract-1")
			.withDgContractId(null)
			.withCfarOfferIds("offer-1", "offer-2")
			.withDgOfferIds()
			.withBookingReference("cfar", "PNR123")
			.withBookingReference("dg", null)
			.occurredAt(TIME)
			.throughOutbox()
			.matching((booking) -> booking.dgOfferIds().isEmpty(), "that names no DG offers")
			.once();
		assertThat(this.published).contains(BookingConfirmed.class)
			.withoutSession()
			.publishedDirectly()
			.withDgContractId("contract-2")
			.withDgOfferIds("offer-3")
			.atLeastOnce()
			.contains(BookingConfirmed.class)
			.times(2)
			.contains("seat_selected")
			.forSession("session-2")
			.withAttribute("seat_class", "economy")
			.withAttribute("row", 12)
			.withAttribute("meal", null)
			.and()
			.contains(HopperEvent.class)
			.times(4);
	}

	@Test
	void containsWithoutAnyEvent() {
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class), """
				Expected that an OffersDisplayed was published, but none was.
				Nothing was published.""");
	}

	@Test
	void containsWithOtherEvents() {
		this.published.publisher().publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
		fails(() -> assertThat(this.published).contains(BookingConfirmed.class), """
				Expected that a BookingConfirmed was published, but none was.
				Published:
				  1. %s""".formatted(OFFERS_LINE));
	}

	@Test
	void containsByName() {
		publishSome();
		fails(() -> assertThat(this.published).contains("meal_selected"),
				"Expected that an event of type \"meal_selected\" was published, but none was.\n" + ALL);
	}

	@Test
	void forSession() {
		publishSome();
		fails(() -> assertThat(this.published).contains(BookingConfirmed.class).forSession("session-9"),
				OTHER_SESSIONS);
	}

	@Test
	void withoutSession() {
		publishSome();
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class).withoutSession(),
				remark("an OffersDisplayed without session", OFFERS_LINE, "has a session"));
	}

	@Test
	void throughOutbox() {
		publishSome();
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class).throughOutbox(),
				remark("an OffersDisplayed through the outbox", OFFERS_LINE, "directly"));
	}

	@Test
	void publishedDirectly() {
		publishSome();
		fails(() -> assertThat(this.published).contains(BookingConfirmed.class)
			.forSession("session-1")
			.publishedDirectly(), """
					Expected that a BookingConfirmed for session "session-1" directly was published, but none was.
					Published:
					  1. %s
					  2. %s <- through the outbox
					  3. %s <- no session
					  4. %s""".formatted(OFFERS_LINE, BOOKING_LINE, DG_LINE, SEAT_LINE));
	}

	@Test
	void occurredAt() {
		publishSome();
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class).occurredAt(TIME.plusSeconds(5)), remark(
				"an OffersDisplayed that occurred 2026-01-01T10:00:05Z", OFFERS_LINE, "occurred 2026-01-01T10:00:00Z"));
	}

	@Test
	void attributesOfBookings() {
		publishSome();
		fails(() -> bookings().withCfarContractId("contract-9"),
				remarks("with cfarContractId \"contract-9\"", "cfarContractId is \"contract-1\"", "no cfarContractId"));
		fails(() -> bookings().withDgContractId("contract-9"),
				remarks("with dgContractId \"contract-9\"", "no dgContractId", "dgContractId is \"contract-2\""));
		fails(() -> bookings().withCfarOfferIds("offer-2", "offer-1"),
				remarks("with cfarOfferIds [\"offer-2\", \"offer-1\"]", "cfarOfferIds is [\"offer-1\", \"offer-2\"]",
						"no cfarOfferIds"));
		fails(() -> bookings().withDgOfferIds("offer-9"),
				remarks("with dgOfferIds [\"offer-9\"]", "no dgOfferIds", "dgOfferIds is [\"offer-3\"]"));
		fails(() -> bookings().withBookingReference("cfar", "PNR9"), remarks("with bookingReference 'cfar' \"PNR9\"",
				"bookingReference 'cfar' is \"PNR123\"", "no bookingReference 'cfar'"));
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class).withCfarContractId("contract-1"),
				remark("an OffersDisplayed with cfarContractId \"contract-1\"", OFFERS_LINE,
						"an OffersDisplayed has no cfarContractId"));
	}

	@Test
	void attributesOfCustomEvents() {
		publishSome();
		fails(() -> assertThat(this.published).contains("seat_selected").withAttribute("seat_class", "business"),
				remark("an event of type \"seat_selected\" with attribute 'seat_class' \"business\"", SEAT_LINE,
						"attribute 'seat_class' is \"economy\""));
		fails(() -> assertThat(this.published).contains("seat_selected").withAttribute("row", 12L),
				remark("an event of type \"seat_selected\" with attribute 'row' 12", SEAT_LINE,
						"attribute 'row' is 12, of type Integer and not Long"));
		fails(() -> assertThat(this.published).contains("seat_selected").withAttribute("email", "x"),
				remark("an event of type \"seat_selected\" with attribute 'email' \"x\"", SEAT_LINE,
						"attribute 'email' is \"***\""));
		fails(() -> assertThat(this.published).contains("seat_selected").withAttribute("email", "joe@example.com"),
				remark("an event of type \"seat_selected\" with attribute 'email' \"***\"", SEAT_LINE,
						"attribute 'email' is \"***\", and differs in what is not shown"));
	}

	@Test
	void conditionsDoNotAffectEachOther() {
		publishSome();
		ContainedHopperEventsAssert<BookingConfirmed> bookings = bookings();
		bookings.forSession("session-1").once();
		bookings.withoutSession().once();
		bookings.times(2);
		fails(() -> bookings.forSession("session-9"), OTHER_SESSIONS);
	}

	@Test
	void matching() {
		publishSome();
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class)
			.matching((event) -> event.occurredAt().isBefore(TIME), "of yesterday"),
				remark("an OffersDisplayed of yesterday", OFFERS_LINE, "not of yesterday"));
	}

	@Test
	void once() {
		publishSome();
		fails(() -> bookings().once(), """
				Expected that a BookingConfirmed was published once, but it was twice.
				Published (> are those):
				    1. %s
				  > 2. %s
				  > 3. %s
				    4. %s""".formatted(OFFERS_LINE, BOOKING_LINE, DG_LINE, SEAT_LINE));
	}

	@Test
	void times() {
		this.published.publisher().publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class).forSession("session-1").times(3), """
				Expected that an OffersDisplayed for session "session-1" was published 3 times, but it was once.
				Published (> are those):
				  > 1. %s""".formatted(OFFERS_LINE));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> assertThat(this.published).contains(OffersDisplayed.class).times(0));
	}

	@Test
	void doesNotContain() {
		publishSome();
		assertThat(this.published).doesNotContain("meal_selected")
			.forSession("session-2")
			.doesNotContain(BookingConfirmed.class);
		fails(() -> assertThat(this.published).doesNotContain(OffersDisplayed.class), """
				Expected that an OffersDisplayed was not published, but it was once.
				Published (> are those):
				  > 1. %s
				    2. %s
				    3. %s
				    4. %s""".formatted(OFFERS_LINE, BOOKING_LINE, DG_LINE, SEAT_LINE));
		fails(() -> assertThat(this.published).forSession("session-2").doesNotContain("seat_selected"),
				"""
						Expected that an event of type "seat_selected" for session "session-2" was not published, but it was once.
						Published for session "session-2" (> are those):
						  > 1. %s"""
					.formatted(SEAT_LINE));
	}

	@Test
	void isEmptyAndHasSize() {
		assertThat(this.published).isEmpty();
		fails(() -> assertThat(this.published).hasSize(1), """
				Expected that 1 event was published, but none was.
				Nothing was published.""");
		publishSome();
		assertThat(this.published).hasSize(4).forSession("session-9").isEmpty();
		fails(() -> assertThat(this.published).isEmpty(), "Expected that nothing was published, but 4 were.\n" + ALL);
		fails(() -> assertThat(this.published).hasSize(5),
				"Expected that 5 events were published, but 4 were.\n" + ALL);
		fails(() -> assertThat(this.published).forSession("session-9").hasSize(1), """
				Expected that 1 event was published for session "session-9", but none was.
				Nothing was published for session "session-9".""");
	}

	@Test
	void order() {
		publishSome();
		assertThat(this.published).containsInOrder(OffersDisplayed.class, BookingConfirmed.class, CustomEvent.class)
			.containsExactly(OffersDisplayed.class, BookingConfirmed.class, BookingConfirmed.class, CustomEvent.class);
		fails(() -> assertThat(this.published).containsInOrder(BookingConfirmed.class, OffersDisplayed.class),
				"Expected that [BookingConfirmed, OffersDisplayed] were published in this order, "
						+ "but there is no OffersDisplayed after the BookingConfirmed.\n" + ALL);
		fails(() -> assertThat(this.published).containsExactly(OffersDisplayed.class, BookingConfirmed.class),
				"Expected that exactly [OffersDisplayed, BookingConfirmed] were published, "
						+ "in this order and nothing else, but they were not; "
						+ "not expected: 3. BookingConfirmed, 4. CustomEvent \"seat_selected\".\n" + ALL);
	}

	@Test
	void descriptionComesFirst() {
		fails(() -> assertThat(this.published).as("after 100%").contains(OffersDisplayed.class), """
				[after 100%] Expected that an OffersDisplayed was published, but none was.
				Nothing was published.""");
		publishSome();
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).as("bookings")
				.forSession("session-1")
				.contains(BookingConfirmed.class)
				.times(2))
			.withMessageStartingWith("[bookings] Expected");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).as("bookings")
				.contains(BookingConfirmed.class)
				.forSession("session-1")
				.times(2))
			.withMessageStartingWith("[bookings] Expected");
	}

	private ContainedHopperEventsAssert<BookingConfirmed> bookings() {
		return assertThat(this.published).contains(BookingConfirmed.class);
	}

	private void publishSome() {
		this.published.publisher().publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
		this.published.outbox().store("session-1", BOOKING);
		this.published.publisher()
			.publishAndWait(BookingConfirmed.occurredAt(TIME.plusSeconds(1))
				.withDgContractId("contract-2")
				.withDgOfferIds("offer-3"));
		this.published.publisher().publishAndWait("session-2", SEAT);
	}

	private static String remark(String sentence, String line, String remark) {
		return "Expected that " + sentence + " was published, but none was.\n"
				+ ALL.replace(line, line + " <- " + remark);
	}

	private static String remarks(String sentence, String cfar, String dg) {
		return remark("a BookingConfirmed " + sentence, BOOKING_LINE, cfar).replace(DG_LINE, DG_LINE + " <- " + dg);
	}

	private static void fails(ThrowingCallable assertion, String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessage(message);
	}

}
