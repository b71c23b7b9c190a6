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

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

class BookingApplicationTests {

	@TempDir
	private Path directory;

	@Test
	void whatAnApplicationHasLeftArrivesOnceAlthoughNobodyAsksForTheOutbox() {
		try (FakeHopperApi hopper = FakeHopperApi.builder().token("token").start()) {
			try (ConfigurableApplicationContext context = run(hopper)) {
				context.getBean(EventPublisher.class)
					.publishAndWait("session-1", OffersDisplayed.occurredAt(Instant.now()));
				hopper.revokeToken("token");
				context.getBean(EventOutbox.class)
					.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
			}
			assertThat(hopper.received()).hasSize(1);
			hopper.acceptToken("token");
			try (ConfigurableApplicationContext context = run(hopper)) {
				assertThat(hopper.awaitDelivered(2, Duration.ofMinutes(1)))
					.extracting((received) -> received.event().type())
					.containsExactly("offers_displayed", "booking_confirmed");
			}
			assertThat(hopper.received()).hasSize(2);
		}
	}

	private ConfigurableApplicationContext run(FakeHopperApi hopper) {
		SpringApplication application = new SpringApplication(BookingApplication.class);
		return application.run("--hopper.base-url=" + hopper.baseUrl(), "--hopper.auth.token=token",
				"--hopper.outbox.shutdown-timeout=100ms", "--hopper.auth.preflight=off",
				"--hopper.client.response-timeout=1m", "--hopper.client.read-timeout=1m",
				"--spring.datasource.url=jdbc:h2:file:" + this.directory.resolve("bookings"));
	}

}
