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

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.jdbc.core.RowMapper;

/**
 * The SQL in which databases differ. All times in the table are in UTC and have no zone.
 */
enum JdbcDialect {

	POSTGRESQL("timezone('UTC', statement_timestamp())", "limit %s for update skip locked"),

	MYSQL("utc_timestamp(6)", "limit %s for update skip locked"),

	MARIADB("utc_timestamp(6)", "limit %s for update skip locked"),

	SQLSERVER("sysutcdatetime()", "") {

		@Override
		String claim(String columns, String table, String condition, int limit) {
			return "select top (" + limit + ") " + columns + " from " + table + " with (updlock, readpast, rowlock) "
					+ condition;
		}

		@Override
		String limit(int limit) {
			return "offset 0 rows fetch next " + limit + " rows only";
		}

	},

	/**
	 * Oracle locks rows while they are fetched, so the statement's maximum is the limit.
	 */
	ORACLE("sys_extract_utc(systimestamp)", "for update skip locked"),

	H2("dateadd(microsecond, cast(extract(epoch from current_timestamp) * 1000000 as bigint), "
			+ "timestamp '1970-01-01 00:00:00')", "fetch first %s rows only for update skip locked"),

	/**
	 * The database locks no single rows. The first instance to change a row has it.
	 */
	HSQLDB("cast(current_timestamp at time zone interval '0:00' hour to minute as timestamp(6))",
			"fetch first %s rows only");

	/**
	 * How many values a statement may list: 1,000 in Oracle, and somewhat more in SQL
	 * Server.
	 */
	private static final int MAX_LISTED = 1000;

	/**
	 * The SQL state of what is not permitted within a transaction.
	 */
	private static final String IN_TRANSACTION = "25001";

