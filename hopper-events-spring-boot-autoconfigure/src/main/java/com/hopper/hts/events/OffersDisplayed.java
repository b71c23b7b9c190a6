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
import java.time.OffsetDateTime;
import java.util.Objects;

/**
 * Offers were shown to the customer: the API's {@code offers_displayed} event. It is
 * always sent with the id of the session in which the offers were shown.
 *
 * @since 0.1.0
 */
public final class OffersDisplayed implements HopperEvent {

	/**
	 * The API's name of this event.
	 */
	public static final String TYPE = "offers_displayed";

	private final Instant occurredAt;

	private OffersDisplayed(Instant occurredAt) {
		this.occurredAt = occurredAt;
	}

	/**
	 * Create the event.
	 * @param occurredAt when the offers were shown on the customer's device
	 * @return the event
	 */
	public static OffersDisplayed occurredAt(Instant occurredAt) {
		return new OffersDisplayed(occurredAt);
	}

	/**
	 * Create the event.
	 * @param occurredAt when the offers were shown on the customer's device, in any
	 * offset
	 * @return the event
	 */
	public static OffersDisplayed occurredAt(OffsetDateTime occurredAt) {
		return new OffersDisplayed(Copies.instant(occurredAt));
	}

	@Override
	public String type() {
		return TYPE;
	}

	@Override
	public Instant occurredAt() {
		return this.occurredAt;
	}

	@Override
	public boolean equals(Object other) {
		return (this == other)
				|| (other instanceof OffersDisplayed that && Objects.equals(this.occurredAt, that.occurredAt));
	}

	@Override
	public int hashCode() {
		return Objects.hashCode(this.occurredAt);
	}

	@Override
	public String toString() {
		return "OffersDisplayed[occurredAt=" + this.occurredAt + "]";
	}

}
