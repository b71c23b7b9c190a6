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
package com.hopper.hts.events.outbox;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StoreSpan}.
 */
class StoreSpanTests {

	private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

	private static final String SPAN = "00f067aa0ba902b7";

	@ParameterizedTest
	@CsvSource({ "01,true", "00,false", "03,true" })
	void formatOfTheW3cIsRead(String flags, boolean sampled) {
		assertThat(StoreSpan.of(Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-" + flags, "baggage", "a=b")))
			.isEqualTo(new StoreSpan(TRACE, SPAN, sampled, true));
	}

	@Test
	void laterVersionOfTheW3cIsRead() {
		assertThat(StoreSpan.of(Map.of("traceparent", "cc-" + TRACE + "-" + SPAN + "-01-more")))
			.isEqualTo(new StoreSpan(TRACE, SPAN, true, true));
	}

	@Test
	void formatsOfB3AreRead() {
		assertThat(StoreSpan.of(Map.of("b3", TRACE + "-" + SPAN + "-1-" + SPAN)))
			.isEqualTo(new StoreSpan(TRACE, SPAN, true, true));
		assertThat(StoreSpan.of(Map.of("b3", TRACE + "-" + SPAN))).isEqualTo(new StoreSpan(TRACE, SPAN, null, true));
		assertThat(StoreSpan.of(Map.of("X-B3-TraceId", TRACE, "X-B3-SpanId", SPAN, "X-B3-Sampled", "0")))
			.isEqualTo(new StoreSpan(TRACE, SPAN, false, true));
	}

	@Test
	void shortTraceIdIsPadded() {
		assertThat(StoreSpan.of(Map.of("b3", SPAN + "-" + SPAN + "-1")))
			.isEqualTo(new StoreSpan("0000000000000000" + SPAN, SPAN, true, true));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "00", "00-" + TRACE, "ff-" + TRACE + "-" + SPAN + "-01",
			"00-00000000000000000000000000000000-" + SPAN + "-01", "00-" + TRACE + "-0000000000000000-01",
			"00-" + TRACE + "-" + SPAN + "-xx", "00-" + TRACE + "x-" + SPAN + "-01" })
	void whatIsNoTraceIsLeftOut(String traceparent) {
		assertThat(StoreSpan.of(Map.of("traceparent", traceparent))).isEqualTo(new StoreSpan("", "", null, true));
		assertThat(StoreSpan.of(Map.of("b3", traceparent))).isEqualTo(new StoreSpan("", "", null, true));
	}

	@Test
	void noTraceIsNoSpanAndAnotherFormatIsNotKnown() {
		assertThat(StoreSpan.of(Map.of()).known()).isTrue();
		assertThat(StoreSpan.of(Map.of()).traceId()).isEmpty();
		assertThat(StoreSpan.of(Map.of("X-Amzn-Trace-Id", "Root=1")).known()).isFalse();
	}

}
