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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.FakeHopperApiConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "hopper.client.response-timeout=1m", "hopper.client.read-timeout=1m" })
@Import(FakeHopperApiConfiguration.class)
class BookingApplicationTests {

	@Autowired
	private FakeHopperApi hopper;

	@Autowired
	private EventOutbox outbox;

	@Autowired
	private BookingRepository bookings;

	@Value("${local.server.port}")
	private int port;

	@Test
	void whatWasPublishedAndCommittedArrivesOnce() throws Exception {
		assertThat(send("GET", "/offers")).isEqualTo(200);
		assertThat(send("POST", "/bookings?contractId=contract-1&seats=2")).isEqualTo(200);
		assertThat(send("POST", "/bookings?contractId=contract-2&seats=0")).isEqualTo(500);
		assertThat(this.outbox.flush(Duration.ofMinutes(1))).isTrue();
		assertThat(this.hopper.received())
			.extracting((received) -> received.event().type(), (received) -> received.sessionId())
			.containsExactly(tuple("offers_displayed", "session-1"), tuple("booking_confirmed", "session-1"));
		assertThat(this.hopper.requests()).hasSize(2);
		assertThat(this.bookings.findAll()).extracting(Booking::getContractId).containsExactly("contract-1");
		assertThat(send("GET", "/actuator/health")).isEqualTo(200);
	}

	private int send(String method, String path) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.method(method, HttpRequest.BodyPublishers.noBody())
			.header("X-Session", "session-1")
			.build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
	}

}
