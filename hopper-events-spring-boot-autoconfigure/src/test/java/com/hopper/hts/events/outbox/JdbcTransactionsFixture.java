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

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An API and an application with the outbox in a database, for tests of its transactions.
 */
abstract class JdbcTransactionsFixture {

	static final Duration SECONDS = Duration.ofSeconds(60);

	final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
				"hopper.outbox.type=jdbc");

	@AfterEach
	void stop() {
		this.api.close();
	}

	static TransactionTemplate transaction(AssertableApplicationContext context, String manager) {
		return new TransactionTemplate(context.getBean(manager, PlatformTransactionManager.class));
	}

	void flushed(AssertableApplicationContext context, int events) {
		assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(events);
	}

	static int count(JdbcTemplate jdbc) {
		Integer count = jdbc.queryForObject(
				"select count(*) from hopper_event_outbox where attempts = 0 and " + "claimed_by is null",
				Integer.class);
		return (count != null) ? count : 0;
	}

	static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-" + number);
	}

	static DataSource database() {
		return new EmbeddedDatabaseBuilder().generateUniqueName(true)
			.setType(org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType.H2)
			.build();
	}

}
