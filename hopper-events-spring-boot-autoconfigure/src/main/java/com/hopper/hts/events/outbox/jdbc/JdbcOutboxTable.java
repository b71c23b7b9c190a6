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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
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
	 * Names of the read-only setting in pools, which is asked for because some databases,
	 * such as H2, ignore it and write.
	 */
	private static final List<String> READ_ONLY = List.of("readOnly", "defaultReadOnly");

	private static final Log logger = LogFactory.getLog(JdbcOutboxTable.class);

	private final String dataSourceName;

	private final String name;

	private final boolean create;

	private final JdbcTransactions transactions;

	private final JdbcDialect dialect;

	JdbcOutboxTable(DataSource dataSource, String dataSourceName, List<PlatformTransactionManager> managers,
			String name, boolean create) {
		this.dataSourceName = dataSourceName;
		this.name = name;
		this.create = create;
		DataSource target = JdbcTransactions.target(dataSource);
		if (target instanceof SingleConnectionDataSource) {
			// The relay would commit what the application has not, in the one transaction
			// that there can be
			throw new JdbcOutboxException(
					"The data source '" + dataSourceName + "' of the outbox has one connection for all threads",
					"Name with hopper.outbox.jdbc.data-source one that gives each thread its own, such as a pool.",
					null);
		}
		if (isReadOnly(target)) {
			throw new JdbcOutboxException(
					"The data source '" + dataSourceName
							+ "' of the outbox cannot be written to: its pool is read-only",
					"Name with hopper.outbox.jdbc.data-source one that may write, or set the pool's read-only to false.",
					null);
		}
		try (Connection connection = dataSource.getConnection()) {
			this.dialect = JdbcDialect.of(connection, dataSourceName);
			this.transactions = new JdbcTransactions(dataSource, dataSourceName, managers, connection, this.dialect,
					(other) -> this.dialect.place(other, name));
		}
		catch (SQLException ex) {
			throw new JdbcOutboxException(
					"The data source '" + dataSourceName + "' of the outbox gives no connection because "
							+ JdbcFailures.reason(ex, false),
					"Check the settings of the data source and whether the database is up.", ex);
		}
	}

	private static boolean isReadOnly(DataSource pool) {
		return READ_ONLY.stream().anyMatch((name) -> Boolean.TRUE.equals(JdbcOutboxBeans.property(pool, name)));
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
	 * Run the script. Of instances that start together only one succeeds, so a failure
	 * counts only if the trial fails too.
	 */
	private @Nullable Exception create() {
		try {
			String script = new ClassPathResource(SCRIPTS + "schema-" + this.dialect.platform() + ".sql",
					getClass().getClassLoader())
				.getContentAsString(StandardCharsets.UTF_8);
			// The name of an index must not be qualified with a schema
			String plain = this.name.substring(this.name.lastIndexOf('.') + 1);
			script = script.replaceAll("\\b" + DEFAULT_NAME + "_due\\b", plain.replace("$", "\\$") + "_due")
				.replaceAll("\\b" + DEFAULT_NAME + "\\b", this.name.replace("$", "\\$"));
			ResourceDatabasePopulator populator = new ResourceDatabasePopulator(
					new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
			// In a transaction of its own: on many databases DDL commits, which must not
			// happen to the caller's
			this.transactions.own((connection) -> {
				populator.populate(connection);
				return true;
			});
			if (this.dialect == JdbcDialect.POSTGRESQL) {
				this.transactions.own((connection) -> {
					this.dialect.update(connection, "alter table " + this.name + " set (fillfactor = 70)");
					// A hash index takes session ids of any length. Only delivered events
					// are looked up by session
					return this.dialect.update(connection, "create index if not exists " + plain + "_session on "
							+ this.name + " using hash (session_id) where state = 'DELIVERED'");
				});
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
		LocalDateTime time = LocalDateTime.parse("2026-02-03T04:05:06.123456");
		this.dialect.update(connection, "insert into " + this.name
				+ " (id, event_type, session_id, state, payload, occurred_at, stored_at, due_at, attempts, trace, version) "
				+ "values (?, 'trial', 'trial', 'TRIAL', ?, ?, ?, ?, 0, 'trial', 0)", id, new byte[1], time, time,
				time);
		Map<String, Object> values = trialValues(id, time);
		// Column by column, because many databases do not name the column that a value
		// does not fit
		for (Map.Entry<String, Object> value : values.entrySet()) {
			step[0] = "change column '" + value.getKey() + "' of";
			this.dialect.update(connection, "update " + this.name + " set " + value.getKey() + " = ? where id = ?",
					value.getValue(), id);
		}
		for (Map.Entry<String, Object> value : values.entrySet()) {
			step[0] = "read column '" + value.getKey() + "' of";
			List<Object> read = this.dialect.query(connection,
					"select " + value.getKey() + " from " + this.name + " where id = ?", 1,
					(row, number) -> read(row, value.getValue()), id);
			if (!Objects.deepEquals(read.toArray(), new Object[] { value.getValue() })) {
				throw new SQLException("column '" + value.getKey() + "' gives back something else than what was "
						+ "written: its type is not that of the script");
			}
		}
		step[0] = "lock and claim";
		this.dialect.query(connection,
				this.dialect.claim("id", this.name,
						"where id = ? and due_at <= " + this.dialect.now() + " order by due_at, id", 1),
				1, (row, number) -> true, id);
		step[0] = "remove";
		this.dialect.update(connection, "delete from " + this.name + " where id = ?", id);
	}

	private static Map<String, Object> trialValues(UUID id, LocalDateTime time) {
		byte[] payload = new byte[70_000];
		Arrays.fill(payload, (byte) 0xFE);
		Map<String, Object> values = new LinkedHashMap<>();
		values.put("id", id);
		for (String column : List.of("session_id", "last_error", "trace")) {
			values.put(column, "x".repeat(500));
		}
		for (String column : List.of("occurred_at", "stored_at", "due_at", "replayed_at", "finished_at",
				"claimed_until")) {
			values.put(column, time);
		}
		values.put("payload", payload);
		values.put("failures", "x".repeat(70_000));
		values.put("claimed_by", id.toString());
		values.put("event_type", "x".repeat(255));
		values.put("reason", "REJECTED");
		values.put("state", "DELIVERED");
		values.put("status_code", 204L);
		values.put("attempts", 100_000L);
		values.put("version", 1L << 40);
		return values;
	}

	private static Object read(ResultSet row, Object written) throws SQLException {
		if (written instanceof LocalDateTime) {
			return row.getObject(1, LocalDateTime.class);
		}
		if (written instanceof UUID) {
			return UUID.fromString(row.getString(1).strip());
		}
		return (written instanceof byte[]) ? row.getBytes(1)
				: (written instanceof Long) ? row.getLong(1) : row.getString(1).strip();
	}

	private JdbcOutboxException unusable(String step, SQLException ex, @Nullable Exception createFailed) {
		String what = "The table '" + this.name + "' of the data source '" + this.dataSourceName
				+ "' cannot be used by the outbox: it could not " + step + " a row on trial because "
				+ JdbcFailures.reason(ex, false);
		String scripts = "classpath:" + SCRIPTS;
		if (has("task_name, task_instance")) {
			return new JdbcOutboxException(
					"The table '" + this.name + "' of the data source '" + this.dataSourceName
							+ "' was made by an earlier version of the outbox, and holds its events in another form",
					"Stop all instances, run " + scripts + "migrate-" + this.dialect.platform()
							+ ".sql, which copies every event and keeps the old table, and start again.",
					ex);
		}
		if (JdbcFailures.isMissingRight(ex)) {
			return new JdbcOutboxException(what,
					"Grant select, insert, update and delete on '" + this.name + "' to the database user.", ex);
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
			return this.transactions.own(
					(connection) -> this.dialect
						.query(connection, "select " + columns + " from " + this.name + " where 1 = 0", 1,
								(row, number) -> true)
						.isEmpty());
		}
		catch (SQLException ex) {
			return false;
		}
	}

	private static String message(Exception ex) {
		Throwable cause = (ex instanceof ScriptStatementFailedException && ex.getCause() != null) ? ex.getCause() : ex;
		return (cause instanceof SQLException sql) ? JdbcFailures.reason(sql, false)
				: String.valueOf(cause.getMessage());
	}

}
