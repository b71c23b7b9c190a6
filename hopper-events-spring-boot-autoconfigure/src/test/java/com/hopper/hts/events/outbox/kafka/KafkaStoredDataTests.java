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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the outbox reads the records of Kafka that every version so far has written.
 * Nothing in {@code resources/stored} may ever be changed.
 */
class KafkaStoredDataTests {

	private static final Instant SINCE = Instant.parse("2026-05-04T10:15:31Z");

	@Test
	void newEventIsRead() throws IOException {
		ConsumerRecord<byte[], byte[]> consumed = consumed("event");
		StoredEvent event = KafkaRecords.readEvent(consumed);
		assertThat(event.event()).isInstanceOf(OffersDisplayed.class);
		assertThat(event.sessionId()).isEqualTo("session-1");
		assertThat(KafkaRecords.notBefore(consumed)).isEqualTo(Instant.EPOCH);
	}

	@Test
	void eventThatHasFailedIsReadWithItsTime() throws IOException {
		ConsumerRecord<byte[], byte[]> consumed = consumed("retry");
		StoredEvent event = KafkaRecords.readEvent(consumed);
		assertThat(event.event()).isInstanceOf(BookingConfirmed.class);
		assertThat(event.attempts()).isEqualTo(2);
		assertThat(event.failures()).hasSize(2);
		assertThat(KafkaRecords.notBefore(consumed)).isEqualTo(Instant.parse("2026-05-04T10:15:37Z"));
	}

	@Test
	void deadLetterIsRead() throws IOException {
		KafkaRecords.Letter letter = KafkaRecords.readDead(consumed("dead"));
		assertThat(letter).isNotNull();
		assertThat(letter.id()).isEqualTo(UUID.fromString("01a20885-5e08-7002-82ff-d7a1eda570d3"));
		assertThat(letter.letter().reason()).isEqualTo(DeadLetter.Reason.REJECTED);
		assertThat(letter.letter().deadSince()).isEqualTo(SINCE);
		assertThat(letter.letter().event().sessionId()).isEqualTo("session-3");
	}

	@Test
	void recordThatWasNoEventIsKeptAsItIs() throws IOException {
		KafkaRecords.Letter letter = KafkaRecords.readDead(consumed("unreadable"));
		assertThat(letter).isNotNull();
		assertThat(letter.letter().reason()).isEqualTo(DeadLetter.Reason.INVALID);
		assertThat(letter.letter().deadSince()).isEqualTo(SINCE);
		assertThat(letter.letter().event().failures()).singleElement()
			.satisfies((failure) -> assertThat(failure.message()).contains("hopper-events-0@8"));
		assertThat(letter.replay("hopper-events", SINCE).value()).asString(StandardCharsets.UTF_8)
			.isEqualTo("not an event");
	}

	@Test
	void discardedDeadLetterIsFound() throws IOException {
		ConsumerRecord<byte[], byte[]> consumed = consumed("discarded");
		assertThat(consumed.value()).isNull();
		assertThat(KafkaRecords.readId(consumed)).isEqualTo(UUID.fromString("01a20885-5e08-7002-82ff-d7a1eda570d3"));
	}

	private static ConsumerRecord<byte[], byte[]> consumed(String name) throws IOException {
		JsonNode stored = JsonMapper.builder().build().readTree(file("kafka-records.json")).required(name);
		RecordHeaders headers = new RecordHeaders();
		stored.required("headers")
			.properties()
			.forEach((header) -> headers.add(header.getKey(), utf8(header.getValue().asString())));
		byte[] value = null;
		if (stored.has("value")) {
			value = utf8(file(stored.required("value").asString()).strip());
		}
		else if (stored.has("text")) {
			value = utf8(stored.required("text").asString());
		}
		return new ConsumerRecord<>("hopper-events", 0, 7, SINCE.toEpochMilli(), TimestampType.CREATE_TIME, -1, -1,
				utf8(stored.required("key").asString()), value, headers, Optional.empty());
	}

	private static String file(String name) throws IOException {
		return new ClassPathResource("stored/" + name).getContentAsString(StandardCharsets.UTF_8);
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
