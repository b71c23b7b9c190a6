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

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a database says about a failure, without what it says about the event: many
 * databases repeat values, or whole rows, in their messages.
 */
final class JdbcFailures {

	/**
	 * Classes of SQL states whose messages tell of connections, users and names.
	 */
	private static final Set<String> ABOUT_NAMES = Set.of("08", "28", "42");

	/**
	 * Classes whose messages tell of transactions, locks, limits and constraints. Where
	 * they repeat values, these are in quotes or parentheses.
	 */
	private static final Set<String> ABOUT_RULES = Set.of("23", "25", "40", "53", "55", "57", "HY");

	private static final Pattern VALUE = Pattern.compile("'[^']*'|\\([^()]*\\)");

	private static final int MAX_LENGTH = 300;

	/**
	 * Codes of Oracle: a serialization failure, and a deadlock.
	 */
	private static final Set<Integer> ORACLE = Set.of(8177, 60);

	private static final int HSQLDB_NO_RIGHT_OR_NO_TABLE = -5501;

	private JdbcFailures() {
	}

	/**
	 * Return whether the same transaction may succeed when it is tried again.
	 */
	static boolean isWorthRepeating(SQLException ex) {
		for (SQLException current = ex; current != null; current = current.getNextException()) {
			String state = current.getSQLState();
			if ((state != null && state.startsWith("40")) || ORACLE.contains(current.getErrorCode())) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Return whether the user may not do this. HSQLDB, MariaDB and MySQL say the same of
	 * a table that is not there.
	 */
	static boolean isMissingRight(SQLException ex) {
		return ("42501".equals(ex.getSQLState()) && ex.getErrorCode() != HSQLDB_NO_RIGHT_OR_NO_TABLE)
				|| "90096".equals(ex.getSQLState());
	}

	/**
	 * Return why, for a sentence that ends in "because".
	 * @param ex what the database says
	 * @param values whether it may repeat the values of an event
	 */
	static String reason(SQLException ex, boolean values) {
		String state = String.valueOf(ex.getSQLState());
		String what = switch (state) {
			case "25006" -> "the database takes no writes at the moment, or the transaction is read-only";
			case "25P02" ->
				"an earlier statement of the same transaction has failed, and the database refuses all others";
			case "57014" -> "the statement was cancelled, most often by a timeout";
			case "42501", "90096" -> "the database user lacks a right";
			default -> (ex instanceof SQLTransientConnectionException || state.startsWith("08"))
					? "there was no usable connection to the database in time" : "the database refused";
		};
		return what + " (SQL state " + state + ": " + message(ex, values) + ")";
	}

	/**
	 * Return an exception like the one given that says nothing about the event.
	 */
	static SQLException withoutValues(SQLException ex, boolean values) {
		SQLException clean = new SQLException(message(ex, values), ex.getSQLState(), ex.getErrorCode());
		clean.setStackTrace(ex.getStackTrace());
		return clean;
	}

	private static String message(SQLException ex, boolean values) {
		String text = String.valueOf(ex.getMessage()).lines().findFirst().orElse("").strip();
		String type = String.valueOf(ex.getSQLState());
		type = type.substring(0, Math.min(2, type.length()));
		if (values && !(ex instanceof SQLTransientConnectionException) && !ABOUT_NAMES.contains(type)) {
			if (!ABOUT_RULES.contains(type)) {
				return "error code " + ex.getErrorCode() + "; what the database says could repeat the event";
			}
			text = masked(text);
		}
		return (text.length() > MAX_LENGTH) ? text.substring(0, MAX_LENGTH) + "..." : text;
	}

	private static String masked(String text) {
		String current = text;
		String next = VALUE.matcher(text).replaceAll("...");
		while (!next.equals(current)) {
			// Repeated, because each pass removes only the innermost parentheses
			current = next;
			next = VALUE.matcher(current).replaceAll("...");
		}
		// The end of the message may be cut off within a quote or parenthesis
		int open = next.indexOf('\'');
		int bracket = next.indexOf('(');
		int end = (open != -1 && (bracket == -1 || open < bracket)) ? open : bracket;
		return (end != -1) ? next.substring(0, end) + "..." : next;
	}

}
