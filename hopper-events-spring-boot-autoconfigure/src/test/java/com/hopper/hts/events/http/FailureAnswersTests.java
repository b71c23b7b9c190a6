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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import com.hopper.hts.events.testing.ScriptedServer.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for answers that mean failure: their type, what is kept of them, and whether they
 * are retried.
 */
class FailureAnswersTests {

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

	static Stream<Arguments> statuses() {
		return Stream.of(Arguments.of(200, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(201, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(202, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(301, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(302, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(307, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(400, HopperApiException.Rejected.class, false),
				Arguments.of(401, HopperApiException.Unauthorized.class, false),
				Arguments.of(403, HopperApiException.Forbidden.class, false),
				Arguments.of(404, HopperApiException.NotFound.class, false),
				Arguments.of(405, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(408, HopperApiException.Timeout.class, true),
				Arguments.of(409, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(413, HopperApiException.Rejected.class, false),
				Arguments.of(418, HopperApiException.UnexpectedResponse.class, false),
				Arguments.of(422, HopperApiException.Rejected.class, false),
				Arguments.of(429, HopperApiException.RateLimited.class, true),
				Arguments.of(500, HopperApiException.ServerError.class, true),
				Arguments.of(501, HopperApiException.ServerError.class, false),
				Arguments.of(502, HopperApiException.ServerError.class, true),
				Arguments.of(503, HopperApiException.ServerError.class, true),
				Arguments.of(504, HopperApiException.ServerError.class, true),
				Arguments.of(599, HopperApiException.ServerError.class, false));
	}

	@ParameterizedTest(name = "{0}: {1}, retried: {2}")
	@MethodSource("statuses")
	void statusBecomesTypedErrorAndIsRetriedOrNot(int status, Class<? extends HopperApiException> type,
			boolean retried) {
		String[] bodies = { "", "<html><body>Sorry " + Publishers.TOKEN + "</body></html>", "{\"errors\":[{\"mess",
				"[]", "{\"errors\":\"none\"}", "{\"errors\":[{\"message\":\"No\",\"code\":\"c\"}]}" };
		for (String body : bodies) {
			int before = this.server.requests().size();
			for (int i = 0; i < 3; i++) {
				this.server.thenAnswer(ScriptedServer.response(status, body, "Content-Type: text/html",
						"X-Request-Id: req-1", "Location: http://127.0.0.1:1/elsewhere"));
			}
			HopperApiException exception = failure(SESSION, BOOKING);
			assertThat(exception).isExactlyInstanceOf(type);
			assertThat(exception.getStatusCode().value()).isEqualTo(status);
			assertThat(exception.getHeaders().getFirst("X-Request-Id")).isEqualTo("req-1");
			assertThat(exception.getAttempts()).isEqualTo(retried ? 3 : 1);
			assertThat(exception.getEventType()).isEqualTo("booking_confirmed");
			assertThat(exception.getMaskedSessionId()).isEqualTo("9fd3***");
			assertThat(exception.getMessage()).contains("booking_confirmed", String.valueOf(status));
			assertCarriesNoSecret(exception);
			List<Request> requests = this.server.requests().subList(before, this.server.requests().size());
			assertThat(requests).hasSize(retried ? 3 : 1);
			for (int i = requests.size(); i < 3; i++) {
				// Use up what is left of the script
				assertThat(failure(SESSION, BOOKING)).isExactlyInstanceOf(type);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 408, 429, 500, 502, 503, 504 })
	void deliversAfterFailuresThatPassWithTheVerySameRequest(int status) {
		this.server.thenStatus(status).thenStatus(status);
		EventReceipt receipt = this.publisher.publishAndWait(SESSION, BOOKING);
		assertThat(receipt.attempts()).isEqualTo(3);
		assertThat(this.server.requests()).hasSize(3);
		assertThat(this.server.requests()).extracting(Request::text).containsOnly(this.server.requests().get(0).text());
	}

	@Test
	void parsesErrorsAndRemovesWhatRepeatsTheRequest() {
		this.server.thenAnswer(ScriptedServer.response(422, """
				{"errors":[
				  {"message":"Contract canary-contract of session %s\\nis unknown","code":"unknown_contract",
				   "messages":{"cfar_contract_id":"no contract canary-contract","token":"%s"}},
				  {"message":"Second","extra":1},
				  {"code":"without message"}]}""".formatted(SESSION, Publishers.TOKEN),
				"Content-Type: application/json"));
		HopperApiException.Rejected rejected = (HopperApiException.Rejected) failure(SESSION, BOOKING);
		assertThat(rejected.getErrors()).hasSize(2);
		ApiError error = rejected.getErrors().get(0);
		assertThat(error.message()).isEqualTo("Contract *** of session *** is unknown");
		assertThat(error.code()).isEqualTo("unknown_contract");
		assertThat(error.messages()).containsEntry("cfar_contract_id", "no contract ***").containsEntry("token", "***");
		assertThat(rejected).hasMessageContaining("[unknown_contract] Contract *** of session *** is unknown")
			.hasMessageContaining("422")
			.hasMessageContaining("Correct it");
		assertThat(rejected.isTransient()).isFalse();
		assertCarriesNoSecret(rejected);
	}

	@Test
	void readsNoMoreOfAHugeErrorThanItNeeds() {
		String chunk = "x".repeat(1024 * 1024);
		AtomicInteger sent = new AtomicInteger();
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n");
			for (int i = 0; i < 10; i++) {
				exchange.send(chunk);
				sent.incrementAndGet();
			}
		});
		assertThat(failure(SESSION, OFFERS)).isInstanceOf(HopperApiException.Rejected.class);
		assertThat(sent.get()).isLessThan(10);
	}

	@Test
	void doesNotWaitForAnErrorBodyThatNeverEnds() {
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 422 Bad\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
			exchange.hang();
		});
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3),
				(builder) -> builder.responseTimeout(Duration.ofSeconds(5)));
		HopperApiException exception = failure(publisher, SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.Rejected.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
	}

	@Test
	void errorWhoseBodyIsCutOffKeepsItsStatus() {
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{\"errors\"");
			exchange.reset();
		});
		assertThat(failure(SESSION, OFFERS)).isInstanceOf(HopperApiException.Rejected.class);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void errorWhoseBodyIsLateKeepsItsStatusAndIsNotSentAgain() {
		this.server.then((exchange) -> {
			exchange.pause(Duration.ofMillis(2200));
			exchange.send("HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{");
			exchange.hang();
		});
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3),
				(builder) -> builder.responseTimeout(Duration.ofSeconds(5)));
		assertThat(failure(publisher, SESSION, OFFERS)).isInstanceOf(HopperApiException.Rejected.class);
		assertThat(this.server.requests()).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource({ "200,true", "202,true", "302,false", "400,false", "401,false", "408,false", "429,false", "500,false",
			"502,true", "503,false", "504,true", "520,true", "524,true" })
	void answerSaysWhetherTheEventMayHaveBeenCounted(int status, boolean unknown) {
		EventPublisher once = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1));
		this.server.thenStatus(status);
		assertThat(failure(once, SESSION, OFFERS).isDeliveryUnknown()).isEqualTo(unknown);
	}

	@Test
	void numbersOfTheEventAreRemovedFromErrorsToo() {
		this.server.thenAnswer(
				ScriptedServer.response(422, "{\"errors\":[{\"message\":\"card 4111111111111111 is not wanted\"}]}"));
		HopperApiException exception = failure(SESSION,
				CustomEvent.occurredAt("x", TIME).withAttribute("card", 4111111111111111L));
		assertThat(exception).hasMessageContaining("card *** is not wanted");
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

	private static void assertCarriesNoSecret(Throwable exception) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			assertThat(cause.toString()).doesNotContain(Publishers.TOKEN, SESSION, "canary", "CANARY");
			assertThat(cause.getClass().getName()).doesNotStartWith("org.springframework.web.reactive");
		}
	}

}
