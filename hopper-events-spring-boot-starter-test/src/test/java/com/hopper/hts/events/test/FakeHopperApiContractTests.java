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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that {@link FakeHopperApi} answers and refuses as the specification says.
 */
class FakeHopperApiContractTests {

	private static final String SESSION = "{\"flow_type\":\"purchase\",\"point_of_sale\":\"US\",\"language\":\"en\"}";

	private final FakeHopperApi api = FakeHopperApi.builder().token("token").start();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void orderedConfirmationHasTheHeadersThatAreRequired() throws Exception {
		this.api.failNext(1, Fault.status(204));
		HttpResponse<String> response = post("/events", "{}");
		assertThat(response.statusCode()).isEqualTo(204);
		assertThat(response.headers().map()).containsKeys("expires", "cache-control");
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 422 })
	void orderedRefusalHasTheErrorsThatArePromised(int status) throws Exception {
		this.api.failNext(1, Fault.status(status));
		this.api.failNext(1, Fault.status(status).atSessions());
		this.api.failNext(1, Fault.status(status).atSignIn());
		for (String path : new String[] { "/events", "/sessions", "/auth" }) {
			HttpResponse<String> response = post(path, "{}");
			assertThat(response.statusCode()).isEqualTo(status);
			assertThat(Json.readObject(response.body()).path("errors").get(0).path("message").stringValue())
				.isNotBlank();
		}
		assertThat(this.api.violations()).isEmpty();
	}

	@Test
	void faultMeetsItsOwnEndpointOnly() throws Exception {
		this.api.failNext(1, Fault.status(503).withRetryAfter("7").atSessions());
		this.api.failAll(Fault.status(500).atSignIn());
		assertThat(post("/auth", "{}").statusCode()).isEqualTo(500);
		assertThat(post("/events", "{}").statusCode()).isEqualTo(400);
		HttpResponse<String> response = post("/sessions", SESSION);
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().firstValue("Retry-After")).hasValue("7");
		assertThat(post("/sessions", SESSION).statusCode()).isEqualTo(201);
		assertThat(post("/auth", "{}").statusCode()).isEqualTo(500);
		this.api.recover();
		assertThat(post("/auth", "{}").statusCode()).isEqualTo(400);
	}

	@Test
	void sessionIsNotCreatedWhenOrdered() throws Exception {
		this.api.failNext(1, Fault.status(204).atSessions());
		HttpResponse<String> response = post("/sessions", SESSION);
		assertThat(response.statusCode()).isEqualTo(204);
		assertThat(response.headers().map()).containsKeys("expires", "cache-control");
	}

	@Test
	void faultOfAnotherEndpointCanBeOrderedByHttp() throws Exception {
		URI control = URI.create("http://127.0.0.1:" + this.api.port() + "/simulator/faults");
		assertThat(post(control, "{\"status\":204,\"endpoint\":\"sessions\"}").statusCode()).isEqualTo(204);
		assertThat(post(control, "{\"status\":503,\"endpoint\":\"auth\"}").statusCode()).isEqualTo(204);
		assertThat(post(control, "{\"status\":503,\"endpoint\":\"nowhere\"}").statusCode()).isEqualTo(400);
		assertThat(post("/sessions", SESSION).statusCode()).isEqualTo(204);
		assertThat(post("/auth", "{}").statusCode()).isEqualTo(503);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{'type':'fridge'}", "'app'", "{}", "{'type':'app','browser':{'type':'chrome'}}",
			"{'type':'web','browser':{'type':'lynx'}}", "{'type':'web','browser':{}}",
			"{'type':'app','operating_system':{'type':'ios'}}", "{'type':'app','operating_system':'linux'}",
			"{'type':'app','operating_system':{'type':'other_os'}}",
			"{'type':'app','operating_system':{'type':'linux','version':6}}",
			"{'type':'app','operating_system':{'type':'linux','name':'x'}}", "{'type':'app','x':1}" })
	void platformThatTheSpecificationForbidsIsRefused(String platform) throws Exception {
		HttpResponse<String> response = post("/sessions", withDevice("'platform':" + platform));
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("errors");
	}

	@ParameterizedTest
	@ValueSource(strings = { "'ui_theme':1", "'release_build':{}", "'colour':'red'" })
	void deviceThatTheSpecificationForbidsIsRefused(String field) throws Exception {
		assertThat(post("/sessions", withDevice(field)).statusCode()).isEqualTo(400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "'ui_theme':'dark','release_build':'7.1'", "'platform':{'type':'app'}",
			"'platform':{'type':'web','operating_system':{'type':'other_os','name':'Haiku'},"
					+ "'browser':{'type':'safari','version':'18'}}" })
	void deviceOfTheNewestSpecificationIsAccepted(String fields) throws Exception {
		assertThat(post("/sessions", withDevice(fields)).statusCode()).isEqualTo(201);
		assertThat(this.api.violations()).isEmpty();
	}

	private static String withDevice(String fields) {
		return SESSION.replaceFirst("}$",
				",\"device\":{\"id\":\"d\",\"type\":\"mobile\"," + fields.replace('\'', '"') + "}}");
	}

	private HttpResponse<String> post(String path, String body) throws Exception {
		return post(URI.create(this.api.baseUrl() + path), body);
	}

	private HttpResponse<String> post(URI uri, String body) throws Exception {
		return this.client.send(HttpRequest.newBuilder(uri)
			.header("Authorization", "Bearer token")
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

}
