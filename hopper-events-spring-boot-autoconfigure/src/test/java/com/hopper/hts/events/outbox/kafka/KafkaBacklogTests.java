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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.login.AppConfigurationEntry;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.plain.PlainAuthenticateCallback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link KafkaBacklog} and {@link KafkaTopics} with a broker that asks for a
 * password.
 */
class KafkaBacklogTests {

	private static final String LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required "
			+ "username=\"%s\" password=\"secret\";";

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);

	@BeforeAll
	static void startBroker() {
		broker.brokerProperty("listener.security.protocol.map", "EXTERNAL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
		broker.brokerProperty("sasl.enabled.mechanisms", "PLAIN");
		broker.brokerProperty("connections.max.reauth.ms", "3000");
		broker.brokerProperty("sasl.mechanism.inter.broker.protocol", "PLAIN");
		broker.brokerProperty("listener.name.external.plain.sasl.jaas.config", LOGIN.formatted("broker"));
		broker.brokerProperty("listener.name.external.plain.sasl.server.callback.handler.class",
				Passwords.class.getName());
		broker.afterPropertiesSet();
	}

	@AfterAll
	static void stopBroker() {
		broker.destroy();
	}

	@ParameterizedTest
	@CsvSource({ "below, 1, 3", "within, 4, 2", "beyond, 9, 3" })
	void whatTheBrokerHasRemovedIsNotPendingAndWhatIsReadAgainIs(String topic, long committed, long pending)
			throws Exception {
		KafkaTopics topics = topics(topic);
		TopicPartition partition = new TopicPartition(topic, 0);
		try (Admin admin = topics.createAdmin();
				Producer<byte[], byte[]> producer = topics.createProducers().createProducer()) {
			topics.create(admin, Duration.ofDays(1));
			for (int i = 0; i < 6; i++) {
				producer.send(new ProducerRecord<>(topic, new byte[1])).get();
			}
			admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(3))).all().get();
			admin.alterConsumerGroupOffsets(topic, Map.of(partition, new OffsetAndMetadata(committed))).all().get();
			assertThat(KafkaBacklog.count(admin, topic, topic)).isEqualTo(pending);
		}
	}

	@Test
	void limitOfOneTopicIsKnownAlthoughTheBrokerDoesNotKnowTheOtherYet() throws Exception {
		KafkaTopics topics = topics("limited");
		try (Admin admin = topics.createAdmin()) {
			admin
				.createTopics(
						List.of(new NewTopic("limited", 1, (short) 1).configs(Map.of("max.message.bytes", "500"))))
				.all()
				.get();
			await().atMost(TIMEOUT).untilAsserted(() -> {
				topics.readLimits(admin, Duration.ofDays(3));
				assertThat(topics.limit().bytes()).isEqualTo(500);
			});
		}
	}

	@Test
	void passwordThatTheBrokerAcceptsAgainIsTriedAgain() {
		KafkaTopics topics = topics("password");
		try (Admin admin = topics.createAdmin()) {
			topics.create(admin, Duration.ofDays(1));
			assertThat(KafkaBacklog.count(admin, "password", "password")).isZero();
			Passwords.refused = Set.of("outbox");
			await().atMost(TIMEOUT)
				.until(() -> catchThrowable(() -> KafkaBacklog.count(admin, "password", "password")) != null);
			// The client has then looked for another broker, and given that up
			await().atMost(TIMEOUT).until(() -> refusals(admin) >= 2);
			Passwords.refused = Set.of();
			await().atMost(TIMEOUT)
				.ignoreExceptionsInstanceOf(KafkaException.class)
				.until(() -> KafkaBacklog.count(admin, "password", "password") == 0);
		}
		finally {
			Passwords.refused = Set.of();
		}
	}

	@Test
	void firstNumberIsWaitedForByAll() throws Exception {
		CountDownLatch asked = new CountDownLatch(1);
		CountDownLatch answered = new CountDownLatch(1);
		KafkaBacklog.Cached<Long> cached = new KafkaBacklog.Cached<>(Duration.ofMinutes(1), () -> {
			asked.countDown();
			try {
				answered.await();
			}
			catch (InterruptedException ex) {
				throw new KafkaException(ex);
			}
			return 7L;
		}, 0L);
		Thread first = new Thread(cached::get);
		first.start();
		asked.await();
		AtomicReference<Long> told = new AtomicReference<>();
		Thread second = new Thread(() -> told.set(cached.get()));
		second.start();
		await().until(() -> Set.of(Thread.State.WAITING, Thread.State.TERMINATED).contains(second.getState()));
		answered.countDown();
		first.join();
		second.join();
		assertThat(told).hasValue(7L);
	}

	@Test
	void threadThatIsInterruptedFailsAlone() {
		KafkaBacklog.Cached<Long> cached = new KafkaBacklog.Cached<>(Duration.ofMinutes(1), () -> {
			if (Thread.currentThread().isInterrupted()) {
				throw new InterruptException("");
			}
			return 7L;
		}, 0L);
		Thread.currentThread().interrupt();
		try {
			assertThatExceptionOfType(KafkaException.class).isThrownBy(cached::get);
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
		}
		assertThat(cached.get()).isEqualTo(7);
	}

	private static double refusals(Admin admin) {
		return admin.metrics()
			.values()
			.stream()
			.filter((metric) -> metric.metricName().name().matches("failed-(re)?authentication-total"))
			.mapToDouble((metric) -> (double) metric.metricValue())
			.sum();
	}

	private static KafkaTopics topics(String topic) {
		Map<String, Object> clients = Map.of("bootstrap.servers", broker.getBrokersAsString(), "security.protocol",
				"SASL_PLAINTEXT", "sasl.mechanism", "PLAIN", "sasl.jaas.config", LOGIN.formatted("outbox"));
		return new KafkaTopics(new KafkaOutboxProperties(topic, null, topic, 1, true, 1, 1), clients, clients, clients);
	}

	/**
	 * Lets everybody in, but for a while not everybody.
	 */
	public static class Passwords implements AuthenticateCallbackHandler {

		private static volatile Set<String> refused = Set.of();

		@Override
		public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
		}

		@Override
		public void handle(Callback[] callbacks) {
			String user = "";
			for (Callback callback : callbacks) {
				if (callback instanceof NameCallback name) {
					user = name.getDefaultName();
				}
				else if (callback instanceof PlainAuthenticateCallback password) {
					password.authenticated(!refused.contains(user));
				}
			}
		}

		@Override
		public void close() {
		}

	}

}
