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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaTopics}: how long an acknowledgement is waited for.
 */
class KafkaTopicsTests {

	@ParameterizedTest
	@CsvSource({ "client.id, mine, 10005", "linger.ms, 100, 10100", "request.timeout.ms, 20000, 25005",
			"delivery.timeout.ms, 60000, 60000" })
	void acknowledgementIsWaitedForAsLongAsIsDocumented(String property, String value, long expected) {
		Map<String, Object> broker = Map.of("bootstrap.servers", "localhost:1");
		Map<String, Object> producer = new HashMap<>(broker);
		producer.put(property, value);
		KafkaTopics topics = topics(producer, broker);
		// The time for the broker's metadata, and one second more
		assertThat(topics.sendTimeout()).isEqualTo(Duration.ofMillis(expected + 11_000));
		try (Producer<byte[], byte[]> created = topics.createProducers().createProducer()) {
			assertThat(created).isNotNull();
		}
	}

	@ParameterizedTest
	@CsvSource({ "client.id, mine", "request.timeout.ms, 30000", "default.api.timeout.ms, 3000" })
	void administratorTakesWhatTheApplicationSetsForAllItsClients(String property, String value) {
		Map<String, Object> broker = Map.of("bootstrap.servers", "localhost:1", property, value);
		KafkaTopics topics = topics(broker, broker);
		try (Admin admin = topics.createAdmin()) {
			assertThat(admin).isNotNull();
		}
	}

	@Test
	void acknowledgementIsWaitedForWithoutEndIfTheApplicationSaysSo() {
		Map<String, Object> broker = Map.of("bootstrap.servers", "localhost:1", "max.block.ms",
				Long.toString(Long.MAX_VALUE));
		assertThat(topics(broker, broker).sendTimeout()).isPositive();
	}

	@Test
	void clientsAreCreatedOnThreadsThatDoNotSeeTheApplication() {
		Map<String, Object> broker = Map.of("bootstrap.servers", "localhost:1");
		KafkaTopics topics = topics(broker, broker);
		ClassLoader previous = ClassUtils.overrideThreadContextClassLoader(ClassLoader.getPlatformClassLoader());
		try (Producer<byte[], byte[]> producer = topics.createProducers().createProducer();
				Producer<byte[], byte[]> operator = topics.createOperator();
				Consumer<byte[], byte[]> reader = topics.createReader();
				Admin admin = topics.createAdmin()) {
			assertThat(List.of(producer, operator, reader, admin)).doesNotContainNull();
			assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(ClassLoader.getPlatformClassLoader());
		}
		finally {
			Thread.currentThread().setContextClassLoader(previous);
		}
	}

	private static KafkaTopics topics(Map<String, Object> producer, Map<String, Object> others) {
		return new KafkaTopics(new KafkaOutboxProperties("events", null, "events", 1, false, 1, 1), producer, others,
				others);
	}

}
