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
package com.hopper.hts.events.json;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An event that was checked and written once, and is sent and stored as it is from then
 * on. Immutable; the bytes are shared and must not be changed.
 *
 * @since 0.1.0
 */
public final class PreparedEvent {

	private final @Nullable String sessionId;

	private final String type;

	private final byte[] body;

	private final @Nullable Instant occurredAt;

	/**
	 * Create an instance of what {@link EventCodec} has written before.
	 * @param sessionId the id of the session, or {@code null} for a confirmed booking
	 * that names the offers shown
	 * @param type the type of the event
	 * @param body the body of the request
	 */
	public PreparedEvent(@Nullable String sessionId, String type, byte[] body) {
		this(sessionId, type, body, null);
	}

	PreparedEvent(@Nullable String sessionId, String type, byte[] body, @Nullable Instant occurredAt) {
		Assert.notNull(type, "'type' must not be null");
		this.sessionId = sessionId;
		this.type = type;
		this.body = body;
		this.occurredAt = occurredAt;
	}

	/**
	 * Return the id of the session.
	 * @return the session id, or {@code null} for a confirmed booking that names the
	 * offers shown
	 */
	public @Nullable String sessionId() {
		return this.sessionId;
	}

	/**
	 * Return the type of the event.
	 * @return the type, for example {@code booking_confirmed}
	 */
	public String type() {
		return this.type;
	}

	/**
	 * Return the body of the request.
	 * @return the bytes, not a copy
	 */
	public byte[] body() {
		return this.body;
	}

	/**
	 * Return when the event happened.
	 * @return the time, or {@code null} if only the body says
	 */
	public @Nullable Instant occurredAt() {
		return this.occurredAt;
	}

	/**
	 * Return a description for logs, without the payload and the session id.
	 */
	@Override
	public String toString() {
		return EventCodec.subject(this.type) + " of " + this.body.length + " bytes";
	}

}
