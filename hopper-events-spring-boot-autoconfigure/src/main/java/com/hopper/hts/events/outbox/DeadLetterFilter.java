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

import org.jspecify.annotations.Nullable;

/**
 * Selects dead letters. Immutable; criteria that are not set select everything.
 *
 * @param type the type of the event, for example {@code booking_confirmed}, or
 * {@code null}
 * @param reason why it was given up, or {@code null}
 * @param storedFrom the earliest time at which it was stored, inclusive, or {@code null}
 * @param storedBefore the time before which it was stored, exclusive, or {@code null}
 * @since 0.1.0
 */
public record DeadLetterFilter(@Nullable String type, @Nullable DeadLetterReason reason, @Nullable Instant storedFrom,
		@Nullable Instant storedBefore) {

	private static final DeadLetterFilter ALL = new DeadLetterFilter(null, null, null, null);

	/**
	 * Return a filter that selects every dead letter.
	 * @return the filter
	 */
	public static DeadLetterFilter all() {
		return ALL;
	}

	/**
	 * Select by the type of the event.
	 * @param type the type, or {@code null} for all
	 * @return a copy with that criterion
	 */
	public DeadLetterFilter withType(@Nullable String type) {
		return new DeadLetterFilter(type, this.reason, this.storedFrom, this.storedBefore);
	}

	/**
	 * Select by the reason.
	 * @param reason the reason, or {@code null} for all
	 * @return a copy with that criterion
	 */
	public DeadLetterFilter withReason(@Nullable DeadLetterReason reason) {
		return new DeadLetterFilter(this.type, reason, this.storedFrom, this.storedBefore);
	}

	/**
	 * Select by the time at which the event was stored.
	 * @param from the earliest time, or {@code null} for all
	 * @param before the time before which it was stored, or {@code null} for all
	 * @return a copy with that criterion
	 */
	public DeadLetterFilter withStored(@Nullable Instant from, @Nullable Instant before) {
		return new DeadLetterFilter(this.type, this.reason, from, before);
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
				&& (this.storedFrom == null || !event.storedAt().isBefore(this.storedFrom))
				&& (this.storedBefore == null || event.storedAt().isBefore(this.storedBefore));
	}

}
