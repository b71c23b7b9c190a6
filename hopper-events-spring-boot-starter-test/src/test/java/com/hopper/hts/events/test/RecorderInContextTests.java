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
import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.HopperSessionContext.Origin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for events of the current session in {@link HopperEventsRecorder}.
 */
@Tag("compatibility")
class RecorderInContextTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(Instant.EPOCH);

	private final HopperEventsRecorder recorder = new HopperEventsRecorder();

	@Test
	void recordsTheCurrentSessionAndWhereItCameFrom() {
		HopperSessionContext learned = HopperSessionContext.create();
		learned.setSessionId("session-2", Origin.ANSWER);
		HopperSessionContext.of("session-1").run(() -> {
			this.recorder.publisher().publishAndWait(OFFERS);
			this.recorder.outbox().store(BOOKING);
			this.recorder.outbox().storeReactively(BOOKING).contextWrite(learned.toReactorContext()).block();
			this.recorder.publisher().publishAndWait("session-3", OFFERS);
		});
		assertThat(this.recorder.all()).containsExactly(
				new PublishedHopperEvent<>("session-1", OFFERS, false, Origin.APPLICATION),
				new PublishedHopperEvent<>("session-1", BOOKING, true, Origin.APPLICATION),
				new PublishedHopperEvent<>("session-2", BOOKING, true, Origin.ANSWER),
				new PublishedHopperEvent<>("session-3", OFFERS, false));
		assertThat(this.recorder).contains(BookingConfirmed.class)
			.inCurrentSession(Origin.ANSWER)
			.forSession("session-2")
			.once();
	}

	@Test
	void failureSaysWhereASessionCameFrom() {
		HopperSessionContext.of("session-1").run(() -> this.recorder.publisher().publishAndWait(OFFERS));
		this.recorder.publisher().publishAndWait("session-2", OFFERS);
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.recorder).contains(OffersDisplayed.class).inCurrentSession(Origin.ANSWER))
			.withMessageContainingAll(
					"an OffersDisplayed in the current session (learned from an answer of the API) was published",
					"session \"session-1\"", "in the current session (set by the application)",
					"<- in the current session (set by the application)", "<- not in the current session");
	}

	@Test
	void bookingTakesTheOffersOfTheContext() {
		HopperSessionContext context = HopperSessionContext.create();
		context.addCfarOfferIds(List.of("offer-1"));
		context.run(() -> this.recorder.outbox().store(BOOKING));
		assertThat(this.recorder).contains(BookingConfirmed.class).withoutSession().withCfarOfferIds("offer-1").once();
	}

	@Test
	void refusesWhatHasNoSession() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.recorder.outbox().store(OFFERS))
			.withMessageContaining("three ways to one");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.recorder.publisher().publishAndWait(BOOKING))
			.withMessageContaining("three ways to one");
		assertThat(this.recorder).isEmpty();
	}

	@Test
	void streamsAndBatchesTakeNoCurrentSession() {
		SessionEvent withOffers = SessionEvent.of(BOOKING.withCfarOfferIds("offer-1"));
		HopperSessionContext.of("session-1").run(() -> {
			this.recorder.publisher().publishAll(Flux.just(withOffers), 1).blockLast();
			this.recorder.outbox().storeAll(List.of(withOffers));
		});
		assertThat(this.recorder).contains(BookingConfirmed.class).withoutSession().times(2);
	}

	@Test
	void publicationWithoutSubscriberShowsTheSessionOfTheCall() {
		Mono<EventReceipt> forgotten = HopperSessionContext.of("session-1")
			.supply(() -> this.recorder.publisher().publish(OFFERS));
		assertThat(forgotten).isNotNull();
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.recorder).contains(OffersDisplayed.class))
			.withMessageContainingAll("nobody subscribed", "session \"session-1\"");
	}

}
