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

import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.FakeHopperApiConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.webtestclient.autoconfigure.AutoConfigureWebTestClient;
import org.springframework.context.annotation.Import;
import org.springframework.test.web.reactive.server.WebTestClient;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.test.webtestclient.timeout=1m", "hopper.client.response-timeout=1m",
				"hopper.client.read-timeout=1m" })
@AutoConfigureWebTestClient
@Import(FakeHopperApiConfiguration.class)
class BookingApplicationTests {

	@Autowired
	private FakeHopperApi hopper;

	@Test
	void whatWasPublishedAndStoredArrivesOnce(@Autowired WebTestClient client) {
		client.get()
			.uri("/offers")
			.header("X-Session", "session-1")
			.exchange()
			.expectBody(String.class)
			.isEqualTo("DELIVERED");
		client.post()
			.uri("/bookings?contractId=contract-1")
			.header("X-Session", "session-1")
			.exchange()
			.expectStatus()
			.isOk();
		assertThat(this.hopper.awaitDelivered(2, Duration.ofMinutes(1)))
			.extracting((received) -> received.event().type())
			.containsExactly("offers_displayed", "booking_confirmed");
		assertThat(this.hopper.requests()).hasSize(2);
	}

}
