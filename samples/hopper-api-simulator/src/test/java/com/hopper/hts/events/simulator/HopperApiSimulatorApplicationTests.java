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
package com.hopper.hts.events.simulator;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HopperApiSimulatorApplication}.
 */
class HopperApiSimulatorApplicationTests {

	@Test
	void acceptsAnEvent() throws Exception {
		try (ConfigurableApplicationContext context = HopperApiSimulatorApplication.application()
			.run("--simulator.port=0")) {
			FakeHopperApi api = context.getBean(FakeHopperApi.class);
			HttpRequest request = HttpRequest.newBuilder(URI.create(api.baseUrl() + "/events"))
				.header("Authorization", "Bearer simulator-token")
				.header("Content-Type", "application/json")
				.header("HC-Session-ID", "s")
				.POST(HttpRequest.BodyPublishers
					.ofString("{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}"))
				.build();
			assertThat(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
				.isEqualTo(204);
		}
	}

}
