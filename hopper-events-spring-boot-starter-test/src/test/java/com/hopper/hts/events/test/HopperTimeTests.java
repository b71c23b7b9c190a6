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

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HopperTime}.
 */
@Timeout(180)
class HopperTimeTests {

	private ConfigurableApplicationContext context;

	private FakeHopperApi api;

	private HopperTime time;

	private EventPublisher publisher;

	private EventOutbox outbox;

	private EventOutboxOperations operations;

	@AfterEach
	void close() {
		this.context.close();
	}

	private void start(Class<?> api, String... properties) {
		this.context = new SpringApplicationBuilder(Application.class, api, HopperTime.class)
			.web(WebApplicationType.NONE)
			.properties(properties)
			.properties("hopper.outbox.shutdown-timeout=1s")
			.run();
		this.api = this.context.getBeanProvider(FakeHopperApi.class).getIfAvailable();
		this.time = this.context.getBean(HopperTime.class);
		this.publisher = this.context.getBean(EventPublisher.class);
		this.outbox = this.context.getBean(EventOutbox.class);
		this.operations = this.context.getBean(EventOutboxOperations.class);
		if (this.api != null) {
			this.api.reset();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void outboxDeliversAfterAnOutageOfSixHours(String type) {
		start(FakeHopperApiConfiguration.class, "hopper.outbox.type=" + type);
		Instant start = this.time.now();
		this.api.failAll(Fault.status(503));
		IntStream.range(0, 30).forEach((i) -> this.outbox.store("session-" + i, booking()));
		this.time.advanceBy(Duration.ofHours(6));
		assertThat(this.time.now()).isEqualTo(start.plus(Duration.ofHours(6)));
		assertThat(this.api.received()).isEmpty();
		assertThat(this.operations.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.API_UNAVAILABLE);
		// One probe in up to thirty seconds
		assertThat(this.api.requests().size()).isBetween(6 * 120, 6 * 160);
		this.api.recover();
		this.time.advanceBy(Duration.ofMinutes(6));
		assertThat(this.api.received()).hasSize(30).extracting(ReceivedEvent::sessionId).doesNotHaveDuplicates();
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void outboxWaitsForAnHourIfTheApiSaysSo(String type) {
		start(FakeHopperApiConfiguration.class, "hopper.outbox.type=" + type);
		this.api.failNext(1, Fault.status(503).withRetryAfter("3600"));
		this.outbox.store("session-1", booking());
		this.time.advanceBy(Duration.ofMinutes(59));
		assertThat(this.api.requests()).hasSize(1);
		this.time.advanceBy(Duration.ofMinutes(2));
		assertThat(this.api.received()).singleElement()
			.satisfies((received) -> assertThat(received.attempt()).isEqualTo(2));
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void eventsOutliveTheirMaximumAge(String type) {
		start(FakeHopperApiConfiguration.class, "hopper.outbox.type=" + type, "hopper.outbox.max-age=1h");
		this.api.failAll(Fault.status(503));
		this.outbox.store("session-1", booking());
		this.time.advanceBy(Duration.ofMinutes(59));
		assertThat(this.operations.deadLetters(DeadLetter.Filter.all(), null, 10)).isEmpty();
		this.time.advanceBy(Duration.ofMinutes(7));
		assertThat(this.operations.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement()
			.satisfies((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.EXPIRED));
	}

	@Test
	void retriesOfAPublicationTakeTheirTime() throws Exception {
		start(FakeHopperApiConfiguration.class, "hopper.retry.initial-interval=2s", "hopper.retry.jitter=0");
		this.api.failNext(2, Fault.status(503));
		CompletableFuture<EventReceipt> receipt = publish();
		this.api.awaitRequests(1);
		this.time.advanceBy(Duration.ofMillis(1999));
		assertThat(this.api.requests()).hasSize(1);
		this.time.advanceBy(Duration.ofMillis(1));
		assertThat(this.api.requests()).hasSize(2);
		assertThat(receipt).isNotDone();
		this.time.advanceBy(Duration.ofSeconds(4));
		assertThat(receipt.get(30, TimeUnit.SECONDS).attempts()).isEqualTo(3);
		assertThat(receipt.get().elapsed()).isEqualTo(Duration.ofSeconds(6));
	}

	@Test
	void answerThatIsHeldTimesOut() {
		start(FakeHopperApiConfiguration.class, "hopper.retry.max-attempts=1");
		this.api.hold();
		CompletableFuture<EventReceipt> receipt = publish();
		this.api.awaitHeld(1);
		this.time.advanceBy(Duration.ofMillis(9_999));
		assertThat(receipt).isNotDone();
		this.time.advanceBy(Duration.ofMillis(1));
		assertThat(receipt).failsWithin(Duration.ofSeconds(30))
			.withThrowableThat()
			.withCauseInstanceOf(HopperApiException.Timeout.class);
	}

	@Test
	void lateAnswersComeInTime() {
		start(FakeHopperApiConfiguration.class);
		this.api.latency(Latency.fixed(Duration.ofSeconds(9)));
		CompletableFuture<EventReceipt> receipt = publish();
		this.time.advanceBy(Duration.ofMillis(8_999));
		assertThat(receipt).isNotDone();
		this.time.advanceBy(Duration.ofMillis(1));
		assertThat(receipt).isCompletedWithValueMatching((done) -> done.elapsed().equals(Duration.ofSeconds(9)));
	}

	@Test
	void tokenIsRenewedBeforeItExpiresAndAnIdleOneExpires() {
		start(SigningIn.class);
		this.publisher.publishAndWait("session-1", offers());
		// That one may have waited for the sign-in, this one uses its token
		this.publisher.publishAndWait("session-1", offers());
		int signIns = signIns();
		this.time.advanceBy(Duration.ofHours(20));
		assertThat(signIns()).isEqualTo(signIns + 1);
		// Nobody used the second one
		this.time.advanceBy(Duration.ofHours(25));
		assertThat(signIns()).isEqualTo(signIns + 1);
		this.publisher.publishAndWait("session-1", offers());
		assertThat(signIns()).isEqualTo(signIns + 2);
		assertThat(this.api.requests()).extracting(ReceivedRequest::status).doesNotContain(401);
	}

	@Test
	void tokenThatTheApiExpiresIsReplaced() {
		start(SigningIn.class);
		this.publisher.publishAndWait("session-1", offers());
		this.api.expireTokens();
		assertThat(this.publisher.publishAndWait("session-1", offers()).attempts()).isEqualTo(1);
		assertThat(this.api.requests()).extracting(ReceivedRequest::status).containsOnlyOnce(401);
		assertThat(this.api.violations()).isEmpty();
	}

	@Test
	void timeDoesNotPassWhileAnotherServerThanTheFakeIsAsked() throws Exception {
		try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			start(Application.class, "hopper.auth.token=token", "hopper.retry.max-attempts=1",
					"hopper.base-url=http://127.0.0.1:" + silent.getLocalPort());
			CompletableFuture<EventReceipt> receipt = publish();
			this.time.settleTimeout(Duration.ofMillis(50));
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.time.advanceBy(Duration.ofHours(1)))
				.withMessage("No time can pass because the application is still at work after 50 ms: "
						+ "requests that are not answered: 1, stored events that are being sent: 0");
			silent.accept().close();
			assertThat(receipt).failsWithin(Duration.ofSeconds(30));
		}
	}

	private CompletableFuture<EventReceipt> publish() {
		return this.publisher.publish("session-1", offers()).toFuture();
	}

	@Test
	void signInThatIsAnsweredLateTakesTime() throws Exception {
		start(SigningIn.class);
		this.api.failNext(1, Fault.delay(Duration.ofSeconds(5)).atSignIn());
		CompletableFuture<EventReceipt> receipt = this.publisher
			.publish("session", OffersDisplayed.occurredAt(this.time.now()))
			.toFuture();
		this.time.advanceBy(Duration.ofSeconds(5));
		assertThat(receipt.get(60, TimeUnit.SECONDS).attempts()).isEqualTo(1);
	}

	private int signIns() {
		return (int) this.api.requests().stream().filter((request) -> request.path().endsWith("/auth")).count();
	}

	private OffersDisplayed offers() {
		return OffersDisplayed.occurredAt(this.time.now());
	}

	private BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(this.time.now()).withCfarContractId("contract-1");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class SigningIn {

		@Bean
		FakeHopperApi api() {
			return FakeHopperApi.builder().signIn(true).tokenLifetime(Duration.ofDays(1)).start();
		}

	}

}
