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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("compatibility")
class SliceTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	@Nested
	@WebMvcTest(BookingController.class)
	@ContextConfiguration(classes = Application.class)
	@AutoConfigureHopperEvents
	class WebMvc {

		@Test
		void records(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
			assertThat(mvc.post().uri("/bookings/session-1")).hasStatusOk();
			assertThat(published).contains(BookingConfirmed.class)
				.forSession("session-1")
				.throughOutbox()
				.once()
				.hasSize(1);
		}

		@Test
		void requestHasASessionOfItsOwn(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
			assertThat(mvc.post().uri("/bookings?session=session-1")).hasStatusOk();
			assertThat(published).contains(BookingConfirmed.class).forSession("session-1").once();
			assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
		}

		@Test
		@WithHopperSession(cfarOfferIds = "offer-1")
		void requestHasTheSessionOfTheTest(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
			assertThat(mvc.post().uri("/bookings?session=session-1")).hasStatusOk();
			assertThat(published).contains(BookingConfirmed.class).forSession("session-1").once();
			assertThat(HopperSessionContext.current().sessionId()).isEqualTo("session-1");
		}

	}

	@Nested
	@WebFluxTest(OfferController.class)
	@ContextConfiguration(classes = Application.class)
	@AutoConfigureHopperEvents
	class WebFlux {

		@Test
		void records(@Autowired WebTestClient web, PublishedHopperEvents published) {
			web.post().uri("/offers/session-1").exchange().expectStatus().isOk();
			assertThat(published).contains(OffersDisplayed.class)
				.forSession("session-1")
				.publishedDirectly()
				.once()
				.hasSize(1);
		}

		@Test
		void requestHasASessionOfItsOwn(@Autowired WebTestClient web, PublishedHopperEvents published) {
			web.post().uri("/offers?session=session-1").exchange().expectStatus().isOk();
			assertThat(published).contains(OffersDisplayed.class).forSession("session-1").once();
		}

	}

	/**
	 * Events of threads of a server, in a context that is new for each test.
	 */
	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
	@AutoConfigureHopperEvents
	@DirtiesContext(classMode = DirtiesContext.ClassMode.AFTER_EACH_TEST_METHOD)
	class OnTheThreadsOfAServer {

		@RepeatedTest(2)
		void records(@LocalServerPort int port, PublishedHopperEvents published) {
			WebTestClient web = WebTestClient.bindToServer().baseUrl("http://localhost:" + port).build();
			web.post().uri("/bookings/session-1").exchange().expectStatus().isOk();
			web.post().uri("/offers/session-1").exchange().expectStatus().isOk();
			assertThat(published).containsExactly(BookingConfirmed.class, OffersDisplayed.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ BookingController.class, OfferController.class })
	static class Application {

	}

	@RestController
	static class BookingController {

		private final EventOutbox outbox;

		BookingController(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@PostMapping("/bookings/{session}")
		String book(@PathVariable String session) {
			this.outbox.store(session, BookingConfirmed.occurredAt(TIME));
			return "booked";
		}

		@PostMapping("/bookings")
		void bookInCurrentSession(@RequestParam String session) {
			HopperSessionContext.current().setSessionId(session);
			this.outbox.store(BookingConfirmed.occurredAt(TIME));
		}

	}

	@RestController
	static class OfferController {

		private final EventPublisher publisher;

		OfferController(EventPublisher publisher) {
			this.publisher = publisher;
		}

		@PostMapping("/offers/{session}")
		Mono<String> displayed(@PathVariable String session) {
			return this.publisher.publish(session, OffersDisplayed.occurredAt(TIME)).map(EventReceipt::eventType);
		}

		@PostMapping("/offers")
		Mono<String> displayedInCurrentSession(@RequestParam String session) {
			return Mono.deferContextual((view) -> {
				HopperSessionContext.from(view).setSessionId(session);
				return this.publisher.publish(OffersDisplayed.occurredAt(TIME)).map(EventReceipt::eventType);
			});
		}

	}

}
