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
package com.example.booking;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two airlines in one JVM, each with its own application context and its own account at
 * Hopper. One ends while the other goes on.
 */
class BookingApplicationTests {

	@Test
	void eachSendsToItsOwnApiAndTheEndOfOneIsNoneOfTheOther() {
		try (FakeHopperApi first = FakeHopperApi.builder().token("first").start();
				FakeHopperApi second = FakeHopperApi.builder().token("second").start()) {
			try (ConfigurableApplicationContext secondAirline = run(second, "second")) {
				try (ConfigurableApplicationContext firstAirline = run(first, "first")) {
					send(firstAirline, "first");
					send(secondAirline, "second");
					first.awaitDelivered(2, Duration.ofMinutes(1));
					second.awaitDelivered(2, Duration.ofMinutes(1));
				}
				send(secondAirline, "second");
			}
			assertThat(sessions(first)).containsExactly("first", "first");
			assertThat(sessions(second)).containsExactly("second", "second", "second", "second");
		}
	}

	private static void send(ConfigurableApplicationContext context, String sessionId) {
		context.getBean(EventPublisher.class).publishAndWait(sessionId, OffersDisplayed.occurredAt(Instant.now()));
		context.getBean(EventOutbox.class)
			.store(sessionId, BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
	}

	private static List<String> sessions(FakeHopperApi hopper) {
		return hopper.received().stream().map((received) -> received.sessionId()).toList();
	}

	private static ConfigurableApplicationContext run(FakeHopperApi hopper, String token) {
		SpringApplication application = new SpringApplication(BookingApplication.class);
		return application.run("--server.port=0", "--hopper.base-url=" + hopper.baseUrl(),
				"--hopper.auth.token=" + token, "--hopper.client.response-timeout=1m",
				"--hopper.client.read-timeout=1m");
	}

}
