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

import com.hopper.hts.events.SessionEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An event that was given up and waits for a person to replay or discard it.
 *
 * @param event the event, with the latest failures
 * @param reason why it was given up
 * @param deadSince when it was given up
 * @since 0.1.0
 */
public record DeadLetter(StoredEvent event, Reason reason, Instant deadSince) {

	/**
	 * Create an instance.
	 * @param event the event
	 * @param reason why it was given up
	 * @param deadSince when it was given up
	 */
	public DeadLetter {
		Assert.notNull(event, "'event' must not be null");
		Assert.notNull(reason, "'reason' must not be null");
		Assert.notNull(deadSince, "'deadSince' must not be null");
	}

	/**
	 * Read what {@link StoredEvent#toJson()} or {@link #toJson()} has written.
	 * @param bytes what was stored
	 * @return the event and, if it was given up, the reason
	 * @throws IllegalArgumentException if it cannot be read
	 */
	public static DeadLetter fromJson(byte[] bytes) {
		return StoredEventJson.readDeadLetter(bytes);
	}

	/**
	 * Write the whole dead letter for an engine that keeps it in one piece.
	 * @return what {@link #fromJson} reads
	 */
	public byte[] toJson() {
		return StoredEventJson.write(this);
	}

	/**
	 * Why an event was given up.
	 */
	public enum Reason {

		/**
		 * The API read it and refused it: {@code 400}, {@code 413} or {@code 422}.
		 */
		REJECTED,

		/**
		 * It cannot be sent as it is, or what was stored cannot be read.
		 */
		INVALID,

		/**
		 * The API answered {@code 404} or in a way that has no meaning for events,
		 * several times, while it took other events. Most often the session is not known
		 * to the API.
		 */
		NOT_FOUND,

		/**
		 * It could not be delivered within {@code hopper.outbox.max-age}.
		 */
		EXPIRED

	}

	/**
	 * Selects dead letters. Immutable; criteria that are not set select everything.
	 *
	 * @param type the type of the event, for example {@code booking_confirmed}, or
	 * {@code null}
	 * @param reason why it was given up, or {@code null}
	 * @param sessionId the id of the session, or {@code null}
	 * @param storedFrom the earliest time at which it was stored, inclusive, or
	 * {@code null}
	 * @param storedBefore the time before which it was stored, exclusive, or {@code null}
	 */
	public record Filter(@Nullable String type, @Nullable Reason reason, @Nullable String sessionId,
			@Nullable Instant storedFrom, @Nullable Instant storedBefore) {

		private static final Filter ALL = new Filter(null, null, null, null, null);

		/**
		 * Return a filter that selects every dead letter.
		 * @return the filter
		 */
		public static Filter all() {
			return ALL;
		}

		/**
		 * Select by the type of the event.
		 * @param type the type, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withType(@Nullable String type) {
			return new Filter(type, this.reason, this.sessionId, this.storedFrom, this.storedBefore);
		}

		/**
		 * Select by the reason.
		 * @param reason the reason, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withReason(@Nullable Reason reason) {
			return new Filter(this.type, reason, this.sessionId, this.storedFrom, this.storedBefore);
		}

		/**
		 * Select by the session.
		 * @param sessionId the id of the session, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withSession(@Nullable String sessionId) {
			return new Filter(this.type, this.reason, sessionId, this.storedFrom, this.storedBefore);
		}

		/**
		 * Select by the time at which the event was stored.
		 * @param from the earliest time, or {@code null} for all
		 * @param before the time before which it was stored, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withStored(@Nullable Instant from, @Nullable Instant before) {
			return new Filter(this.type, this.reason, this.sessionId, from, before);
		}

		/**
		 * Return whether a dead letter is selected.
		 * @param deadLetter the dead letter
		 * @return whether all criteria are met
		 */
		public boolean matches(DeadLetter deadLetter) {
			StoredEvent event = deadLetter.event();
			return (this.type == null || this.type.equals(event.type()))
					&& (this.reason == null || this.reason == deadLetter.reason())
					&& (this.sessionId == null || this.sessionId.equals(event.sessionId()))
					&& (this.storedFrom == null || !event.storedAt().isBefore(this.storedFrom))
					&& (this.storedBefore == null || event.storedAt().isBefore(this.storedBefore));
		}

		/**
		 * Return a description for logs, with the session id masked.
		 */
		@Override
		public String toString() {
			return "Filter[type=" + this.type + ", reason=" + this.reason + ", sessionId="
					+ SessionEvent.maskSessionId(this.sessionId) + ", storedFrom=" + this.storedFrom + ", storedBefore="
					+ this.storedBefore + "]";
		}

	}

}
