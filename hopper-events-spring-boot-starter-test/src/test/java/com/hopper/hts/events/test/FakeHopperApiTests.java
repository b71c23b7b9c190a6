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

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link FakeHopperApi}.
 */
@Tag("compatibility")
class FakeHopperApiTests {

	private static final String OFFERS = "{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}";

	private static final String BOOKING = """
			{"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30.5Z","cfar_contract_id":"c",
			"dg_contract_id":"d","cfar_offer_ids":["o"],"dg_offer_ids":["p"],"booking_references":{"cfar":"PNR"}}""";

	private final FakeHopperApi api = FakeHopperApi.builder()
		.token("token")
		.forbiddenToken("powerless")
		.customEventType("seat_selected")
		.unknownSession("gone")
		.start();

	private final HttpClient client = HttpClient.newHttpClient();

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void acceptsAndKeepsEvents() throws Exception {
		HttpResponse<String> response = post("/events", OFFERS, "token", "session-1");
		assertThat(response.statusCode()).isEqualTo(204);
		assertThat(response.body()).isEmpty();
		assertThat(response.headers().map()).containsKeys("expires", "cache-control");
		assertThat(post("/events", BOOKING, "token", "session-1").statusCode()).isEqualTo(204);
		assertThat(post("/events", BOOKING, "token", null).statusCode()).isEqualTo(204);
		assertThat(this.api.received()).extracting((received) -> received.event().type())
			.containsExactly("offers_displayed", "booking_confirmed", "booking_confirmed");
		assertThat(this.api.received().get(0).sessionId()).isEqualTo("session-1");
		assertThat(this.api.received().get(0).request().body()).isEqualTo(OFFERS);
		this.api.reset();
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void clientWaitsAsSoonAsItIsKnownUntilWhen() throws Exception {
		List<Set<Integer>> before = new ArrayList<>();
		this.api.useTimeOf(new Scheduler() {

			@Override
			public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
				before.add(Set.copyOf(FakeHopperApiTests.this.api.waitingClients().keySet()));
				return schedule(task);
			}

			@Override
			public Disposable schedule(Runnable task) {
				return Schedulers.parallel().schedule(task);
			}

			@Override
			public Worker createWorker() {
				return Schedulers.parallel().createWorker();
			}

		});
		this.api.latency(Latency.fixed(Duration.ofHours(1)));
		assertThat(post("/events", OFFERS, "token", "session-1").statusCode()).isEqualTo(204);
		assertThat(before).containsExactly(Set.of());
	}

	@Test
	void acceptsCustomTypesThatItWasToldOf() throws Exception {
		String custom = "{\"type\":\"seat_selected\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\",\"seat\":\"1A\"}";
		assertThat(post("/events", custom, "token", "s").statusCode()).isEqualTo(204);
		assertThat(post("/events", custom.replace("seat_selected", "other"), "token", "s").statusCode()).isEqualTo(400);
	}

	@Test
	void knowsWhoMayDoWhat() throws Exception {
		assertThat(post("/events", OFFERS, null, "s").statusCode()).isEqualTo(401);
		assertThat(post("/events", OFFERS, "other", "s").statusCode()).isEqualTo(401);
		HttpResponse<String> forbidden = post("/events", OFFERS, "powerless", "s");
		assertThat(forbidden.statusCode()).isEqualTo(403);
		assertThat(forbidden.body()).isEmpty();
		this.api.revokeToken("token");
		assertThat(post("/events", OFFERS, "token", "s").statusCode()).isEqualTo(401);
		assertThat(this.api.received()).isEmpty();
	}

