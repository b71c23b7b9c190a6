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

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the table of the outbox, and for what is said when it cannot be used.
 */
@Tag("compatibility")
@ExtendWith(OutputCaptureExtension.class)
class JdbcOutboxTableTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static EmbeddedPostgres postgres;

	private final FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();

	private HikariDataSource dataSource;

	private JdbcTemplate jdbc;

	@BeforeAll
	static void startServer() throws Exception {
		postgres = EmbeddedPostgres.builder().setDataDirectory(Files.createTempDirectory("postgres")).start();
	}

	@AfterAll
	static void stopServer() throws Exception {
		postgres.close();
	}

	@BeforeEach
	void connect() {
		this.dataSource = pool("postgres");
		this.jdbc = new JdbcTemplate(this.dataSource);
		this.jdbc.execute("drop table if exists hopper_event_outbox, hopper_event_outbox_old");
	}

	private static HikariDataSource pool(String user) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(postgres.getJdbcUrl(user, "postgres"));
		pool.setUsername(user);
		return pool;
	}

	@AfterEach
	void close() {
		this.dataSource.close();
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgresql", "mysql", "mariadb", "sqlserver", "oracle", "h2" })
	void everyScriptRunsInTheModeOfH2ThatStandsForItsDatabase(String platform) {
		DataSource h2 = h2(platform);
		JdbcStores.createTable(h2, platform);
		deliversAndKeepsDeadLetters(h2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgresql", "mysql", "mariadb", "sqlserver", "oracle" })
	void scriptOfH2RunsInEveryMode(String mode) {
		DataSource h2 = h2(mode);
		JdbcStores.createTable(h2, "h2");
		deliversAndKeepsDeadLetters(h2);
	}

	private static DataSource h2(String mode) {
		return new DriverManagerDataSource(
				"jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;" + JdbcStores.modesOfH2().get(mode), "sa",
				"");
	}

	private void deliversAndKeepsDeadLetters(DataSource database) {
		TestOutbox outbox = outbox(database);
		outbox.start();
		try {
			this.api.failNext(1, Fault.status(422));
			UUID id = outbox.store("session-1", booking());
			await().until(() -> outbox.deadLetter(id).isPresent());
			assertThat(outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).hasSize(1);
			assertThat(outbox.replayAll(DeadLetter.Filter.all().withReason(DeadLetter.Reason.REJECTED))).isOne();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(1);
			outbox.pause("maintenance");
			assertThat(outbox.state().pause()).isNotNull();
			outbox.resume();
		}
		finally {
			outbox.stop();
		}
	}

	@ParameterizedTest
	@CsvSource({ "payload,text", "last_error,varchar(10)", "session_id,varchar(20)", "failures,varchar(1000)",
			"trace,varchar(20)", "claimed_by,varchar(10)", "event_type,varchar(50)", "state,varchar(7)",
			"reason,varchar(4)", "due_at,date", "stored_at,timestamp(0)", "claimed_until,date", "version,integer",
			"attempts,smallint" })
	void wrongColumnIsNamedAtStart(String column, String type) {
		JdbcStores.createTable(this.dataSource, "postgresql");
		this.jdbc.execute("alter table hopper_event_outbox alter column " + column + " type " + type);
		assertThatException().isThrownBy(outbox(this.dataSource)::start).withMessageContaining(column);
		assertThat(this.jdbc.queryForObject("select count(*) from hopper_event_outbox", Integer.class)).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "session_id", "claimed_until", "trace", "failures", "status_code", "version" })
	void missingColumnIsNamedAtStart(String column) {
		JdbcStores.createTable(this.dataSource, "postgresql");
		this.jdbc.execute("alter table hopper_event_outbox drop column " + column);
		assertThatException().isThrownBy(outbox(this.dataSource)::start).withMessageContaining(column);
	}

	@Test
	void missingRightIsNamedAtStart() {
		JdbcStores.createTable(this.dataSource, "postgresql");
		this.jdbc.execute("drop role if exists reader");
		this.jdbc.execute("create role reader login");
		this.jdbc.execute("grant select on hopper_event_outbox to reader");
		try (HikariDataSource reader = pool("reader")) {
			assertThatException().isThrownBy(outbox(reader)::start)
				.withMessageContaining("write a row")
				.withMessageContaining("the database user lacks a right")
				.withMessageContaining("hopper_event_outbox");
			this.jdbc.execute("grant insert, update on hopper_event_outbox to reader");
			assertThatException().isThrownBy(outbox(reader)::start).withMessageContaining("remove a row");
		}
		this.jdbc.execute("drop owned by reader");
		this.jdbc.execute("drop role reader");
	}

	@Test
	void nothingOfAnEventIsInWhatIsSaidAboutAFailure(CapturedOutput output) {
		JdbcStores.createTable(this.dataSource, "postgresql");
		TestOutbox outbox = outbox(this.dataSource);
		outbox.start();
		outbox.stop();
		List<String> failures = List.of("check (length(payload) < 5)", "check (session_id = 'other')",
				"unique (event_type)");
		outbox.store("session-0", booking());
		for (String constraint : failures) {
			this.jdbc.execute("alter table hopper_event_outbox add constraint refused " + constraint
					+ (constraint.startsWith("check") ? " not valid" : ""));
			assertNothingOfTheEvent(outbox, "SQL state 23");
			assertNothingOfTheEvent(outbox, "\"refused\"");
			this.jdbc.execute("alter table hopper_event_outbox drop constraint refused");
		}
		this.jdbc.execute("create or replace function tell() returns trigger language plpgsql as "
				+ "'begin raise exception ''bad row: %'', new; end'");
		this.jdbc
			.execute("create trigger tell before insert on hopper_event_outbox for each row execute function tell()");
		assertNothingOfTheEvent(outbox, "SQL state P0001");
		this.jdbc.execute("create or replace function tell() returns trigger language plpgsql as "
				+ "'begin raise exception ''bad row: %'', new using errcode = ''23514''; end'");
		assertNothingOfTheEvent(outbox, "bad row: ...");
		assertThat(output.getAll()).doesNotContain("secret-session").doesNotContain("secret-contract");
	}

	private void assertNothingOfTheEvent(TestOutbox outbox, String state) {
		EventNotStoredException failure = catchThrowableOfType(EventNotStoredException.class,
				() -> outbox.store("secret-session", booking()));
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(trace.toString()).contains(state)
			.doesNotContain("secret-session")
			.doesNotContain("secret-contract")
			.doesNotContain(HexFormat.of().formatHex("secret-contract".getBytes(StandardCharsets.UTF_8)));
	}

	@Test
	void causesAreTold() {
		JdbcStores.createTable(this.dataSource, "postgresql");
		TestOutbox outbox = outbox(this.dataSource);
		outbox.start();
		try {
			TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(this.dataSource));
			transaction.executeWithoutResult((status) -> {
				assertThatException().isThrownBy(() -> this.jdbc.execute("select nothing"));
				assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(() -> outbox.store("session-1", booking()))
					.withMessageContaining("earlier statement")
					.withMessageContaining("25P02");
				status.setRollbackOnly();
			});
			transaction.executeWithoutResult((status) -> {
				this.jdbc.execute("set transaction read only");
				assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(() -> outbox.store("session-1", booking()))
					.withMessageContaining("read-only")
					.withMessageContaining("25006");
				status.setRollbackOnly();
			});
			TransactionTemplate inner = new TransactionTemplate(transaction.getTransactionManager());
			inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			transaction.executeWithoutResult((outer) -> {
				this.jdbc.execute("lock table hopper_event_outbox");
				inner.executeWithoutResult((status) -> {
					this.jdbc.execute("set local lock_timeout = 50");
					assertThatExceptionOfType(EventNotStoredException.class)
						.isThrownBy(() -> outbox.store("session-1", booking()))
						.withMessageContaining("55P03: ERROR: canceling statement due to lock timeout");
					status.setRollbackOnly();
				});
			});
		}
		finally {
			outbox.stop();
		}
	}

	private TestOutbox outbox(DataSource database) {
		return TestOutbox.builder(TestPublishers.create(this.api))
			.build(JdbcStores.create(database, new JdbcTransactionManager(database), "hopper_event_outbox",
					Duration.ofSeconds(5), null, Schedulers.parallel()));
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("secret-contract");
	}

}
