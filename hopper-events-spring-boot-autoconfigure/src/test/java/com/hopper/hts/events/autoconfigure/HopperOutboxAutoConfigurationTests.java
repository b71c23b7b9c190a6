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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.Lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link HopperOutboxAutoConfiguration}.
 */
@Tag("compatibility")
class HopperOutboxAutoConfigurationTests {

	private static final String LIFECYCLE = "hopperOutboxLifecycle";

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void memoryOutboxIsTheDefaultAndDelivers() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasSingleBean(EventOutbox.class).hasSingleBean(EventOutboxOperations.class);
			storeAndFlush(context.getBean(EventOutbox.class));
			assertThat(context.getBean(LIFECYCLE, Lifecycle.class).isRunning()).isTrue();
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void applicationThatOnlyPublishesHasNoRelay() {
		this.contextRunner.run((context) -> {
			ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
			assertThat(beanFactory.containsSingleton("hopperEventPublisher")).isTrue();
			assertThat(beanFactory.containsSingleton("hopperEventOutbox")).isFalse();
			assertThat(context.getBean(LIFECYCLE, Lifecycle.class).isRunning()).isFalse();
		});
	}

	@Test
	void outboxThatIsInjectedRunsWithTheApplication() {
		this.contextRunner.withBean(Injected.class).run((context) -> {
			assertThat(context.getBean(LIFECYCLE, Lifecycle.class).isRunning()).isTrue();
			context.stop();
			assertThat(context.getBean(LIFECYCLE, Lifecycle.class).isRunning()).isFalse();
			assertThatExceptionOfType(EventNotStoredException.class)
				.isThrownBy(() -> storeAndFlush(context.getBean(EventOutbox.class)));
			context.start();
			storeAndFlush(context.getBean(EventOutbox.class));
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void operationsSeeARelayThatRuns() {
		this.contextRunner.run((context) -> {
			assertThat(context.getBean(EventOutboxOperations.class).state().running()).isTrue();
			assertThat(context.getBean(LIFECYCLE, Lifecycle.class).isRunning()).isTrue();
		});
	}

	@Test
	void memoryOutboxNeedsNeitherTransactionsNorDatabases() {
		this.contextRunner
			.withClassLoader(new FilteredClassLoader("org.springframework.transaction", "org.springframework.jdbc",
					"org.springframework.boot.jdbc", "org.springframework.boot.sql", "javax.sql", "io.micrometer.core",
					"org.springframework.kafka", "org.apache.kafka"))
			.run((context) -> {
				storeAndFlush(context.getBean(EventOutbox.class));
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@Test
	void memoryOutboxDeliversWhenTheApplicationEnds() {
		this.contextRunner.run((context) -> {
			for (int i = 0; i < 200; i++) {
				context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			}
		});
		assertThat(this.api.received()).hasSize(200);
	}

	@Test
	void disabledOutboxDropsAndNeedsNothing() {
		this.contextRunner.withPropertyValues("hopper.enabled=false", "hopper.outbox.type=jdbc").run((context) -> {
			assertThat(context).hasSingleBean(EventOutbox.class).hasSingleBean(EventOutboxOperations.class);
			assertThat(context.getBean(EventOutboxOperations.class).state().running()).isFalse();
			assertThat(context.getBean(EventOutboxOperations.class).replayAll(DeadLetter.Filter.all())).isZero();
			storeAndFlush(context.getBean(EventOutbox.class));
			assertThat(this.api.requests()).isEmpty();
		});
	}

	@Test
	void applicationsOwnOutboxTakesOver() {
		this.contextRunner.withBean(EventOutbox.class, () -> mock(EventOutbox.class))
			.run((context) -> assertThat(context).hasSingleBean(EventOutbox.class).doesNotHaveBean(LIFECYCLE));
	}

	@Test
	void propertiesAreChecked() {
		assertFailure("hopper.outbox.concurrency=0", "hopper.outbox.concurrency");
		assertFailure("hopper.outbox.concurrency=2147483647", "hopper.outbox.concurrency");
		assertFailure("hopper.outbox.max-age=-1s", "hopper.outbox.max-age");
		assertFailure("hopper.outbox.max-age=999999999999d", "hopper.outbox.max-age");
		assertFailure("hopper.outbox.memory.max-events=0", "hopper.outbox.memory.max-events");
		assertFailure("hopper.outbox.memory.max-bytes=1B", "hopper.outbox.memory.max-bytes");
		assertFailure("hopper.outbox.memory.overflow=explode", "hopper.outbox.memory.overflow");
		assertFailure("hopper.outbox.memory.overflow-timeout=400000d", "hopper.outbox.memory.overflow-timeout");
		assertFailure("hopper.outbox.jdbc.table-name=a;drop", "hopper.outbox.jdbc.table-name");
		assertFailure("hopper.outbox.jdbc.table-name=public.", "hopper.outbox.jdbc.table-name");
		assertFailure("hopper.outbox.retry.initial-interval=0s", "hopper.outbox.retry.initial-interval");
	}

	private void assertFailure(String property, String name) {
		this.contextRunner.withPropertyValues(property)
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).contains(name)));
	}

	@Test
	void listenersHearOfEvents() {
		List<StoredEvent> stored = new CopyOnWriteArrayList<>();
		List<Thread> threads = new CopyOnWriteArrayList<>();
		this.contextRunner.withBean(EventDeliveryListener.class, () -> new EventDeliveryListener() {
			@Override
			public void stored(StoredEvent event) {
				stored.add(event);
				threads.add(Thread.currentThread());
			}
		}).run((context) -> {
			storeAndFlush(context.getBean(EventOutbox.class));
			assertThat(stored).hasSize(1);
			assertThat(threads).containsExactly(Thread.currentThread());
		});
	}

	private static void storeAndFlush(EventOutbox outbox) {
		outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

	private static String stackTrace(Throwable failure) {
		StringBuilder text = new StringBuilder();
		for (Throwable current = failure; current != null; current = current.getCause()) {
			text.append(current).append('\n');
		}
		return text.toString();
	}

	/**
	 * Part of an application that stores events.
	 *
	 * @param outbox where
	 */
	private record Injected(EventOutbox outbox) {

	}

}
