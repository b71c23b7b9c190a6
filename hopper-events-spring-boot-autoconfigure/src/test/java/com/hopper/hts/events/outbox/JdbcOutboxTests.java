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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests for the outbox in databases.
 */
class JdbcOutboxTests {

	private static EmbeddedPostgres postgres;

	@TempDir
	static Path directory;

	@BeforeAll
	static void start() throws IOException, SQLException {
		postgres = EmbeddedPostgres.builder().setDataDirectory(Files.createTempDirectory("postgres")).start();
		try (Connection connection = postgres.getPostgresDatabase().getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("create database latin encoding 'LATIN1' locale 'C' template template0");
		}
	}

	@AfterAll
	static void stop() {
		try {
			postgres.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static HikariDataSource dataSource(String url, String user) {
		HikariDataSource dataSource = new HikariDataSource();
		dataSource.setJdbcUrl(url);
		dataSource.setUsername(user);
		dataSource.setPassword("");
		return dataSource;
	}

	@Nested
	class PostgreSql extends AbstractJdbcOutboxTests {

		PostgreSql() {
			super("postgresql");
		}

		@Override
		HikariDataSource dataSource() {
			return JdbcOutboxTests.dataSource(postgres.getJdbcUrl("postgres", "postgres"), "postgres");
		}

	}

	/**
	 * Without auto-commit, what is not explicitly committed is lost. The database cannot
	 * write all characters.
	 */
	@Nested
	class WithoutAutoCommit extends AbstractJdbcOutboxTests {

		WithoutAutoCommit() {
			super("postgresql");
		}

		@Override
		HikariDataSource dataSource() {
			HikariDataSource dataSource = JdbcOutboxTests.dataSource(postgres.getJdbcUrl("postgres", "latin"),
					"postgres");
			dataSource.setAutoCommit(false);
			return dataSource;
		}

	}

	@Nested
	class H2 extends AbstractJdbcOutboxTests {

		H2() {
			super("h2");
		}

		@Override
		HikariDataSource dataSource() {
			return JdbcOutboxTests.dataSource("jdbc:h2:file:" + directory.resolve("h2"), "sa");
		}

	}

	@Nested
	class HsqlDb extends AbstractJdbcOutboxTests {

		HsqlDb() {
			super("hsqldb");
		}

		@Override
		HikariDataSource dataSource() {
			return JdbcOutboxTests.dataSource("jdbc:hsqldb:file:" + directory.resolve("hsqldb"), "sa");
		}

	}

}
