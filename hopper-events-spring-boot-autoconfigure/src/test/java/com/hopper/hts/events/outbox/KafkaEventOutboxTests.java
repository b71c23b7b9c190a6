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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.ReceivedEvent;
import com.hopper.hts.events.test.Fault;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the outbox in Kafka with a real broker.
 */
@Tag("compatibility")
class KafkaEventOutboxTests extends KafkaOutboxFixture {

	@Test
	void storedEventArrives() {
		UUID id = this.outbox.store("session-1", booking(1));
		assertThat(this.listener.stored).extracting(StoredEvent::id).containsExactly(id);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.event()).isEqualTo(booking(1));
		});
		assertThat(this.listener.delivered).extracting(StoredEvent::id).containsExactly(id);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).singleElement()
				.satisfies((consumed) -> assertThat(new String(consumed.key(), StandardCharsets.UTF_8))
					.isEqualTo("session-1"));
		}
	}

	@Test
	void topicsAreCreatedToKeepWhatTheyMust() throws Exception {
		try (Admin admin = Admin.create(properties())) {
			// A broker hears of a topic a moment after the controller has created it
			await().ignoreExceptionsInstanceOf(ExecutionException.class)
				.untilAsserted(() -> assertThat(
						admin.describeTopics(List.of(this.topic)).allTopicNames().get().get(this.topic).partitions())
					.hasSize(2));
			ConfigResource events = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
			ConfigResource dead = new ConfigResource(ConfigResource.Type.TOPIC, this.topic + "-dead");
			Map<ConfigResource, org.apache.kafka.clients.admin.Config> configs = await()
				.ignoreExceptionsInstanceOf(ExecutionException.class)
				.until(() -> admin.describeConfigs(List.of(events, dead)).all().get(), (found) -> true);
			assertThat(configs.get(events).get("cleanup.policy").value()).isEqualTo("delete");
			assertThat(Long.parseLong(configs.get(events).get("retention.ms").value()))
				.isEqualTo(Duration.ofDays(14).toMillis());
			assertThat(configs.get(dead).get("cleanup.policy").value()).isEqualTo("compact");
		}
	}

	@Test
	void missingTopicsAreNamedWhenTheyAreNotToBeCreated() {
		assertThatIllegalStateException().isThrownBy(() -> start("missing", false))
			.withMessageContaining("'missing'")
			.withMessageContaining("hopper.outbox.kafka.create-topics");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void topicsThatRemoveWhatIsNeededAreNamed(CapturedOutput output) throws Exception {
		String lossy = this.topic + "-lossy";
		try (Admin admin = Admin.create(properties())) {
			create(admin, lossy, Map.of("cleanup.policy", "compact,delete", "retention.ms", "3600000"));
			create(admin, lossy + "-dead", Map.of("cleanup.policy", "delete"));
		}
		start(lossy, true);
		assertThat(output).containsOnlyOnce("The topic '" + lossy + "' is compacted")
			.containsOnlyOnce("The topic '" + lossy + "' has a retention.ms of 3600000")
			.containsOnlyOnce("The topic '" + lossy + "-dead' has not only the cleanup.policy 'compact'");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void topicsThatKeepWhatTheyMustCauseNoWarning(CapturedOutput output) {
		start(this.topic + "-safe", true);
		assertThat(output).doesNotContain("The topic '");
	}

	private static void create(Admin admin, String topic, Map<String, String> settings) throws Exception {
		admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(settings))).all().get();
		// A broker hears of a topic a moment after the controller has created it
		await().ignoreExceptionsInstanceOf(ExecutionException.class)
			.until(() -> admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, topic)))
				.all()
				.get(), (found) -> true);
	}

	@Test
	void batchAndBookingWithoutSessionArrive() {
		this.outbox
			.storeAll(List.of(SessionEvent.of("session-1", booking(1)), SessionEvent.of("session-2", booking(2))));
		this.outbox.store(BookingConfirmed.occurredAt(TIME).withCfarOfferIds("offer-1"));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).extracting(ReceivedEvent::sessionId)
			.containsExactlyInAnyOrder("session-1", "session-2", null);
	}

	@Tag("slow")
	@Test
	void retryAfterIsExactAndHoldsNothingUp() {
		this.api.failNext(1, Fault.status(503).withRetryAfter("6"));
		Instant before = Instant.now();
		this.outbox.store("session-1", booking(1));
		await().atMost(SECONDS).until(() -> this.listener.retrying.size() == 1);
		IntStream.range(2, 20).forEach((i) -> {
			this.outbox.store("session-1", booking(i));
			await().atMost(SECONDS).until(() -> bookings().contains(i));
		});
		assertThat(this.api.received().get(0).event()).isEqualTo(booking(2));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(Duration.between(before, Instant.now())).isGreaterThanOrEqualTo(Duration.ofSeconds(6));
		assertThat(this.api.received()).hasSize(19);
		assertThat(this.api.requests()).hasSize(20);
		assertThat(this.listener.delivered).filteredOn((event) -> event.attempts() == 1).hasSize(1);
	}

	@Test
	void failureThatPassesIsRetriedWithGrowingWaits() {
		this.api.failNext(3, Fault.status(503));
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.listener.retrying).extracting(StoredEvent::attempts).containsExactly(1, 2, 3);
	}

	@Test
	void nothingIsPendingAfterAFlush() {
		this.outbox.pause("test");
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.state().pendingCount()).isOne();
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.outbox.state().pendingCount()).isZero();
	}

	@Test
	void transactionDecides() {
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(2));
			status.setRollbackOnly();
		});
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.ROLLED_BACK)).hasSize(1);
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			assertThat(this.listener.stored).isEmpty();
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(1);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).hasSize(1);
		}
	}

	@Test
	void transactionOfKafkaDecidesIfItTellsWhenItIsOver() {
		DefaultKafkaProducerFactory<byte[], byte[]> producers = new DefaultKafkaProducerFactory<>(properties(),
				new ByteArraySerializer(), new ByteArraySerializer());
		producers.setTransactionIdPrefix("orders-");
		KafkaTransactionManager<byte[], byte[]> manager = new KafkaTransactionManager<>(producers);
		manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_ALWAYS);
		TransactionTemplate transactions = new TransactionTemplate(manager);
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			status.setRollbackOnly();
		});
		transactions.executeWithoutResult((status) -> this.outbox.store("session-1", booking(2)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(2);
		producers.destroy();
	}

	@Test
	void partitionerOfTheApplicationHasNoPart() {
		Map<String, Object> producer = new HashMap<>(properties());
		producer.put("partitioner.class", ByText.class.getName());
		TestOutbox other = create(new KafkaStores(this.topic, true, 2, producer, properties(), properties()));
		other.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(1);
		other.destroy();
	}

	@Test
	void eventsOfASessionStayTogetherAlthoughTheApplicationIgnoresKeys() {
		Map<String, Object> producer = new HashMap<>(properties());
		producer.put("partitioner.ignore.keys", true);
		producer.put("batch.size", 1);
		TestOutbox other = create(new KafkaStores(this.topic, true, 2, producer, properties(), properties()));
		IntStream.range(0, 20).forEach((i) -> other.store("session-1", booking(i)));
		other.destroy();
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).hasSize(20)
				.map(ConsumerRecord::partition)
				.satisfies((partitions) -> assertThat(Set.copyOf(partitions)).hasSize(1));
		}
	}

	@Test
	void interceptorsOfTheApplicationTakeNothingAway() {
		Map<String, Object> clients = new HashMap<>(properties());
		clients.put("interceptor.classes", OnlyMine.class.getName());
		TestOutbox other = create(new KafkaStores(this.topic + "-other", true, 2, properties(), clients, properties()));
		this.outboxes.add(other);
		other.start();
		other.store("session-1", booking(1));
		assertThat(other.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(1);
	}

	@Test
	void eventLoopIsRefused() {
		assertThatIllegalStateException()
			.isThrownBy(() -> Mono.fromCallable(() -> this.outbox.store("session-1", booking(1)))
				.subscribeOn(Schedulers.parallel())
				.block())
			.withMessageContaining("boundedElastic");
		assertThat(this.listener.stored).isEmpty();
	}

	@Test
	void operatorPausesAndResumes() {
		this.outbox.pause("maintenance");
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(Duration.ofMillis(500))).isFalse();
		assertThat(this.api.requests()).isEmpty();
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
	}

	/**
	 * A partitioner of an application whose keys are texts.
	 */
	public static final class ByText implements Partitioner {

		@Override
		public int partition(String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes,
				Cluster cluster) {
			return ((String) key).length() % 2;
		}

		@Override
		public void configure(Map<String, ?> configs) {
		}

		@Override
		public void close() {
		}

	}

	/**
	 * An interceptor of an application that skips what is not for it.
	 */
	public static final class OnlyMine implements ConsumerInterceptor<byte[], byte[]> {

		@Override
		public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
			return ConsumerRecords.empty();
		}

		@Override
		public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
		}

		@Override
		public void configure(Map<String, ?> configs) {
		}

		@Override
		public void close() {
		}

	}

}
