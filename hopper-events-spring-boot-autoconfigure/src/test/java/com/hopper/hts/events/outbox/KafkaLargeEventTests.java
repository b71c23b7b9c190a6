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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what the outbox in Kafka does with events that are too large for the broker.
 */
@ExtendWith(OutputCaptureExtension.class)
class KafkaLargeEventTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static final AtomicInteger number = new AtomicInteger();

	private static EmbeddedKafkaKraftBroker broker;

	private final FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();

	private final RecordingListener listener = new RecordingListener();

	private final List<TestOutbox> outboxes = new ArrayList<>();

	private final String topic = "large-" + number.incrementAndGet();

	@BeforeAll
	static void startBroker() {
		broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.brokerProperty("auto.create.topics.enable", "false");
		broker.afterPropertiesSet();
	}

	@AfterAll
	static void stopBroker() {
		broker.destroy();
	}

	private TestOutbox start(Map<String, Object> producerProperties) {
		Map<String, Object> properties = Map.of("bootstrap.servers", broker.getBrokersAsString());
		Map<String, Object> producer = new HashMap<>(properties);
		producer.putAll(producerProperties);
		RelayPolicy policy = TestOutbox.DEFAULT_POLICY;
		TestOutbox outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.listeners(List.of(this.listener))
			.build(new KafkaStores(this.topic, true, 1, producer, properties, properties).create(policy.maxAge(),
					policy.shutdownTimeout()));
		this.outboxes.add(outbox);
		outbox.start();
		return outbox;
	}

	@AfterEach
	void stop() {
		this.outboxes.forEach(TestOutbox::stop);
		this.api.close();
	}

	@Test
	void storeRefusesWhatIsLargerThanTheProducerSends() {
		TestOutbox outbox = start(Map.of("max.request.size", 50_000));
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((status) -> outbox.store("session-1", booking(45_000))))
			.withMessageContaining("50000")
			.withMessageContaining("max.request.size of the producer");
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> outbox.storeReactively("session-1", booking(45_000)).block(SECONDS));
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(this.listener.stored).isEmpty();
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void storeRefusesWhatIsLargerThanTheTopicTakesAndAllOfABatch() {
		start(Map.of()).stop();
		limit(this.topic, 100_000);
		TestOutbox outbox = start(Map.of());
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> outbox.storeAll(
					List.of(SessionEvent.of("session-1", booking(10)), SessionEvent.of("session-1", booking(99_000)))))
			.withMessageContaining("100000")
			.withMessageContaining("max.message.bytes of the topic '" + this.topic + "'");
		outbox.store("session-1", booking(90_000));
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void limitOfDeadLettersCounts() {
		start(Map.of()).stop();
		limit(this.topic + "-dead", 100_000);
		TestOutbox outbox = start(Map.of());
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> outbox.store("session-1", booking(99_000)))
			.withMessageContaining("max.message.bytes of the topic '" + this.topic + "-dead'");
	}

	@Test
	void deadLetterThatFitsOnlyWithoutDetailsIsKept() {
		TestOutbox outbox = start(Map.of());
		limit(this.topic + "-dead", 20_650);
		this.api.failNext(1, Fault.status(422));
		outbox.store("session-1", booking(20_000));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		assertThat(outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement()
			.satisfies((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED))
			.satisfies((letter) -> assertThat(letter.event().failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.message()).isEmpty()));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

	@Test
	void deadLetterThatNeverFitsHoldsNothingUp(CapturedOutput output) {
		TestOutbox outbox = start(Map.of());
		limit(this.topic + "-dead", 10_000);
		this.api.failNext(1, Fault.status(422));
		outbox.store("session-1", booking(20_000));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		outbox.store("session-1", booking(10));
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(output).contains("too large for the topic '" + this.topic + "-dead'");
	}

	private static void limit(String topic, int bytes) {
		try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.getBrokersAsString()))) {
			admin
				.incrementalAlterConfigs(
						Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic),
								List.of(new AlterConfigOp(new ConfigEntry("max.message.bytes", Integer.toString(bytes)),
										AlterConfigOp.OpType.SET))))
				.all()
				.get();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static BookingConfirmed booking(int size) {
		return BookingConfirmed.occurredAt(Instant.EPOCH)
			.withCfarOfferIds(
					IntStream.range(0, size / 50).mapToObj((i) -> "x".repeat(46) + "-").toArray(String[]::new));
	}

}
