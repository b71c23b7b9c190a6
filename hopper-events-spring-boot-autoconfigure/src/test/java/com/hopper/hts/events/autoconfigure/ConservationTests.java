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

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that every event is counted in one place, whatever happens: random faults of the
 * API, transactions, replays, discards, pauses, and instances that are killed or end.
 */
class ConservationTests {

	private static final int STEPS = 120;

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final List<Instance> instances = new ArrayList<>();

	private int committed;

	@AfterEach
	void stop() {
		this.instances.forEach(Instance::end);
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2 })
	void nothingIsMissingInADatabaseOfSeveralInstances(long seed) {
		DataSource database = database("jdbc:h2:mem:conservation-" + seed + ";DB_CLOSE_DELAY=-1");
		Random random = new Random(seed);
		this.instances.add(new Instance("jdbc", this.api, database));
		this.instances.add(new Instance("jdbc", this.api, database));
		for (int step = 0; step < STEPS; step++) {
			step(random);
			if (random.nextInt(30) == 0) {
				Instance victim = anyAlive(random);
				if (random.nextBoolean()) {
					victim.kill();
				}
				victim.end();
				this.instances.add(new Instance("jdbc", this.api, database));
			}
		}
		assertNothingIsMissing(anyAlive(random));
	}

	private void assertNothingIsMissing(Instance last) {
		last.drain(this.api);
		await().atMost(SECONDS)
			.untilAsserted(
					() -> assertThat(sum(Instance::delivered) + sum(Instance::discarded) + last.state().pendingCount()
							+ last.deadLetters())
						.isEqualTo(sum(Instance::stored))
						.isEqualTo(this.committed));
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3 })
	void nothingIsMissingInMemory(long seed) {
		DataSource transactions = database("jdbc:h2:mem:transactions;DB_CLOSE_DELAY=-1");
		Random random = new Random(seed);
		this.instances.add(new Instance("memory", this.api, transactions));
		for (int step = 0; step < STEPS; step++) {
			step(random);
			if (random.nextInt(30) == 0) {
				// What it still has is lost, and counted
				anyAlive(random).end();
				this.instances.add(new Instance("memory", this.api, transactions));
			}
		}
		assertNothingIsMissing(anyAlive(random));
		this.instances.forEach(Instance::end);
		assertThat(this.instances).allSatisfy(
				(instance) -> assertThat(instance.delivered() + instance.discarded()).isEqualTo(instance.stored()));
	}

	private static DataSource database(String url) {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL(url);
		return database;
	}

	private void step(Random random) {
		Instance instance = anyAlive(random);
		EventOutboxOperations operations = instance.bean(EventOutboxOperations.class);
		switch (random.nextInt(12)) {
			case 0 -> this.api.failRandomly(random.nextDouble(), random.nextLong(), Fault.status(503),
					Fault.status(422), Fault.status(404), Fault.reset());
			case 1 -> this.api.recover();
			case 2 -> letters(operations).stream().findFirst().ifPresent((letter) -> {
				operations.discard(letter.event().id(), "test");
				// Too late
				operations.replay(letter.event().id());
			});
			case 3 ->
				letters(operations).stream().findAny().ifPresent((letter) -> operations.replay(letter.event().id()));
			case 4 -> operations.replayAll(DeadLetter.Filter.all());
			case 5 -> operations.pause("test");
			case 6 -> operations.resume();
			default -> store(instance, random);
		}
	}

	private void store(Instance instance, Random random) {
		int count = 1 + random.nextInt(4);
		boolean rollBack = random.nextInt(4) == 0;
		instance.transactions().executeWithoutResult((status) -> {
			instance.bean(EventOutbox.class).storeAll(events(count, random));
			if (rollBack) {
				status.setRollbackOnly();
			}
		});
		this.committed += rollBack ? 0 : count;
	}

	private static List<SessionEvent> events(int count, Random random) {
		List<SessionEvent> events = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			HopperEvent event = random.nextBoolean() ? OffersDisplayed.occurredAt(Instant.now())
					: BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1");
			events.add(new SessionEvent("session-1", event));
		}
		return events;
	}

	private static List<DeadLetter> letters(EventOutboxOperations operations) {
		return operations.deadLetters(DeadLetter.Filter.all(), null, 10);
	}

	private Instance anyAlive(Random random) {
		List<Instance> alive = this.instances.stream().filter(Instance::isAlive).toList();
		return alive.get(random.nextInt(alive.size()));
	}

	private long sum(ToLongFunction<Instance> count) {
		return this.instances.stream().mapToLong(count).sum();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
			DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
			HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
	static class Application {

		/**
		 * The end of one instance must not take the event loops of another.
		 */
		@Bean
		ReactorResourceFactory resources() {
			ReactorResourceFactory resources = new ReactorResourceFactory();
			resources.setUseGlobalResources(false);
			resources.setShutdownQuietPeriod(Duration.ZERO);
			return resources;
		}

	}

	/**
	 * An application with an outbox.
	 */
	static class Instance {

		private final MeterRegistry meters = new SimpleMeterRegistry();

		private final Cut dataSource;

		private final ConfigurableApplicationContext context;

		Instance(String type, FakeHopperApi api, DataSource database) {
			this.dataSource = new Cut(database);
			this.context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.initializers((context) -> {
					context.getBeanFactory().registerSingleton("meterRegistry", this.meters);
					context.getBeanFactory().registerSingleton("dataSource", this.dataSource);
				})
				.run("--hopper.base-url=" + api.baseUrl(), "--hopper.auth.token=test-token",
						"--hopper.outbox.type=" + type, "--hopper.outbox.retry.initial-interval=5ms",
						"--hopper.outbox.retry.max-interval=20ms", "--hopper.outbox.probe-interval=20ms",
						"--hopper.outbox.shutdown-timeout=20ms", "--hopper.outbox.jdbc.polling-interval=20ms",
						"--hopper.outbox.jdbc.lease=5s");
		}

		<T> T bean(Class<T> type) {
			return this.context.getBean(type);
		}

		TransactionTemplate transactions() {
			return bean(TransactionTemplate.class);
		}

		boolean isAlive() {
			return this.context.isActive();
		}

		/**
		 * Write nothing down any more.
		 */
		void kill() {
			this.dataSource.cut = true;
		}

		void end() {
			this.context.close();
		}

		void drain(FakeHopperApi api) {
			api.recover();
			bean(EventOutboxOperations.class).resume();
			assertThat(bean(EventOutbox.class).flush(SECONDS)).isTrue();
		}

		EventOutboxState state() {
			return bean(EventOutboxOperations.class).state();
		}

		long deadLetters() {
			return state().dead().values().stream().mapToLong(Long::longValue).sum();
		}

		long stored() {
			return (long) this.meters.find("hopper.outbox.stored")
				.counters()
				.stream()
				.mapToDouble(Counter::count)
				.sum();
		}

		long delivered() {
			return this.meters.find("hopper.outbox.delivered").timers().stream().mapToLong(Timer::count).sum();
		}

		long discarded() {
			return (long) this.meters.find("hopper.outbox.discarded")
				.counters()
				.stream()
				.filter((counter) -> !"rolled_back".equals(counter.getId().getTag("reason")))
				.mapToDouble(Counter::count)
				.sum();
		}

	}

	/**
	 * A database that can become unreachable for one instance.
	 */
	static class Cut extends DelegatingDataSource {

		private volatile boolean cut;

		Cut(DataSource target) {
			super(target);
		}

		@Override
		public Connection getConnection() throws SQLException {
			if (this.cut) {
				throw new SQLException("cut off");
			}
			return super.getConnection();
		}

	}

}
