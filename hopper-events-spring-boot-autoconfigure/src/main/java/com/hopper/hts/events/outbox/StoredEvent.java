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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.observation.HopperMetrics;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An event in the outbox. Immutable. As JSON it contains neither the session id nor the
 * content of the event.
 *
 * @since 0.1.0
 */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
@JsonIncludeProperties({ "id", "storedAt", "type", "attempts", "failures", "replayedAt" })
public final class StoredEvent {

	/**
	 * How many failures are kept: the first, and the latest.
	 */
	static final int MAX_FAILURES = 5;

	private final UUID id;

	private final Instant storedAt;

	private final PreparedEvent prepared;

	private final int attempts;

	private final List<Failure> failures;

	private final @Nullable Instant replayedAt;

	private final Map<String, String> traceContext;

	StoredEvent(UUID id, Instant storedAt, PreparedEvent prepared, int attempts, List<Failure> failures,
			@Nullable Instant replayedAt, Map<String, String> traceContext) {
		Assert.notNull(id, "'id' must not be null");
		Assert.notNull(storedAt, "'storedAt' must not be null");
		this.id = id;
		this.storedAt = storedAt;
		this.prepared = prepared;
		this.attempts = attempts;
		this.failures = List.copyOf(failures);
		this.replayedAt = replayedAt;
		this.traceContext = Map.copyOf(traceContext);
	}

	/**
	 * Create an event as it is after it was stored, for tests of an
	 * {@link EventDeliveryListener}. Nothing is stored.
	 * @param id the id
	 * @param storedAt when it was stored
	 * @param sessionId the id of the session, or {@code null} for a
	 * {@link BookingConfirmed} that names the offers shown
	 * @param event the event
	 * @return the event, without attempts
	 * @throws com.hopper.hts.events.HopperApiException.InvalidEvent if it could not be
	 * stored
	 */
	public static StoredEvent of(UUID id, Instant storedAt, @Nullable String sessionId, HopperEvent event) {
		Assert.notNull(event, "'event' must not be null");
		PreparedEvent prepared = new EventCodec(false).prepare(new SessionEvent(sessionId, event));
		return new StoredEvent(id, storedAt, prepared, 0, List.of(), null, Map.of());
	}

	/**
	 * Restore an event from what an engine kept of it.
	 * @param id the id
	 * @param storedAt when it was stored
	 * @param sessionId the session, or {@code null}
	 * @param type the type
	 * @param payload the exact bytes that are sent
	 * @param attempts how many attempts have failed
	 * @param failures the failures as JSON, or {@code null}; left out if they cannot be
	 * read
	 * @param replayedAt when it was replayed, or {@code null}
	 * @param trace the trace as JSON, or {@code null}; left out if it cannot be read
	 * @return the event
	 */
	public static StoredEvent restore(UUID id, Instant storedAt, @Nullable String sessionId, String type,
			byte[] payload, int attempts, @Nullable String failures, @Nullable Instant replayedAt,
			@Nullable String trace) {
		return new StoredEvent(id, storedAt, new PreparedEvent(sessionId, type, payload), attempts,
				StoredEventJson.readFailures(failures, storedAt), replayedAt, StoredEventJson.readTrace(trace));
	}

	/**
	 * Return whether bytes are a whole stored event, as earlier versions wrote it into
	 * databases, and not an event alone.
	 * @param bytes what was stored
	 * @return whether {@link DeadLetter#fromJson} can read it
	 */
	public static boolean isWhole(byte[] bytes) {
		return StoredEventJson.isWhole(bytes);
	}

	/**
	 * Return when the event with an id was stored.
	 * @param id the id of the event
	 * @return the time, to the millisecond
	 */
	public static Instant timeOf(UUID id) {
		return UuidV7.timestamp(id);
	}

	/**
	 * Return the id, a UUID of version 7: later events have greater ids.
	 * @return the id
	 */
	public UUID id() {
		return this.id;
	}

	/**
	 * Return when the event was stored.
	 * @return the time
	 */
	public Instant storedAt() {
		return this.storedAt;
	}

	/**
	 * Return the id of the session.
	 * @return the session id, or {@code null} for a {@link BookingConfirmed} that names
	 * the offers shown
	 */
	public @Nullable String sessionId() {
		return this.prepared.sessionId();
	}

	/**
	 * Return the type of the event.
	 * @return the type, for example {@code booking_confirmed}
	 */
	@JsonProperty
	public String type() {
		return this.prepared.type();
	}

	/**
	 * Return the event itself.
	 * @return the event; a type or field that this version does not know makes it a
	 * {@link com.hopper.hts.events.CustomEvent}
	 * @throws IllegalArgumentException if what was stored cannot be read
	 */
	public HopperEvent event() {
		return EventCodec.decode(payload());
	}

	/**
	 * Return how many attempts have failed.
	 * @return the number of attempts
	 */
	public int attempts() {
		return this.attempts;
	}

	/**
	 * Return what went wrong, the first failure and the latest four.
	 * @return the failures, oldest first, unmodifiable
	 */
	public List<Failure> failures() {
		return this.failures;
	}

	/**
	 * Return when an operator last had the event delivered after it had been given up.
	 * @return the time, or {@code null} if that never happened
	 */
	public @Nullable Instant replayedAt() {
		return this.replayedAt;
	}

