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

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database with an outbox, an API and a listener, for tests of the outbox in databases.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
abstract class JdbcOutboxFixture {

	static final Duration LEASE = Duration.ofSeconds(5);

	static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	static final Duration SECONDS = Duration.ofSeconds(60);

	static final RelayPolicy POLICY = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10),
			Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(5));

	final String platform;

	HikariDataSource dataSource;

	JdbcTemplate jdbc;

	TransactionTemplate transactions;

	FakeHopperApi api;

	RecordingListener listener;

	TestOutbox outbox;

	JdbcOutboxFixture(String platform) {
		this.platform = platform;
	}

	abstract HikariDataSource dataSource();

	@BeforeEach
	void start() {
		if (this.dataSource == null) {
			this.dataSource = dataSource();
			JdbcStores.createTable(this.dataSource, this.platform);
			this.jdbc = new JdbcTemplate(this.dataSource);
			this.transactions = new TransactionTemplate(new JdbcTransactionManager(this.dataSource));
		}
		this.transactions.executeWithoutResult((status) -> this.jdbc.update("delete from hopper_event_outbox"));
		this.listener = new RecordingListener();
		this.api = FakeHopperApi.builder().token(TestPublishers.TOKEN).unknownSession("unknown-session").start();
		this.outbox = create(this.dataSource, "hopper_event_outbox", this.listener);
		this.outbox.start();
	}

	TestOutbox create(DataSource source, String tableName, RecordingListener heard) {
		return TestOutbox.builder(TestPublishers.create(this.api))
			.policy(POLICY)
			.listeners(List.of(heard))
			.build(store(source, tableName));
	}

	EventStore store(DataSource source, String tableName) {
		return JdbcStores.create(source, this.transactions.getTransactionManager(), tableName, LEASE, null,
				Schedulers.parallel());
	}

	@AfterEach
	void stop() {
		this.outbox.stop();
		this.api.close();
	}

	@AfterAll
	void close() {
		if (this.dataSource != null) {
			this.dataSource.close();
		}
	}

	void flush() {
		assertThat(this.outbox.flush(SECONDS)).isTrue();
	}

	int rows() {
		return this.jdbc.queryForObject("select count(*) from hopper_event_outbox", Integer.class);
	}

	static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
