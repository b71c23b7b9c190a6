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
package com.hopper.hts.events.actuate;

import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeliveredEvent;
import org.jspecify.annotations.Nullable;

/**
 * Which events an operator has asked for.
 *
 * @param type the type of the event, or {@code null}
 * @param reason why it was given up, or {@code null}
 * @param session the id of the session, or {@code null}
 * @param storedFrom the earliest time at which it was stored, or {@code null}
 * @param storedBefore the time before which it was stored, or {@code null}
 */
record Selection(@Nullable String type, DeadLetter.@Nullable Reason reason, @Nullable String session,
		@Nullable Instant storedFrom, @Nullable Instant storedBefore) {

	static Selection of(@Nullable String type, @Nullable String reason, @Nullable String session,
			@Nullable String storedFrom, @Nullable String storedBefore, Clock clock) {
		Instant now = clock.instant();
		Selection selection = new Selection(Parameters.text("type", type), Parameters.reason("reason", reason),
				Parameters.session("session", session), Parameters.time("storedFrom", storedFrom, now),
				Parameters.time("storedBefore", storedBefore, now));
		Instant from = selection.storedFrom();
		Instant before = selection.storedBefore();
		if (from != null && before != null && !from.isBefore(before)) {
			throw OperatorException.invalid("storedBefore", "must be later than 'storedFrom'");
		}
		return selection;
	}

	boolean isEmpty() {
		return Stream.of(this.type, this.reason, this.session, this.storedFrom, this.storedBefore)
			.allMatch((criterion) -> criterion == null);
	}

	DeadLetter.Filter deadLetters() {
		return DeadLetter.Filter.all()
			.withType(this.type)
			.withReason(this.reason)
			.withSession(this.session)
			.withStored(this.storedFrom, this.storedBefore);
	}

	DeliveredEvent.Filter delivered() {
		return DeliveredEvent.Filter.all()
			.withType(this.type)
			.withSession(this.session)
			.withStored(this.storedFrom, this.storedBefore);
	}

	/**
	 * Return the criteria for answers, the log and the audit.
	 */
	Map<String, String> describe() {
		Map<String, String> criteria = new LinkedHashMap<>();
		put(criteria, "type", this.type);
		put(criteria, "reason", this.reason);
		put(criteria, "session", SessionEvent.maskSessionId(this.session));
		put(criteria, "storedFrom", this.storedFrom);
		put(criteria, "storedBefore", this.storedBefore);
		return criteria;
	}

	private static void put(Map<String, String> criteria, String name, @Nullable Object value) {
		if (value != null) {
			criteria.put(name, value.toString());
		}
	}

}
