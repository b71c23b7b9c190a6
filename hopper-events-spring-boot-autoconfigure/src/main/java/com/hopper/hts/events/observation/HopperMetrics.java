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
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Counts events and tokens besides observations. Implementations are called by several
 * threads at a time, and must be fast, must not block and must not throw.
 *
 * @since 0.1.0
 */
public interface HopperMetrics {

	/**
	 * Key of the type of an event.
	 */
	String EVENT_TYPE = "event.type";

	/**
	 * Key of why an event was retried, discarded or given up.
	 */
	String REASON = "reason";

	/**
	 * The values of {@link #EVENT_TYPE} that events have.
	 */
	List<String> EVENT_TYPES = List.of(OffersDisplayed.TYPE, BookingConfirmed.TYPE, "custom");

	/**
	 * Counts nothing.
	 */
	HopperMetrics NONE = new HopperMetrics() {
	};

	/**
	 * Create metrics on top of a {@link MeterRegistry}.
	 * @param registry the registry to register the meters with
	 * @return the metrics
	 */
	static HopperMetrics of(MeterRegistry registry) {
		return new MicrometerHopperMetrics(registry);
	}

	/**
	 * Return the value of {@link #EVENT_TYPE} for an event. Custom types share one value:
	 * applications choose them, so their number is not known.
	 * @param eventType the type as it is sent, or {@code none} if there was no event
	 * @return the value
	 */
	static String eventType(String eventType) {
		return switch (eventType) {
			case OffersDisplayed.TYPE, BookingConfirmed.TYPE, "none" -> eventType;
			default -> "custom";
		};
	}

	/**
	 * Return the value of {@code outcome} for the end of a publication.
	 * @param receipt the receipt, or {@code null}
	 * @param exception the error, or {@code null}
	 * @return {@code delivered}, {@code cancelled} or the kind of failure
	 */
	static String outcome(@Nullable EventReceipt receipt, @Nullable HopperApiException exception) {
		if (receipt != null) {
			return "delivered";
		}
		return (exception != null) ? exception.getKind().tag() : "cancelled";
	}

	/**
	 * A publication has begun.
	 */
	default void started() {
	}

	/**
	 * An attempt is about to be repeated.
	 * @param eventType the type of the event
	 * @param reason the kind of failure, for example {@code server_error}
	 */
	default void retrying(String eventType, String reason) {
	}

	/**
	 * An attempt ended in a way that leaves open whether the event was counted.
	 * @param eventType the type of the event
	 */
	default void deliveryUnknown(String eventType) {
	}

	/**
	 * A publication is over.
	 * @param eventType the type of the event
	 * @param attempts how many requests were made
	 * @param receipt the receipt, or {@code null}
	 * @param exception the error, or {@code null}; both are {@code null} if the
	 * publication was cancelled
	 */
	default void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception) {
	}

	/**
	 * An event was dropped and never sent.
	 * @param eventType the type of the event
	 * @param reason why, for example {@code disabled}
	 */
	default void discarded(String eventType, String reason) {
	}

	/**
	 * A token was requested.
	 * @param outcome {@code success}, {@code transient_failure} or {@code refused}
	 */
	default void tokenRequested(String outcome) {
	}

	/**
	 * Learn how long the token is still valid.
	 * @param seconds gives the seconds to expiry, zero if there is no valid token, not a
	 * number if it is not known
	 */
	default void bindTokenExpiry(DoubleSupplier seconds) {
	}

}
