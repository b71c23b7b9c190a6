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
package com.hopper.hts.events;

import org.jspecify.annotations.Nullable;

/**
 * An event together with the session it belongs to, for {@link EventPublisher#publishAll}
 * and {@link EventOutbox#storeAll}, which report what is missing.
 *
 * @param sessionId the id of the session, or {@code null} for a {@link BookingConfirmed}
 * that names the offers shown
 * @param event the event
 * @since 0.1.0
 */
public record SessionEvent(@Nullable String sessionId, HopperEvent event) {

	/**
	 * Create an event of a session.
	 * @param sessionId the id of the session
	 * @param event the event
	 * @return the event with its session
	 */
	public static SessionEvent of(String sessionId, HopperEvent event) {
		return new SessionEvent(sessionId, event);
	}

	/**
	 * Create a confirmed booking whose session the API finds by the offers that it names.
	 * @param event the event
	 * @return the event without a session
	 */
	public static SessionEvent of(BookingConfirmed event) {
		return new SessionEvent(null, event);
	}

	/**
	 * Return a description for logs, with the session id masked.
	 */
	@Override
	public String toString() {
		return "SessionEvent[sessionId=" + SessionIds.mask(this.sessionId) + ", event=" + this.event + "]";
	}

}