	@Test
	void unknownPathsSessionsAndMethodsAreNotFound() throws Exception {
		assertThat(post("/other", OFFERS, "token", "s").statusCode()).isEqualTo(404);
		assertThat(post("/../events", OFFERS, "token", "s").statusCode()).isEqualTo(404);
		assertThat(post("/events", OFFERS, "token", "gone").statusCode()).isEqualTo(404);
		HttpRequest get = HttpRequest.newBuilder(URI.create(this.api.baseUrl() + "/events")).build();
		assertThat(this.client.send(get, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			400 | {"type":"offers_displayed"
			400 | []
			400 | {"type":"offers_displayed","type":"offers_displayed","occurred_date_time":"2022-01-24T15:34:30Z"}
			400 | {"type":"offers_displayed","occurred_date_time":"2022-01-24T15:34:30Z"} {}
			400 | {"occurred_date_time":"2022-01-24T15:34:30Z"}
			400 | {"type":"offers_displayed"}
			400 | {"type":"unheard_of","occurred_date_time":"2022-01-24T15:34:30Z"}
			400 | {"type":"offers_displayed","occurred_date_time":"2022-01-24T15:34:30+01:00"}
			400 | {"type":"offers_displayed","occurred_date_time":"2022-13-24T15:34:30Z"}
			400 | {"type":"offers_displayed","occurred_date_time":1643038470}
			400 | {"type":"offers_displayed","occurred_date_time":"2022-01-24T15:34:30Z","extra":1}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","cfar_contract_id":null}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","cfar_contract_id":1}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","dg_offer_ids":"o"}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","dg_offer_ids":[""]}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","booking_references":[]}
			400 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","booking_references":{"a":1}}
			422 | {"type":"booking_confirmed","occurred_date_time":"2022-01-24T15:34:30Z","dg_contract_id":" "}
			""")
	void refusesWhatBreaksTheContract(int status, String body) throws Exception {
		HttpResponse<String> response = post("/events", body, "token", "s");
		assertThat(response.statusCode()).isEqualTo(status);
		JsonNode error = Json.readObject(response.body()).path("errors").get(0);
		assertThat(error.path("message").stringValue()).isNotBlank();
		assertThat(error.path("code").stringValue()).isNotBlank();
		assertThat(this.api.received()).isEmpty();
	}

	@Test
	void sessionIsNeededUnlessTheBookingNamesItsOffers() throws Exception {
		assertThat(post("/events", OFFERS, "token", null).statusCode()).isEqualTo(422);
		String booking = "{\"type\":\"booking_confirmed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}";
		assertThat(post("/events", booking, "token", null).statusCode()).isEqualTo(422);
		assertThat(post("/events", booking, "token", "s").statusCode()).isEqualTo(204);
		try (FakeHopperApi older = FakeHopperApi.builder().token("token").requireSession(true).start()) {
			HttpResponse<String> response = send(older.baseUrl() + "/events", BOOKING, "token", null,
					"application/json");
			assertThat(response.statusCode()).isEqualTo(422);
		}
	}

	@Test
	void mediaTypeMustBeJsonAndBodyNotTooLong() throws Exception {
		assertThat(send(this.api.baseUrl() + "/events", OFFERS, "token", "s", "text/plain").statusCode())
			.isEqualTo(400);
		assertThat(post("/events", "x".repeat(1024 * 1024 + 1), "token", "s").statusCode()).isEqualTo(413);
	}

	@Test
	void signsIn() throws Exception {
		HttpResponse<String> response = post("/auth",
				"{\"client_id\":\"simulator-client\",\"client_secret\":\"simulator-secret\"}", null, null);
		assertThat(response.statusCode()).isEqualTo(201);
		JsonNode answer = Json.readObject(response.body());
		assertThat(answer.path("expires_in").intValue()).isEqualTo(86400);
		String token = answer.path("access_token").stringValue();
		assertThat(post("/events", OFFERS, token, "s").statusCode()).isEqualTo(204);
		assertThat(post("/auth", "{\"client_id\":\"simulator-client\",\"client_secret\":\"wrong\"}", null, null)
			.statusCode()).isEqualTo(401);
		assertThat(post("/auth", "{\"client_id\":\"simulator-client\"}", null, null).statusCode()).isEqualTo(400);
	}

	@ParameterizedTest
	@CsvSource({
			"200,grant_type=client_credentials&client_id=simulator-client&client_secret=simulator-secret&audience=a",
			"401,grant_type=client_credentials&client_id=simulator-client&client_secret=wrong&audience=a",
			"400,grant_type=client_credentials&client_id=simulator-client&client_secret=simulator-secret",
			"400,grant_type=password&client_id=simulator-client&client_secret=simulator-secret&audience=a" })
	void signsInLikeAnIdentityProvider(int status, String form) throws Exception {
		HttpResponse<String> response = send("http://127.0.0.1:" + this.api.port() + "/oauth/token", form, null, null,
				"application/x-www-form-urlencoded");
		assertThat(response.statusCode()).isEqualTo(status);
		JsonNode answer = Json.readObject(response.body());
		if (status == 200) {
			String token = answer.path("access_token").stringValue();
			assertThat(post("/events", OFFERS, token, "s").statusCode()).isEqualTo(204);
		}
		else {
			assertThat(answer.path("error").stringValue()).isNotEmpty();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			201 | {"flow_type":"purchase","point_of_sale":"US","language":"en"}
			201 | {"flow_type":"exercise","point_of_sale":"US","language":"en","product":"dg","session_id":"mine"}
			400 | {"flow_type":"other","point_of_sale":"US","language":"en"}
			400 | {"flow_type":"purchase","point_of_sale":"USA","language":"en"}
			400 | {"flow_type":"purchase","point_of_sale":"US"}
			400 | {"flow_type":"purchase","point_of_sale":"US","language":"en","user_info":{}}
			422 | {"flow_type":"exercise","point_of_sale":"US","language":"en"}
			""")
	void createsSessions(int status, String body) throws Exception {
		HttpResponse<String> response = post("/sessions", body, "token", null);
		assertThat(response.statusCode()).isEqualTo(status);
		if (status == 201) {
			assertThat(Json.readObject(response.body()).path("id").stringValue())
				.matches(body.contains("mine") ? "mine" : ".{36}");
		}
	}

	@Test
	void failsOnDemand() throws Exception {
		this.api.failNext(1, Fault.status(503).withRetryAfter("7"));
		this.api.failNext(1, Fault.reset());
		this.api.failNext(1, Fault.resetAfterAccepting());
		HttpResponse<String> unavailable = post("/events", OFFERS, "token", "s");
		assertThat(unavailable.statusCode()).isEqualTo(503);
		assertThat(unavailable.headers().firstValue("Retry-After")).contains("7");
		assertThatIOException().isThrownBy(() -> post("/events", OFFERS, "token", "s"));
		assertThat(this.api.received()).isEmpty();
		assertThatIOException().isThrownBy(() -> post("/events", OFFERS, "token", "s"));
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.api.requests()).extracting(ReceivedRequest::status).containsExactly(503, 0, 0);
	}

