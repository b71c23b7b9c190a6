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

import com.hopper.hts.events.simulator.FakeHopperApi;
import com.hopper.hts.events.simulator.ReceivedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

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
			SpringApplication.run(QuickstartApplication.class, "--hopper.base-url=" + api.baseUrl()).close();
			assertThat(api.events()).extracting(ReceivedRequest::eventType)
				.containsExactly("offers_displayed", "booking_confirmed");
			assertThat(api.events())
				.allSatisfy((event) -> assertThat(event.header("user-agent")).startsWith("hopper-events-spring-boot/"));
		}
		assertThat(output).contains("EventReceipt[eventType=booking_confirmed, statusCode=204, attempts=1")
			.contains("hopper.events.publish")
			.contains("outcome=delivered");
	}

}
