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
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.datasource.init.ScriptStatementFailedException;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The table of the outbox: creates it if asked to, and proves before the first event that
 * everything that will be done with it can be done.
 */
final class JdbcOutboxTable {

	static final String DEFAULT_NAME = "hopper_event_outbox";

	static final String SCRIPTS = "com/hopper/hts/events/db/outbox/";

	private static final String CREATE = "Create it with Flyway, Liquibase or by hand from classpath:" + SCRIPTS
			+ "schema-%s.sql, or set hopper.outbox.jdbc.initialize-schema=always";

	private static final Log logger = LogFactory.getLog(JdbcOutboxTable.class);

	private final DataSource dataSource;

	private final String dataSourceName;

	private final String name;

	private final boolean create;

	private final JdbcTransactions transactions;

	private final JdbcDialect dialect;

	JdbcOutboxTable(DataSource dataSource, String dataSourceName, List<PlatformTransactionManager> managers,
			String name, boolean create) {
		this.dataSource = dataSource;
		this.dataSourceName = dataSourceName;
		this.name = name;
		this.create = create;
		try (Connection connection = dataSource.getConnection()) {
			this.dialect = JdbcDialect.of(connection);
			this.transactions = new JdbcTransactions(dataSource, dataSourceName, managers,
					connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED);
		}
		catch (SQLException ex) {
			throw new JdbcOutboxException(
					"The data source '" + dataSourceName + "' of the outbox gives no connection because "
							+ JdbcFailures.reason(ex, List.of()),
					"Check the settings of the data source and whether the database is up.", ex);
		}
	}

	String name() {
		return this.name;
	}

	JdbcDialect dialect() {
		return this.dialect;
	}

	JdbcTransactions transactions() {
		return this.transactions;
	}

	String description() {
		return "in table '" + this.name + "' of the data source '" + this.dataSourceName + "'";
	}

	/**
	 * Create the table if asked to and try it.
	 * @throws JdbcOutboxException if it cannot be used
	 */
	void prepare() {
		tryOut(this.create ? create() : null);
	}

