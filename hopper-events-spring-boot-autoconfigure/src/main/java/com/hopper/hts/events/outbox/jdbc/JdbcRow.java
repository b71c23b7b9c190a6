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

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table, and what its columns mean.
 */
record JdbcRow(StoredEvent event, @Nullable String reason, Instant finishedAt, @Nullable Integer statusCode,
		@Nullable String claimedBy, long version) {

	static final String COLUMNS = "id, event_type, session_id, payload, stored_at, attempts, failures, trace, "
			+ "replayed_at, state, reason, finished_at, status_code, claimed_by, version";

	/**
	 * Read a row of {@link #COLUMNS}.
	 */
	static JdbcRow read(ResultSet result) throws SQLException {
		UUID id = UUID.fromString(result.getString(1).strip());
		byte[] payload = result.getBytes(4);
		Instant storedAt = instant(result.getObject(5, LocalDateTime.class));
		int attempts = result.getInt(6);
		String failures = result.getString(7);
		LocalDateTime replayedAt = result.getObject(9, LocalDateTime.class);
		LocalDateTime finishedAt = result.getObject(12, LocalDateTime.class);
		String reason = result.getString(11);
		int status = result.getInt(13);
		Integer statusCode = result.wasNull() ? null : status;
		String sessionId = result.getString(3);
		String type = result.getString(2);
		String trace = result.getString(8);
		if (StoredEvent.isWhole(payload)) {
			DeadLetter whole = whole(payload);
			if (whole != null) {
				StoredEvent event = whole.event();
				sessionId = event.sessionId();
				type = event.type();
				storedAt = event.storedAt();
				payload = event.payload();
				trace = event.traceAsJson();
				failures = (failures != null) ? failures : event.failuresAsJson();
				reason = (reason != null) ? reason : whole.reason().name();
				attempts = Math.max(attempts, (replayedAt != null) ? 0 : event.attempts());
			}
		}
		StoredEvent event = StoredEvent.restore(id, storedAt, sessionId, type, payload, attempts, failures,
				(replayedAt != null) ? instant(replayedAt) : null, trace);
		return new JdbcRow(event, reason, (finishedAt != null) ? instant(finishedAt) : storedAt, statusCode,
				result.getString(14), result.getLong(15));
	}

	/**
	 * Read a row that a migration has copied from the table of an earlier version.
	 */
	private static @Nullable DeadLetter whole(byte[] payload) {
		try {
			return DeadLetter.fromJson(payload);
		}
		catch (IllegalArgumentException ex) {
			// An unreadable row is claimed nevertheless, and the relay makes it a dead
			// letter
			return null;
		}
	}

	DeadLetter letter() {
		for (DeadLetter.Reason candidate : DeadLetter.Reason.values()) {
			if (candidate.name().equals(this.reason)) {
				return new DeadLetter(this.event, candidate, this.finishedAt);
			}
		}
		return new DeadLetter(this.event, DeadLetter.Reason.INVALID, this.finishedAt);
	}

	static LocalDateTime time(Instant instant) {
		return LocalDateTime.ofInstant(instant, ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
	}

	static @Nullable LocalDateTime timeIfAny(@Nullable Instant instant) {
		return (instant != null) ? time(instant) : null;
	}

	static Instant instant(LocalDateTime time) {
		return time.toInstant(ZoneOffset.UTC);
	}

}
