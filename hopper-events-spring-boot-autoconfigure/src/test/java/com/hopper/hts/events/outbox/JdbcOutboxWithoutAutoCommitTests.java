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

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for a pool whose connections never commit by themselves, which therefore say
 * nothing about whether they take part in a transaction.
 */
class JdbcOutboxWithoutAutoCommitTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withUserConfiguration(Databases.class)
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
				"hopper.outbox.type=jdbc");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void transactionOfAManagerWithoutConnectionsIsRefused() {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			transaction(context, "graphTransactions")
				.executeWithoutResult((status) -> assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(() -> outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now())))
					.withMessageContaining("data source 'events' has no part")
					.withMessageContaining("auto-commit"));
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.requests()).isEmpty();
		});
	}

	@Test
	void transactionOfItsOwnManagerAndNoneAtAllAreFine() {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			transaction(context, "eventTransactions")
				.executeWithoutResult((status) -> outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now())));
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2);
		});
	}

	@Test
	void eventAfterTheCommitOfAManagerThatIsNoBeanIsNotLost() {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			assertThat(outbox.flush(SECONDS)).isTrue();
			TransactionTemplate transaction = new TransactionTemplate(
					new JdbcTransactionManager(context.getBean(HikariDataSource.class)));
			for (boolean rollback : new boolean[] { false, true }) {
				transaction.executeWithoutResult((status) -> {
					outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
					TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

						@Override
						public void afterCommit() {
							outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
						}

					});
					if (rollback) {
						status.setRollbackOnly();
					}
				});
			}
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2);
		});
	}

	private static TransactionTemplate transaction(AssertableApplicationContext context, String manager) {
		return new TransactionTemplate(context.getBean(manager, PlatformTransactionManager.class));
	}

	@Configuration(proxyBeanMethods = false)
	static class Databases {

		@Bean
		HikariDataSource events() {
			HikariDataSource dataSource = new HikariDataSource();
			dataSource.setJdbcUrl("jdbc:h2:mem:without-auto-commit");
			dataSource.setAutoCommit(false);
			return dataSource;
		}

		@Bean
		PlatformTransactionManager eventTransactions(HikariDataSource events) {
			return new JdbcTransactionManager(events);
		}

		/**
		 * Stands for the managers of databases without JDBC, and for one of JTA to which
		 * nobody has told of the pool.
		 */
		@Bean
		PlatformTransactionManager graphTransactions() {
			return new JdbcOutboxTransactionTests.Global();
		}

	}

}
