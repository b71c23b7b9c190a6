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
package com.hopper.hts.events.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import reactor.core.publisher.Flux;

import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The outbox in Kafka beside a bare producer and consumers, with the same broker and the
 * same publishers.
 */
final class KafkaOutboxBenchmark implements AutoCloseable {

	private static final int STORING_THREADS = 16;

	private final EventCodec codec = new EventCodec(false);

	private final LocalBroker broker;

	private final int partitions;

	private final String topic;

	private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

	private KafkaOutboxBenchmark(Api api, LocalBroker broker, int partitions, int instances)
			throws InterruptedException, ExecutionException {
		this.broker = broker;
		this.partitions = partitions;
		this.topic = "events-" + partitions + "x" + instances;
		createBareTopic();
		for (int i = 0; i < instances; i++) {
			this.instances.add(OutboxBenchmark.application(api, "hopper.outbox.type=kafka",
					"spring.kafka.bootstrap-servers=" + broker.address(), "hopper.outbox.kafka.topic=" + this.topic,
					"hopper.outbox.kafka.group-id=" + this.topic, "hopper.outbox.kafka.partitions=" + partitions,
					"hopper.outbox.kafka.replication-factor=1",
					"spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName()));
		}
	}

	private void createBareTopic() throws InterruptedException, ExecutionException {
		try (Admin admin = Admin.create(Map.of("bootstrap.servers", this.broker.address()))) {
			admin.createTopics(List.of(new NewTopic(bareTopic(), this.partitions, (short) 1))).all().get();
		}
	}

	static void run(Options options) throws Exception {
		int events = options.number("kafka-events", 20_000);
		int rounds = options.number("kafka-rounds", 3);
		// Until an application says what is logged, nothing is
		LoggingSystem.get(KafkaOutboxBenchmark.class.getClassLoader()).beforeInitialize();
		System.out.printf(Locale.ROOT,
				"%n## The outbox in Kafka%n%nOne broker in a JVM of its own; %,d events a round, which %s threads store "
						+ "one by one, each waiting for its acknowledgement by all replicas; %s deliveries at a time in "
						+ "each instance. A bare consumer publishes what a poll brings and then commits. The first round is "
						+ "not counted.%n%n",
				events, STORING_THREADS, OutboxBenchmark.CONCURRENCY);
		System.out.println("| partitions | instances | `store`/s | × bare producer | delivered/s | × bare consumer |\n"
				+ "| ---: | ---: | ---: | ---: | ---: | ---: |");
		try (Api api = Api.start(); LocalBroker broker = LocalBroker.start()) {
			for (String topology : options.list("kafka-topologies", "1x1,3x1,1x2,3x2")) {
				Benchmarks.progress("kafka: partitions x instances: " + topology);
				String[] numbers = topology.split("x", 2);
				try (KafkaOutboxBenchmark benchmark = new KafkaOutboxBenchmark(api, broker,
						Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]))) {
					benchmark.measure(rounds, events);
				}
			}
		}
	}

	private void measure(int rounds, int events) throws InterruptedException {
		List<Double> storedBare = new ArrayList<>();
		List<Double> deliveredBare = new ArrayList<>();
		List<Double> stored = new ArrayList<>();
		List<Double> delivered = new ArrayList<>();
		for (int round = -1; round < rounds; round++) {
			double bareStoring = storeBare(events);
			double bareDelivering = drainBare(events);
			operations().forEach((each) -> each.pause("benchmark"));
			double storing = store(events, (number) -> instance(number).getBean(EventOutbox.class)
				.store("session-" + number, OutboxBenchmark.event(number)));
			double delivering = drain(events);
			if (round >= 0) {
				storedBare.add(bareStoring);
				deliveredBare.add(bareDelivering);
				stored.add(storing);
				delivered.add(delivering);
			}
		}
		System.out.printf(Locale.ROOT, "| %s | %s | %s | %.2f | %s | %.2f |%n", this.partitions, this.instances.size(),
				Statistics.spread("%,.0f", stored), Statistics.medianRatio(stored, storedBare),
				Statistics.spread("%,.0f", delivered), Statistics.medianRatio(delivered, deliveredBare));
	}

	private ConfigurableApplicationContext instance(int number) {
		return this.instances.get(number % this.instances.size());
	}

	private List<EventOutboxOperations> operations() {
		return this.instances.stream().map((instance) -> instance.getBean(EventOutboxOperations.class)).toList();
	}

	private double drain(int events) throws InterruptedException {
		CountDownLatch expected = new CountDownLatch(events);
		this.instances.forEach((instance) -> instance.getBean(OutboxBenchmark.Deliveries.class).expect(expected));
		long start = System.nanoTime();
		operations().forEach(EventOutboxOperations::resume);
		OutboxBenchmark.Deliveries.await(expected);
		return OutboxBenchmark.rate(events, start);
	}

	private static double store(int events, IntConsumer store) throws InterruptedException {
		AtomicInteger next = new AtomicInteger();
		long start = System.nanoTime();
		OutboxBenchmark.concurrently(STORING_THREADS, () -> {
			for (int number = next.getAndIncrement(); number < events; number = next.getAndIncrement()) {
				store.accept(number);
			}
		});
		return OutboxBenchmark.rate(events, start);
	}

	private double storeBare(int events) throws InterruptedException {
		try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
				Map.of("bootstrap.servers", this.broker.address(), "acks", "all"), new ByteArraySerializer(),
				new ByteArraySerializer())) {
			producer.partitionsFor(bareTopic());
			return store(events, (number) -> send(producer, number));
		}
	}

	private void send(KafkaProducer<byte[], byte[]> producer, int number) {
		String session = "session-" + number;
		byte[] body = this.codec.prepare(session, OutboxBenchmark.event(number)).body();
		try {
			producer
				.send(new ProducerRecord<>(bareTopic(), number % this.partitions,
						session.getBytes(StandardCharsets.UTF_8), body))
				.get();
		}
		catch (InterruptedException | ExecutionException ex) {
			throw new IllegalStateException("The broker does not acknowledge", ex);
		}
	}

	private double drainBare(int events) throws InterruptedException {
		LongAdder delivered = new LongAdder();
		AtomicInteger consumers = new AtomicInteger();
		long start = System.nanoTime();
		OutboxBenchmark.concurrently(Math.min(this.instances.size(), this.partitions), () -> {
			int number = consumers.getAndIncrement();
			EventPublisher publisher = instance(number).getBean(EventPublisher.class);
			try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
					Map.of("bootstrap.servers", this.broker.address(), "group.id", bareTopic(), "auto.offset.reset",
							"earliest", "enable.auto.commit", false),
					new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
				consumer.assign(IntStream.range(0, this.partitions)
					.filter((partition) -> partition % this.instances.size() == number)
					.mapToObj((partition) -> new TopicPartition(bareTopic(), partition))
					.toList());
				while (delivered.sum() < events) {
					List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
					consumer.poll(Duration.ofMillis(100)).forEach(records::add);
					Flux.fromIterable(records)
						.flatMap((consumed) -> publisher.publish(new String(consumed.key(), StandardCharsets.UTF_8),
								EventCodec.decode(consumed.value())), OutboxBenchmark.CONCURRENCY)
						.blockLast();
					if (!records.isEmpty()) {
						consumer.commitSync();
						delivered.add(records.size());
					}
				}
			}
		});
		return OutboxBenchmark.rate(events, start);
	}

	private String bareTopic() {
		return this.topic + "-bare";
	}

	@Override
	public void close() {
		this.instances.forEach(ConfigurableApplicationContext::close);
	}

}
