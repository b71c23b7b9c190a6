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

import java.nio.file.Path;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the outbox on a MariaDB that lives in another time zone, where the operating
 * system has one: {@code apt-get install mariadb-server}.
 */
class MariaDbOutboxTests extends AbstractJdbcOutboxTests {

	private static MariaDbServer server;

	@TempDir
	static Path directory;

	MariaDbOutboxTests() {
		super("mariadb");
	}

	@BeforeAll
	static void startServer() throws Exception {
		server = new MariaDbServer(directory);
	}

	@AfterAll
	static void stopServer() throws InterruptedException {
		if (server != null) {
			server.stop();
		}
	}

	@Override
	HikariDataSource dataSource() {
		return server.dataSource();
	}

	@Test
	void operatorGivesAReasonInAnyLanguage() {
		String reason = "\u4FDD\u5B88\u4E2D";
		this.outbox.pause(reason);
		assertThat(this.outbox.state().pause()).extracting(EventOutboxState.Pause::message).isEqualTo(reason);
	}

	@Test
	void tableIsCreatedInANamedSchemaAndRolledBackEventDoesNotExist() {
		try (FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start()) {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class,
						WebClientAutoConfiguration.class, HopperEventsAutoConfiguration.class,
						HopperOutboxAutoConfiguration.class, DataSourceAutoConfiguration.class,
						DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.auth.token=" + TestPublishers.TOKEN,
						"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always",
						"hopper.outbox.jdbc.table-name=hopper.another_outbox", "spring.datasource.url=" + server.url(),
						"spring.datasource.username=root")
				.run((context) -> {
					EventOutbox outbox = context.getBean(EventOutbox.class);
					context.getBean(TransactionTemplate.class).executeWithoutResult((status) -> {
						outbox.store("session-1", booking(1));
						status.setRollbackOnly();
					});
					outbox.store("session-1", booking(2));
					assertThat(outbox.flush(SECONDS)).isTrue();
					assertThat(api.requests()).singleElement()
						.satisfies((request) -> assertThat(request.body()).contains("contract-2"));
				});
		}
	}

}
