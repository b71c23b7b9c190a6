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

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Tag("compatibility")
class HopperEventsRecorderTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(TIME);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(TIME).withCfarOfferIds("offer-1");

	private final HopperEventsRecorder recorder = new HopperEventsRecorder();

	@Test
	void publishConfirmsWhatIsSubscribedToOncePerSubscription() {
		Mono<EventReceipt> publication = this.recorder.publisher().publish("session-1", OFFERS);
		assertThat(this.recorder.all()).isEmpty();
		EventReceipt receipt = publication.block(TIMEOUT);
		assertThat(receipt).isEqualTo(publication.block(TIMEOUT));
		assertThat(receipt.delivered()).isTrue();
		assertThat(receipt.eventType()).isEqualTo("offers_displayed");
		assertThat(receipt.attempts()).isOne();
		assertThat(this.recorder.all()).containsOnly(new PublishedHopperEvent<>("session-1", OFFERS, false)).hasSize(2);
	}

	@Test
	void everyWayToPublishIsRecordedInOrder() {
		this.recorder.publisher().publishAndWait("session-1", OFFERS);
		this.recorder.publisher().publishAndWait(BOOKING);
		this.recorder.publisher().publish(BOOKING).block(TIMEOUT);
		List<EventResult> results = this.recorder.publisher()
			.publishAll(Flux.just(SessionEvent.of("session-2", OFFERS), SessionEvent.of(BOOKING),
					new SessionEvent(null, OFFERS)), 1)
			.collectList()
			.block(TIMEOUT);
		assertThat(results).extracting(EventResult::delivered).containsExactly(true, true, false);
		assertThat(this.recorder.all()).containsExactly(new PublishedHopperEvent<>("session-1", OFFERS, false),
				new PublishedHopperEvent<>(null, BOOKING, false), new PublishedHopperEvent<>(null, BOOKING, false),
				new PublishedHopperEvent<>("session-2", OFFERS, false),
				new PublishedHopperEvent<>(null, BOOKING, false));
		List<PublishedHopperEvent<BookingConfirmed>> bookings = this.recorder.ofType(BookingConfirmed.class);
		assertThat(bookings).hasSize(3);
		assertThat(bookings.get(0).event().cfarOfferIds()).containsExactly("offer-1");
	}

	@Test
	void everyWayToStoreIsRecordedInOrder() {
		assertThat(this.recorder.outbox().store("session-1", OFFERS)).isNotNull();
		assertThat(this.recorder.outbox().store(BOOKING)).isNotNull();
		assertThat(this.recorder.outbox()
			.storeAll(List.of(SessionEvent.of("session-2", OFFERS), SessionEvent.of(BOOKING)))).doesNotHaveDuplicates()
			.hasSize(2);
		assertThat(this.recorder.outbox().storeAll(List.of())).isEmpty();
		assertThat(this.recorder.all()).containsExactly(new PublishedHopperEvent<>("session-1", OFFERS, true),
				new PublishedHopperEvent<>(null, BOOKING, true), new PublishedHopperEvent<>("session-2", OFFERS, true),
				new PublishedHopperEvent<>(null, BOOKING, true));
	}

	@Test
	@SuppressWarnings("NullAway")
	void refusesWhatTheRealOnesRefuse() {
		CustomEvent invalid = CustomEvent.occurredAt("seat_selected", TIME).withAttribute("seat", new Object());
		refuses(() -> this.recorder.publisher().publish("session-1", invalid).block(TIMEOUT), "java.lang.Object");
		refuses(() -> this.recorder.publisher().publishAndWait(null, OFFERS), "session id that is null");
		refuses(() -> this.recorder.publisher().publishAndWait("session-1", (HopperEvent) null), "is null");
		refuses(() -> this.recorder.publisher().publishAndWait((BookingConfirmed) null), "is null");
		refuses(() -> this.recorder.publisher().publishAndWait(BookingConfirmed.occurredAt(TIME)), "neither");
		refuses(() -> this.recorder.outbox().store("session-1", invalid), "java.lang.Object");
		refuses(() -> this.recorder.outbox().store(" ", OFFERS), "session id that is blank");
		refuses(() -> this.recorder.outbox().store(BookingConfirmed.occurredAt(TIME)), "neither");
		refuses(() -> this.recorder.outbox()
			.storeAll(List.of(SessionEvent.of("session-1", OFFERS), new SessionEvent(null, OFFERS))), "has no session");
		assertThat(this.recorder.all()).isEmpty();
	}

	@Test
	void requiresSessionsIfTold() {
		HopperEventsRecorder strict = new HopperEventsRecorder(true);
		refuses(() -> strict.publisher().publishAndWait(BOOKING), "hopper.require-session=true");
		refuses(() -> strict.outbox().store(BOOKING), "hopper.require-session=true");
		assertThat(strict).isEmpty();
	}

	@Test
	void refusesToBlockEventLoops() {
		assertThatIllegalStateException()
			.isThrownBy(() -> Mono.fromCallable(() -> this.recorder.publisher().publishAndWait("session-1", OFFERS))
				.subscribeOn(Schedulers.parallel())
				.block(TIMEOUT));
		assertThatIllegalStateException()
			.isThrownBy(() -> Mono.fromCallable(() -> this.recorder.outbox().flush(Duration.ZERO))
				.subscribeOn(Schedulers.parallel())
				.block(TIMEOUT));
	}

	@Test
	void nothingIsLeftToOperate() {
		this.recorder.outbox().store("session-1", OFFERS);
		assertThat(this.recorder.outbox().flush(Duration.ZERO)).isTrue();
		assertThat(this.recorder.outbox()).isInstanceOfSatisfying(EventOutboxOperations.class, (operations) -> {
			assertThat(operations.state().pendingCount()).isZero();
			assertThat(operations.state().running()).isTrue();
			assertThat(operations.deadLetters(DeadLetter.Filter.all(), null, 10)).isEmpty();
		});
	}

	@Test
	void clearForgets() {
		this.recorder.publisher().publishAndWait("session-1", OFFERS);
		refuses(() -> this.recorder.publisher().publishAndWait(" ", OFFERS), "blank");
		this.recorder.clear();
		assertThat(this.recorder).isEmpty();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(this.recorder).hasSize(1))
			.withMessage("Expected that 1 event was published, but none was.\nNothing was published.");
		this.recorder.publisher().publishAndWait("session-2", OFFERS);
		assertThat(this.recorder).contains(OffersDisplayed.class).forSession("session-2").once().hasSize(1);
	}

	@Test
	void worksOnAllThreads() {
		Flux.range(0, 1000)
			.flatMap((number) -> this.recorder.publisher()
				.publish("session-" + number, OFFERS)
				.subscribeOn(Schedulers.boundedElastic()))
			.blockLast(TIMEOUT);
		assertThat(this.recorder).contains(OffersDisplayed.class).times(1000);
	}

	private static void refuses(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String problem) {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(call)
			.withMessageContaining(problem);
	}

}
