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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.FakeHopperApi;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * A broker with an outbox, an API and a listener, for tests of the outbox in Kafka.
 */
abstract class KafkaOutboxFixture {

	static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	static final Duration SECONDS = Duration.ofSeconds(60);

	private static final AtomicInteger number = new AtomicInteger();

	static EmbeddedKafkaKraftBroker broker;

	final FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();

	final RecordingListener listener = new RecordingListener();

	final List<TestOutbox> outboxes = new ArrayList<>();

	final String topic = "events-" + number.incrementAndGet();

	RelayPolicy policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
			Duration.ofMillis(200), Duration.ofSeconds(20));

	TestOutbox outbox;

	@BeforeAll
	static void startBroker() {
		broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.brokerProperty("group.consumer.session.timeout.ms", "10000");
		broker.brokerProperty("group.consumer.min.session.timeout.ms", "10000");
		broker.brokerProperty("auto.create.topics.enable", "false");
		broker.brokerProperty("transaction.state.log.replication.factor", "1");
		broker.brokerProperty("transaction.state.log.min.isr", "1");
		broker.brokerProperty("transaction.state.log.num.partitions", "1");
		broker.brokerProperty("authorizer.class.name", StandardAuthorizer.class.getName());
		broker.brokerProperty("allow.everyone.if.no.acl.found", "true");
		broker.afterPropertiesSet();
	}

	@AfterAll
	static void stopBroker() {
		broker.destroy();
	}

	@BeforeEach
	void start() {
		this.outbox = start(this.topic, true);
	}

	TestOutbox start(String name, boolean createTopics) {
		TestOutbox created = create(
				new KafkaStores(name, createTopics, 2, properties(), consumerProperties(), properties()));
		this.outboxes.add(created);
		created.start();
		return created;
	}

	TestOutbox create(KafkaStores stores) {
		return TestOutbox.builder(TestPublishers.create(this.api))
			.policy(this.policy)
			.listeners(List.of(this.listener))
			.build(stores.create(this.policy.maxAge(), this.policy.shutdownTimeout()));
	}

	static Map<String, Object> properties() {
		return Map.of("bootstrap.servers", broker.getBrokersAsString());
	}

	static Map<String, Object> consumerProperties() {
		Map<String, Object> properties = new HashMap<>(properties());
		// Paused for longer than this, a consumer that blocks is thrown out of its group
		properties.put("max.poll.interval.ms", 10_000);
		properties.put("session.timeout.ms", 15_000);
		properties.put("heartbeat.interval.ms", 500);
		properties.put("fetch.max.wait.ms", 100);
		return properties;
	}

	@AfterEach
	void stop() {
		this.outboxes.forEach((each) -> {
			each.pause("end of test");
			each.stop();
		});
		this.api.close();
	}

	Set<Integer> bookings() {
		Set<Integer> numbers = new HashSet<>();
		this.api.received()
			.forEach((event) -> numbers
				.add(Integer.valueOf(event.request().body().replaceAll("(?s).*\"contract-(\\d+)\".*", "$1"))));
		return numbers;
	}

	KafkaStores topics() {
		return new KafkaStores(this.topic, true, 2, properties(), properties(), properties());
	}

	static List<ConsumerRecord<byte[], byte[]>> read(Consumer<byte[], byte[]> reader, String topic) {
		List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
		reader.assign(partitions);
		reader.seekToBeginning(partitions);
		Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
		List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
		while (partitions.stream().anyMatch((partition) -> reader.position(partition) < ends.get(partition))) {
			reader.poll(Duration.ofMillis(100)).forEach(records::add);
		}
		return records;
	}

	static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
