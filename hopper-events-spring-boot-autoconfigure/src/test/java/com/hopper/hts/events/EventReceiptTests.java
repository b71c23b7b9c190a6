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
package com.hopper.hts.events;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EventReceipt}.
 */
class EventReceiptTests {

	private final EventReceipt receipt = new EventReceipt("offers_displayed", EventReceipt.Outcome.DELIVERED,
			Map.of("Expires", List.of("0")), 1, Duration.ofMillis(20));

	@Test
	void isShortAsJson() {
		assertThat(JsonMapper.builder().build().writeValueAsString(this.receipt))
			.isEqualTo("{\"eventType\":\"offers_displayed\",\"outcome\":\"DELIVERED\","
					+ "\"headers\":{\"Expires\":[\"0\"]},\"attempts\":1,\"elapsed\":\"PT0.02S\"}");
	}

	@Test
	void headersHaveNamesInUpperOrLowerCase() {
		assertThat(this.receipt.headers().get("expires")).containsExactly("0");
	}

}
