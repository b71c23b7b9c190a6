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

import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WithHopperSession}.
 */
@Tag("compatibility")
@WithHopperSession(value = "session-of-class", cfarOfferIds = "offer-1", dgOfferIds = { "offer-2", "offer-3" })
class WithHopperSessionTests {

	private String before;

	@BeforeEach
	void before() {
		this.before = HopperSessionContext.current().sessionId();
	}

	@AfterAll
	static void nothingIsLeft() {
		assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
	}

	@Test
	void classHasASession() {
		HopperSessionContext current = HopperSessionContext.current();
		assertThat(current.sessionId()).isEqualTo(this.before).isEqualTo("session-of-class");
		assertThat(current.cfarOfferIds()).containsExactly("offer-1");
		assertThat(current.dgOfferIds()).isEqualTo(List.of("offer-2", "offer-3"));
	}

	@Test
	@WithHopperSession("session-of-method")
	void methodHasASessionOfItsOwn() {
		assertThat(HopperSessionContext.current().sessionId()).isEqualTo(this.before).isEqualTo("session-of-method");
		assertThat(HopperSessionContext.current().cfarOfferIds()).isEmpty();
	}

	@Test
	@WithHopperSession
	void sessionMayNotBeKnown() {
		assertThat(HopperSessionContext.current()).isNotSameAs(HopperSessionContext.none());
		assertThat(HopperSessionContext.current().sessionId()).isNull();
	}

	@Nested
	class NestedTests {

		@Test
		void nestedClassHasTheSessionOfTheClassAround() {
			assertThat(HopperSessionContext.current().sessionId()).isEqualTo("session-of-class");
		}

	}

	@Nested
	@SpringBootTest(classes = BookingApplication.class)
	@AutoConfigureMockMvc
	@AutoConfigureHopperEvents
	class MockMvcTests {

		@Test
		@WithHopperSession("session-1")
		void requestHasTheSessionOfTheTest(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
			assertThat(mvc.post().uri("/bookings")).hasStatusOk();
			assertThat(published).contains(BookingConfirmed.class)
				.inCurrentSession(HopperSessionContext.Origin.APPLICATION)
				.forSession("session-1")
				.once();
		}

		@Test
		@WithHopperSession
		void requestWithoutSessionIsRefused(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
			assertThat(mvc.post().uri("/bookings")).hasFailed();
			assertThat(published).isEmpty();
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@RestController
	static class BookingApplication {

		private final EventOutbox outbox;

		BookingApplication(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@PostMapping("/bookings")
		void confirm() {
			this.outbox.store(BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
		}

	}

}