	/**
	 * Instances that start together may all try, and only one of them succeeds: whether
	 * the table is right is found out afterwards.
	 */
	private @Nullable Exception create() {
		try {
			String script = new ClassPathResource(SCRIPTS + "schema-" + this.dialect.platform() + ".sql",
					getClass().getClassLoader())
				.getContentAsString(StandardCharsets.UTF_8);
			// The names of indexes cannot have a schema
			String plain = this.name.substring(this.name.lastIndexOf('.') + 1);
			script = script.replaceAll("\\b" + DEFAULT_NAME + "_due\\b", plain.replace("$", "\\$") + "_due")
				.replaceAll("\\b" + DEFAULT_NAME + "\\b", this.name.replace("$", "\\$"));
			ResourceDatabasePopulator populator = new ResourceDatabasePopulator(
					new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
			populator.execute(this.dataSource);
			if (this.dialect == JdbcDialect.POSTGRESQL) {
				this.transactions.own((connection) -> connection.createStatement()
					.execute("alter table " + this.name + " set (fillfactor = 70)"));
			}
			return null;
		}
		catch (IOException | DataAccessException | SQLException ex) {
			logger.debug("The script that creates the table has failed", ex);
			return ex;
		}
	}

	/**
	 * Write, change, read and remove a row in a transaction that is rolled back.
	 */
	private void tryOut(@Nullable Exception createFailed) {
		String[] step = { "write" };
		try {
			this.transactions.own((connection) -> {
				try {
					tryOut(connection, step);
				}
				finally {
					connection.rollback();
				}
				return true;
			});
		}
		catch (SQLException ex) {
			throw unusable(step[0], ex, createFailed);
		}
	}

	private void tryOut(Connection connection, String[] step) throws SQLException {
		UUID id = new UUID(0x7000, 0x8000_0000_0000_0001L);
		byte[] payload = new byte[70_000];
		Arrays.fill(payload, (byte) 0xFE);
		String text = "x".repeat(500);
		LocalDateTime time = LocalDateTime.parse("2026-02-03T04:05:06.123456");
		try (PreparedStatement statement = connection.prepareStatement("insert into " + this.name
				+ " (id, event_type, session_id, state, payload, occurred_at, stored_at, due_at, attempts, trace, version) "
				+ "values (?, ?, ?, 'TRIAL', ?, ?, ?, ?, 0, ?, 0)")) {
			statement.setObject(1, this.dialect.id(id));
			statement.setString(2, "trial");
			statement.setString(3, text);
			statement.setBytes(4, payload);
			statement.setObject(5, time);
			statement.setObject(6, time);
			statement.setObject(7, time);
			statement.setString(8, text);
			statement.executeUpdate();
		}
		step[0] = "change";
		try (PreparedStatement statement = connection.prepareStatement("update " + this.name
				+ " set state = 'TRIAL', reason = 'REJECTED', last_error = ?, failures = ?, status_code = 204, "
				+ "replayed_at = ?, finished_at = ?, claimed_by = ?, claimed_until = ?, version = version + 1 "
				+ "where id = ?")) {
			statement.setString(1, text);
			statement.setString(2, "x".repeat(70_000));
			statement.setObject(3, time);
			statement.setObject(4, time);
			statement.setString(5, id.toString());
			statement.setObject(6, time);
			statement.setObject(7, this.dialect.id(id));
			statement.executeUpdate();
		}
		step[0] = "read";
		readBack(connection, id, payload, text, time);
		step[0] = "lock and claim";
		try (PreparedStatement statement = connection.prepareStatement(this.dialect.claim("id", this.name,
				"where state = 'TRIAL' and due_at <= " + this.dialect.now() + " order by due_at, id", 1))) {
			statement.setMaxRows(1);
			statement.executeQuery().close();
		}
		step[0] = "remove";
		try (PreparedStatement statement = connection.prepareStatement("delete from " + this.name + " where id = ?")) {
			statement.setObject(1, this.dialect.id(id));
			statement.executeUpdate();
		}
	}

	private void readBack(Connection connection, UUID id, byte[] payload, String text, LocalDateTime time)
			throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("select id, session_id, payload, stored_at, due_at, trace, last_error, failures, "
					+ "replayed_at, claimed_by, claimed_until, finished_at, occurred_at, version from " + this.name
					+ " where id = ?")) {
			statement.setObject(1, this.dialect.id(id));
			try (ResultSet result = statement.executeQuery()) {
				if (!result.next()) {
					throw changed("id");
				}
				check("id", id.toString().equals(result.getString(1)));
				check("session_id", text.equals(result.getString(2)));
				check("payload", Arrays.equals(payload, result.getBytes(3)));
				for (String column : List.of("stored_at", "due_at", "replayed_at", "claimed_until", "finished_at",
						"occurred_at")) {
					check(column, time.equals(result.getObject(column, LocalDateTime.class)));
				}
				check("trace", text.equals(result.getString("trace")));
				check("last_error", text.equals(result.getString("last_error")));
				check("failures", result.getString("failures").length() == 70_000);
				check("claimed_by", id.toString().equals(result.getString("claimed_by")));
				check("version", result.getLong("version") == 1);
			}
		}
	}

	private void check(String column, boolean right) throws SQLException {
		if (!right) {
			throw changed(column);
		}
	}

	private SQLException changed(String column) {
		return new SQLException("column '" + column + "' gives back something else than what was written: its type is "
				+ "not that of the script");
	}

	private JdbcOutboxException unusable(String step, SQLException ex, @Nullable Exception createFailed) {
		String what = "The table '" + this.name + "' of the data source '" + this.dataSourceName
				+ "' cannot be used by the outbox: it could not " + step + " a row on trial because "
				+ JdbcFailures.reason(ex, List.of());
		String scripts = "classpath:" + SCRIPTS;
		if (isOfEarlierVersion()) {
			return new JdbcOutboxException(
					"The table '" + this.name + "' of the data source '" + this.dataSourceName
							+ "' was made by an earlier version of the outbox, and holds its events in another form",
					"Stop all instances, run " + scripts + "migrate-" + this.dialect.platform()
							+ ".sql, which copies every event and keeps the old table, and start again.",
					ex);
		}
		if (createFailed != null) {
			return new JdbcOutboxException(
					what + ". Before that, the script that creates the table failed: " + message(createFailed),
					"Give the database user the right to create the table, or have it created by somebody who has it, from "
							+ scripts + "schema-" + this.dialect.platform() + ".sql.",
					ex);
		}
		String advice = this.create
				? "Compare the table with " + scripts + "schema-" + this.dialect.platform() + ".sql."
				: "Compare the table with the script, or if there is none: "
						+ String.format(Locale.ROOT, CREATE, this.dialect.platform()) + ".";
		return new JdbcOutboxException(what, advice, ex);
	}

	private boolean isOfEarlierVersion() {
		try {
			return this.transactions.own((connection) -> {
				try (PreparedStatement statement = connection
					.prepareStatement("select task_name, task_instance from " + this.name + " where 1 = 0")) {
					statement.executeQuery().close();
					return true;
				}
			});
		}
		catch (SQLException ex) {
			return false;
		}
	}

	private static String message(Exception ex) {
		Throwable cause = (ex instanceof ScriptStatementFailedException && ex.getCause() != null) ? ex.getCause() : ex;
		return (cause instanceof SQLException sql) ? JdbcFailures.reason(sql, List.of())
				: String.valueOf(cause.getMessage());
	}

}
