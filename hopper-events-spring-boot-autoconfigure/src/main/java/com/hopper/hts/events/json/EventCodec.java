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

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.SessionRequest;
import org.jspecify.annotations.Nullable;

/**
 * Turns events into the JSON of {@code POST /events} and back, and refuses what the API
 * would refuse. The JSON is the same whatever the application's Jackson settings are.
 * Safe for use by many threads.
 *
 * @since 0.1.0
 */
public final class EventCodec {

	/**
	 * In bytes. Gateways commonly take 1 MB and seldom more than this.
	 */
	private static final int MAX_EVENT_SIZE = 2_000_000;

	/**
	 * Fields of a request for a session that say nothing about a person: an error may
	 * repeat what is in them.
	 */
	public static final Set<String> PUBLIC_SESSION_FIELDS = Set.of("flow_type", "point_of_sale", "language", "product",
			"type", "platform", "ui_theme", "release_build");

	private static final String WAYS_TO_A_SESSION = "There are three ways to one: give its id with the event, "
			+ "do this within a HopperSessionContext that has it (in a reactive chain: contextWrite), or let the context "
			+ "learn it from a call of hopperWebClient or of another client with an interceptor of Hopper";

	private static final Pattern TYPE_NAME = Pattern.compile("[A-Za-z0-9_.:-]{1,64}");

	private final boolean requireSession;

	/**
	 * Create an instance.
	 * @param requireSession whether every event needs a session id
	 */
	public EventCodec(boolean requireSession) {
		this.requireSession = requireSession;
	}

	/**
	 * Check and write an event of a session.
	 * @param sessionId the id of the session
	 * @param event the event
	 * @return the event as it is sent
	 * @throws HopperApiException.InvalidEvent if the API would refuse the session id or
	 * the event
	 */
	public PreparedEvent prepare(@Nullable String sessionId, @Nullable HopperEvent event) {
		return prepare(sessionId, event, true, "");
	}

	/**
	 * Check and write an event whose session may not be known.
	 * @param sessionEvent the event, with its session if that is known
	 * @return the event as it is sent
	 * @throws HopperApiException.InvalidEvent if the API would refuse the event
	 */
	public PreparedEvent prepare(SessionEvent sessionEvent) {
		return prepare(sessionEvent.sessionId(), sessionEvent.event(), sessionEvent.sessionId() != null, "");
	}

	/**
	 * Check and write several events.
	 * @param events the events
	 * @return the events as they are sent, in the same order
	 * @throws HopperApiException.InvalidEvent if the API would refuse one of them; the
	 * message says which
	 */
	public List<PreparedEvent> prepareAll(@Nullable Collection<? extends @Nullable SessionEvent> events) {
		if (events == null) {
			throw new HopperApiException.InvalidEvent(HopperApiException.Details
				.of("The collection of events is null; pass an empty one if there are none. Nothing was sent."));
		}
		List<@Nullable SessionEvent> all = new ArrayList<>(events);
		List<PreparedEvent> prepared = new ArrayList<>(all.size());
		for (SessionEvent sessionEvent : all) {
			String sessionId = (sessionEvent != null) ? sessionEvent.sessionId() : null;
			HopperEvent event = (sessionEvent != null) ? sessionEvent.event() : null;
			prepared.add(prepare(sessionId, event, sessionId != null,
					" (event " + (prepared.size() + 1) + " of " + all.size() + ")"));
		}
		return prepared;
	}

	private PreparedEvent prepare(@Nullable String sessionId, @Nullable HopperEvent event, boolean sessionGiven,
			String position) {
		try {
			if (event == null) {
				throw new InvalidEventDataException(
						"is null; create one with OffersDisplayed, BookingConfirmed or CustomEvent");
			}
			if (sessionGiven) {
				checkSessionId(sessionId);
			}
			else {
				checkNoSession(event);
			}
			byte[] body = EventJson.write(event);
			if (body.length > MAX_EVENT_SIZE) {
				throw new InvalidEventDataException("is " + body.length + " bytes large, more than the "
						+ MAX_EVENT_SIZE + " that are sent; put less into it");
			}
			return new PreparedEvent(sessionGiven ? sessionId : null, event.type(), body, event.occurredAt());
		}
		catch (RuntimeException ex) {
			throw invalid(ex, event, sessionId, position);
		}
	}

	private static HopperApiException.InvalidEvent invalid(RuntimeException ex, @Nullable HopperEvent event,
			@Nullable String sessionId, String position) {
		String type = (event != null) ? event.type() : null;
		String problem = (ex instanceof InvalidEventDataException) ? ex.getMessage()
				: "cannot be written as JSON (" + ex.getClass().getName() + ")";
		return new HopperApiException.InvalidEvent(
				HopperApiException.Details.of("The " + subject(type) + position + " " + problem + ". Nothing was sent.")
					.withEventType(type)
					.withSessionId(sessionId));
	}

	/**
	 * Name an event in messages.
	 * @param type the type of the event, or {@code null} if there is none
	 * @return a noun in visible ASCII characters, without article; a type that looks like
	 * no name of the API is not shown
	 */
	public static String subject(@Nullable String type) {
		return (type != null && TYPE_NAME.matcher(type).matches()) ? type + " event" : "event";
	}

	private static void checkSessionId(@Nullable String sessionId) {
		String problem = SessionEvent.findSessionIdProblem(sessionId);
		if (problem != null) {
			throw new InvalidEventDataException("was given a session id " + problem);
		}
	}

	private void checkNoSession(HopperEvent event) {
		if (!(event instanceof BookingConfirmed booking)) {
			throw new InvalidEventDataException("has no session. " + WAYS_TO_A_SESSION);
		}
		if (this.requireSession) {
			throw new InvalidEventDataException(
					"has no session id, which hopper.require-session=true demands. " + WAYS_TO_A_SESSION);
		}
		if (booking.cfarOfferIds().isEmpty() && booking.dgOfferIds().isEmpty()) {
			throw new InvalidEventDataException("has neither a session id nor offer ids, so the API cannot tell which "
					+ "session was booked; set 'cfarOfferIds' or 'dgOfferIds', or let it have a session. "
					+ WAYS_TO_A_SESSION);
		}
	}

	/**
	 * Check and write a request for a session.
	 * @param request the request
	 * @return the body of the request
	 * @throws HopperApiException.InvalidEvent if the API would refuse the request
	 */
	public static byte[] write(SessionRequest request) {
		return SessionRequestJson.write(request);
	}

	/**
	 * Read an event. What this version does not know by name, a type or a field, becomes
	 * a {@link com.hopper.hts.events.CustomEvent} that is sent with everything it had.
	 * @param body the body of the request, as written by any version
	 * @return the event
	 * @throws IllegalArgumentException if it is not the JSON of an event; the message
	 * does not repeat the content
	 */
	public static HopperEvent decode(byte[] body) {
		return EventJson.read(body);
	}

}
