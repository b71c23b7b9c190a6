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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import kafka.server.BrokerServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaDeadLetters} when the broker goes while an operator works on
 * them.
 */
class KafkaOperatorTests {

	private final EmbeddedKafkaKraftBroker broker = broker();

	private int moved;

	@Test
	@Tag("slow")
	void brokerThatGoesWhileLettersAreMovedHoldsNobodyForEver() throws Exception {
		Map<String, Object> clients = Map.of("bootstrap.servers", this.broker.getBrokersAsString(),
				"request.timeout.ms", "1000", "delivery.timeout.ms", "2000");
		KafkaTopics topics = new KafkaTopics(new KafkaOutboxProperties("events", null, "events", 1, true, 1, 1),
				clients, clients, clients);
		try (Admin admin = topics.createAdmin();
				Producer<byte[], byte[]> producer = topics.createProducers().createProducer()) {
			topics.create(admin, Duration.ofDays(1));
			for (int i = 0; i < 2; i++) {
				StoredEvent event = StoredEvent.of(UUID.randomUUID(), Instant.EPOCH, "session-1",
						OffersDisplayed.occurredAt(Instant.EPOCH));
				producer.send(KafkaRecords.dead("events-dead",
						new DeadLetter(event, DeadLetter.Reason.REJECTED, Instant.EPOCH),
						new ConsumerRecord<>("events", 0, i, new byte[0], new byte[0])))
					.get();
			}
			KafkaDeadLetters letters = new KafkaDeadLetters(topics, new BrokerGoes(), () -> 0.5);
			assertThat(CompletableFuture.runAsync(() -> letters.replay((letter) -> true)))
				.failsWithin(Duration.ofSeconds(90))
				.withThrowableOfType(ExecutionException.class)
				.withCauseInstanceOf(KafkaException.class);
		}
		finally {
			this.broker.destroy();
		}
	}

	private static EmbeddedKafkaKraftBroker broker() {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("transaction.state.log.replication.factor", "1");
		broker.brokerProperty("transaction.state.log.min.isr", "1");
		broker.brokerProperty("transaction.state.log.num.partitions", "1");
		broker.afterPropertiesSet();
		return broker;
	}

	/**
	 * Is asked for the time of each letter that is moved, and ends the broker with the
	 * second one.
	 */
	private final class BrokerGoes extends Clock {

		@Override
		public Instant instant() {
			if (++KafkaOperatorTests.this.moved == 2) {
				KafkaOperatorTests.this.broker.getCluster().brokers().values().forEach(BrokerServer::shutdown);
			}
			return Instant.EPOCH;
		}

		@Override
		public ZoneId getZone() {
			throw new UnsupportedOperationException();
		}

		@Override
		public Clock withZone(ZoneId zone) {
			throw new UnsupportedOperationException();
		}

	}

}
