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
 * Proof that the API has confirmed a stored event, kept for
 * {@code hopper.outbox.jdbc.keep-delivered}.
 *
 * @param event the event; its {@link StoredEvent#attempts() attempts} are the failed ones
 * @param deliveredAt when the API confirmed it, by the clock of the database
 * @param statusCode the HTTP status of the confirmation, or {@code null} if another
 * system has taken the event
 * @since 0.1.0
 */
public record DeliveredEvent(StoredEvent event, Instant deliveredAt, @Nullable Integer statusCode) {

	/**
	 * Create an instance.
	 * @param event the event
	 * @param deliveredAt when the API confirmed it
	 * @param statusCode the HTTP status, or {@code null}
	 */
	public DeliveredEvent {
		Assert.notNull(event, "'event' must not be null");
		Assert.notNull(deliveredAt, "'deliveredAt' must not be null");
	}

	/**
	 * Selects delivered events that are kept as proof. Immutable; criteria that are not
	 * set select everything.
	 *
	 * @param sessionId the id of the session, or {@code null}
	 * @param type the type of the event, for example {@code booking_confirmed}, or
	 * {@code null}
	 * @param storedFrom the earliest time at which it was stored, inclusive, or
	 * {@code null}
	 * @param storedBefore the time before which it was stored, exclusive, or {@code null}
	 */
	public record Filter(@Nullable String sessionId, @Nullable String type, @Nullable Instant storedFrom,
			@Nullable Instant storedBefore) {

		private static final Filter ALL = new Filter(null, null, null, null);

		/**
		 * Return a filter that selects every delivered event.
		 * @return the filter
		 */
		public static Filter all() {
			return ALL;
		}

		/**
		 * Select by the session.
		 * @param sessionId the id of the session, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withSession(@Nullable String sessionId) {
			return new Filter(sessionId, this.type, this.storedFrom, this.storedBefore);
		}

		/**
		 * Select by the type of the event.
		 * @param type the type, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withType(@Nullable String type) {
			return new Filter(this.sessionId, type, this.storedFrom, this.storedBefore);
		}

		/**
		 * Select by the time at which the event was stored.
		 * @param from the earliest time, or {@code null} for all
		 * @param before the time before which it was stored, or {@code null} for all
		 * @return a copy with that criterion
		 */
		public Filter withStored(@Nullable Instant from, @Nullable Instant before) {
			return new Filter(this.sessionId, this.type, from, before);
		}

		/**
		 * Return a description for logs, with the session id masked.
		 */
		@Override
		public String toString() {
			return "Filter[sessionId=" + SessionEvent.maskSessionId(this.sessionId) + ", type=" + this.type
					+ ", storedFrom=" + this.storedFrom + ", storedBefore=" + this.storedBefore + "]";
		}

	}

}
