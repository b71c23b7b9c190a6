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

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.testing.MutableClock;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaReader} when the broker takes a partition away and gives it back
 * while something is done about one of its records.
 */
class KafkaReaderTests {

	private static final String TOPIC = "events";

	private static final List<TopicPartition> PARTITIONS = List.of(new TopicPartition(TOPIC, 0));

	private final MutableClock clock = new MutableClock();

	private final KafkaOutboxProperties properties = new KafkaOutboxProperties(TOPIC, null, TOPIC, 1, false, 1, 1);

	private final Map<String, Object> broker = Map.of("bootstrap.servers", "localhost:1");

	private final AtomicInteger handedOver = new AtomicInteger();

	private final KafkaReader reader = new KafkaReader(
			new KafkaTopics(this.properties, this.broker, this.broker, this.broker), this.properties, this.clock,
			() -> {
			}, (entry) -> this.handedOver.incrementAndGet() < 0);

	private final Consumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");

	private final AtomicInteger acknowledged = new AtomicInteger();

	private final AtomicInteger acknowledgedAgain = new AtomicInteger();

	@Test
	void recordThatWasReadAgainWhileItWaitsIsNotTheOneFromBefore() {
		StoredEvent event = event();
		Instant due = this.clock.instant().plus(Duration.ofHours(1));
		ConsumerRecord<byte[], byte[]> consumed = consumed(KafkaRecords.event(TOPIC, event, due));
		this.reader.onMessage(consumed, this.acknowledged::incrementAndGet, this.consumer);
		this.clock.advance(Duration.ofMinutes(1));
		KafkaReader.Entry entry = this.reader.waiting(Duration.ofSeconds(2)).get(0);
		readAgain(consumed);
		entry.finish();
		assertThat(this.acknowledged).hasValue(0);
		assertThat(this.reader.nextDue()).isEqualTo(due);
		this.clock.advance(Duration.ofHours(1));
		assertThat(this.reader.claim(1)).hasSize(1);
		this.reader.claimed(event.id()).finish();
		assertThat(this.acknowledgedAgain).hasValue(1);
	}

	@Test
	void recordThatWasReadAgainWhileItIsSentIsNotTheOneFromBefore() {
		StoredEvent event = event();
		ConsumerRecord<byte[], byte[]> consumed = consumed(KafkaRecords.event(TOPIC, event));
		this.reader.onMessage(consumed, this.acknowledged::incrementAndGet, this.consumer);
		this.reader.claim(1);
		KafkaReader.Entry entry = this.reader.claimed(event.id());
		readAgain(consumed);
		entry.finish();
		entry.putBack(event, Instant.EPOCH);
		assertThat(this.acknowledged).hasValue(0);
		assertThat(this.reader.claim(2)).hasSize(1);
		entry.putBack(event, Instant.EPOCH);
		entry.finish();
		assertThat(this.reader.claim(1)).isEmpty();
		this.reader.claimed(event.id()).finish();
		assertThat(this.acknowledgedAgain).hasValue(1);
		assertThat(this.acknowledged).hasValue(0);
	}

	@Test
	void recordIsKeptWhenTheConsumerBeforeHearsLateThatItHasLostThePartition() {
		StoredEvent event = event();
		ConsumerRecord<byte[], byte[]> consumed = consumed(KafkaRecords.event(TOPIC, event));
		this.reader.onMessage(consumed, this.acknowledged::incrementAndGet, this.consumer);
		this.reader.onMessage(consumed, this.acknowledgedAgain::incrementAndGet, new MockConsumer<>("earliest"));
		this.reader.onPartitionsLost(this.consumer, PARTITIONS);
		assertThat(this.reader.claim(2)).hasSize(1);
		this.reader.claimed(event.id()).finish();
		assertThat(this.acknowledgedAgain).hasValue(1);
		assertThat(this.acknowledged).hasValue(0);
	}

	@Test
	void recordIsKeptWhileItIsSentWhenTheConsumerBeforeHearsLateThatItHasLostThePartition() {
		StoredEvent event = event();
		ConsumerRecord<byte[], byte[]> consumed = consumed(KafkaRecords.event(TOPIC, event));
		this.reader.onMessage(consumed, this.acknowledgedAgain::incrementAndGet, new MockConsumer<>("earliest"));
		this.reader.claim(1);
		this.reader.onPartitionsRevokedBeforeCommit(this.consumer, PARTITIONS);
		this.reader.onPartitionsLost(this.consumer, PARTITIONS);
		this.reader.claimed(event.id()).putBack(event, Instant.EPOCH);
		assertThat(this.reader.claim(1)).hasSize(1);
	}

	@Test
	void endWaitsForNoRecordThatIsStillBeingSentAndDoesNotPassIt() {
		StoredEvent sent = event();
		StoredEvent delivered = event();
		Instant due = this.clock.instant().plus(Duration.ofHours(1));
		onMessage(KafkaRecords.event(TOPIC, event(), due), 7);
		onMessage(KafkaRecords.event(TOPIC, sent), 8);
		onMessage(KafkaRecords.event(TOPIC, delivered), 9);
		assertThat(this.reader.claim(2)).hasSize(2);
		this.reader.claimed(delivered.id()).finish();
		this.reader.stop(Duration.ZERO);
		assertThat(this.reader.claimed(sent.id())).isNotNull();
		// Ends a wait at once, and then nothing is handed over
		Thread.currentThread().interrupt();
		this.reader.onPartitionsRevokedBeforeCommit(this.consumer, PARTITIONS);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.handedOver).hasValue(1);
	}

	private void onMessage(ProducerRecord<byte[], byte[]> sent, long offset) {
		this.reader.onMessage(consumed(sent, offset), this.acknowledged::incrementAndGet, this.consumer);
	}

	private void readAgain(ConsumerRecord<byte[], byte[]> consumed) {
		this.reader.onPartitionsLost(this.consumer, PARTITIONS);
		this.reader.onMessage(consumed, this.acknowledgedAgain::incrementAndGet, this.consumer);
	}

	private static StoredEvent event() {
		return StoredEvent.of(UUID.randomUUID(), Instant.EPOCH, "session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
	}

	private static ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> sent) {
		return consumed(sent, 7);
	}

	private static ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> sent, long offset) {
		return new ConsumerRecord<>(TOPIC, 0, offset, 0, TimestampType.CREATE_TIME, -1, -1, sent.key(), sent.value(),
				sent.headers(), Optional.empty());
	}

}
