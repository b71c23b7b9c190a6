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

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * What engines need to know of stored events, and applications need not.
 *
 * @since 0.1.0
 */
public final class StoredEvents {

	private StoredEvents() {
	}

	/**
	 * Return the exact bytes that are sent.
	 * @param event the event
	 * @return the bytes, not a copy
	 */
	public static byte[] payload(StoredEvent event) {
		return event.payload();
	}

	/**
	 * Return when an event happened.
	 * @param event the event
	 * @return the time, or {@code null} if it cannot be read
	 */
	public static @Nullable Instant occurredAt(StoredEvent event) {
		return StoredEventJson.occurredAt(event.payload());
	}

	/**
	 * Return roughly how much memory an event takes.
	 * @param event the event
	 * @return the number of bytes
	 */
	public static int size(StoredEvent event) {
		return event.size();
	}

	/**
	 * Return a dead letter's event as it is when it was replayed.
	 * @param event the event
	 * @param now when it was replayed
	 * @return the event
	 */
	public static StoredEvent replayed(StoredEvent event, Instant now) {
		return event.replayed(now);
	}

	/**
	 * Return when an event was stored.
	 * @param id the id of the event
	 * @return the time, to the millisecond
	 */
	public static Instant storedAt(UUID id) {
		return UuidV7.timestamp(id);
	}

	/**
	 * Return the failures as JSON.
	 * @param event the event
	 * @return the JSON, or {@code null} without failures
	 */
	public static @Nullable String failures(StoredEvent event) {
		return StoredEventJson.writeFailures(event);
	}

	/**
	 * Return the trace as JSON.
	 * @param event the event
	 * @return the JSON, or {@code null} without a trace
	 */
	public static @Nullable String trace(StoredEvent event) {
		return StoredEventJson.writeTrace(event);
	}

	/**
	 * Put an event together.
	 * @param id the id
	 * @param storedAt when it was stored
	 * @param sessionId the session, or {@code null}
	 * @param type the type
	 * @param payload the exact bytes that are sent
	 * @param attempts how many attempts have failed
	 * @param failures the failures as JSON, or {@code null}
	 * @param replayedAt when it was replayed, or {@code null}
	 * @param trace the trace as JSON, or {@code null}
	 * @return the event
	 * @throws IllegalArgumentException if the JSON cannot be read
	 */
	public static StoredEvent restore(UUID id, Instant storedAt, @Nullable String sessionId, String type,
			byte[] payload, int attempts, @Nullable String failures, @Nullable Instant replayedAt,
			@Nullable String trace) {
		return new StoredEvent(id, storedAt, sessionId, type, payload, attempts,
				StoredEventJson.readFailures(failures, storedAt), replayedAt,
				(trace != null) ? StoredEventJson.readTrace(trace) : Map.of());
	}

	/**
	 * Return whether bytes are a whole stored event as earlier versions wrote it into
	 * databases, and not an event alone.
	 * @param bytes what was stored
	 * @return whether {@link #read} can read it
	 */
	public static boolean isWhole(byte[] bytes) {
		return StoredEventJson.isWhole(bytes);
	}

	/**
	 * Write a whole stored event.
	 * @param event the event
	 * @return what {@link #read} reads
	 */
	public static byte[] write(StoredEvent event) {
		return StoredEventJson.write(event);
	}

	/**
	 * Write a whole dead letter.
	 * @param deadLetter the dead letter
	 * @return what {@link #read} reads
	 */
	public static byte[] write(DeadLetter deadLetter) {
		return StoredEventJson.write(deadLetter);
	}

	/**
	 * Return an event as it is after a failure.
	 * @param event the event
	 * @param failure the failure
	 * @return the event
	 */
	public static StoredEvent failed(StoredEvent event, StoredEvent.Failure failure) {
		return event.failed(failure);
	}

	/**
	 * Return an event with nothing of its failures but the kind of the last one.
	 * @param event the event
	 * @return the event
	 */
	public static StoredEvent withoutDetails(StoredEvent event) {
		return event.withoutDetails();
	}

	/**
	 * Read a whole stored event.
	 * @param bytes what was stored
	 * @return the event and, if it was given up, the reason
	 * @throws IllegalArgumentException if it cannot be read
	 */
	public static DeadLetter read(byte[] bytes) {
		return StoredEventJson.readDeadLetter(bytes);
	}

}
