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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.event.SimpleApplicationEventMulticaster;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for outboxes in contexts that are paused, as Spring's test framework does, and in
 * such that are stopped and started again, as for a checkpoint.
 */
@Tag("compatibility")
@ExtendWith(OutputCaptureExtension.class)
class OutboxLifecycleTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
						DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl(),
				"hopper.outbox.shutdown-timeout=500ms", "spring.datasource.generate-unique-name=true");

	@AfterEach
	void close() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void pausedContextGoesOnDelivering(String type, CapturedOutput output) {
		this.contextRunner.withPropertyValues("hopper.outbox.type=" + type).run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			this.api.hold();
			outbox.store("session-1", booking());
			this.api.awaitHeld(1);
			context.getSourceApplicationContext().pause();
			outbox.store("session-2", booking());
			this.api.release();
			assertThat(outbox.flush(SECONDS)).isTrue();
			context.getSourceApplicationContext().restart();
			outbox.store("session-3", booking());
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(3);
		});
		assertThat(output).doesNotContain("lost");
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void stoppedContextLosesNothingWhenItStartsAgain(String type, CapturedOutput output) {
		this.contextRunner.withPropertyValues("hopper.outbox.type=" + type).run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			EventOutboxOperations operations = context.getBean(EventOutboxOperations.class);
			operations.pause("test");
			outbox.store("session-1", booking());
			context.getSourceApplicationContext().stop();
			context.getSourceApplicationContext().start();
			assertThat(operations.state().pendingCount()).isEqualTo(1);
			outbox.store("session-2", booking());
			operations.resume();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2);
		});
		assertThat(output).doesNotContain("lost");
	}

	@Test
	void eventThatIsBeingSentAtAStopIsNotLostAtTheNextStart(CapturedOutput output) {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			this.api.hold();
			outbox.store("session-1", booking());
			this.api.awaitHeld(1);
			context.getSourceApplicationContext().stop();
			this.api.release();
			context.getSourceApplicationContext().start();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).isNotEmpty();
		});
		assertThat(output).doesNotContain("lost");
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void everythingGoesOnAfterACheckpointWithoutConnections(String type) {
		try (FakeHopperApi api = FakeHopperApi.builder().client("client", "secret").start()) {
			this.contextRunner
				.withPropertyValues("hopper.outbox.type=" + type, "hopper.base-url=" + api.baseUrl(),
						"hopper.auth.token=", "hopper.auth.client-id=client", "hopper.auth.client-secret=secret",
						"hopper.auth.preflight=fail")
				.run((context) -> {
					for (int i = 1; i <= 2; i++) {
						context.getBean(EventPublisher.class).publishAndWait("session", booking());
						context.getBean(EventOutbox.class).store("session", booking());
						assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
						context.getSourceApplicationContext().stop();
						await().atMost(SECONDS).until(() -> api.openConnections() == 0);
						// Signs in before it goes on, with the connections of now
						api.expireTokens();
						context.getSourceApplicationContext().start();
						assertThat(api.received()).hasSize(2 * i);
					}
				});
		}
	}

	@Test
	void endOfAChildContextIsNotThatOfTheApplication() {
		this.contextRunner.withPropertyValues("spring.task.execution.shutdown.await-termination=true")
			.withBean(SimpleAsyncTaskExecutor.class)
			.run((context) -> {
				context.getBean(EventOutbox.class).store("session-1", booking());
				new ApplicationContextRunner().withParent(context).run((child) -> assertThat(child).hasNotFailed());
				context.getSourceApplicationContext().stop();
				context.getSourceApplicationContext().start();
				assertThatNoException().isThrownBy(() -> context.getBean(SimpleAsyncTaskExecutor.class).execute(() -> {
				}));
			});
	}

	@Test
	void taskStoresWhereListenersHearLateOfTheEnd() {
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch awaited = new CountDownLatch(1);
		this.contextRunner.withPropertyValues("spring.task.execution.shutdown.await-termination=true")
			.withBean(SimpleAsyncTaskExecutor.class, () -> new SimpleAsyncTaskExecutor() {
				@Override
				public void close() {
					awaited.countDown();
					super.close();
				}
			})
			.withBean("applicationEventMulticaster", SimpleApplicationEventMulticaster.class, () -> {
				SimpleApplicationEventMulticaster multicaster = new SimpleApplicationEventMulticaster();
				multicaster.setTaskExecutor(new ConcurrentLinkedQueue<Runnable>()::add);
				return multicaster;
			})
			.run((context) -> {
				SimpleAsyncTaskExecutor executor = context.getBean(SimpleAsyncTaskExecutor.class);
				executor.setTaskTerminationTimeout(SECONDS.toMillis());
				EventOutbox outbox = context.getBean(EventOutbox.class);
				Future<?> task = executor.submit(() -> {
					begun.countDown();
					awaited.await();
					outbox.store("session-1", booking());
					return null;
				});
				begun.await();
				context.getSourceApplicationContext().close();
				task.get(SECONDS.toSeconds(), TimeUnit.SECONDS);
			});
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void endLosesLoudlyWhatMemoryHolds(CapturedOutput output) {
		this.contextRunner.run((context) -> {
			context.getBean(EventOutboxOperations.class).pause("test");
			context.getBean(EventOutbox.class).store("session-1", booking());
			context.getSourceApplicationContext().stop();
		});
		assertThat(output).contains("1 events were lost");
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

}
