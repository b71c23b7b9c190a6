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
package com.hopper.hts.events.outbox.jdbc;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the outbox in the database with a data source that chooses by the thread.
 */
class RoutedOutboxTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final String url = url();

	private final DataSource home = database(this.url);

	private final DataSource tenants = database(url());

	private final Routing routing = new Routing(
			Map.of("home", this.home, "again", database(this.url), "other", this.tenants), this.home);

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void eventIsStoredWhereTheRelayLooks() {
		run(this.routing, (context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			TransactionTemplate transaction = transaction(context);
			for (String tenant : new String[] { null, "home", "again" }) {
				this.routing.run(tenant,
						() -> transaction.executeWithoutResult((status) -> outbox.store("session-1", booking())));
			}
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(3);
		});
	}

	@Test
	void eventOfATransactionInAnotherDatabaseIsRefused() {
		JdbcStores.createTable(this.tenants, "h2");
		run(this.routing, (context) -> {
			TransactionTemplate transaction = transaction(context);
			this.routing.run("other", () -> transaction
				.executeWithoutResult((status) -> assertRefused(context.getBean(EventOutbox.class))));
		});
	}

	@Test
	void eventWithoutATransactionIsRefusedInAnotherDatabase() {
		JdbcStores.createTable(this.tenants, "h2");
		run(new LazyConnectionDataSourceProxy(this.routing), (context) -> this.routing.run("other", () -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			assertRefused(outbox);
			assertThatException().isThrownBy(() -> outbox.flush(SECONDS)).withMessageContaining("another database");
		}));
	}

	@Test
	void choiceIsSeenBehindAProxyThatIsNotSprings() {
		JdbcStores.createTable(this.tenants, "h2");
		// As those that log statements
		DataSource proxy = (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { DataSource.class },
				(self, method, arguments) -> method.invoke(this.routing, arguments));
		run(proxy, (context) -> this.routing.run("other", () -> assertRefused(context.getBean(EventOutbox.class))));
	}

	@Test
	void tenantThatIsChosenWithinATransactionIsNotThatOfItsConnection() {
		JdbcStores.createTable(this.tenants, "h2");
		TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(this.routing));
		run(runner(this.home).withBean(PlatformTransactionManager.class, transaction::getTransactionManager),
				(context) -> {
					EventOutbox outbox = context.getBean(EventOutbox.class);
					this.routing.run("other", () -> transaction
						.executeWithoutResult((status) -> this.routing.run("home", () -> assertRefused(outbox))));
					transaction.executeWithoutResult((status) -> outbox.store("session-1", booking()));
					assertThat(outbox.flush(SECONDS)).isTrue();
				});
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void replicaOfAReadOnlyTransactionIsLeftWhenItIsOver() {
		AbstractRoutingDataSource replicas = new AbstractRoutingDataSource() {

			@Override
			protected Object determineCurrentLookupKey() {
				return TransactionSynchronizationManager.isCurrentTransactionReadOnly();
			}

		};
		replicas.setTargetDataSources(Map.of(false, this.home, true, this.tenants));
		replicas.afterPropertiesSet();
		run(replicas, (context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			TransactionTemplate transaction = transaction(context);
			transaction.setReadOnly(true);
			transaction.executeWithoutResult((status) -> TransactionSynchronizationManager
				.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void afterCompletion(int completion) {
						outbox.store("session-1", booking());
						assertThat(TransactionSynchronizationManager.isCurrentTransactionReadOnly()).isTrue();
					}

				}));
			assertThat(outbox.flush(SECONDS)).isTrue();
		});
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void tenantsWithASchemaEachShareATableThatIsNamedWithItsSchema() {
		new JdbcTemplate(this.home).execute("create schema tenant");
		Routing bySchema = new Routing(Map.of("tenant", database(this.url + ";SCHEMA=TENANT")), this.home);
		for (String table : new String[] { "hopper_event_outbox", "public.hopper_event_outbox" }) {
			run(bySchema, (context) -> bySchema.run("tenant", () -> {
				EventOutbox outbox = context.getBean(EventOutbox.class);
				if (table.startsWith("public.")) {
					outbox.store("session-1", booking());
				}
				else {
					assertThatExceptionOfType(EventNotStoredException.class)
						.isThrownBy(() -> outbox.store("session-1", booking()))
						.withMessageContaining("another database or schema");
				}
			}), "hopper.outbox.jdbc.table-name=" + table);
		}
	}

	private void assertRefused(EventOutbox outbox) {
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> outbox.store("session-1", booking()))
			.withMessageContaining("another database")
			.withMessageContaining("hopper.outbox.jdbc.data-source");
		assertThat(new JdbcTemplate(this.tenants).queryForList("select id from hopper_event_outbox")).isEmpty();
	}

	private static TransactionTemplate transaction(ApplicationContext context) {
		return new TransactionTemplate(new DataSourceTransactionManager(context.getBean(DataSource.class)));
	}

	private static String url() {
		return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
	}

	private static DataSource database(String url) {
		return DataSourceBuilder.create().url(url).username("sa").build();
	}

	private void run(DataSource dataSource, Consumer<ApplicationContext> test, String... properties) {
		run(runner(dataSource).withPropertyValues(properties), test);
	}

	private static void run(ApplicationContextRunner runner, Consumer<ApplicationContext> test) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private ApplicationContextRunner runner(DataSource dataSource) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
			.withBean("dataSource", DataSource.class, () -> dataSource)
			.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl(),
					"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always");
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

	/**
	 * Chooses a database for each tenant.
	 */
	private static final class Routing extends AbstractRoutingDataSource {

		private final ThreadLocal<@Nullable String> tenant = new ThreadLocal<>();

		Routing(Map<Object, Object> databases, DataSource otherwise) {
			setTargetDataSources(databases);
			setDefaultTargetDataSource(otherwise);
			afterPropertiesSet();
		}

		@Override
		protected @Nullable Object determineCurrentLookupKey() {
			return this.tenant.get();
		}

		void run(@Nullable String tenant, Runnable action) {
			this.tenant.set(tenant);
			try {
				action.run();
			}
			finally {
				this.tenant.remove();
			}
		}

	}

}