	private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS",
			Locale.ROOT);

	private final String now;

	private final String suffix;

	JdbcDialect(String now, String suffix) {
		this.now = now;
		this.suffix = suffix;
	}

	/**
	 * Find the dialect of a database.
	 * @param connection a connection
	 * @param dataSourceName the name of the data source that gave it
	 * @return the dialect
	 * @throws JdbcOutboxException if there is none
	 */
	static JdbcDialect of(Connection connection, String dataSourceName) throws SQLException {
		DatabaseMetaData metaData = connection.getMetaData();
		String product = metaData.getDatabaseProductName();
		boolean mariaDb = metaData.getDatabaseProductVersion().toLowerCase(Locale.ROOT).contains("mariadb");
		DatabaseDriver driver = mariaDb ? DatabaseDriver.MARIADB : DatabaseDriver.fromProductName(product);
		return Arrays.stream(values())
			.filter((dialect) -> dialect.name().equals(driver.name()))
			.findFirst()
			.orElseThrow(() -> new JdbcOutboxException(
					"The outbox cannot use the database '" + product + "' of the data source '" + dataSourceName
							+ "': there is no script and no SQL for it",
					"Name with hopper.outbox.jdbc.data-source a data source on PostgreSQL, MySQL, MariaDB, SQL Server, "
							+ "Oracle, H2 or HSQLDB, or use hopper.outbox.type=kafka or memory.",
					null));
	}

	/**
	 * Return where a connection finds a table, to compare it with others.
	 * @param connection the connection
	 * @param table the name of the table, with the schema or without
	 * @return the place
	 */
	List<@Nullable String> place(Connection connection, String table) throws SQLException {
		// The URL without its options
		String database = String.valueOf(connection.getMetaData().getURL()).split("[?;]", 2)[0];
		if (!table.contains(".")) {
			return Arrays.asList(database, connection.getCatalog(), connection.getSchema());
		}
		if (this == MYSQL || this == MARIADB) {
			// A qualified name may lead to any database of the server: they are what
			// others call schemas
			return List.of(database.replaceFirst("(//[^/]*)/.*", "$1"));
		}
		return Arrays.asList(database, connection.getCatalog());
	}

	/**
	 * Change rows. This does without spring-jdbc, which logs bound values and repeats the
	 * database's message in its exceptions.
	 * @param connection the connection
	 * @param sql the statement, in which {@code (?)} stands for a list, which is the last
	 * argument. A long one takes several statements
	 * @param arguments what is bound
	 * @return how many rows were changed
	 */
	int update(Connection connection, String sql, @Nullable Object... arguments) throws SQLException {
		int last = arguments.length - 1;
		if (last >= 0 && arguments[last] instanceof List<?> listed && listed.size() > MAX_LISTED) {
			int changed = 0;
			for (int from = 0; from < listed.size(); from += MAX_LISTED) {
				@Nullable Object[] part = arguments.clone();
				part[last] = listed.subList(from, Math.min(from + MAX_LISTED, listed.size()));
				changed += update(connection, sql, part);
			}
			return changed;
		}
		try (PreparedStatement statement = prepare(connection, sql, arguments)) {
			return statement.executeUpdate();
		}
	}

	<T extends @Nullable Object> List<T> query(Connection connection, String sql, int limit, RowMapper<T> mapper,
			@Nullable Object... arguments) throws SQLException {
		List<T> rows = new ArrayList<>();
		try (PreparedStatement statement = prepare(connection, sql, arguments)) {
			statement.setMaxRows(limit);
			statement.setFetchSize(limit);
			try (ResultSet result = statement.executeQuery()) {
				while (result.next()) {
					rows.add(mapper.mapRow(result, rows.size()));
				}
			}
		}
		return rows;
	}

	private PreparedStatement prepare(Connection connection, String sql, @Nullable Object... arguments)
			throws SQLException {
		List<@Nullable Object> values = new ArrayList<>();
		String expanded = sql;
		for (Object argument : arguments) {
			if (argument instanceof Collection<?> several) {
				expanded = expanded.replace("(?)",
						"(" + String.join(", ", Collections.nCopies(several.size(), "?")) + ")");
				values.addAll(several);
			}
			else {
				values.add(argument);
			}
		}
		PreparedStatement statement = connection.prepareStatement(expanded);
		try {
			for (int i = 0; i < values.size(); i++) {
				bind(statement, i + 1, values.get(i));
			}
			return statement;
		}
		catch (SQLException ex) {
			statement.close();
			throw ex;
		}
	}

	private void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
		if (value instanceof byte[] bytes) {
			statement.setBytes(index, bytes);
		}
		else if (value == null || value instanceof String) {
			statement.setString(index, (String) value);
		}
		else {
			statement.setObject(index, value(value));
		}
	}

	/**
	 * Return what is bound for a value.
	 */
	Object value(Object value) {
		return (value instanceof UUID && this != POSTGRESQL) ? value.toString() : value;
	}

	/**
	 * Return the name in the scripts.
	 */
	String platform() {
		return name().toLowerCase(Locale.ROOT);
	}

	/**
	 * Return whether a connection takes part in a transaction. Those of MySQL and MariaDB
	 * say in a global transaction that they commit by themselves.
	 */
	boolean isInTransaction(Connection connection) throws SQLException {
		if (!connection.getAutoCommit()) {
			return true;
		}
		if (this != MYSQL && this != MARIADB) {
			return false;
		}
		try (Statement statement = connection.createStatement()) {
			// Changes nothing where no transaction is, and is refused within one
			statement.execute("set transaction read write");
			return false;
		}
		catch (SQLException ex) {
			if (IN_TRANSACTION.equals(ex.getSQLState())) {
				return true;
			}
			throw ex;
		}
	}

	/**
	 * Return what stands where a statement without a table has its table.
	 */
	String fromNothing() {
		return (this == ORACLE) ? " from dual" : (this == HSQLDB) ? " from (values(0))" : "";
	}

	/**
	 * Return the expression of the present time of the database.
	 */
	String now() {
		return this.now;
	}

	/**
	 * Return an expression that keeps the commit of its transaction from waiting for the
	 * disk, where the database can do that. A crash of the database may undo the
	 * transaction.
	 */
	String withoutWaiting() {
		return (this == POSTGRESQL) ? "set_config('synchronous_commit', 'off', true)" : "1";
	}

	boolean locksRows() {
		return this != HSQLDB;
	}

	String claim(String columns, String table, String condition, int limit) {
		return "select " + columns + " from " + table + " " + condition + " "
				+ this.suffix.replace("%s", Integer.toString(limit));
	}

	/**
	 * Return a time as an expression.
	 */
	String literal(LocalDateTime time) {
		String text = FORMAT.format(time);
		return (this == SQLSERVER) ? "cast('" + text + "' as datetime2(6))" : "timestamp '" + text + "'";
	}

	/**
	 * Return the type to which ids are cast to be compared as texts.
	 */
	String text() {
		return (this == MYSQL || this == MARIADB) ? "char(36)" : "varchar(36)";
	}

	String limit(int limit) {
		return (this == MYSQL || this == MARIADB) ? "limit " + limit : "fetch first " + limit + " rows only";
	}

}
