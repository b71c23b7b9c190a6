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

import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * One dead letter.
 *
 * @param id the id of the event
 * @param type its type
 * @param session the id of its session, shortened unless it is known to who asks, or
 * {@code null}
 * @param reason why it was given up
 * @param deadSince when it was given up
 * @param storedAt when it was stored
 * @param occurredAt when it happened, or {@code null} if that is not known
 * @param attempts how many attempts have failed since it was stored or last replayed
 * @param replayedAt when it was last replayed, or {@code null}
 * @param failures what went wrong, the oldest first; in a list only the last
 * @param payload what would be sent, or {@code null} if it is not shown
 */
record DeadLetterDescriptor(String id, String type, @Nullable String session, DeadLetter.Reason reason,
		Instant deadSince, Instant storedAt, @Nullable Instant occurredAt, int attempts, @Nullable Instant replayedAt,
		List<StoredEvent.Failure> failures, @Nullable Object payload) implements OperationResponseBody {

	static DeadLetterDescriptor of(DeadLetter letter, @Nullable String session, List<StoredEvent.Failure> failures,
			@Nullable Object payload) {
		StoredEvent event = letter.event();
		return new DeadLetterDescriptor(event.id().toString(), event.type(), session, letter.reason(),
				letter.deadSince(), event.storedAt(), event.occurredAt(), event.attempts(), event.replayedAt(),
				failures, payload);
	}

}