	/**
	 * Return the trace in which the event was stored, as the application's tracer writes
	 * it into headers.
	 * @return the headers, unmodifiable, empty without tracing
	 */
	public Map<String, String> traceContext() {
		return this.traceContext;
	}

	/**
	 * Return when the event happened.
	 * @return the time, or {@code null} if it cannot be read
	 */
	public @Nullable Instant occurredAt() {
		Instant known = this.prepared.occurredAt();
		return (known != null) ? known : StoredEventJson.occurredAt(payload());
	}

	PreparedEvent prepared() {
		return this.prepared;
	}

	/**
	 * Return the exact bytes that are sent.
	 * @return the bytes, not a copy
	 */
	public byte[] payload() {
		return this.prepared.body();
	}

	/**
	 * Return roughly how much memory the event takes.
	 * @return the number of bytes
	 */
	public int size() {
		String sessionId = sessionId();
		return 400 + payload().length + ((sessionId != null) ? sessionId.length() : 0) + this.traceContext.size() * 150
				+ this.failures.size() * 600;
	}

	/**
	 * Return from when the age of the event counts.
	 */
	Instant since() {
		return (this.replayedAt != null) ? this.replayedAt : this.storedAt;
	}

	/**
	 * Add a failed attempt.
	 * @param failure the failure
	 * @return a copy with that failure
	 */
	public StoredEvent failed(Failure failure) {
		List<Failure> history = new ArrayList<>(this.failures);
		history.add(failure);
		if (history.size() > MAX_FAILURES) {
			history.remove(1);
		}
		return new StoredEvent(this.id, this.storedAt, this.prepared, this.attempts + 1, history, this.replayedAt,
				this.traceContext);
	}

	StoredEvent withTraceContext(Map<String, String> traceContext) {
		return new StoredEvent(this.id, this.storedAt, this.prepared, this.attempts, this.failures, this.replayedAt,
				traceContext);
	}

	/**
	 * Keep nothing of the failures but the kind of the last one.
	 * @return a copy without the details
	 */
	public StoredEvent withoutDetails() {
		List<Failure> last = this.failures.stream()
			.skip(Math.max(0, this.failures.size() - 1))
			.map((failure) -> new Failure(failure.failedAt(), failure.kind(), failure.statusCode(), "", List.of()))
			.toList();
		return new StoredEvent(this.id, this.storedAt, this.prepared, this.attempts, last, this.replayedAt, Map.of());
	}

	/**
	 * Deliver the event of a dead letter again.
	 * @param now when it is replayed
	 * @return a copy without attempts
	 */
	public StoredEvent replayed(Instant now) {
		return new StoredEvent(this.id, this.storedAt, this.prepared, 0, this.failures, now, this.traceContext);
	}

	/**
	 * Return the failures as JSON, for an engine that keeps them apart.
	 * @return the JSON, or {@code null} without failures
	 */
	public @Nullable String failuresAsJson() {
		return StoredEventJson.writeFailures(this);
	}

	/**
	 * Return the trace as JSON, for an engine that keeps it apart.
	 * @return the JSON, or {@code null} without a trace
	 */
	public @Nullable String traceAsJson() {
		return StoredEventJson.writeTrace(this);
	}

	/**
	 * Write the whole event for an engine that keeps it in one piece.
	 * @return what {@link DeadLetter#fromJson} reads
	 */
	public byte[] toJson() {
		return StoredEventJson.write(this);
	}

	/**
	 * Return the name under which the event is counted.
	 */
	String countedType() {
		return HopperMetrics.eventType(type());
	}

	/**
	 * Return the type for logs.
	 */
	String printableType() {
		return type().replaceAll("[^\\x20-\\x7E]", "?");
	}

	/**
	 * Return what went wrong last, or {@code null} if nothing did.
	 */
	@Nullable Failure lastFailure() {
		return this.failures.isEmpty() ? null : this.failures.get(this.failures.size() - 1);
	}

	/**
	 * Return a description for logs, without the payload and the session id.
	 */
	@Override
	public String toString() {
		return "StoredEvent[id=" + this.id + ", type=" + printableType() + ", storedAt=" + this.storedAt + ", attempts="
				+ this.attempts + "]";
	}

	/**
	 * One failed attempt to deliver a stored event. Carries neither the token nor the
	 * payload.
	 *
	 * @param failedAt when the attempt failed
	 * @param kind the kind of failure, as in the metrics: for example
	 * {@code server_error}
	 * @param statusCode the HTTP status, or {@code null} if there was no answer
	 * @param message what happened and what to do next
	 * @param errors what the API said is wrong, unmodifiable, empty if it did not say
	 */
	public record Failure(Instant failedAt, String kind, @Nullable Integer statusCode, String message,
			List<ApiError> errors) {

		/**
		 * Create an instance.
		 * @param failedAt when the attempt failed
		 * @param kind the kind of failure
		 * @param statusCode the HTTP status, or {@code null}
		 * @param message what happened
		 * @param errors what the API said is wrong
		 */
		public Failure {
			Assert.notNull(failedAt, "'failedAt' must not be null");
			Assert.hasText(kind, "'kind' must not be empty");
			Assert.notNull(message, "'message' must not be null");
			errors = List.copyOf(errors);
		}

	}

}
