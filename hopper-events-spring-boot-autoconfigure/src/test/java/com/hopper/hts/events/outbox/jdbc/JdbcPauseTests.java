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

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.EventStore;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for two operators who pause an outbox in the same moment.
 */
class JdbcPauseTests {

	private static EmbeddedPostgres postgres;

	@BeforeAll
	static void start() throws IOException {
		postgres = EmbeddedPostgres.builder().setDataDirectory(Files.createTempDirectory("postgres")).start();
	}

	@AfterAll
	static void stop() throws IOException {
		postgres.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "h2", "postgresql" })
	void whoIsLateFindsThePauseOfTheOther(String platform) {
		try (HikariDataSource pool = pool(platform)) {
			DataSource dataSource = overtaken(pool);
			EventStore store = store(dataSource);
			assertThat(store.pause(pause("late"))).isFalse();
			assertThat(store.pause()).extracting(EventOutboxState.Pause::message).isEqualTo("faster");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "h2", "postgresql" })
	void transactionOfWhoIsLateGoesOn(String platform) {
		try (HikariDataSource pool = pool(platform)) {
			DataSource dataSource = overtaken(pool);
			EventStore store = store(dataSource);
			JdbcTemplate jdbc = new JdbcTemplate(dataSource);
			new TransactionTemplate(new JdbcTransactionManager(dataSource)).executeWithoutResult((status) -> {
				assertThat(store.pause(pause("late"))).isFalse();
				jdbc.update("update hopper_event_outbox set attempts = 7");
			});
			assertThat(jdbc.queryForObject("select attempts from hopper_event_outbox", Integer.class)).isEqualTo(7);
		}
	}

	@Test
	void pauseInATransactionThatIsReadOnlyIsRefused() {
		try (HikariDataSource pool = pool("h2")) {
			EventStore store = JdbcStores.create(pool, new JdbcTransactionManager(pool), "hopper_event_outbox",
					Duration.ofSeconds(5), null, Schedulers.parallel());
			TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
			transaction.setReadOnly(true);
			transaction
				.executeWithoutResult((status) -> assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
					.isThrownBy(() -> store.pause(pause("too late")))
					.withMessageStartingWith("Events in table 'hopper_event_outbox'")
					.withMessageContaining("cannot be used because the transaction is read-only. Use one that"));
		}
	}

	private static HikariDataSource pool(String platform) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(platform.equals("h2") ? "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1"
				: postgres.getJdbcUrl("postgres", "postgres"));
		pool.setUsername(platform.equals("h2") ? "sa" : "postgres");
		new JdbcTemplate(pool).execute("drop table if exists hopper_event_outbox");
		JdbcStores.createTable(pool, platform);
		return pool;
	}

	private static EventStore store(DataSource dataSource) {
		return JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource), "hopper_event_outbox",
				Duration.ofSeconds(30), null, Schedulers.parallel());
	}

	private static EventOutboxState.Pause pause(String message) {
		return new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR, Instant.EPOCH, message, null);
	}

	/**
	 * Let another operator pause between the look and the insert of the first.
	 */
	private static DataSource overtaken(HikariDataSource pool) {
		return new WatchedDataSource(pool, (method, sql) -> {
			if (method.equals("prepareStatement") && sql.contains("'PAUSED'")) {
				CompletableFuture.runAsync(() -> assertThat(store(pool).pause(pause("faster"))).isTrue())
					.get(20, TimeUnit.SECONDS);
			}
		});
	}

}
