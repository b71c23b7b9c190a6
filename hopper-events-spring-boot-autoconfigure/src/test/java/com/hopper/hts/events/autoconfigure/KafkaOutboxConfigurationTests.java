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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeadLetterFilter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.JdbcEventOutbox;
import com.hopper.hts.events.outbox.KafkaEventOutbox;
import com.hopper.hts.events.outbox.MemoryEventOutbox;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link KafkaOutboxConfiguration}.
 */
class KafkaOutboxConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, KafkaAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.outbox.type=kafka");

	@Test
	void deliversThroughTheBrokerOfTheApplicationAndLeavesItsClientsAlone() throws Exception {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.afterPropertiesSet();
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + api.baseUrl(),
						"spring.kafka.bootstrap-servers=" + broker.getBrokersAsString(),
						// What an application may set for its own clients
						"spring.kafka.client-id=mine", "spring.kafka.producer.acks=0",
						"spring.kafka.producer.retries=0", "spring.kafka.producer.properties[enable.idempotence]=false",
						"spring.kafka.producer.transaction-id-prefix=mine-", "spring.kafka.consumer.group-id=mine",
						"spring.kafka.consumer.enable-auto-commit=true", "hopper.outbox.kafka.topic=booking-events",
						"hopper.outbox.kafka.group-id=booking-group", "hopper.outbox.kafka.partitions=3",
						"hopper.outbox.kafka.concurrency=2")
				.run((context) -> {
					assertThat(context).hasNotFailed()
						.hasSingleBean(KafkaEventOutbox.class)
						.hasSingleBean(EventOutboxOperations.class)
						.hasSingleBean(KafkaTemplate.class)
						.hasSingleBean(ProducerFactory.class)
						.hasSingleBean(ConsumerFactory.class)
						.doesNotHaveBean(MessageListenerContainer.class)
						.doesNotHaveBean(TaskScheduler.class);
					EventOutbox outbox = context.getBean(EventOutbox.class);
					outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
					assertThat(outbox.flush(Duration.ofSeconds(30))).isTrue();
					assertThat(api.received()).hasSize(1);
					assertThat(broker.<Integer>doWithAdminFunction((admin) -> {
						try {
							assertThat(admin.listConsumerGroupOffsets("booking-group")
								.partitionsToOffsetAndMetadata()
								.get()).isNotEmpty();
							return admin.describeTopics(List.of("booking-events"))
								.allTopicNames()
								.get()
								.get("booking-events")
								.partitions()
								.size();
						}
						catch (Exception ex) {
							throw new IllegalStateException(ex);
						}
					})).isEqualTo(3);
				});
		}
		finally {
			broker.destroy();
		}
	}

	@Test
	void viaJdbcAnEventBelongsToTheTransaction() throws Exception {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.brokerProperty("transaction.state.log.replication.factor", "1");
		broker.brokerProperty("transaction.state.log.min.isr", "1");
		broker.afterPropertiesSet();
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			this.contextRunner
				.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
						DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
				.withBean("listener", RecordingDeliveries.class)
				.withPropertyValues("hopper.base-url=" + api.baseUrl(),
						"spring.kafka.bootstrap-servers=" + broker.getBrokersAsString(),
						"spring.kafka.producer.properties.delivery.timeout.ms=3000",
						"spring.kafka.producer.properties.request.timeout.ms=1000", "hopper.outbox.kafka.via-jdbc=true",
						"hopper.outbox.retry.initial-interval=50ms", "hopper.outbox.retry.max-interval=200ms",
						"hopper.outbox.probe-interval=200ms", "spring.datasource.generate-unique-name=true")
				.run((context) -> {
					assertThat(context).hasNotFailed().hasSingleBean(JdbcEventOutbox.class);
					EventOutbox outbox = context.getBean(EventOutbox.class);
					EventOutboxOperations operations = context.getBean(EventOutboxOperations.class);
					assertThat(outbox).isInstanceOf(JdbcEventOutbox.class).isSameAs(operations);
					TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
					transactions.executeWithoutResult((status) -> {
						outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
						status.setRollbackOnly();
					});
					api.failNext(1, Fault.status(422));
					transactions.executeWithoutResult(
							(status) -> outbox.store("session-2", OffersDisplayed.occurredAt(Instant.EPOCH)));
					assertThat(outbox.flush(Duration.ofSeconds(30))).isTrue();
					assertThat(operations.replayAll(DeadLetterFilter.all())).isOne();
					// The broker ends the transaction of the replay a moment later
					await().untilAsserted(() -> assertThat(api.received()).hasSize(1));
					assertThat(outbox.flush(Duration.ofSeconds(30))).isTrue();
					assertThat(api.received()).singleElement()
						.satisfies(
								(event) -> assertThat(event.request().header("HC-Session-ID")).isEqualTo("session-2"));
					RecordingDeliveries deliveries = context.getBean(RecordingDeliveries.class);
					await().untilAsserted(() -> assertThat(deliveries.heard).containsExactly("stored", "dead",
							"replayed", "delivered"));
				});
		}
		finally {
			broker.destroy();
		}
	}

	@Test
	void missingDependencyIsNamed() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(KafkaProperties.class, KafkaTemplate.class))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.type")
				.hasMessageContaining("spring-boot-starter-kafka"));
	}

	@Test
	void otherTypesDoNotTouchTheBroker() {
		this.contextRunner.withPropertyValues("hopper.outbox.type=memory")
			.run((context) -> assertThat(context).hasSingleBean(MemoryEventOutbox.class)
				.doesNotHaveBean(KafkaEventOutbox.class));
	}

	@Test
	void impossibleNumbersAreRefused() {
		this.contextRunner.withPropertyValues("hopper.outbox.kafka.partitions=0")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.kafka.partitions"));
		this.contextRunner
			.withPropertyValues("hopper.outbox.kafka.topic=same", "hopper.outbox.kafka.dead-letter-topic=same")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.kafka.dead-letter-topic"));
	}

	/**
	 * Remembers what it hears.
	 */
	static class RecordingDeliveries implements EventDeliveryListener {

		final List<String> heard = new CopyOnWriteArrayList<>();

		@Override
		public void stored(StoredEvent event) {
			this.heard.add("stored");
		}

		@Override
		public void delivered(StoredEvent event, EventReceipt receipt) {
			this.heard.add("delivered");
		}

		@Override
		public void dead(DeadLetter deadLetter) {
			this.heard.add("dead");
		}

		@Override
		public void replayed(StoredEvent event) {
			this.heard.add("replayed");
		}

	}

}
