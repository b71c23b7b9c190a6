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
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.BeanUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what {@link FakeHopperApi} has to be strict about besides the fields of an
 * event.
 */
class FakeHopperApiStrictnessTests {

	private static final String OFFERS = "{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}";

	private final FakeHopperApi api = FakeHopperApi.builder().token("token").customEventType("seat_selected").start();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void bodyMustBeValidUtf8() throws Exception {
		byte[] body = "{\"type\":\"seat_selected\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\",\"seat\":\"?\"}"
			.getBytes(StandardCharsets.UTF_8);
		body[body.length - 3] = (byte) 0xff;
		HttpRequest request = request("/events").POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
		assertThat(send(request).statusCode()).isEqualTo(400);
		assertThat(this.api.received()).isEmpty();
	}

	@Test
	void nullInsideAnArrayIsRefused() throws Exception {
		HttpResponse<String> response = send(request("/events").POST(HttpRequest.BodyPublishers.ofString(
				"{\"type\":\"seat_selected\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\",\"seats\":[{\"row\":null}]}"))
			.build());
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("seats[0].row");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			204 | application/json
			204 | text/html, */*;q=0.1
			204 | application/json;q=0.5
			400 | text/html
			400 | application/json;q=0
			400 | application/json;q=0, */*
			400 | application/jsonp
			400 | text/html;note="application/json"
			""")
	void acceptMustAllowJson(int status, String accept) throws Exception {
		assertThat(send(
				request("/events").header("Accept", accept).POST(HttpRequest.BodyPublishers.ofString(OFFERS)).build())
			.statusCode()).isEqualTo(status);
	}

	@Test
	void sessionHeaderMustNotBeRepeatedOrBlank() throws Exception {
		HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofString(OFFERS);
		assertThat(send(request("/events").header("HC-Session-ID", "other").POST(body).build()).statusCode())
			.isEqualTo(400);
		assertThat(raw("POST /airline/v1.1/events HTTP/1.1", OFFERS, "HC-Session-ID: ")).startsWith("HTTP/1.1 400");
	}

	@Test
	void bodyIsCheckedBeforeTheSessionHeader() throws Exception {
		HttpResponse<String> response = send(request("/events").header("HC-Session-ID", "other")
			.POST(HttpRequest.BodyPublishers.ofString("[]"))
			.build());
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("The body must be a JSON object");
	}

	@Test
	void pathMustMatchExactly() throws Exception {
		for (String path : List.of("/events/", "/Events", "/%65vents", "/events/x")) {
			assertThat(send(request(path).POST(HttpRequest.BodyPublishers.ofString(OFFERS)).build()).statusCode())
				.as(path)
				.isEqualTo(404);
		}
	}

	@Test
	void malformedPathIsNotFound() throws Exception {
		assertThat(raw("POST /airline/v1.1/ev|ents%zz HTTP/1.1", OFFERS)).startsWith("HTTP/1.1 404");
	}

	@Test
	void otherMethodsDoNotUseUpFaults() throws Exception {
		this.api.failNext(1, Fault.status(503));
		assertThat(send(request("/events").GET().build()).statusCode()).isEqualTo(405);
		assertThat(send(request("/events").POST(HttpRequest.BodyPublishers.ofString(OFFERS)).build()).statusCode())
			.isEqualTo(503);
	}

	@Test
	void errorAnswersHaveNoExtraBodyAndNoCacheHeaders() throws Exception {
		HttpResponse<String> response = send(
				request("/sessions").POST(HttpRequest.BodyPublishers.ofString("{}")).build());
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.headers().map()).doesNotContainKey("expires");
	}

	@Test
	void numberBeyondWhatCanBeReadIsRefused() throws Exception {
		HttpResponse<String> response = send(request("/events").POST(HttpRequest.BodyPublishers.ofString(
				"{\"type\":\"seat_selected\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\",\"price\":1e99999999999}"))
			.build());
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(this.api.requests()).singleElement().matches((request) -> request.status() == 400);
	}

	@Test
	void formThatCannotBeDecodedIsRefused() throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.api.port() + "/oauth/token"))
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials&client_secret=100%"))
			.build();
		assertThat(send(request).statusCode()).isEqualTo(400);
		assertThat(this.api.requests()).singleElement().matches((received) -> received.status() == 400);
	}

	@ParameterizedTest
	@ValueSource(classes = { IllegalStateException.class, AssertionError.class, NoSuchMethodError.class })
	void failingListenerDoesNotChangeTheAnswer(Class<? extends Throwable> type) throws Exception {
		try (FakeHopperApi noisy = FakeHopperApi.builder().token("token").onRequest((request) -> {
			throw sneaky(type);
		}).start()) {
			HttpRequest request = HttpRequest.newBuilder(URI.create(noisy.baseUrl() + "/events"))
				.headers("Authorization", "Bearer token", "Content-Type", "application/json", "HC-Session-ID", "s")
				.POST(HttpRequest.BodyPublishers.ofString(OFFERS))
				.build();
			assertThat(send(request).statusCode()).isEqualTo(204);
			assertThat(noisy.received()).hasSize(1);
		}
	}

	@Test
	void requestWhoseClientGaveUpWhileItWasDelayedIsKept() throws Exception {
		this.api.failNext(1, Fault.delay(Duration.ofSeconds(30)));
		HttpRequest request = request("/events").timeout(Duration.ofSeconds(5))
			.POST(HttpRequest.BodyPublishers.ofString(OFFERS))
			.build();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> send(request));
		// The server learns of it when it sees the connection close
		await().atMost(Duration.ofSeconds(30)).until(() -> this.api.requests().size() == 1);
		assertThat(this.api.requests().get(0).status()).isZero();
		assertThat(this.api.received()).isEmpty();
	}

	@Test
	void resetComesBeforeAnyByteOfAnAnswer() throws Exception {
		this.api.failNext(1, Fault.reset());
		assertThatExceptionOfType(SocketException.class)
			.isThrownBy(() -> raw("POST /airline/v1.1/events HTTP/1.1", OFFERS))
			.withMessageContaining("reset");
	}

	@Test
	void randomFaultsNeedAProbabilityAndFaults() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.api.failRandomly(0.5, 1));
		assertThatIllegalArgumentException().isThrownBy(() -> this.api.failRandomly(1.5, 1, Fault.reset()));
		this.api.failRandomly(0, 1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"count\":\"many\",\"status\":503}", "{\"count\":1.5,\"status\":503}",
			"{\"status\":\"503\"}", "{\"delay\":\"-PT1S\"}", "{\"reset\":\"yes\"}", "{\"reset\":true,\"status\":503}",
			"{\"delay\":\"PT1S\",\"retry_after\":\"1\"}" })
	void ordersOfFaultsThatMakeNoSenseAreRefused(String body) throws Exception {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.api.port() + "/simulator/faults"))
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build();
		assertThat(send(request).statusCode()).isEqualTo(400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"user_info\":\"me\"", "\"user_info\":{\"airline_user_id\":\"u\",\"extra\":1}",
			"\"user_info\":{\"airline_user_id\":\"u\",\"previous_bookings\":-1}", "\"device\":\"phone\"",
			"\"device\":{\"type\":\"watch\",\"id\":\"i\"}", "\"session_id\":\"a\\nb\"", "\"session_id\":\" \"" })
	void detailsOfSessionsAreChecked(String field) throws Exception {
		String body = "{\"flow_type\":\"purchase\",\"point_of_sale\":\"US\",\"language\":\"en\"," + field + "}";
		assertThat(send(request("/sessions").POST(HttpRequest.BodyPublishers.ofString(body)).build()).statusCode())
			.isIn(400, 422);
	}

	@Test
	void countsOpenConnectionsAndClosesThemTwice() throws Exception {
		assertThat(this.api.openConnections()).isZero();
		try (Socket socket = new Socket("127.0.0.1", this.api.port())) {
			await().atMost(Duration.ofSeconds(30)).until(() -> this.api.openConnections() == 1);
			assertThat(socket.isConnected()).isTrue();
		}
		await().atMost(Duration.ofSeconds(30)).until(() -> this.api.openConnections() == 0);
		this.api.close();
		this.api.close();
	}

	@Test
	void receivedRequestsCannotBeChanged() throws Exception {
		send(request("/events").POST(HttpRequest.BodyPublishers.ofString(OFFERS)).build());
		Map<String, List<String>> headers = this.api.requests().get(0).headers();
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(headers::clear);
		assertThat(this.api.requests().get(0).header("HC-Session-ID")).isEqualTo("s");
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> RuntimeException sneaky(Class<? extends Throwable> type) throws T {
		throw (T) BeanUtils.instantiateClass(type);
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create(this.api.baseUrl() + path))
			.headers("Authorization", "Bearer token", "Content-Type", "application/json", "HC-Session-ID", "s");
	}

	private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
		return this.client.send(request, HttpResponse.BodyHandlers.ofString());
	}

	private String raw(String requestLine, String body, String... headers) throws IOException {
		try (Socket socket = new Socket("127.0.0.1", this.api.port())) {
			socket.setSoTimeout(30_000);
			String head = requestLine + "\r\nHost: localhost\r\nAuthorization: Bearer token\r\n"
					+ "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n"
					+ ((headers.length > 0) ? String.join("\r\n", headers) + "\r\n" : "") + "\r\n";
			socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
			InputStream in = socket.getInputStream();
			byte[] buffer = new byte[8192];
			int length = in.read(buffer);
			return new String(buffer, 0, Math.max(length, 0), StandardCharsets.UTF_8);
		}
	}

}
