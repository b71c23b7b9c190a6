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
package com.hopper.hts.events.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Senders}: that what is compared does the same.
 */
class SendersTests {

	@ParameterizedTest
	@MethodSource("clients")
	void allSendTheSameValidEventAndFailUnlessTheAnswerIs204(String name) throws InterruptedException {
		try (FakeHopperApi api = FakeHopperApi.builder().token(Senders.TOKEN).start()) {
			Sender sender = Senders.create(name, api.baseUrl(), "");
			assertThat(send(sender).failures()).isZero();
			assertThat(api.violations()).isEmpty();
			assertThat(api.received()).isNotEmpty().allSatisfy((received) -> {
				assertThat(received.sessionId()).isEqualTo(Senders.SESSION);
				assertThat(content(received.event())).isEqualTo(content(Senders.event()));
			});
			api.revokeToken(Senders.TOKEN);
			Round refused = send(sender);
			assertThat(refused.failures()).isPositive();
			assertThat(refused.p50()).isZero();
		}
	}

	@Test
	void overHttpsTheServerIsTrusted() throws Exception {
		try (Api api = Api.start()) {
			Scenario scenario = Scenario.of(Scenario.TLS);
			for (String name : scenario.clients()) {
				Round round = send(Senders.create(name, scenario.url(api), api.certificate().pem()));
				assertThat(round.failures()).as(name).isZero();
			}
		}
	}

	@Test
	void withEverythingOnPublicationsAndRequestsAreMeasured() {
		assertThat(meters(Senders.PUBLISHER)).contains("hopper.events.publish", "http.client.requests");
	}

	@Test
	void withAHandlerOfObservationsPublicationsAndRequestsAreObserved() {
		assertThat(meters(Senders.PUBLISHER_OBSERVED)).contains("hopper.events.publish.active",
				"http.client.requests.active");
	}

	@Test
	void withEverythingOffThereIsNowhereToMeasure() {
		try (ConfigurableApplicationContext context = Senders.application(Senders.PUBLISHER_OFF, "http://127.0.0.1:1",
				"")) {
			assertThat(context.getBeanProvider(MeterRegistry.class)).isEmpty();
		}
	}

	private static Stream<String> clients() {
		return Scenario.of(Scenario.BUSY).clients().stream();
	}

	/**
	 * Send until an event has ended.
	 */
	private static Round send(Sender sender) throws InterruptedException {
		Measurement measurement = new Measurement();
		Round round = measurement.end();
		while (round.p50() == 0 && round.failures() == 0) {
			sender.send(2, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20), measurement);
			round = measurement.end();
		}
		return round;
	}

	/**
	 * Return everything but the time.
	 */
	private static List<Object> content(HopperEvent event) {
		BookingConfirmed booking = (BookingConfirmed) event;
		return Arrays.asList(booking.cfarContractId(), booking.dgContractId(), booking.cfarOfferIds(),
				booking.dgOfferIds(), booking.bookingReferences());
	}

	private static Set<String> meters(String name) {
		try (FakeHopperApi api = FakeHopperApi.builder().token(Senders.TOKEN).start();
				ConfigurableApplicationContext context = Senders.application(name, api.baseUrl(), "")) {
			context.getBean(EventPublisher.class).publishAndWait(Senders.SESSION, Senders.event());
			return context.getBean(MeterRegistry.class)
				.getMeters()
				.stream()
				.map((meter) -> meter.getId().getName())
				.collect(Collectors.toSet());
		}
	}

}
