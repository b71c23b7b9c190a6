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
package com.hopper.hts.events.http;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for publishing events of the current session.
 */
class PublishInContextTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(Instant.EPOCH);

	private final ScriptedServer server = new ScriptedServer();

	private final EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3));

	@AfterEach
	void close() throws IOException {
		this.server.close();
	}

	@Test
	void eventOfAnyTypeTakesTheCurrentSession() {
		HopperSessionContext.of("session-1").run(() -> {
			this.publisher.publishAndWait(OFFERS);
			this.publisher.publishAndWait(BOOKING);
			this.publisher.publishAndWait(CustomEvent.occurredAt("seat_selected", Instant.EPOCH));
			this.publisher.publish(OFFERS).subscribeOn(Schedulers.parallel()).block(TIMEOUT);
		});
		assertThat(sessionIds()).hasSize(4).containsOnly("session-1");
	}

	@Test
	void explicitSessionWins() {
		HopperSessionContext.of("session-1").run(() -> this.publisher.publishAndWait("session-2", OFFERS));
		this.publisher.publish("session-2", OFFERS)
			.contextWrite(HopperSessionContext.of("session-1").toReactorContext())
			.block(TIMEOUT);
		assertThat(sessionIds()).containsExactly("session-2", "session-2");
		HopperSessionContext.of("session-1")
			.run(() -> assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
				.isThrownBy(() -> this.publisher.publishAndWait((String) null, OFFERS))
				.withMessageContaining("session id that is null"));
	}

	@Test
	void reactiveCallerHasTheSessionOfItsChain() {
		HopperSessionContext.of("thread")
			.run(() -> Mono.just(OFFERS)
				.publishOn(Schedulers.parallel())
				.flatMap(this.publisher::publish)
				.contextWrite(HopperSessionContext.of("chain").toReactorContext())
				.block(TIMEOUT));
		assertThat(sessionIds()).containsExactly("chain");
	}

	@Test
	void publicationTakesTheSessionThatIsKnownWhenItIsSubscribedTo() {
		HopperSessionContext context = HopperSessionContext.create();
		Mono<EventReceipt> publication = context.supply(() -> this.publisher.publish(OFFERS));
		context.setSessionId("session-1");
		publication.block(TIMEOUT);
		assertThat(sessionIds()).containsExactly("session-1");
	}

	@Test
	void bookingWithoutSessionTakesTheOffersOfTheContextUnlessItNamesSome() {
		HopperSessionContext context = HopperSessionContext.create();
		context.addCfarOfferIds(List.of("offer-1"));
		context.addDgOfferIds(List.of("offer-2"));
		context.run(() -> {
			this.publisher.publishAndWait(BOOKING);
			this.publisher.publishAndWait(BOOKING.withDgOfferIds("offer-3"));
		});
		assertThat(sessionIds()).containsExactly(null, null);
		assertThat(this.server.requests()).extracting((request) -> EventCodec.decode(request.body()))
			.containsExactly(BOOKING.withCfarOfferIds("offer-1").withDgOfferIds("offer-2"),
					BOOKING.withDgOfferIds("offer-3"));
	}

	@Test
	void withoutSessionTheErrorSaysTheThreeWaysToOne() {
		for (HopperEvent event : List.of(OFFERS, BOOKING, CustomEvent.occurredAt("seat_selected", Instant.EPOCH))) {
			assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
				.isThrownBy(() -> this.publisher.publish(event).block(TIMEOUT))
				.withMessageContainingAll("three ways to one", "give its id with the event",
						"within a HopperSessionContext", "hopperWebClient");
		}
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.publisher.publishAndWait((HopperEvent) null))
			.withMessageContaining("is null");
		assertThat(this.server.requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void streamOfManyCustomersTakesNoCurrentSession(boolean ofTheApplication) {
		EventPublisher streaming = ofTheApplication ? new ApplicationPublisher(this.publisher) : this.publisher;
		BookingConfirmed withOffers = BOOKING.withCfarOfferIds("offer-1");
		HopperSessionContext.of("session-1")
			.run(() -> assertThat(streaming
				.publishAll(Flux.just(SessionEvent.of(withOffers), new SessionEvent(null, OFFERS),
						SessionEvent.of("session-2", BOOKING)), 1)
				.map((result) -> result.delivered())
				.collectList()
				.block(TIMEOUT)).containsExactly(true, false, true));
		assertThat(sessionIds()).containsExactly(null, "session-2");
	}

	@Test
	void streamTakesTheSessionThatAPublisherOfTheApplicationChooses() {
		EventPublisher choosing = new ApplicationPublisher(this.publisher) {

			@Override
			public Mono<EventReceipt> publish(HopperEvent event) {
				return super.publish(event).contextWrite(HopperSessionContext.of("session-3").toReactorContext());
			}

		};
		assertThat(choosing.publishAll(Flux.just(new SessionEvent(null, OFFERS)), 1)
			.contextWrite(HopperSessionContext.of("session-1").toReactorContext())
			.map((result) -> result.delivered())
			.collectList()
			.block(TIMEOUT)).containsExactly(true);
		assertThat(sessionIds()).containsExactly("session-3");
	}

	@Test
	void publisherOfTheApplicationDeliversWhatWasStoredWithoutSession() {
		EventSender sender = EventSender.of(new ApplicationPublisher(this.publisher));
		HopperSessionContext.of("session-1")
			.run(() -> sender.send(new EventCodec(false).prepare(SessionEvent.of(BOOKING.withCfarOfferIds("offer-1"))))
				.block(TIMEOUT));
		assertThat(sessionIds()).containsExactly((String) null);
	}

	private List<String> sessionIds() {
		return this.server.requests().stream().map((request) -> request.header("HC-Session-ID")).toList();
	}

	/**
	 * A publisher of the application's, around ours.
	 */
	private static class ApplicationPublisher implements EventPublisher {

		private final EventPublisher publisher;

		ApplicationPublisher(EventPublisher publisher) {
			this.publisher = publisher;
		}

		@Override
		public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
			return this.publisher.publish(sessionId, event);
		}

		@Override
		public Mono<EventReceipt> publish(HopperEvent event) {
			return this.publisher.publish(event);
		}

	}

}
