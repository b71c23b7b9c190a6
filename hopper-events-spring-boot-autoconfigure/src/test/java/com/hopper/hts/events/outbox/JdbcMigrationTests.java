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
package com.hopper.hts.events.outbox;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the scripts that move events from the table of earlier versions. The script
 * for MySQL runs on MariaDB. SQL Server and Oracle cannot run here.
 */
class JdbcMigrationTests {

	private static final String NEVER = "9999-12-01T00:00:00";

	private static EmbeddedPostgres postgres;

	private static MariaDbServer mariaDb;

	@TempDir
	static Path directory;

	private final FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();

	private HikariDataSource dataSource;

	private JdbcTemplate jdbc;

	private TestOutbox outbox;

	private boolean zoned;

	@AfterAll
	static void stopServers() throws Exception {
		if (postgres != null) {
			postgres.close();
		}
		if (mariaDb != null) {
			mariaDb.stop();
		}
	}

	@AfterEach
	void close() {
		if (this.outbox != null) {
			this.outbox.stop();
		}
		if (this.dataSource != null) {
			this.dataSource.close();
		}
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "h2", "hsqldb", "postgresql", "mariadb", "mysql" })
	void nothingOfTheTableOfAnEarlierVersionIsLost(String platform) throws Exception {
		this.dataSource = dataSource(platform);
		this.jdbc = new JdbcTemplate(this.dataSource);
		createOldTable(platform);
		LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
		insertPending("session-1", false, now.minusMinutes(1));
		StoredEvent later = insertPending("session-2", false, now.plusDays(1));
		insertPending("session-3", true, now.minusMinutes(1));
		StoredEvent dead = event("session-4");
		insertOld("dead.booking_confirmed", dead.id().toString(),
				StoredEventJson.write(new DeadLetter(dead, DeadLetter.Reason.REJECTED, dead.storedAt())), false,
				LocalDateTime.parse(NEVER));
		insertOld("control", "paused", "maintenance".getBytes(StandardCharsets.UTF_8), false,
				LocalDateTime.parse(NEVER));
		this.outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.build(JdbcStores.create(this.dataSource, new JdbcTransactionManager(this.dataSource),
					"hopper_event_outbox", Duration.ofSeconds(5), null, Schedulers.parallel()));
		assertThatException().isThrownBy(this.outbox::start)
			.withMessageContaining("earlier version")
			.satisfies((ex) -> assertThat(ex.getClass().getSimpleName()).isEqualTo("JdbcOutboxException"));

		JdbcStores.run(this.dataSource, "migrate-" + platform);

		this.outbox.start();
		assertPausedNow();
		this.outbox.resume();
		await().untilAsserted(() -> assertThat(this.api.received()).extracting(ReceivedEvent::sessionId)
			.containsExactlyInAnyOrder("session-1", "session-3"));
		await().untilAsserted(() -> assertThat(rows("state = 'PENDING'")).isOne());
		LocalDateTime due = time("due_at", later);
		assertThat(due).isCloseTo(now.plusDays(1), within(1, ChronoUnit.MILLIS));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement().satisfies((letter) -> {
			assertThat(letter.event().id()).isEqualTo(dead.id());
			assertThat(letter.event().event()).isEqualTo(dead.event());
			assertThat(letter.event().sessionId()).isEqualTo("session-4");
			assertThat(letter.event().storedAt()).isEqualTo(dead.storedAt());
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
		});
		assertThat(time("stored_at", dead)).isCloseTo(now, within(1, ChronoUnit.MINUTES));
		assertThat(time("finished_at", dead)).isCloseTo(now, within(1, ChronoUnit.MINUTES));
		assertThat(this.outbox.replay(dead.id())).isTrue();
		await().untilAsserted(() -> assertThat(this.api.received()).hasSize(3));
		assertThat(this.jdbc.queryForObject("select count(*) from hopper_event_outbox_old", Integer.class))
			.as("the old table is kept")
			.isEqualTo(5);
	}

	private void assertPausedNow() {
		assertThat(this.outbox.state().pause()).satisfies((pause) -> {
			assertThat(pause.message()).contains("migration");
			assertThat(pause.since()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
		});
	}

	private HikariDataSource dataSource(String platform) throws Exception {
		if (platform.equals("mariadb") || platform.equals("mysql")) {
			mariaDb = (mariaDb != null) ? mariaDb : new MariaDbServer(directory);
			return mariaDb.dataSource();
		}
		HikariDataSource pool = new HikariDataSource();
		if (platform.equals("postgresql")) {
			postgres = EmbeddedPostgres.builder().setDataDirectory(Files.createTempDirectory("postgres")).start();
			pool.setJdbcUrl(postgres.getJdbcUrl("postgres", "postgres"));
			pool.setUsername("postgres");
			return pool;
		}
		pool.setJdbcUrl("jdbc:" + platform + ":mem:migration");
		pool.setUsername("sa");
		return pool;
	}

	/**
	 * Create the table as the script of the earlier version did.
	 */
	private void createOldTable(String platform) {
		boolean mySql = platform.equals("mariadb") || platform.equals("mysql");
		String time = mySql ? "datetime(6)" : "timestamp with time zone";
		String blob = mySql ? "mediumblob" : platform.equals("postgresql") ? "bytea" : "blob";
		if (mySql) {
			this.jdbc.execute("drop table if exists hopper_event_outbox, hopper_event_outbox_old");
		}
		this.jdbc.execute("create table hopper_event_outbox (task_name varchar(100) not null, "
				+ "task_instance varchar(100) not null, task_data " + blob + ", execution_time " + time + " not null, "
				+ "picked boolean not null, picked_by varchar(50), last_success " + time + ", last_failure " + time
				+ ", consecutive_failures int, last_heartbeat " + time + ", version bigint not null, "
				+ "primary key (task_name, task_instance))");
		this.jdbc.execute("create index hopper_event_outbox_due on hopper_event_outbox (execution_time)");
		this.jdbc.execute("create index hopper_event_outbox_heartbeat on hopper_event_outbox (last_heartbeat)");
		this.zoned = !mySql;
	}

	private static StoredEvent event(String sessionId) {
		Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
		return StoredEvent.of(new UuidV7().create(now), now, sessionId,
				BookingConfirmed.occurredAt(now).withCfarContractId("contract"));
	}

	private StoredEvent insertPending(String sessionId, boolean picked, LocalDateTime due) {
		StoredEvent event = event(sessionId);
		insertOld("booking_confirmed", event.id().toString(), StoredEventJson.write(event), picked, due);
		return event;
	}

	private void insertOld(String name, String instance, byte[] data, boolean picked, LocalDateTime due) {
		this.jdbc.update(
				"insert into hopper_event_outbox (task_name, task_instance, task_data, execution_time, picked, version) "
						+ "values (?, ?, ?, ?, ?, 1)",
				name, instance, data, this.zoned ? due.atOffset(ZoneOffset.UTC) : due, picked);
	}

	private int rows(String condition) {
		return this.jdbc.queryForObject("select count(*) from hopper_event_outbox where " + condition, Integer.class);
	}

	private LocalDateTime time(String column, StoredEvent event) {
		return this.jdbc.queryForObject("select " + column + " from hopper_event_outbox where id = ?",
				(row, number) -> row.getObject(1, LocalDateTime.class),
				this.dataSource.getJdbcUrl().startsWith("jdbc:postgresql") ? event.id() : event.id().toString());
	}

}
