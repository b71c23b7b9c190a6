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
package com.hopper.hts.events.outbox.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries {@link KafkaRecords} with hostile records.
 */
class KafkaRecordsFuzzTests {

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private static final Instant NOW = Instant.parse("2026-05-04T10:15:30Z");

	private static final String ID = "01a20885-5e08-7002-82ff-d7a1eda570db";

	@Provide
	Arbitrary<byte[]> values() {
		Arbitrary<byte[]> documents = Hostile.documents("{\"version\":1,\"id\":\"" + ID
				+ "\",\"stored_at\":\"2026-05-04T10:15:30Z\",\"session_id\":\"session-1\",\"type\":\"offers_displayed\","
				+ "\"event\":{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2026-05-04T10:15:30Z\"},"
				+ "\"attempts\":1,\"dead\":{\"reason\":\"REJECTED\",\"since\":\"2026-05-04T10:15:31Z\"}}");
		return documents.injectNull(0.05);
	}

	@Provide
	Arbitrary<byte[]> keys() {
		return Arbitraries.oneOf(Arbitraries.of(ID, "session-1", "1-1-1-1-1", ID + ID), Hostile.texts())
			.map(KafkaRecordsFuzzTests::utf8)
			.injectNull(0.05);
	}

	@Provide
	Arbitrary<byte[]> headers() {
		return Arbitraries
			.oneOf(Arbitraries.of("1777889730000", "-9223372036854775808", "9223372036854775807", "REJECTED", "true",
					"2026-05-04T10:15:31Z", "hopper-events-0@7"), Hostile.texts())
			.map(KafkaRecordsFuzzTests::utf8)
			.injectNull(0.1);
	}

	@Fuzz
	void recordIsAnEventOrNot(@ForAll("values") byte[] value, @ForAll("keys") byte[] key,
			@ForAll("headers") byte[] header) {
		ConsumerRecord<byte[], byte[]> consumed = consumed(value, key, header);
		Instant due = Hostile.call(() -> KafkaRecords.notBefore(consumed));
		assertThat(Duration.between(NOW, due).toNanos()).isNotNull();
		try {
			StoredEvent event = Hostile.call(() -> KafkaRecords.readEvent(consumed));
			// Names have no order
			byte[] again = KafkaRecords.readEvent(consumed(event.toJson(), key, header)).toJson();
			assertThat(MAPPER.readTree(again)).isEqualTo(MAPPER.readTree(event.toJson()));
		}
		catch (IllegalArgumentException ex) {
			assertThat(ex.getMessage()).startsWith("The stored event cannot be read").hasSizeLessThan(200);
		}
	}

	@Fuzz
	void recordIsADeadLetterOrNone(@ForAll("values") byte[] value, @ForAll("keys") byte[] key,
			@ForAll("headers") byte[] header) {
		ConsumerRecord<byte[], byte[]> consumed = consumed(value, key, header);
		KafkaRecords.Letter letter = Hostile.call(() -> KafkaRecords.readDead(consumed));
		if (letter == null) {
			return;
		}
		assertThat(letter.id()).isEqualTo(KafkaRecords.readId(consumed));
		assertThat(Duration.between(letter.letter().deadSince(), NOW).toNanos()).isNotNull();
		// The type is named in logs, whatever it is
		if (!letter.letter().event().type().contains(Hostile.SECRET)) {
			assertThat(letter.letter().toString()).doesNotContain(Hostile.SECRET);
		}
		if (letter.raw() != null) {
			assertThat(letter.letter().event().failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.message()).hasSizeLessThan(400).matches(Hostile::isOneLine));
		}
		assertThat(letter.replay("events", NOW).value()).isNotNull();
		assertThat(KafkaRecords.size(KafkaRecords.dead("dead", letter.letter(), consumed))).isPositive();
	}

	private static ConsumerRecord<byte[], byte[]> consumed(byte[] value, byte[] key, byte[] header) {
		RecordHeaders headers = new RecordHeaders();
		headers.add("hopper-not-before", header);
		headers.add("hopper-reason", header);
		headers.add("hopper-dead-since", header);
		headers.add("hopper-origin", header);
		if (header != null && header.length % 2 == 0) {
			headers.add("hopper-unreadable", header);
		}
		return new ConsumerRecord<>("events", 0, 7, (header != null) ? Long.MAX_VALUE : -1, TimestampType.CREATE_TIME,
				-1, -1, key, value, headers, Optional.empty());
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
