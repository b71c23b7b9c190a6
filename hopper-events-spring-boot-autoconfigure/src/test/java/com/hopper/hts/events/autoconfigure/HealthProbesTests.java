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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import com.hopper.hts.events.test.FakeHopperApi;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what probes of the health cost, and for beans that do not answer them.
 */
class HealthProbesTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.preflight=off",
				"hopper.health.cache-time-to-live=1ms");

	private final ApplicationContextRunner tokenRunner = this.contextRunner
		.withPropertyValues("hopper.auth.token=canary-token");

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void manyProbesReadTheDatabaseOnceAndRequestNothing() {
		CountingDataSource dataSource = new CountingDataSource();
		this.tokenRunner
			.withConfiguration(AutoConfigurations.of(DataSourceTransactionManagerAutoConfiguration.class,
					TransactionAutoConfiguration.class))
			.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues("hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always",
					"hopper.health.cache-time-to-live=1h")
			.run((context) -> {
				EventOutbox outbox = context.getBean(EventOutbox.class);
				outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
				assertThat(outbox.flush(SECONDS)).isTrue();
				await().untilAsserted(() -> assertThat(health(context).getDetails()).containsEntry("pending", 0L));
				int before = dataSource.connections.get();
				int requests = this.api.requests().size();
				for (int i = 0; i < 500; i++) {
					assertThat(health(context).getStatus().getCode()).isEqualTo("UP");
				}
				assertThat(dataSource.connections).hasValue(before);
				assertThat(this.api.requests()).hasSize(requests);
			});
	}

	@Test
	void databaseThatIsDownDegradesAtTheMost() {
		EventOutboxOperations operations = Mockito.mock(EventOutboxOperations.class);
		Mockito.when(operations.state()).thenThrow(new IllegalStateException("canary"));
		this.tokenRunner.withBean(EventOutboxOperations.class, () -> operations).run((context) -> {
			await().untilAsserted(() -> assertThat(diagnosis(health(context))).singleElement()
				.asString()
				.contains("the outbox cannot be read (IllegalStateException)", "hopper.outbox.type")
				.doesNotContain("canary"));
			assertThat(health(context).getStatus().getCode()).isEqualTo("DEGRADED");
		});
		this.tokenRunner.withBean(EventOutboxOperations.class, () -> operations)
			.withPropertyValues("hopper.health.down-on=outbox-unavailable")
			.run((context) -> assertThat(health(context).getStatus().getCode()).isEqualTo("DOWN"));
	}

	@Test
	void databaseThatHangsIsAskedOnceAndKeepsNobodyWaiting() {
		CountDownLatch answer = new CountDownLatch(1);
		AtomicInteger calls = new AtomicInteger();
		EventOutboxOperations operations = Mockito.mock(EventOutboxOperations.class);
		Mockito.when(operations.state()).thenAnswer((call) -> {
			calls.incrementAndGet();
			answer.await();
			return new EventOutboxState(Map.of(), Map.of(), null, true, 0, null);
		});
		this.tokenRunner.withBean(EventOutboxOperations.class, () -> operations).run((context) -> {
			for (int i = 0; i < 3; i++) {
				assertThat(diagnosis(health(context)).get(0)).contains("the outbox cannot be read (TimeoutException)");
			}
			assertThat(calls).hasValue(1);
			answer.countDown();
			await().untilAsserted(() -> assertThat(health(context).getDetails()).containsEntry("pending", 0L));
		});
	}

	@Test
	void mockHasNoState() {
		this.tokenRunner.withBean(EventOutboxOperations.class, () -> Mockito.mock(EventOutboxOperations.class))
			.run((context) -> assertThat(diagnosis(health(context))).singleElement()
				.asString()
				.startsWith("Nothing is known to be wrong"));
	}

	@Test
	void beanThatFailsDegradesAtTheMost() {
		HopperDiagnosis diagnosis = new HopperDiagnosis(() -> {
			throw new IllegalStateException("canary");
		});
		this.tokenRunner.withBean(HopperDiagnosis.class, () -> diagnosis).run((context) -> {
			assertThat(health(context).getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(health(context).getDetails().toString()).contains("IllegalStateException")
				.doesNotContain("canary");
		});
	}

	@Test
	void mockedProviderIsNotAskedForItsState() {
		this.contextRunner.withBean(BearerTokenProvider.class, () -> Mockito.mock(BearerTokenProvider.class))
			.run((context) -> {
				context.getBean(EventPublisher.class)
					.publish("session-1", OffersDisplayed.occurredAt(Instant.now()))
					.onErrorComplete()
					.block(SECONDS);
				assertThat(health(context).getStatus().getCode()).isEqualTo("UNKNOWN");
			});
	}

	private static Health health(ApplicationContext context) {
		return context.getBean("hopperHealthContributor", HealthIndicator.class).health();
	}

	@SuppressWarnings("unchecked")
	private static List<String> diagnosis(Health health) {
		return (List<String>) health.getDetails().get("diagnosis");
	}

	/**
	 * Counts the connections that others than the relay take.
	 */
	static class CountingDataSource extends AbstractDataSource {

		private final JdbcDataSource dataSource = new JdbcDataSource();

		private final AtomicInteger connections = new AtomicInteger();

		CountingDataSource() {
			this.dataSource.setUrl("jdbc:h2:mem:health;DB_CLOSE_DELAY=-1");
		}

		@Override
		public Connection getConnection() throws SQLException {
			if (!Thread.currentThread().getName().startsWith("hopper-outbox-")) {
				this.connections.incrementAndGet();
			}
			return this.dataSource.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}
