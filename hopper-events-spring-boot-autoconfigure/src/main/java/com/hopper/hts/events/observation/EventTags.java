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
package com.hopper.hts.events.observation;

import java.util.List;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;

/**
 * The tags of observations and meters.
 *
 * @since 0.1.0
 */
public final class EventTags {

	/**
	 * Key of the type of an event.
	 */
	public static final String TYPE = "event.type";

	/**
	 * Key of why an event was retried, discarded or given up.
	 */
	public static final String REASON = "reason";

	static final String OUTCOME = "outcome";

	static final String NO_TYPE = "none";

	private static final String CUSTOM_TYPE = "custom";

	/**
	 * The tags of the types that events have.
	 */
	public static final List<String> TYPES = List.of(OffersDisplayed.TYPE, BookingConfirmed.TYPE, CUSTOM_TYPE);

	private EventTags() {
	}

	/**
	 * Return the tag of an event type. Custom types share one value: applications choose
	 * them, so their number is not known.
	 * @param eventType the type as it is sent
	 * @return the value of {@code event.type}
	 */
	public static String type(String eventType) {
		return switch (eventType) {
			case OffersDisplayed.TYPE, BookingConfirmed.TYPE, NO_TYPE -> eventType;
			default -> CUSTOM_TYPE;
		};
	}

	static String outcome(@Nullable EventReceipt receipt, @Nullable HopperApiException exception) {
		if (receipt != null) {
			return "delivered";
		}
		return (exception != null) ? exception.getKind().tag() : "cancelled";
	}

}
