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

import java.util.Locale;

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
	 * Servers commonly take 8 KB of headers, the token included.
	 */
	private static final int MAX_SESSION_ID_LENGTH = 4096;

	private static final int SHOWN_CHARACTERS = 4;

	private static final String SESSION_ID_HINT = "use the id that POST /sessions returned or that you chose for the session";

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
	 * Say why a text cannot be sent as a session id.
	 * @param sessionId the text
	 * @return the end of a sentence that begins with "a session id", without the text
	 * itself, or {@code null} if it can be sent
	 */
	public static @Nullable String findSessionIdProblem(@Nullable String sessionId) {
		if (sessionId == null || sessionId.isBlank()) {
			return "that is " + ((sessionId == null) ? "null" : "blank") + "; " + SESSION_ID_HINT;
		}
		int length = sessionId.length();
		if (length > MAX_SESSION_ID_LENGTH) {
			return "of " + length + " characters, more than the " + MAX_SESSION_ID_LENGTH
					+ " that are sent in a header; " + SESSION_ID_HINT;
		}
		for (int i = 0; i < length; i++) {
			char c = sessionId.charAt(i);
			if (c < ' ' || c > '~') {
				return "whose character " + (i + 1) + " of " + length + " (" + unicode(c)
						+ ") cannot be sent in a header; use visible ASCII characters only";
			}
		}
		if (sessionId.charAt(0) == ' ' || sessionId.charAt(length - 1) == ' ') {
			return "that begins or ends with a space; remove the space";
		}
		return null;
	}

	private static String unicode(char c) {
		String hex = Integer.toHexString(c).toUpperCase(Locale.ROOT);
		return "U+" + "0".repeat(4 - hex.length()) + hex;
	}

	/**
	 * Shorten a session id for texts that people read: enough to recognise it, not enough
	 * to use it.
	 * @param sessionId the session id
	 * @return its first characters, if it is long enough for that, or {@code null} if it
	 * is {@code null}
	 */
	public static @Nullable String maskSessionId(@Nullable String sessionId) {
		if (sessionId == null) {
			return null;
		}
		int end = (sessionId.length() >= SHOWN_CHARACTERS * 3) ? SHOWN_CHARACTERS : 0;
		return sessionId.substring(0, end).replaceAll("[^\\x21-\\x7E]", "?") + "***";
	}

	/**
	 * Return a description for logs, with the session id masked.
	 */
	@Override
	public String toString() {
		return "SessionEvent[sessionId=" + maskSessionId(this.sessionId) + ", event=" + this.event + "]";
	}

}
