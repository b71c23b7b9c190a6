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

import org.springframework.beans.BeanWrapper;
import org.springframework.beans.PropertyAccessorFactory;
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

	/**
	 * What pools call the setting. Some databases, such as H2, write all the same.
	 */
	private static final List<String> READ_ONLY = List.of("readOnly", "defaultReadOnly");

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
		if (isReadOnly(JdbcTransactions.target(dataSource))) {
			throw new JdbcOutboxException(
					"The data source '" + dataSourceName
							+ "' of the outbox cannot be written to: its pool is read-only",
					"Name with hopper.outbox.jdbc.data-source one that may write, or set the pool's read-only to false.",
					null);
		}
		try (Connection connection = dataSource.getConnection()) {
			this.dialect = JdbcDialect.of(connection, dataSourceName);
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

	private static boolean isReadOnly(DataSource pool) {
		BeanWrapper properties = PropertyAccessorFactory.forBeanPropertyAccess(pool);
		return READ_ONLY.stream()
			.anyMatch((name) -> properties.isReadableProperty(name)
					&& Boolean.TRUE.equals(properties.getPropertyValue(name)));
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
			statement.setString(3, "trial");
			statement.setBytes(4, new byte[1]);
			statement.setObject(5, time);
			statement.setObject(6, time);
			statement.setObject(7, time);
			statement.setString(8, "trial");
			statement.executeUpdate();
		}
		// One by one, because many databases do not say which column a value did not fit
		for (String column : List.of("session_id", "last_error", "trace")) {
			change(connection, step, column, id, (statement) -> statement.setString(1, text));
		}
		for (String column : List.of("replayed_at", "finished_at", "claimed_until")) {
			change(connection, step, column, id, (statement) -> statement.setObject(1, time));
		}
		change(connection, step, "payload", id, (statement) -> statement.setBytes(1, payload));
		change(connection, step, "failures", id, (statement) -> statement.setString(1, "x".repeat(70_000)));
		change(connection, step, "claimed_by", id, (statement) -> statement.setString(1, id.toString()));
		change(connection, step, "event_type", id, (statement) -> statement.setString(1, "x".repeat(255)));
		change(connection, step, "reason", id, (statement) -> statement.setString(1, "REJECTED"));
		change(connection, step, "state", id, (statement) -> statement.setString(1, "DELIVERED"));
		change(connection, step, "state", id, (statement) -> statement.setString(1, "TRIAL"));
		change(connection, step, "status_code", id, (statement) -> statement.setInt(1, 204));
		change(connection, step, "attempts", id, (statement) -> statement.setInt(1, 100_000));
		change(connection, step, "version", id, (statement) -> statement.setLong(1, 1L << 40));
		step[0] = "read";
		readBack(connection, step, id, payload, text, time);
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

	private void change(Connection connection, String[] step, String column, UUID id, Parameter value)
			throws SQLException {
		step[0] = "change column '" + column + "' of";
		try (PreparedStatement statement = connection
			.prepareStatement("update " + this.name + " set " + column + " = ? where id = ?")) {
			value.set(statement);
			statement.setObject(2, this.dialect.id(id));
			statement.executeUpdate();
		}
	}

	private void readBack(Connection connection, String[] step, UUID id, byte[] payload, String text,
			LocalDateTime time) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("select id, session_id, payload, stored_at, due_at, trace, last_error, failures, "
					+ "replayed_at, claimed_by, claimed_until, finished_at, occurred_at, version from " + this.name
					+ " where id = ?")) {
			statement.setObject(1, this.dialect.id(id));
			try (ResultSet result = statement.executeQuery()) {
				if (!result.next()) {
					throw changed("id");
				}
				check(step, "id", () -> id.toString().equals(result.getString(1)));
				check(step, "session_id", () -> text.equals(result.getString(2)));
				check(step, "payload", () -> Arrays.equals(payload, result.getBytes(3)));
				for (String column : List.of("stored_at", "due_at", "replayed_at", "claimed_until", "finished_at",
						"occurred_at")) {
					check(step, column, () -> time.equals(result.getObject(column, LocalDateTime.class)));
				}
				check(step, "trace", () -> text.equals(result.getString("trace")));
				check(step, "last_error", () -> text.equals(result.getString("last_error")));
				check(step, "failures", () -> result.getString("failures").length() == 70_000);
				check(step, "claimed_by", () -> id.toString().equals(result.getString("claimed_by")));
				check(step, "version", () -> result.getLong("version") == 1L << 40);
			}
		}
	}

	private void check(String[] step, String column, Reading reading) throws SQLException {
		step[0] = "read column '" + column + "' of";
		if (!reading.isRight()) {
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
		if (has("task_name, task_instance")) {
			return new JdbcOutboxException(
					"The table '" + this.name + "' of the data source '" + this.dataSourceName
							+ "' was made by an earlier version of the outbox, and holds its events in another form",
					"Stop all instances, run " + scripts + "migrate-" + this.dialect.platform()
							+ ".sql, which copies every event and keeps the old table, and start again.",
					ex);
		}
		if (createFailed != null && !has("id")) {
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

	private boolean has(String columns) {
		try {
			return this.transactions.own((connection) -> {
				try (PreparedStatement statement = connection
					.prepareStatement("select " + columns + " from " + this.name + " where 1 = 0")) {
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

	/**
	 * Sets the first parameter of a statement.
	 */
	@FunctionalInterface
	private interface Parameter {

		void set(PreparedStatement statement) throws SQLException;

	}

	/**
	 * Reads a column.
	 */
	@FunctionalInterface
	private interface Reading {

		boolean isRight() throws SQLException;

	}

}
