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
package com.hopper.hts.events.quickstart;

import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link QuickstartApplication}.
 */
@ExtendWith(OutputCaptureExtension.class)
class QuickstartApplicationTests {

	@Test
	void publishesBothEventsAndPrintsReceiptsAndMetrics(CapturedOutput output) {
		try (FakeHopperApi api = FakeHopperApi.builder().token("simulator-token").start()) {
			SpringApplication
				.run(QuickstartApplication.class, "--hopper.base-url=" + api.baseUrl(),
						"--hopper.client.response-timeout=1m", "--hopper.client.read-timeout=1m")
				.close();
			assertThat(api.received()).extracting((received) -> received.event().type())
				.containsExactly("offers_displayed", "booking_confirmed");
			assertThat(api.received()).allSatisfy((received) -> assertThat(received.request().header("user-agent"))
				.startsWith("hopper-events-spring-boot/"));
		}
		assertThat(output).contains("EventReceipt[eventType=booking_confirmed, outcome=DELIVERED, attempts=1")
			.contains("hopper.events.publish")
			.contains("outcome=delivered");
	}

	@ParameterizedTest
	@ValueSource(strings = { "given-token.yml", "client-credentials-at-hopper.yml",
			"client-credentials-at-identity-provider.yml" })
	void signsInInEveryWayByChangingOnlyTheYaml(String yaml) {
		try (FakeHopperApi api = FakeHopperApi.builder().token("simulator-token").start()) {
			SpringApplication
				.run(QuickstartApplication.class, "--spring.config.location=classpath:" + yaml,
						"--simulator.url=http://127.0.0.1:" + api.port(), "--hopper.client.response-timeout=1m",
						"--hopper.client.read-timeout=1m")
				.close();
			assertThat(api.received()).hasSize(2);
			assertThat(api.requests()).extracting(ReceivedRequest::path)
				.filteredOn((path) -> !path.endsWith("/events"))
				.containsExactly(switch (yaml) {
					case "given-token.yml" -> new String[0];
					case "client-credentials-at-hopper.yml" -> new String[] { "/airline/v1.1/auth" };
					default -> new String[] { "/oauth/token" };
				});
		}
	}

}
