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

import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jms.autoconfigure.JmsAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for listeners of messages that are at work when the application ends, with a
 * broker each.
 */
class MessageListenersAtTheEndTests {

	private static final String BOOKINGS = "bookings";

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void listenerOfKafkaStores() {
		EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1, BOOKINGS);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.afterPropertiesSet();
		try (ConfigurableApplicationContext context = run(KafkaApplication.class,
				"--spring.kafka.bootstrap-servers=" + broker.getBrokersAsString(),
				"--spring.kafka.consumer.group-id=bookings", "--spring.kafka.consumer.auto-offset-reset=earliest")) {
			context.getBean(KafkaApplication.Sender.class).template().send(BOOKINGS, "booked");
			assertStoredAtTheEnd(context);
		}
		finally {
			broker.destroy();
		}
	}

	@Test
	void listenerOfJmsStores() {
		try (ConfigurableApplicationContext context = run(JmsApplication.class, "--spring.artemis.mode=embedded",
				"--spring.artemis.embedded.queues=" + BOOKINGS)) {
			context.getBean(JmsTemplate.class).convertAndSend(BOOKINGS, "booked");
			assertStoredAtTheEnd(context);
		}
	}

	private void assertStoredAtTheEnd(ConfigurableApplicationContext context) {
		await(context.getBean(Work.class).begun);
		context.close();
		assertThat(this.api.received()).hasSize(1);
	}

	private ConfigurableApplicationContext run(Class<?> application, String... arguments) {
		return new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.properties("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
					"hopper.outbox.type=memory", "spring.main.banner-mode=off")
			.run(arguments);
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Work that a message begins and that stores an event when the containers of
	 * listeners have been told to stop.
	 */
	static class Work implements SmartLifecycle {

		private final EventOutbox outbox;

		private final int phase;

		private final CountDownLatch begun = new CountDownLatch(1);

		private final CountDownLatch ending = new CountDownLatch(1);

		Work(EventOutbox outbox, int phase) {
			this.outbox = outbox;
			this.phase = phase;
		}

		void book() {
			this.begun.countDown();
			await(this.ending);
			this.outbox.store("session-1", BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("c"));
		}

		@Override
		public void start() {
		}

		@Override
		public void stop() {
			this.ending.countDown();
		}

		@Override
		public boolean isRunning() {
			return this.ending.getCount() > 0;
		}

		@Override
		public int getPhase() {
			return this.phase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ KafkaAutoConfiguration.class, HopperEventsAutoConfiguration.class,
			HopperOutboxAutoConfiguration.class })
	static class KafkaApplication {

		@Bean
		Sender sender(KafkaTemplate<String, String> template) {
			return new Sender(template);
		}

		@Bean
		Work work(EventOutbox outbox) {
			return new Work(outbox, AbstractMessageListenerContainer.DEFAULT_PHASE);
		}

		@Bean
		Listener listener(Work work) {
			return new Listener(work);
		}

		static class Listener {

			private final Work work;

			Listener(Work work) {
				this.work = work;
			}

			@KafkaListener(topics = BOOKINGS)
			void booked(String message) {
				this.work.book();
			}

		}

		record Sender(KafkaTemplate<String, String> template) {

		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ArtemisAutoConfiguration.class, JmsAutoConfiguration.class,
			HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
	static class JmsApplication {

		@Bean
		Work work(EventOutbox outbox) {
			return new Work(outbox, SmartLifecycle.DEFAULT_PHASE);
		}

		@Bean
		Listener listener(Work work) {
			return new Listener(work);
		}

		static class Listener {

			private final Work work;

			Listener(Work work) {
				this.work = work;
			}

			@JmsListener(destination = BOOKINGS)
			void booked(String message) {
				this.work.book();
			}

		}

	}

}