	@Test
	void delayedAnswerComesAfterThoseOfLaterRequests() throws Exception {
		this.api.failNext(1, Fault.delay(Duration.ofSeconds(3)));
		this.api.hold();
		Thread late = new Thread(() -> {
			try {
				post("/events", OFFERS, "token", "late");
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
		late.start();
		this.api.awaitHeld(1);
		this.api.release();
		assertThat(post("/events", OFFERS, "token", "early").statusCode()).isEqualTo(204);
		late.join();
		assertThat(this.api.received()).last().extracting(ReceivedEvent::sessionId).isEqualTo("late");
	}

	@Test
	void randomFaultsFollowTheirSeed() throws Exception {
		List<List<Integer>> runs = new ArrayList<>();
		for (int run = 0; run < 2; run++) {
			this.api.reset();
			this.api.failRandomly(0.5, 42, Fault.status(500), Fault.status(503));
			for (int i = 0; i < 20; i++) {
				post("/events", OFFERS, "token", "s");
			}
			runs.add(this.api.requests().stream().map(ReceivedRequest::status).toList());
		}
		assertThat(runs.get(0)).isEqualTo(runs.get(1)).contains(204, 500, 503);
		this.api.recover();
		assertThat(post("/events", OFFERS, "token", "s").statusCode()).isEqualTo(204);
	}

	@Test
	void isControlledByHttp() throws Exception {
		String control = "http://127.0.0.1:" + this.api.port() + "/simulator";
		assertThat(send(control + "/faults", "{\"count\":2,\"status\":503,\"retry_after\":\"1\"}", null, null, "")
			.statusCode()).isEqualTo(204);
		assertThat(post("/events", OFFERS, "token", "s").statusCode()).isEqualTo(503);
		HttpRequest clear = HttpRequest.newBuilder(URI.create(control + "/faults")).DELETE().build();
		assertThat(this.client.send(clear, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(204);
		assertThat(post("/events", OFFERS, "token", "s").statusCode()).isEqualTo(204);
		assertThat(get(control + "/events/count")).contains("\"accepted\":1").contains("\"requests\":2");
		assertThat(get(control + "/events"))
			.isEqualTo("[{\"type\":\"offers_displayed\",\"session_id\":\"s\",\"body\":" + OFFERS + "}]");
		HttpResponse<String> nonsense = send(control + "/faults", "{\"count\":1}", null, null, "");
		assertThat(nonsense.statusCode()).isEqualTo(400);
		assertThat(nonsense.body()).contains("One of 'status', 'delay' and 'reset'");
	}

	@Test
	void answersHalf() throws Exception {
		this.api.failNext(1, Fault.halfAnswer());
		assertThatIOException().isThrownBy(() -> post("/events", OFFERS, "token", "s"));
		assertThat(this.api.received()).singleElement()
			.extracting((received) -> received.request().status())
			.isEqualTo(0);
		this.api.reset();
		assertThat(post("/events", OFFERS, "token", "s").statusCode()).isEqualTo(204);
	}

	private HttpResponse<String> post(String path, String body, String token, String sessionId)
			throws IOException, InterruptedException {
		return send(this.api.baseUrl() + path, body, token, sessionId, "application/json");
	}

	private HttpResponse<String> send(String uri, String body, String token, String sessionId, String contentType)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri))
			.POST(HttpRequest.BodyPublishers.ofString(body));
		if (!contentType.isEmpty()) {
			request.header("Content-Type", contentType);
		}
		if (token != null) {
			request.header("Authorization", "Bearer " + token);
		}
		if (sessionId != null) {
			request.header("HC-Session-ID", sessionId);
		}
		return this.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private String get(String uri) throws IOException, InterruptedException {
		return this.client.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString())
			.body();
	}

}
