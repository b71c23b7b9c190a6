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
package com.hopper.hts.events.test;

import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.HopperSessionContext.Origin;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An event that was published.
 *
 * @param <E> the type of the event
 * @param sessionId the id of the session, or {@code null} if it was published without
 * @param event the event
 * @param throughOutbox whether it was stored in the outbox, and not published directly
 * @param sessionOrigin where the current session came from, whose event it is, or
 * {@code null} if it was published with a session id or without session
 * @since 0.1.0
 */
public record PublishedHopperEvent<E extends HopperEvent>(@Nullable String sessionId, E event, boolean throughOutbox,
		@Nullable Origin sessionOrigin) {

	/**
	 * Create an instance.
	 * @param sessionId the id of the session, or {@code null}
	 * @param event the event
	 * @param throughOutbox whether it was stored in the outbox
	 * @param sessionOrigin where the current session came from, or {@code null}
	 */
	public PublishedHopperEvent {
		Assert.notNull(event, "'event' must not be null");
	}

	/**
	 * Create an instance that was published with its session, or without.
	 * @param sessionId the id of the session, or {@code null}
	 * @param event the event
	 * @param throughOutbox whether it was stored in the outbox
	 */
	public PublishedHopperEvent(@Nullable String sessionId, E event, boolean throughOutbox) {
		this(sessionId, event, throughOutbox, null);
	}

	static PublishedHopperEvent<?> inContext(HopperSessionContext context, HopperEvent event, boolean throughOutbox) {
		SessionEvent completed = context.complete(event);
		return new PublishedHopperEvent<>(completed.sessionId(), completed.event(), throughOutbox,
				(completed.sessionId() != null) ? context.origin() : null);
	}

	/**
	 * Return the description that failed assertions print: type, session and ids. Long
	 * values are shortened, and custom events show only the names of their attributes.
	 */
	@Override
	public String toString() {
		return Descriptions.of(this);
	}

}
