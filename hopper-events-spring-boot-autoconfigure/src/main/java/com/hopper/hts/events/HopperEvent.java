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

import java.time.Instant;

/**
 * Something that happened during a session, sent to Hopper as the body of
 * {@code POST /events}. Events are immutable and safe to share between threads.
 * <p>
 * An event is plain data and accepts whatever it is given, {@code null} included, so that
 * creating one never interrupts a booking. What the API would refuse, such as a blank
 * contract id or a missing time, is reported by {@link EventPublisher} and
 * {@link EventOutbox} as {@link HopperApiException.InvalidEvent} before anything is sent
 * or stored.
 *
 * @since 0.1.0
 * @see OffersDisplayed
 * @see BookingConfirmed
 * @see CustomEvent
 */
public sealed interface HopperEvent permits OffersDisplayed, BookingConfirmed, CustomEvent {

	/**
	 * Return the name that the API uses for this kind of event, the body's {@code type}.
	 * @return the type, for example {@code booking_confirmed}
	 */
	String type();

	/**
	 * Return when the event happened on the customer's device, the body's
	 * {@code occurred_date_time}. It is sent in UTC.
	 * @return the moment the event happened
	 */
	Instant occurredAt();

}
