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

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.test.ReceivedEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for storing events of the current session.
 */
@Isolated("switches the automatic propagation of Reactor on")
class StoreInContextTests extends MemoryOutboxFixture {

	@AfterEach
	void switchPropagationOff() {
		Hooks.disableAutomaticContextPropagation();
	}

	@Test
	void storedEventKeepsTheSessionItWasStoredWith() {
		this.outbox.pause("test");
		HopperSessionContext context = HopperSessionContext.of("session-1");
		context.run(() -> this.outbox.store(booking(1)));
		this.outbox.storeReactively(booking(2)).contextWrite(context.toReactorContext()).block(SECONDS);
		context.supply(() -> this.outbox.storeReactively(booking(3)))
			.subscribeOn(Schedulers.boundedElastic())
			.block(SECONDS);
		context.setSessionId("session-2");
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).extracting(ReceivedEvent::sessionId).hasSize(3).containsOnly("session-1");
	}

	@Test
	void explicitSessionWins() {
		HopperSessionContext.of("session-1").run(() -> {
			this.outbox.store("session-2", booking(1));
			this.outbox.storeReactively("session-2", booking(2)).block(SECONDS);
			this.outbox.storeAll(List.of(SessionEvent.of("session-2", booking(3))));
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).extracting(ReceivedEvent::sessionId).hasSize(3).containsOnly("session-2");
	}

	@Test
	void bookingWithoutSessionTakesTheOffersOfTheContext() {
		HopperSessionContext context = HopperSessionContext.create();
		context.addCfarOfferIds(List.of("offer-1"));
		context.run(() -> this.outbox.store(booking(1)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isNull();
			assertThat(received.event()).isEqualTo(booking(1).withCfarOfferIds("offer-1"));
		});
	}

	@Test
	void batchTakesNoCurrentSession() {
		BookingConfirmed withOffers = booking(1).withCfarOfferIds("offer-1");
		HopperSessionContext.of("session-1").run(() -> this.outbox.storeAll(List.of(SessionEvent.of(withOffers))));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).extracting(ReceivedEvent::sessionId).containsExactly((String) null);
	}

	@Test
	void withoutSessionNothingIsStored() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.store(OffersDisplayed.occurredAt(TIME)))
			.withMessageContaining("three ways to one");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.outbox.storeReactively(booking(1)).block(SECONDS))
			.withMessageContaining("three ways to one");
		assertThat(this.listener.stored).isEmpty();
	}

	/**
	 * With automatic propagation, what one customer schedules is carried on by the
	 * threads of the relay.
	 */
	@Test
	void listenersHaveTheSessionOfTheEventAndNeverThatOfAnotherCustomer() {
		Hooks.enableAutomaticContextPropagation();
		Map<String, String> wrong = new ConcurrentHashMap<>();
		Map<String, String> seen = new ConcurrentHashMap<>();
		EventDeliveryListener asking = new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				String expected = String.valueOf(event.sessionId());
				String actual = String.valueOf(HopperSessionContext.current().sessionId());
				seen.put(event.id().toString(), actual);
				if (!expected.equals(actual)) {
					wrong.put(expected, actual);
				}
			}

		};
		start((builder) -> builder.listeners(List.of(asking)));
		for (int i = 0; i < 50; i++) {
			BookingConfirmed booking = booking(i);
			HopperSessionContext.of("session-" + i).run(() -> this.outbox.store(booking));
			this.outbox.storeAll(List.of(SessionEvent.of(booking.withCfarOfferIds("offer-1"))));
			Mono.defer(() -> this.outbox.storeReactively(booking))
				.subscribeOn(Schedulers.parallel())
				.contextWrite(HopperSessionContext.of("session-" + (100 + i)).toReactorContext())
				.block(SECONDS);
		}
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		await().untilAsserted(() -> assertThat(seen).hasSize(150));
		assertThat(wrong).isEmpty();
	}

}
