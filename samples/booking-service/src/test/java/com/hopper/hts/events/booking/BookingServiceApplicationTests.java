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
package com.hopper.hts.events.booking;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BookingServiceApplication} without a browser.
 */
class BookingServiceApplicationTests {

	private static FakeHopperApi api;

	private static EmbeddedPostgres database;

	private static ConfigurableApplicationContext application;

	private final HttpClient customer = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	@BeforeAll
	static void start() throws Exception {
		api = FakeHopperApi.builder().token("simulator-token").start();
		database = EmbeddedPostgres.start();
		application = SpringApplication.run(BookingServiceApplication.class, "--spring.profiles.active=postgresql",
				"--spring.datasource.url=" + database.getJdbcUrl("postgres", "postgres"), "--server.port=0",
				"--booking.simulator-url=http://127.0.0.1:" + api.port());
	}

	@AfterAll
	static void stop() throws Exception {
		if (application != null) {
			application.close();
		}
		if (database != null) {
			database.close();
		}
		api.close();
	}

	@BeforeEach
	void reset() {
		api.reset();
	}

	@Test
	void bookingAndEventsAreStoredInPostgres() throws Exception {
		assertThat(call("POST", "offers", "").statusCode()).isEqualTo(200);
		assertThat(call("POST", "offers/displayed", "{\"time\":\"2026-01-01T10:00:00Z\"}").statusCode()).isEqualTo(204);
		assertThat(call("POST", "bookings", "{\"flight\":\"NW 214\"}").statusCode()).isEqualTo(200);
		assertThat(call("POST", "rush", "").body()).isEqualTo("{\"bookings\":20}");
		assertThat(application.getBean(EventOutbox.class).flush(Duration.ofSeconds(60))).isTrue();
		assertThat(
				application.getBean(JdbcClient.class).sql("select count(*) from booking").query(Integer.class).single())
			.isEqualTo(21);
		assertThat(api.received()).hasSize(22);
		assertThat(api.received()).extracting(ReceivedEvent::sessionId).doesNotContainNull();
		api.assertNoViolations();
	}

	@Test
	void mistakesAreAnswered() throws Exception {
		String unknown = "dead-letters/00000000-0000-0000-0000-000000000000";
		SoftAssertions answers = new SoftAssertions();
		for (String[] mistake : new String[][] { { "POST", "bookings", "{\"flight\":\"none\"}", "400" },
				{ "POST", "offers/displayed", "{}", "400" },
				{ "POST", "offers/displayed", "{\"time\":\"2026-01-01T10:00:00Z\"}", "409" },
				{ "PUT", "simulator", "{\"mode\":\"BROKEN\"}", "400" }, { "PUT", "simulator", "{}", "400" },
				{ "PUT", "relay", "{}", "400" }, { "POST", "dead-letters/none/replay", "{}", "400" },
				{ "POST", unknown + "/replay", "{}", "404" }, { "DELETE", unknown, "{}", "404" } }) {
			HttpResponse<String> response = call(mistake[0], mistake[1], mistake[2]);
			answers.assertThat(response.statusCode() + " " + response.headers().firstValue("Content-Type").orElse(""))
				.as(String.join(" ", mistake))
				.isEqualTo(mistake[3] + " application/problem+json");
		}
		answers.assertThat(call("POST", "rush", "", "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
		answers.assertAll();
		assertThat(api.requests()).isEmpty();
	}

	private HttpResponse<String> call(String method, String path, String body, String... headers) throws Exception {
		String port = application.getEnvironment().getRequiredProperty("local.server.port");
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + path))
			.header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.ofString(body));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.customer.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

}
