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
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.testing.ScriptedServer;
import com.hopper.hts.events.testing.ScriptedServer.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link WebClientEventPublisher}, over real connections.
 */
class WebClientEventPublisherTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

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

	@Test
	void cancellationAbortsTheRequestInFlight() {
		this.server.then(ScriptedServer.Exchange::hang);
		AtomicBoolean released = new AtomicBoolean();
		WebClient webClient = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(
					HttpClient.newConnection().doOnDisconnected((connection) -> released.set(true))))
			.build();
		EventPublisher publisher = new HopperApiBuilder(webClient, this.server.baseUrl())
			.retryPolicy(Publishers.retryPolicy(3))
			.publisher();
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> this.server.requests().size() == 1);
		subscription.dispose();
		await().untilTrue(released);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void cancellationWhileWaitingForARetryEndsThePublication() {
		CountingMetrics metrics = new CountingMetrics();
		RetryPolicy slow = new RetryPolicy(3, Duration.ofSeconds(20), 1, Duration.ofSeconds(20), 0,
				Duration.ofSeconds(20), Duration.ofSeconds(60), true, 10);
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), slow,
				(builder) -> builder.metrics(metrics));
		this.server.thenStatus(503);
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> metrics.retries.size() == 1);
		subscription.dispose();
		assertThat(metrics.finished).containsExactly("offers_displayed 1 cancelled");
		assertThat(this.server.requests()).hasSize(1);
	}

	// What each status means

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
				(builder) -> builder.responseTimeout(Duration.ofMillis(500)));
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
			exchange.pause(Duration.ofMillis(350));
			exchange.send("HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{");
			exchange.hang();
		});
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3),
				(builder) -> builder.responseTimeout(Duration.ofMillis(800)));
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

	// No answer at all

	@Test
	void connectionResetBeforeAnAnswerIsRetried() {
		this.server.then(ScriptedServer.Exchange::reset).then(ScriptedServer.Exchange::end);
		EventReceipt receipt = this.publisher.publishAndWait(SESSION, BOOKING);
		assertThat(receipt.attempts()).isEqualTo(3);
		assertThat(this.server.requests()).extracting(Request::text).containsOnly(this.server.requests().get(0).text());
	}

	@Test
	void halfAnAnswerIsRetried() {
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 20");
			exchange.end();
		}).then((exchange) -> {
			exchange.send("HTTP/1.1 204 No Content\r\nExpires: 0\r\n");
			exchange.end();
		});
		assertThat(this.publisher.publishAndWait(SESSION, BOOKING).attempts()).isEqualTo(3);
	}

	@Test
	void resetIsReportedAsConnectionFailureOfUnknownDelivery() {
		this.server.then(ScriptedServer.Exchange::reset)
			.then(ScriptedServer.Exchange::reset)
			.then(ScriptedServer.Exchange::reset);
		HopperApiException exception = failure(SESSION, BOOKING);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.isTransient()).isTrue();
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(exception.getAttempts()).isEqualTo(3);
		assertThat(exception.getStatusCode()).isNull();
		assertThat(exception).hasMessageContaining("may have been counted");
		assertCarriesNoSecret(exception);
	}

	@Test
	void transportNeverRepeatsARequestByItself() {
		EventPublisher once = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1));
		this.server.then(ScriptedServer.Exchange::reset);
		assertThat(failure(once, SESSION, OFFERS)).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void refusedConnectionIsRetriedAndDeliveryIsKnownToHaveFailed() throws IOException {
		URI nobody;
		try (ServerSocket socket = new ServerSocket(0)) {
			nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
		}
		HopperApiException exception = failure(Publishers.create(nobody, Publishers.retryPolicy(3)), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.getAttempts()).isEqualTo(3);
		assertThat(exception.isTransient()).isTrue();
		assertThat(exception.isDeliveryUnknown()).isFalse();
		assertThat(exception).hasMessageContaining("refused");
		assertCarriesNoSecret(exception);
	}

	@Test
	void unknownHostIsAMistakeInTheConfigurationUntilTheApiWasReached() {
		URI unknown = URI.create("http://hopper.invalid");
		HopperApiException exception = failure(Publishers.create(unknown, Publishers.retryPolicy(3)), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception.isTransient()).isFalse();
		assertThat(exception).hasMessageContaining("could not be resolved").hasMessageContaining("hopper.base-url");
	}

	@Test
	void unknownHostIsRetriedOnceTheApiWasReached() {
		AttemptFailure failure = AttemptFailure.of(new java.net.UnknownHostException("api"), URI.create("http://api"),
				true, true, false);
		assertThat(failure.isRetryable()).isTrue();
	}

	@Test
	void connectionThatClosedBeforeTheRequestWasSentIsRetriedAndNothingWasCounted() {
		AttemptFailure failure = AttemptFailure.of(AbortedException.beforeSend(), URI.create("http://api"), true, true,
				false);
		assertThat(failure.isRetryable()).isTrue();
		assertThat(failure.isDeliveryUnknown()).isFalse();
	}

	@Test
	void answerThatIsNotHttpIsNotRetried() {
		this.server.thenAnswer("SSH-2.0-OpenSSH_9.2\r\n\r\n");
		HopperApiException exception = failure(SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception.isTransient()).isFalse();
	}

	// Time

	@ParameterizedTest(name = "retried: {0}, attempts: {1}")
	@CsvSource({ "true,2", "false,1" })
	void silenceIsATimeoutWhoseRetryIsAChoice(boolean onTimeout, int attempts) {
		this.server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
		RetryPolicy policy = new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), onTimeout, 10);
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
				(builder) -> builder.responseTimeout(Duration.ofMillis(200)).metrics(metrics));
		HopperApiException exception = failure(publisher, SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.Timeout.class);
		assertThat(exception.getAttempts()).isEqualTo(attempts);
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(metrics.unknown).hasSize(attempts);
		assertThat(this.server.requests()).hasSize(attempts);
	}

	@Test
	void requestThatCouldNotBeSentInTimeIsRetriedWhateverTheChoiceAndNothingWasCounted() {
		AtomicInteger tokens = new AtomicInteger();
		WebClient webClient = WebClient.builder()
			.filter(BearerTokenProvider.filter(this.server.baseUrl(),
					() -> (tokens.incrementAndGet() == 1) ? Mono.never() : Mono.just("token")))
			.build();
		RetryPolicy policy = new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), false, 10);
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = new HopperApiBuilder(webClient, this.server.baseUrl()).retryPolicy(policy)
			.responseTimeout(Duration.ofSeconds(2))
			.metrics(metrics)
			.publisher();
		assertThat(publisher.publishAndWait(SESSION, OFFERS).attempts()).isEqualTo(2);
		assertThat(metrics.unknown).isEmpty();
	}

	@Test
	void cancellationInFlightCountsAsUnknown() {
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1),
				(builder) -> builder.metrics(metrics));
		this.server.then(ScriptedServer.Exchange::hang);
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> this.server.requests().size() == 1);
		subscription.dispose();
		assertThat(metrics.unknown).hasSize(1);
		assertThat(metrics.finished).containsExactly("offers_displayed 1 cancelled");
	}

	@Test
	void headersThatTrickleAreATimeout() {
		this.server.then((exchange) -> {
			for (int i = 0; i < 1000; i++) {
				exchange.send((i == 0) ? "HTTP/1.1 204 No Content\r\n" : "X-Header-" + i + ": slow\r\n");
				exchange.pause(Duration.ofMillis(20));
			}
		});
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(2),
				(builder) -> builder.responseTimeout(Duration.ofMillis(300)));
		EventReceipt receipt = publisher.publishAndWait(SESSION, OFFERS);
		assertThat(receipt.attempts()).isEqualTo(2);
	}

	@Test
	void overallTimeoutCutsTheAttemptInFlight() {
		this.server.then(ScriptedServer.Exchange::hang);
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofMillis(300), true, 10);
		HopperApiException exception = failure(Publishers.create(this.server.baseUrl(), policy), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.Timeout.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception).hasMessageContaining("hopper.retry.timeout");
	}

	@Test
	void waitBetweenAttemptsGrowsAndHoldsNoThread() {
		VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
		try {
			RetryPolicy policy = new RetryPolicy(4, Duration.ofSeconds(1), 3, Duration.ofSeconds(5), 0,
					Duration.ofSeconds(60), Duration.ofMinutes(5), true, 10);
			CountingMetrics metrics = new CountingMetrics();
			EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
					(builder) -> builder.scheduler(scheduler).metrics(metrics));
			this.server.thenStatus(503).thenStatus(503).thenStatus(503);
			AtomicReference<EventReceipt> receipt = new AtomicReference<>();
			publisher.publish(SESSION, OFFERS).subscribe(receipt::set);
			long[] waits = { 1000, 3000, 5000 };
			for (int i = 0; i < waits.length; i++) {
				int retries = i + 1;
				await().until(() -> metrics.retries.size() == retries);
				await().until(() -> scheduler.getScheduledTaskCount() > retries);
				scheduler.advanceTimeBy(Duration.ofMillis(waits[i] - 1));
				assertThat(this.server.requests()).hasSize(retries);
				scheduler.advanceTimeBy(Duration.ofMillis(1));
				await().until(() -> this.server.requests().size() == retries + 1);
			}
			await().until(() -> receipt.get() != null);
			assertThat(receipt.get().attempts()).isEqualTo(4);
			assertThat(receipt.get().elapsed()).isEqualTo(Duration.ofSeconds(9));
		}
		finally {
			scheduler.dispose();
		}
	}

	@Test
	void retryAfterInSecondsIsWaitedFor() {
		assertThat(waitAfter(503, "Retry-After: 7", Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(7));
	}

	@Test
	void retryAfterAsDateIsWaitedFor() {
		String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(TIME.plusSeconds(9).atOffset(ZoneOffset.UTC));
		assertThat(waitAfter(429, "Retry-After: " + date, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(9));
	}

	@Test
	void retryAfterIsCapped() {
		assertThat(waitAfter(429, "Retry-After: 3600", Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(4));
	}

	@Test
	void retryAfterThatIsNonsenseIsIgnored() {
		assertThat(waitAfter(429, "Retry-After: soon", Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(1));
	}

	private Duration waitAfter(int status, String header, Duration maxRetryAfter) {
		VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
		scheduler.advanceTimeTo(TIME);
		try {
			RetryPolicy policy = new RetryPolicy(2, Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 0, maxRetryAfter,
					Duration.ofMinutes(5), true, 10);
			CountingMetrics metrics = new CountingMetrics();
			EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
					(builder) -> builder.scheduler(scheduler).metrics(metrics).random(() -> 0));
			this.server.thenStatus(status, header);
			AtomicReference<EventReceipt> receipt = new AtomicReference<>();
			publisher.publish(SESSION, OFFERS).subscribe(receipt::set);
			await().until(() -> metrics.retries.size() == 1);
			await().until(() -> {
				scheduler.advanceTimeBy(Duration.ofMillis(500));
				return this.server.requests().size() == 2 || receipt.get() != null;
			});
			await().until(() -> receipt.get() != null);
			return Duration.ofSeconds(Math.round(receipt.get().elapsed().toMillis() / 1000.0));
		}
		finally {
			scheduler.dispose();
		}
	}

	@Test
	void givesUpAtOnceWhenTheNextAttemptWouldComeTooLate() {
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0,
				Duration.ofSeconds(60), Duration.ofSeconds(5), true, 10);
		this.server.thenStatus(429, "Retry-After: 30");
		HopperApiException exception = failure(Publishers.create(this.server.baseUrl(), policy), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.RateLimited.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception.getRetryAfter()).isEqualTo(Duration.ofSeconds(30));
		assertThat(exception).hasMessageContaining("hopper.retry.timeout");
	}

	@Test
	void retryBudgetStopsADeadApiFromMultiplyingTraffic() {
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), true, 5);
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy);
		for (int i = 0; i < 25; i++) {
			this.server.thenStatus(503);
		}
		for (int i = 0; i < 20; i++) {
			failure(publisher, SESSION, OFFERS);
		}
		// 20 events and the 5 retries of the budget, instead of 60
		assertThat(this.server.requests()).hasSize(25);
		this.server.thenStatus(503);
		HopperApiException exception = failure(publisher, SESSION, OFFERS);
		assertThat(exception).hasMessageContaining("hopper.retry.budget");
		assertThat(exception.getAttempts()).isEqualTo(1);
		for (int i = 0; i < 10; i++) {
			publisher.publishAndWait(SESSION, OFFERS);
		}
		this.server.thenStatus(503);
		assertThat(publisher.publishAndWait(SESSION, OFFERS).attempts()).as("10 deliveries earn a retry").isEqualTo(2);
	}

	// Bad input

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

	// Streams

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

	// Blocking

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

	private static void assertCarriesNoSecret(Throwable exception) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			assertThat(cause.toString()).doesNotContain(Publishers.TOKEN, SESSION, "canary", "CANARY");
			assertThat(cause.getClass().getName()).doesNotStartWith("org.springframework.web.reactive");
		}
	}

}
