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

import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.ContextHierarchy;
import org.springframework.test.context.TestContextManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link FakeHopperApi} in tests of applications: how it is connected, what it
 * does before and after each test, and what it says when a test fails.
 */
@Tag("compatibility")
@SpringBootTest(properties = { "hopper.base-url=http://127.0.0.1:1/nowhere", "hopper.retry.initial-interval=1ms" })
@Import(FakeHopperApiConfiguration.class)
class FakeHopperApiInTestsTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	@RegisterExtension
	static final FakeHopperApi extension = FakeHopperApi.builder().start();

	@Autowired
	private FakeHopperApi api;

	@Autowired
	private EventPublisher publisher;

	@Test
	void beanIsConnectedWhateverThePropertiesSay() {
		publish();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.event()).isEqualTo(OffersDisplayed.occurredAt(TIME));
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.attempt()).isEqualTo(1);
			assertThat(received.request().status()).isEqualTo(204);
		});
		assertThat(extension.requests()).isEmpty();
	}

	@Test
	void missingEventIsReportedWithAllThatWasReceived() {
		this.api.failNext(1, Fault.status(503));
		this.publisher.publishAndWait("session-1", BookingConfirmed.occurredAt(TIME).withCfarContractId("c"));
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.api.awaitDelivered(2, Duration.ofMillis(10)))
			.withMessage("""
					Expected 2 events to be delivered within 10 ms, but 1 event was delivered.
					Delivered:
					1. booking_confirmed of session 'session-1', attempt 2
					All requests:
					1. POST /airline/v1.1/events -> 503
					2. POST /airline/v1.1/events -> 204 booking_confirmed
					What the API would refuse: none""");
	}

	@Test
	void reportsListTheLatestOfTooMany() {
		for (int i = 0; i < 31; i++) {
			this.publisher.publishAndWait("session-" + i, OffersDisplayed.occurredAt(TIME));
		}
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.api.awaitDelivered(32, Duration.ofMillis(10)))
			.satisfies((failure) -> assertThat(failure.getMessage().lines())
				.startsWith("Expected 32 events to be delivered within 10 ms, but 31 events were delivered.",
						"Delivered:", "(the latest 30)", "2. offers_displayed of session 'session-1'")
				.hasSize(1 + 2 * (2 + 30) + 1));
		for (int i = 0; i < 11; i++) {
			publishUnknownType();
		}
		assertThatExceptionOfType(AssertionError.class).isThrownBy(this.api::assertNoViolations)
			.withMessageContaining("%n%n10. POST".formatted())
			.withMessageEndingWith(
					"%n%n... and 1 more%n%nA test that means to do this calls expectViolations().".formatted());
		this.api.expectViolations();
	}

	@Test
	void requestsThatAreMissingAreReported() {
		this.api.hold();
		CompletableFuture<EventReceipt> receipt = this.publisher.publish("session-1", OffersDisplayed.occurredAt(TIME))
			.toFuture();
		this.api.awaitHeld(1);
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.api.awaitRequests(1, Duration.ofMillis(10)))
			.withMessage("""
					Expected 1 request to be made within 10 ms, but none was made.
					Delivered: none
					All requests: none
					What the API would refuse: none
					Held at the moment: 1""");
		this.api.release();
		assertThat(receipt).succeedsWithin(Duration.ofSeconds(30));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitHeld(2, Duration.ofMillis(10)))
			.withMessage("""
					Expected 2 events to be held within 10 ms, but none was held.
					Delivered:
					1. offers_displayed of session 'session-1'
					All requests:
					1. POST /airline/v1.1/events -> 204 offers_displayed
					What the API would refuse: none""");
	}

	@Test
	void nothingDeliveredIsReported() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.api.awaitDelivered(1, Duration.ofMillis(10)))
			.withMessage("""
					Expected 1 event to be delivered within 10 ms, but none was delivered.
					Delivered: none
					All requests: none
					What the API would refuse: none""");
	}

	@Test
	void violationFailsTheTestInWordsUnlessItIsExpected() throws Exception {
		Method method = getClass().getDeclaredMethod("nothingDeliveredIsReported");
		TestContextManager test = new TestContextManager(getClass());
		test.prepareTestInstance(this);
		this.api.expectViolations();
		publishUnknownType();
		test.afterTestMethod(this, method, null);
		assertThat(this.api.violations()).hasSize(1);
		test.beforeTestMethod(this, method);
		assertThat(this.api.violations()).isEmpty();
		publishUnknownType();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> test.afterTestMethod(this, method, null))
			.withMessage("""
					The Hopper API would refuse a request of this test:

					1. POST /airline/v1.1/events of session 'session-1'
					   What is wrong: 'seat_selected' is none of the known types (field 'type')
					   The API says:  400 {"errors":[{"message":"'seat_selected' is none of the known types",\
					"code":"bad_request","messages":{"type":"'seat_selected' is none of the known types"}}]}
					   To fix it:     Correct the type, or announce it with \
					FakeHopperApi.builder().customEventType("seat_selected") if Hopper has agreed to it.

					A test that means to do this calls expectViolations().""");
		this.api.reset();
	}

	@Test
	void apiOfAParentContextIsResetBeforeEachTestToo() throws Exception {
		TestWithParentContext instance = new TestWithParentContext();
		TestContextManager test = new TestContextManager(TestWithParentContext.class);
		test.prepareTestInstance(instance);
		instance.publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
		assertThat(instance.api.received()).hasSize(1);
		test.beforeTestMethod(instance, Object.class.getMethod("toString"));
		assertThat(instance.api.received()).isEmpty();
	}

	private void publishUnknownType() {
		assertThatExceptionOfType(HopperApiException.Rejected.class).isThrownBy(
				() -> this.publisher.publishAndWait("session-1", CustomEvent.occurredAt("seat_selected", TIME)));
	}

	@Test
	void eventsInFlightCanBeLookedAt() {
		this.api.hold();
		CompletableFuture<EventReceipt> receipt = this.publisher.publish("session-1", OffersDisplayed.occurredAt(TIME))
			.toFuture();
		this.api.awaitHeld(1);
		assertThat(receipt).isNotDone();
		assertThat(this.api.received()).isEmpty();
		this.api.release();
		assertThat(receipt).succeedsWithin(Duration.ofSeconds(30));
	}

	@Test
	void faultsAreCountedAndNotKept() {
		this.api.failNext(Integer.MAX_VALUE, Fault.status(422));
		assertThatExceptionOfType(HopperApiException.Rejected.class).isThrownBy(this::publish);
		assertThat(this.api.violations()).isEmpty();
		this.api.recover();
		publish();
		assertThatIllegalArgumentException().isThrownBy(() -> this.api.failNext(0, Fault.reset()))
			.withMessage("'count' must be at least 1, but is 0");
	}

	@Test
	void expiredTokenIsNoViolationAndBackAfterAReset() {
		this.api.expireTokens();
		assertThatExceptionOfType(HopperApiException.Unauthorized.class).isThrownBy(this::publish);
		assertThat(this.api.violations()).isEmpty();
		this.api.reset();
		publish();
	}

	@Test
	void latencyFollowsItsSeedAndDistribution() {
		Latency uniform = Latency.uniform(Duration.ofMillis(10), Duration.ofMillis(20), 7);
		Latency same = Latency.uniform(Duration.ofMillis(10), Duration.ofMillis(20), 7);
		Latency skewed = Latency.percentiles(Duration.ofMillis(100), Duration.ofSeconds(1), 7);
		int belowMedian = 0;
		int aboveP99 = 0;
		for (int i = 0; i < 10_000; i++) {
			assertThat(uniform.next()).isEqualTo(same.next()).isBetween(Duration.ofMillis(10), Duration.ofMillis(20));
			Duration time = skewed.next();
			belowMedian += (time.compareTo(Duration.ofMillis(100)) < 0) ? 1 : 0;
			aboveP99 += (time.compareTo(Duration.ofSeconds(1)) > 0) ? 1 : 0;
		}
		assertThat(belowMedian).isBetween(4_800, 5_200);
		assertThat(aboveP99).isBetween(60, 140);
	}

	@Test
	void startsWithTheApplicationForLocalDevelopment() {
		try (ConfigurableApplicationContext context = SpringApplication.from(Application::main)
			.with(FakeHopperApiConfiguration.class)
			.run("--spring.main.web-application-type=none")
			.getApplicationContext()) {
			context.getBean(EventPublisher.class).publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
			assertThat(context.getBean(FakeHopperApi.class).awaitDelivered(1)).hasSize(1);
		}
		// The end of that application has stopped the event loops that applications share
		publish();
	}

	private void publish() {
		this.publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		static void main(String[] args) {
			SpringApplication.run(Application.class, args);
		}

	}

	@ContextHierarchy({
			@ContextConfiguration(
					classes = { FakeHopperApiConfiguration.class, FakeHopperApiInTestsTests.Application.class }),
			@ContextConfiguration(classes = TestWithParentContext.Child.class) })
	static class TestWithParentContext {

		@Autowired
		private FakeHopperApi api;

		@Autowired
		private EventPublisher publisher;

		@Configuration(proxyBeanMethods = false)
		static class Child {

		}

	}

}
