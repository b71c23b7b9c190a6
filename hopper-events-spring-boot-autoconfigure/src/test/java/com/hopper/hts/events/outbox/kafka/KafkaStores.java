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
import java.util.Map;

import com.hopper.hts.events.outbox.EventStore;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import reactor.core.scheduler.Schedulers;

/**
 * Creates stores, and clients of the same topics, for tests of the outbox.
 */
public final class KafkaStores {

	private final KafkaOutboxProperties properties;

	private final KafkaTopics topics;

	public KafkaStores(String topic, boolean createTopics, int partitions, Map<String, Object> producer,
			Map<String, Object> consumer, Map<String, Object> admin) {
		this.properties = new KafkaOutboxProperties(topic, null, topic, 1, createTopics, partitions, 1);
		this.topics = new KafkaTopics(this.properties, producer, consumer, admin);
	}

	public EventStore create(Duration maxAge, Duration shutdownTimeout) {
		return new KafkaEventStore(this.topics, this.properties,
				new EventStore.Factory.Settings(Schedulers.parallel(), maxAge, shutdownTimeout));
	}

	public Producer<byte[], byte[]> createProducer() {
		return this.topics.createProducers().createProducer();
	}

	public Producer<byte[], byte[]> createOperator() {
		return this.topics.createOperator();
	}

	public Consumer<byte[], byte[]> createReader() {
		return this.topics.createReader();
	}

}
