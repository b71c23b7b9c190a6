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

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

import javax.sql.DataSource;

import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for databases that the outbox refuses when the application starts, and for the
 * advice that is given.
 */
class JdbcOutboxRefusedAtStartTests {

	private static final String CREATE = "initialize-schema=always";

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.outbox.type=jdbc");

	@Test
	void databaseWithoutAScriptIsRefusedByName() {
		System.setProperty("derby.stream.error.file", "target/derby.log");
		assertThat(refusal(new DriverManagerDataSource("jdbc:derby:memory:" + UUID.randomUUID() + ";create=true")))
			.satisfies((refusal) -> {
				assertThat(refusal).hasMessageContaining("'Apache Derby'").hasMessageContaining("'dataSource'");
				assertThat(refusal.action()).contains("PostgreSQL", "hopper.outbox.type",
						"hopper.outbox.jdbc.data-source");
			});
	}

	@Test
	void firstErrorOfTheScriptIsShownAndAdviceThatWasFollowedIsNotGiven(@TempDir Path directory) throws Exception {
		try (EmbeddedPostgres postgres = postgres(directory)) {
			JdbcTemplate admin = new JdbcTemplate(postgres.getPostgresDatabase());
			admin.execute("create role writer login");
			DataSource writer = postgres.getDatabase("writer", "postgres");
			JdbcOutboxException refusal = refusal(writer, "hopper.outbox.jdbc.initialize-schema=always");
			assertThat(refusal).hasMessageContaining("permission denied for schema public")
				.hasMessageContaining("42501");
			assertThat(refusal.action()).contains("right to create").doesNotContain(CREATE, "table-name");
			assertThat(refusal(writer).action()).contains(CREATE);

			JdbcStores.createTable(postgres.getPostgresDatabase(), "postgresql");
			admin.execute("alter table hopper_event_outbox alter column payload type text");
			admin.execute("grant select, insert, update, delete on hopper_event_outbox to writer");
			refusal = refusal(writer, "hopper.outbox.jdbc.initialize-schema=always");
			assertThat(refusal).hasMessageContaining("payload");
			assertThat(refusal.action()).contains("Compare the table")
				.doesNotContain(CREATE, "right to create", "table-name");
		}
	}

	@Test
	void rightThatTheUserLacksIsToBeGranted(@TempDir Path directory) throws Exception {
		try (EmbeddedPostgres postgres = postgres(directory)) {
			JdbcTemplate admin = new JdbcTemplate(postgres.getPostgresDatabase());
			admin.execute("create role reader login");
			JdbcStores.createTable(postgres.getPostgresDatabase(), "postgresql");
			DataSource reader = postgres.getDatabase("reader", "postgres");
			assertMissingRight(refusal(reader));
			assertMissingRight(refusal(reader, "hopper.outbox.jdbc.initialize-schema=always"));
			admin.execute("grant insert, update, delete on hopper_event_outbox to reader");
			assertMissingRight(refusal(reader));
		}
		String url = "jdbc:h2:mem:" + UUID.randomUUID();
		DataSource h2 = new DriverManagerDataSource(url + ";DB_CLOSE_DELAY=-1", "sa", "");
		JdbcStores.createTable(h2, "h2");
		new JdbcTemplate(h2).execute("create user reader password ''");
		new JdbcTemplate(h2).execute("grant select on hopper_event_outbox to reader");
		assertMissingRight(refusal(new DriverManagerDataSource(url, "reader", "")));
	}

	private static void assertMissingRight(JdbcOutboxException refusal) {
		assertThat(refusal).hasMessageContaining("the database user lacks a right");
		assertThat(refusal.action())
			.isEqualTo("Grant select, insert, update and delete on 'hopper_event_outbox' to the database user.");
	}

	@Test
	void readOnlyPoolIsRefusedOnEveryDatabase() {
		assertThat(refusal(readOnlyPool())).hasMessageContaining("'dataSource'").hasMessageContaining("read-only");
		assertThat(refusal(new LazyConnectionDataSourceProxy(readOnlyPool()))).hasMessageContaining("read-only");
	}

	@Test
	void connectionThatIsNotTheRelaysOwnIsRefused() {
		SingleConnectionDataSource single = new SingleConnectionDataSource("jdbc:h2:mem:" + UUID.randomUUID(), true);
		assertThat(refusal(single)).hasMessageContaining("'dataSource'").hasMessageContaining("one connection");
		single.destroy();
	}

	@Test
	void dataSourceThatChoosesNoneWithoutATenantIsRefused() {
		AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {

			@Override
			protected @Nullable Object determineCurrentLookupKey() {
				return null;
			}

		};
		routing.setTargetDataSources(Map.of("tenant", new DriverManagerDataSource("jdbc:h2:mem:tenant")));
		routing.afterPropertiesSet();
		JdbcOutboxException refusal = refusal(routing);
		assertThat(refusal).hasMessageContaining("'dataSource'").hasMessageContaining("lookup key [null]");
		assertThat(refusal.action()).contains("default", "hopper.outbox.jdbc.data-source");
	}

	private static DataSource readOnlyPool() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID());
		pool.setReadOnly(true);
		return pool;
	}

	private static EmbeddedPostgres postgres(Path directory) throws Exception {
		return EmbeddedPostgres.builder().setDataDirectory(Files.createDirectory(directory.resolve("data"))).start();
	}

	private JdbcOutboxException refusal(DataSource dataSource, String... properties) {
		JdbcOutboxException[] refusal = new JdbcOutboxException[1];
		this.contextRunner.withBean("dataSource", DataSource.class, () -> dataSource)
			.withPropertyValues(properties)
			.run((context) -> {
				Throwable failure = context.getStartupFailure();
				while (failure != null && !(failure instanceof JdbcOutboxException)) {
					failure = failure.getCause();
				}
				assertThat(failure).as(() -> String.valueOf(context.getStartupFailure())).isNotNull();
				refusal[0] = (JdbcOutboxException) failure;
			});
		return refusal[0];
	}

}
