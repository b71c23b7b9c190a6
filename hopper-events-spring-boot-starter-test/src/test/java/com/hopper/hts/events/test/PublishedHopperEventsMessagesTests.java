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
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What the messages of failed assertions say besides the events that were published, and
 * what they leave out.
 */
class PublishedHopperEventsMessagesTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private final HopperEventsRecorder published = new HopperEventsRecorder();

	@Test
	void saysThatNobodySubscribed() {
		this.published.publisher().publish("session-1", OffersDisplayed.occurredAt(TIME));
		fails(() -> assertThat(this.published).contains(OffersDisplayed.class), """
				Expected that an OffersDisplayed was published, but none was.
				Nothing was published.
				Not published, because nobody subscribed to the Mono that publish returned:
				  - OffersDisplayed for session "session-1", occurred 2026-01-01T10:00:00Z""");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void saysThatAnEventWasRefused(boolean store) {
		BookingConfirmed invalid = BookingConfirmed.occurredAt(TIME).withCfarContractId(" ");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(() -> {
			if (store) {
				this.published.outbox().store("session-1", invalid);
			}
			else {
				this.published.publisher().publishAndWait("session-1", invalid);
			}
		});
		fails(() -> assertThat(this.published).contains(BookingConfirmed.class), """
				Expected that a BookingConfirmed was published, but none was.
				Nothing was published.
				Refused, because the API would refuse it:
				  - The booking_confirmed event has a blank 'cfarContractId'; set the id, or null if there is none. \
				Nothing was sent.""");
	}

	@Test
	void messagesListThoseThatComeClosestOfTooMany() {
		for (int i = 0; i < 100; i++) {
			this.published.publisher().publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
			this.published.publisher().publishAndWait("session-" + i, BookingConfirmed.occurredAt(TIME));
		}
		this.published.outbox().store("session-1", BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-1"));
		String booking = "BookingConfirmed for session \"session-1\", cfarContractId \"contract-1\", "
				+ "occurred 2026-01-01T10:00:00Z, through the outbox";
		assertThat(failure(() -> bookings().forSession("session-1").withCfarContractId("contract-9")).lines())
			.hasSize(2 + 30 + 1)
			.startsWith("Expected that a BookingConfirmed for session \"session-1\" with cfarContractId \"contract-9\" "
					+ "was published, but none was.", "Published:")
			.contains("  4. BookingConfirmed for session \"session-1\", occurred 2026-01-01T10:00:00Z, directly "
					+ "<- no cfarContractId", "  201. " + booking + " <- cfarContractId is \"contract-1\"")
			.endsWith("  ... and 171 more");
		assertThat(failure(() -> bookings().throughOutbox().times(2)).lines()).hasSize(2 + 30 + 1)
			.contains("  > 201. " + booking);
		assertThat(failure(() -> assertThat(this.published).isEmpty()).lines()).hasSize(2 + 30 + 1)
			.contains("  30. BookingConfirmed for session \"session-14\", occurred 2026-01-01T10:00:00Z, directly")
			.endsWith("  ... and 171 more");
	}

	@Test
	void messagesListSomeOfTooManyThatNobodySubscribedTo() {
		for (int i = 0; i < 31; i++) {
			this.published.publisher().publish("session-" + i, OffersDisplayed.occurredAt(TIME));
		}
		assertThat(failure(() -> assertThat(this.published).contains(OffersDisplayed.class)).lines())
			.hasSize(3 + 30 + 1)
			.endsWith("  - OffersDisplayed for session \"session-29\", occurred 2026-01-01T10:00:00Z",
					"  ... and 1 more");
	}

	@Test
	void messagesShortenLongTextsAndHideAddresses() {
		this.published.publisher()
			.publishAndWait("s".repeat(200),
					BookingConfirmed.occurredAt(TIME)
						.withBookingReference("jane@example.com", "joe@example.com")
						.withDgOfferIds("x".repeat(100)));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(this.published).isEmpty())
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("jane", "joe", "example.com")
				.contains("{***=\"***\"}")
				.hasSizeLessThan(400));
	}

	private ContainedHopperEventsAssert<BookingConfirmed> bookings() {
		return assertThat(this.published).contains(BookingConfirmed.class);
	}

	private static String failure(ThrowingCallable assertion) {
		Throwable failure = catchThrowable(assertion);
		assertThat(failure).isInstanceOf(AssertionError.class);
		return failure.getMessage();
	}

	private static void fails(ThrowingCallable assertion, String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessage(message);
	}

}
