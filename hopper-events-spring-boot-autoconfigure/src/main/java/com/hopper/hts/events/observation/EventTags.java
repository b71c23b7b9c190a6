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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;

/**
 * The values of tags, the same for observations and meters.
 */
final class EventTags {

	static final String NO_TYPE = "none";

	private EventTags() {
	}

	/**
	 * Return the tag of an event type. Custom types share one value: applications choose
	 * them, so their number is not known.
	 * @param eventType the type as it is sent
	 * @return the value of {@code event.type}
	 */
	static String type(String eventType) {
		return switch (eventType) {
			case OffersDisplayed.TYPE, BookingConfirmed.TYPE, NO_TYPE -> eventType;
			default -> "custom";
		};
	}

	static String outcome(@Nullable EventReceipt receipt, @Nullable HopperApiException exception) {
		if (receipt != null) {
			return "delivered";
		}
		return (exception != null) ? exception.getKind().tag() : "cancelled";
	}

}
