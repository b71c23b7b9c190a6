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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link WebClientEventPublisher}, over real connections.
 */
@Tag("compatibility")
class WebClientEventPublisherTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private static final String SESSION = "9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f";

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(TIME);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(TIME)
		.withCfarContractId("canary-contract")
		.withCfarOfferIds("canary-offer")
		.withBookingReference("cfar", "CANARYPNR");

	private final ScriptedServer server = new ScriptedServer();

	private final EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3));

	@AfterEach
	void close() throws IOException {
		this.server.close();
	}

	@Test
	void sendsWhatTheContractAsksFor() {
		EventReceipt receipt = this.publisher.publishAndWait(SESSION, BOOKING);
		assertThat(receipt.delivered()).isTrue();
		assertThat(receipt.outcome()).isEqualTo(EventReceipt.Outcome.DELIVERED);
		assertThat(receipt.attempts()).isEqualTo(1);
		assertThat(receipt.eventType()).isEqualTo("booking_confirmed");
		assertThat(receipt.headers().get("expires")).containsExactly("0");
		assertThat(receipt.elapsed()).isPositive();
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.requestLine()).isEqualTo("POST /airline/v1.1/events HTTP/1.1");
			assertThat(request.header("Authorization")).isEqualTo("Bearer " + Publishers.TOKEN);
			assertThat(request.header("HC-Session-ID")).isEqualTo(SESSION);
			assertThat(request.header("Content-Type")).isEqualTo("application/json");
			assertThat(request.header("Accept")).isEqualTo("application/json");
			assertThat(request.header("Content-Length")).isEqualTo(String.valueOf(request.body().length));
			assertThat(request.header("Transfer-Encoding")).isNull();
			assertThat(request.text()).isEqualTo("{\"type\":\"booking_confirmed\",\"occurred_date_time\":"
					+ "\"2022-01-24T15:34:30Z\",\"cfar_contract_id\":\"canary-contract\","
					+ "\"cfar_offer_ids\":[\"canary-offer\"],\"booking_references\":{\"cfar\":\"CANARYPNR\"}}");
		});
	}

	@Test
	void sendsNoSessionHeaderWhenTheBookingNamesItsOffers() {
		assertThat(this.publisher.publishAndWait(BOOKING).delivered()).isTrue();
		assertThat(this.server.requests()).singleElement()
			.satisfies((request) -> assertThat(request.headers()).doesNotContainKey("hc-session-id"));
	}

	@Test
	void sendsNothingBeforeSubscriptionAndOncePerSubscription() {
		Mono<EventReceipt> publication = this.publisher.publish(SESSION, OFFERS);
		assertThat(this.server.connectionsAccepted()).isZero();
		publication.block(TIMEOUT);
		publication.block(TIMEOUT);
		assertThat(this.server.requests()).hasSize(2);
	}

	static Stream<Arguments> invalid() {
		BookingConfirmed booking = BookingConfirmed.occurredAt(TIME);
		List<String> nullElement = new ArrayList<>();
		nullElement.add(null);
		return Stream.of(Arguments.of(null, OFFERS, "session id that is null"),
				Arguments.of("", OFFERS, "session id that is blank"),
				Arguments.of("  ", OFFERS, "session id that is blank"),
				Arguments.of("abc\r\nX-Evil: 1", OFFERS, "character 4 of 14 (U+000D)"),
				Arguments.of("abc\n", OFFERS, "character 4 of 4 (U+000A)"),
				Arguments.of("séance", OFFERS, "character 2 of 6 (U+00E9)"), Arguments.of("a\u0000b", OFFERS, "U+0000"),
				Arguments.of(" abc", OFFERS, "begins or ends with a space"),
				Arguments.of(SESSION, null, "The event is null"),
				Arguments.of(SESSION, booking.withCfarContractId(" "), "blank 'cfarContractId'"),
				Arguments.of(SESSION, booking.withDgContractId(""), "blank 'dgContractId'"),
				Arguments.of(SESSION, booking.withCfarOfferIds("a", ""), "element 2 of 2 is blank"),
				Arguments.of(SESSION, booking.withDgOfferIds(nullElement), "element 1 of 1 is null"),
				Arguments.of(SESSION, booking.withBookingReference(" ", "x"), "blank name"),
				Arguments.of(SESSION, booking.withBookingReference("cfar", " "),
						"blank value (its name has 4 characters)"),
				Arguments.of(SESSION, booking.withCfarContractId("\uD800"), "unpaired surrogate"),
				Arguments.of(SESSION, OffersDisplayed.occurredAt(Instant.MAX), "outside the years"),
				Arguments.of(SESSION, CustomEvent.occurredAt(" ", TIME), "blank 'type'"),
				Arguments.of(SESSION, CustomEvent.occurredAt("x", TIME).withAttribute("type", "y"), "attribute 'type'"),
				Arguments.of(SESSION, CustomEvent.occurredAt("x", TIME).withAttribute("a", new Object()),
						"attribute (1 of 1) of type java.lang.Object"),
				Arguments.of(SESSION,
						CustomEvent.occurredAt("x", TIME).withAttribute("a", List.of(1, List.of(Double.NaN))),
						"attribute (1 of 1, element 2 of 2, element 1 of 1) that is not a finite number"));
	}

	@ParameterizedTest
	@MethodSource("invalid")
	void invalidInputIsAClearErrorBeforeAnyRequest(String sessionId, HopperEvent event, String message) {
		HopperApiException exception = failure(sessionId, event);
		assertThat(exception).isInstanceOf(HopperApiException.InvalidEvent.class)
			.hasMessageContaining(message)
			.hasMessageContaining("Nothing was sent");
		assertThat(exception.getAttempts()).isZero();
		assertThat(exception.isTransient()).isFalse();
		assertThat(this.server.connectionsAccepted()).isZero();
	}

	@Test
	void bookingWithoutSessionNeedsOffers() {
		BookingConfirmed booking = BookingConfirmed.occurredAt(TIME).withCfarContractId("contract");
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> this.publisher.publishAndWait(booking))
			.withMessageContaining("neither a session id nor offer ids");
		assertThat(this.publisher.publishAndWait(booking.withDgOfferIds("offer")).delivered()).isTrue();
	}

	@Test
	void sessionCanBeRequiredAlways() {
		EventPublisher strict = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1),
				(builder) -> builder.requireSession(true));
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> strict.publishAndWait(BOOKING))
			.withMessageContaining("hopper.require-session");
		assertThat(strict.publishAndWait(SESSION, BOOKING).delivered()).isTrue();
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void streamReportsEveryEventWithItsOwnResult() {
		SessionEvent invalid = new SessionEvent(null, OFFERS);
		SessionEvent good = SessionEvent.of(SESSION, OFFERS);
		SessionEvent bad = SessionEvent.of("bad\n", OFFERS);
		SessionEvent withoutSession = SessionEvent.of(BOOKING);
		List<EventResult> results = this.publisher.publishAll(Flux.just(invalid, good, bad, withoutSession), 2)
			.collectList()
			.block(TIMEOUT);
		assertThat(results).hasSize(4);
		assertThat(results).filteredOn(EventResult::delivered)
			.extracting(EventResult::sessionEvent)
			.containsExactlyInAnyOrder(good, withoutSession);
		assertThat(results).filteredOn((result) -> !result.delivered())
			.allSatisfy((result) -> assertThat(result.error()).isInstanceOf(HopperApiException.InvalidEvent.class))
			.extracting(EventResult::sessionEvent)
			.usingElementComparator((a, b) -> (a == b) ? 0 : 1)
			.containsExactlyInAnyOrder(invalid, bad);
	}

	@Test
	void streamKeepsNoMoreInFlightThanAskedFor() {
		AtomicLong requested = new AtomicLong();
		this.server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
		Flux<SessionEvent> source = Flux.range(0, 100)
			.map((i) -> SessionEvent.of(SESSION, OFFERS))
			.doOnRequest(requested::addAndGet);
		Disposable subscription = this.publisher.publishAll(source, 2).subscribe();
		await().until(() -> this.server.requests().size() == 2);
		assertThat(requested).hasValue(2);
		subscription.dispose();
	}

	@Test
	void streamWhoseSourceFailsStillReportsWhatWasTaken() {
		Flux<SessionEvent> source = Flux.just(SessionEvent.of(SESSION, OFFERS), SessionEvent.of(SESSION, BOOKING))
			.concatWith(Flux.error(new IllegalStateException("source")));
		StepVerifier.create(this.publisher.publishAll(source, 8))
			.expectNextMatches(EventResult::delivered)
			.expectNextMatches(EventResult::delivered)
			.expectErrorMessage("source")
			.verify(TIMEOUT);
	}

	@Test
	void streamNeedsAPositiveConcurrency() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.publisher.publishAll(Flux.empty(), 0))
			.withMessageContaining("'concurrency'");
	}

	@Test
	void blockingOnAThreadThatMustNotWaitIsRefusedWithAdvice() {
		Mono<EventReceipt> wrong = Mono.fromCallable(() -> this.publisher.publishAndWait(SESSION, OFFERS))
			.subscribeOn(Schedulers.parallel());
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> wrong.block(TIMEOUT))
			.withMessageContaining("parallel-")
			.withMessageContaining("Use publish")
			.withMessageContaining("boundedElastic");
		assertThat(this.server.connectionsAccepted()).isZero();
	}

	@Test
	void interruptedWaitIsATypedErrorAndKeepsTheInterruption() throws Exception {
		this.server.then(ScriptedServer.Exchange::hang);
		AtomicReference<Throwable> thrown = new AtomicReference<>();
		AtomicReference<Boolean> interrupted = new AtomicReference<>();
		Thread thread = new Thread(() -> {
			try {
				this.publisher.publishAndWait(SESSION, OFFERS);
			}
			catch (Throwable ex) {
				thrown.set(ex);
				interrupted.set(Thread.currentThread().isInterrupted());
			}
		});
		thread.start();
		await().until(() -> this.server.requests().size() == 1);
		thread.interrupt();
		thread.join(TIMEOUT.toMillis());
		assertThat(thrown.get()).isInstanceOf(HopperApiException.Timeout.class).hasMessageContaining("interrupted");
		assertThat(((HopperApiException) thrown.get()).isDeliveryUnknown()).isTrue();
		assertThat(interrupted.get()).isTrue();
	}

	private HopperApiException failure(String sessionId, HopperEvent event) {
		return failure(this.publisher, sessionId, event);
	}

	private static HopperApiException failure(EventPublisher publisher, String sessionId, HopperEvent event) {
		HopperApiException exception = catchThrowableOfType(HopperApiException.class,
				() -> publisher.publishAndWait(sessionId, event));
		assertThat(exception).isNotNull();
		return exception;
	}

}
