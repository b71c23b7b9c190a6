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
package com.hopper.hts.events.crashtest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Kafka broker in a process of its own, with the outbox' topics.
 */
final class Broker implements AutoCloseable {

	private static final String TOPIC = "hopper-events";

	private static final String DEAD_LETTER_TOPIC = "hopper-events-dead";

	private static final String GROUP = "hopper-events";

	/**
	 * Partitions, for two consumers in each of three instances.
	 */
	private static final int PARTITIONS = 12;

	static final int CONSUMERS = 2;

	/**
	 * The most records that one consumer works on at a time.
	 */
	static final int BATCH = 50;

	private static final String CONFIGURATION = """
			process.roles=broker,controller
			node.id=1
			controller.quorum.voters=1@localhost:%2$s
			listeners=PLAINTEXT://localhost:%1$s,CONTROLLER://localhost:%2$s
			advertised.listeners=PLAINTEXT://localhost:%1$s
			listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
			controller.listener.names=CONTROLLER
			log.dirs=%3$s
			auto.create.topics.enable=false
			offsets.topic.replication.factor=1
			offsets.topic.num.partitions=1
			transaction.state.log.replication.factor=1
			transaction.state.log.min.isr=1
			share.coordinator.state.topic.replication.factor=1
			share.coordinator.state.topic.min.isr=1
			group.initial.rebalance.delay.ms=0
			""";

	private final Path configuration;

	private final String address;

	private final Path log;

	private @Nullable Process process;

	private Broker(Path configuration, String address, Path log) {
		this.configuration = configuration;
		this.address = address;
		this.log = log;
	}

	/**
	 * Start a broker.
	 * @param directory where it keeps its data
	 * @param log where it logs
	 */
	static Broker start(Path directory, Path log) throws IOException, InterruptedException {
		int port = freePort();
		Path configuration = directory.resolve("server.properties");
		Files.writeString(configuration, CONFIGURATION.formatted(port, freePort(), directory.resolve("data")));
		Broker broker = new Broker(configuration, "localhost:" + port, log);
		Process format = Processes.start("broker", "512m", log, "kafka.tools.StorageTool", "format", "-t",
				Uuid.randomUuid().toString(), "-c", configuration.toString());
		if (format.waitFor() != 0) {
			throw new IllegalStateException("The broker's directory cannot be formatted, see " + log);
		}
		broker.start();
		return broker;
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	void start() throws IOException, InterruptedException {
		this.process = Processes.start("broker", "512m", this.log, "kafka.Kafka", this.configuration.toString());
		try (Admin admin = admin()) {
			for (int attempt = 0; attempt < 10; attempt++) {
				try {
					admin.describeCluster().nodes().get();
					return;
				}
				catch (ExecutionException ex) {
					System.out.println("The broker does not answer yet: " + ex.getMessage());
				}
			}
		}
		throw new IllegalStateException("The broker does not start, see " + this.log);
	}

	/**
	 * Kill the broker. Its data stays, to {@link #start()} again with it.
	 */
	void kill() throws InterruptedException {
		if (this.process != null) {
			this.process.destroyForcibly().waitFor();
		}
	}

	/**
	 * Return the properties with which an instance connects. Its clients notice sooner
	 * than with the defaults that the broker or another instance is gone.
	 */
	List<String> properties() {
		return List.of("--spring.kafka.bootstrap-servers=" + this.address,
				"--spring.kafka.producer.properties[delivery.timeout.ms]=4000",
				"--spring.kafka.producer.properties[request.timeout.ms]=2000",
				"--spring.kafka.producer.properties[max.block.ms]=4000",
				"--spring.kafka.consumer.properties[session.timeout.ms]=6000",
				"--spring.kafka.consumer.properties[heartbeat.interval.ms]=1000",
				"--spring.kafka.consumer.properties[max.poll.interval.ms]=20000",
				"--spring.kafka.consumer.properties[default.api.timeout.ms]=10000",
				"--spring.kafka.consumer.properties[request.timeout.ms]=5000",
				"--spring.kafka.consumer.max-poll-records=" + BATCH, "--hopper.outbox.kafka.topic=" + TOPIC,
				"--hopper.outbox.kafka.group-id=" + GROUP, "--hopper.outbox.kafka.concurrency=" + CONSUMERS,
				"--hopper.outbox.kafka.partitions=" + PARTITIONS, "--hopper.outbox.kafka.replication-factor=1");
	}

	/**
	 * Return how many records have no committed offset after them.
	 */
	long pending() throws InterruptedException {
		try (Admin admin = admin()) {
			Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
			for (int i = 0; i < PARTITIONS; i++) {
				latest.put(new TopicPartition(TOPIC, i), OffsetSpec.latest());
			}
			// Before the ends: what is appended meanwhile counts
			Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(GROUP)
				.partitionsToOffsetAndMetadata()
				.get();
			Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(latest).all().get();
			long pending = 0;
			for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : ends.entrySet()) {
				OffsetAndMetadata offset = committed.get(end.getKey());
				pending += end.getValue().offset() - ((offset != null) ? offset.offset() : 0);
			}
			return pending;
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof UnknownTopicOrPartitionException) {
				return 0;
			}
			throw new IllegalStateException("The broker does not tell what is pending", ex);
		}
	}

	DeadLetters deadLetters() {
		DeadLetters letters = new DeadLetters();
		JsonMapper json = new JsonMapper();
		try (KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(
				Map.of("bootstrap.servers", this.address, "isolation.level", "read_committed"),
				new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
			List<TopicPartition> partitions = reader.partitionsFor(DEAD_LETTER_TOPIC)
				.stream()
				.map((info) -> new TopicPartition(info.topic(), info.partition()))
				.toList();
			reader.assign(partitions);
			reader.seekToBeginning(partitions);
			Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
			while (ends.entrySet().stream().anyMatch((end) -> reader.position(end.getKey()) < end.getValue())) {
				reader.poll(Duration.ofMillis(200))
					.forEach((letter) -> letters.add(json.readTree(letter.value()).path("session_id").asString(),
							header(letter, "hopper-reason")));
			}
		}
		return letters;
	}

	private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
		Header header = letter.headers().lastHeader(name);
		return (header != null) ? new String(header.value(), StandardCharsets.UTF_8) : "";
	}

	private Admin admin() {
		return Admin.create(Map.of("bootstrap.servers", this.address, "default.api.timeout.ms", "15000",
				"request.timeout.ms", "10000"));
	}

	@Override
	public void close() {
		Process current = this.process;
		if (current == null) {
			return;
		}
		current.destroy();
		try {
			if (current.waitFor(20, TimeUnit.SECONDS)) {
				return;
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		current.destroyForcibly();
	}

}
