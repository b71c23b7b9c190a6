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

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Tests for the outbox on the PostgreSQL of the operating system, which is another
 * version than the embedded one.
 */
class InstalledPostgresOutboxTests extends AbstractJdbcOutboxTests {

	private static InstalledPostgres server;

	InstalledPostgresOutboxTests() {
		super("postgresql");
	}

	@BeforeAll
	static void startServer() throws Exception {
		server = new InstalledPostgres();
	}

	@AfterAll
	static void stopServer() throws Exception {
		if (server != null) {
			server.stop();
		}
	}

	@Override
	HikariDataSource dataSource() {
		HikariDataSource dataSource = new HikariDataSource();
		dataSource.setJdbcUrl(server.url());
		dataSource.setUsername("postgres");
		return dataSource;
	}

}
