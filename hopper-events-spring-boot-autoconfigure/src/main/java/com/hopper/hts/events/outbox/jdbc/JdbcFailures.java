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

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.outbox.StoredEvents;
import org.jspecify.annotations.Nullable;

/**
 * What a database says about a failure, without what it says about the event: many
 * databases repeat values, or whole rows, in their messages.
 */
final class JdbcFailures {

	private static final Pattern QUOTED = Pattern.compile("'([^']*)'|\"([^\"]*)\"|\\(([^()]*)\\)");

	private static final int MAX_LENGTH = 300;

	/**
	 * Shorter parts of a message can be in a payload by chance.
	 */
	private static final int MIN_LENGTH = 3;

	/**
	 * Codes of Oracle: a serialization failure, and a deadlock.
	 */
	private static final Set<Integer> ORACLE = Set.of(8177, 60);

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
	 * Return why, for a sentence that ends in "because".
	 */
	static String reason(SQLException ex, List<StoredEvent> events) {
		String state = String.valueOf(ex.getSQLState());
		String what = switch (state) {
			case "25006" -> "the database takes no writes at the moment, or the transaction is read-only";
			case "25P02" ->
				"an earlier statement of the same transaction has failed, and the database refuses all others";
			case "57014" -> "the statement was cancelled, most often by a timeout";
			case "42501" -> "the database user lacks a right";
			default -> (ex instanceof SQLTransientConnectionException || state.startsWith("08"))
					? "there was no usable connection to the database in time" : "the database refused";
		};
		return what + " (SQL state " + state + ": " + message(ex, events) + ")";
	}

	/**
	 * Return an exception like the one given that says nothing about the event.
	 */
	static SQLException withoutValues(SQLException ex, List<StoredEvent> events) {
		SQLException clean = new SQLException(message(ex, events), ex.getSQLState(), ex.getErrorCode());
		clean.setStackTrace(ex.getStackTrace());
		return clean;
	}

	static String message(SQLException ex, List<StoredEvent> events) {
		String text = String.valueOf(ex.getMessage());
		int end = text.indexOf('\n');
		text = (end != -1) ? text.substring(0, end) : text;
		List<String> values = values(events);
		Matcher quoted = QUOTED.matcher(text);
		text = quoted.replaceAll((match) -> {
			String content = content(match.group(1), match.group(2), match.group(3));
			String shown = isValue(content, values)
					? match.group().charAt(0) + "..." + match.group().charAt(match.group().length() - 1)
					: match.group();
			return Matcher.quoteReplacement(shown);
		});
		for (String value : values) {
			if (value.length() >= MIN_LENGTH && text.toLowerCase(Locale.ROOT).contains(value)) {
				text = text.substring(0, Math.max(text.toLowerCase(Locale.ROOT).indexOf(value), 0)) + "...";
			}
		}
		return (text.length() > MAX_LENGTH) ? text.substring(0, MAX_LENGTH) + "..." : text.strip();
	}

	private static String content(@Nullable String... groups) {
		for (String group : groups) {
			if (group != null) {
				return group.toLowerCase(Locale.ROOT);
			}
		}
		return "";
	}

	private static boolean isValue(String content, List<String> values) {
		return content.length() >= MIN_LENGTH && values.stream()
			.anyMatch((value) -> value.contains(content) || (value.length() >= MIN_LENGTH && content.contains(value)));
	}

	private static List<String> values(List<StoredEvent> events) {
		List<String> values = new ArrayList<>();
		for (StoredEvent event : events) {
			byte[] payload = StoredEvents.payload(event);
			values.add(new String(payload, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT));
			values.add(HexFormat.of().formatHex(payload));
			if (event.sessionId() != null) {
				values.add(event.sessionId().toLowerCase(Locale.ROOT));
			}
			event.traceContext().values().forEach((value) -> values.add(value.toLowerCase(Locale.ROOT)));
		}
		return values;
	}

}
