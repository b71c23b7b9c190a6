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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries {@link StoredEventJson} with hostile input.
 */
class StoredEventsFuzzTests {

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private static final Instant NOW = Instant.parse("2026-05-04T10:15:30Z");

	private static final String FAILURES = """
			[{"at":"2026-05-04T10:15:31Z","kind":"rejected","status":422,"message":"Refused",
			"errors":[{"message":"wrong","code":"C1","messages":{"field":"***"}}]}]""";

	private static final String EVENT = """
			{"type":"booking_confirmed","occurred_date_time":"2026-05-04T10:15:30Z","cfar_contract_id":"%s",
			"cfar_offer_ids":["offer-1"],"booking_references":{"cfar":"PNR"}}""".formatted(Hostile.SECRET);

	private static final String STORED = "{\"version\":1,\"id\":\"01a20885-5e08-7002-82ff-d7a1eda570db\","
			+ "\"stored_at\":\"2026-05-04T10:15:30.123456Z\",\"session_id\":\"session-1\","
			+ "\"type\":\"booking_confirmed\",\"event\":" + EVENT + ",\"attempts\":2,\"failures\":" + FAILURES
			+ ",\"replayed_at\":\"2026-05-05T00:00:00Z\",\"trace\":{\"traceparent\":\"00-1-2-01\"},"
			+ "\"dead\":{\"reason\":\"REJECTED\",\"since\":\"2026-05-04T10:15:31Z\"}}";

	@Provide
	Arbitrary<byte[]> stored() {
		return Hostile.documents(STORED);
	}

	@Provide
	Arbitrary<byte[]> failures() {
		return Hostile.documents(FAILURES);
	}

	@Provide
	Arbitrary<byte[]> traces() {
		return Hostile.documents("{\"traceparent\":\"00-1-2-01\",\"tracestate\":\"a=b\"}");
	}

	@Provide
	Arbitrary<byte[]> events() {
		return Hostile.documents(EVENT);
	}

	@Fuzz
	void storedEventIsReadOrRefusedWithoutRepeatingIt(@ForAll("stored") byte[] bytes) {
		DeadLetter letter;
		try {
			letter = Hostile.call(() -> DeadLetter.fromJson(bytes));
		}
		catch (IllegalArgumentException ex) {
			assertThat(ex.getMessage()).startsWith("The stored event cannot be read").hasSizeLessThan(200);
			assertThat(ex).hasNoCause();
			return;
		}
		check(letter.event());
		if (!letter.event().type().contains(Hostile.SECRET)) {
			assertThat(letter.toString()).doesNotContain(Hostile.SECRET);
		}
		assertThat(Duration.between(letter.deadSince(), NOW).toNanos()).isNotNull();
		byte[] written = letter.toJson();
		// Names have no order
		assertThat(MAPPER.readTree(DeadLetter.fromJson(written).toJson())).isEqualTo(MAPPER.readTree(written));
	}

	@Fuzz
	void eventIsRestoredWhateverItsFailuresAndItsTraceAre(@ForAll("failures") byte[] failures,
			@ForAll("traces") byte[] trace) {
		StoredEvent event = Hostile.call(() -> StoredEvent.restore(new UUID(7, 7), NOW, "session-1",
				"booking_confirmed", EVENT.getBytes(StandardCharsets.UTF_8), 1, text(failures), null, text(trace)));
		check(event);
	}

	@Fuzz
	void timeOfAnEventIsReadOrNotKnown(@ForAll("events") byte[] event) {
		Instant time = Hostile.call(() -> StoredEventJson.occurredAt(event));
		if (time != null) {
			assertThat(time).isBetween(Instant.parse("0000-01-01T00:00:00Z"),
					Instant.parse("9999-12-31T23:59:59.999999999Z"));
		}
	}

	private static void check(StoredEvent event) {
		assertThat(event.attempts()).isNotNegative();
		assertThat(Duration.between(event.since(), NOW).toNanos()).isNotNull();
		assertThat(event.payload()).startsWith('{').endsWith('}');
		event.failures().forEach((failure) -> assertThat(failure.failedAt().plus(Duration.ofDays(3650))).isNotNull());
		assertThat(StoredEvent
			.restore(event.id(), event.storedAt(), event.sessionId(), event.type(), event.payload(), event.attempts(),
					event.failuresAsJson(), event.replayedAt(), event.traceAsJson())
			.failures()).isEqualTo(event.failures());
		// The type is named in logs, whatever it is
		if (!event.type().contains(Hostile.SECRET)) {
			assertThat(event.toString()).doesNotContain(Hostile.SECRET);
		}
	}

	private static String text(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

}
