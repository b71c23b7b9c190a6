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

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;
import org.springframework.scheduling.TaskScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the configuration of the outbox in Kafka.
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
						.hasSingleBean(EventOutbox.class)
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
	void deliversWhereOnlyProducersAndConsumersAreToldOfTheBroker() {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.afterPropertiesSet();
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + api.baseUrl(),
					// The default: brokers in tests set another one for the JVM
					"spring.kafka.bootstrap-servers=localhost:9092",
					"spring.kafka.producer.bootstrap-servers=" + broker.getBrokersAsString(),
					// Another list, the same cluster
					"spring.kafka.consumer.bootstrap-servers=" + broker.getBrokersAsString() + ","
							+ broker.getBrokersAsString())
				.run((context) -> {
					EventOutbox outbox = context.getBean(EventOutbox.class);
					outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
					assertThat(outbox.flush(Duration.ofSeconds(30))).isTrue();
					assertThat(api.received()).hasSize(1);
				});
		}
		finally {
			broker.destroy();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "producer", "consumer" })
	void clientsOfDifferentClustersAreRefused(String client) {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
		EmbeddedKafkaKraftBroker other = new EmbeddedKafkaKraftBroker(1, 1);
		try {
			broker.afterPropertiesSet();
			other.afterPropertiesSet();
			this.contextRunner
				.withPropertyValues("spring.kafka.bootstrap-servers=" + broker.getBrokersAsString(),
						"spring.kafka." + client + ".bootstrap-servers=" + other.getBrokersAsString())
				.run((context) -> assertThat(context).getFailure()
					.rootCause()
					.hasMessageContaining("The " + client + " reaches another cluster of Kafka"));
		}
		finally {
			other.destroy();
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
	void removedPropertyIsRefusedWithWhatReplacesIt() {
		this.contextRunner.withPropertyValues("hopper.outbox.kafka.viaJdbc=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.kafka.via-jdbc")
				.hasMessageContaining("Set 'hopper.outbox.type' to 'jdbc'"));
	}

	@Test
	void otherTypesDoNotTouchTheBroker() {
		this.contextRunner.withPropertyValues("hopper.outbox.type=memory")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(EventOutbox.class));
	}

	@ParameterizedTest
	@CsvSource({ "topic, a b", "topic, ..", "dead-letter-topic, x/y" })
	void nameThatNoTopicCanHaveIsRefused(String property, String name) {
		this.contextRunner.withPropertyValues("hopper.outbox.kafka." + property + "=" + name)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.kafka." + property)
				.hasMessageContaining("must consist of letters"));
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

}
