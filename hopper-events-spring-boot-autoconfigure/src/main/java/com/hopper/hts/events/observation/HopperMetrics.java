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
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.docs.MeterDocumentation;
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

	/**
	 * The meters that are no observations.
	 */
	enum Meters implements MeterDocumentation {

		/**
		 * Events that are being published.
		 */
		PUBLISH_IN_FLIGHT("hopper.events.publish.in.flight", Meter.Type.GAUGE,
				"Events that are being published, deliveries of the outbox and waits for a retry included"),

		/**
		 * Requests of one publication.
		 */
		PUBLISH_ATTEMPTS("hopper.events.publish.attempts", Meter.Type.DISTRIBUTION_SUMMARY,
				"Requests that a published event took", Tags.EVENT_TYPE, Tags.OUTCOME),

		/**
		 * Repeated requests.
		 */
		PUBLISH_RETRIES("hopper.events.publish.retries", Meter.Type.COUNTER, "Requests that were repeated",
				Tags.EVENT_TYPE, Tags.REASON),

		/**
		 * Requests whose outcome is not known.
		 */
		PUBLISH_UNKNOWN("hopper.events.publish.unknown", Meter.Type.COUNTER,
				"Requests that may have been counted although their answer was lost", Tags.EVENT_TYPE),

		/**
		 * Events that are not sent because the starter is switched off.
		 */
		EVENTS_DISCARDED("hopper.events.discarded", Meter.Type.COUNTER,
				"Events that were dropped because of hopper.enabled=false", Tags.EVENT_TYPE, Tags.REASON),

		/**
		 * Requests for a token.
		 */
		TOKEN_REQUESTS("hopper.auth.token.requests", Meter.Type.COUNTER,
				"Requests for a token, with client credentials", Tags.OUTCOME),

		/**
		 * Rest of the token's life.
		 */
		TOKEN_EXPIRY("hopper.auth.token.expiry", Meter.Type.GAUGE, "seconds",
				"Time for which the token is still valid, with client credentials; not a number if its issuer did not say"),

		/**
		 * Stored events.
		 */
		STORED("hopper.outbox.stored", Meter.Type.COUNTER, "Events stored, after the commit of their transaction",
				Tags.EVENT_TYPE),

		/**
		 * Delivered events.
		 */
		DELIVERED("hopper.outbox.delivered", Meter.Type.TIMER,
				"Time from storing an event to its confirmation by the API", Tags.EVENT_TYPE),

		/**
		 * Failed attempts that are repeated.
		 */
		RETRIES("hopper.outbox.retries", Meter.Type.COUNTER,
				"Attempts to deliver an event that failed and are repeated", Tags.EVENT_TYPE, Tags.REASON),

		/**
		 * Events given up.
		 */
		DEAD("hopper.outbox.dead", Meter.Type.COUNTER, "Events given up", Tags.EVENT_TYPE, Tags.REASON),

		/**
		 * Events dropped.
		 */
		DISCARDED("hopper.outbox.discarded", Meter.Type.COUNTER, "Events dropped", Tags.EVENT_TYPE, Tags.REASON),

		/**
		 * Replayed dead letters.
		 */
		REPLAYED("hopper.outbox.replayed", Meter.Type.COUNTER, "Dead letters that are to be delivered after all",
				Tags.EVENT_TYPE),

		/**
		 * Events that wait, by type.
		 */
		PENDING("hopper.outbox.pending", Meter.Type.GAUGE,
				"Events that wait for their delivery; not a number with Kafka, which does not know their types",
				Tags.EVENT_TYPE),

		/**
		 * Dead letters.
		 */
		DEAD_LETTERS("hopper.outbox.dead.letters", Meter.Type.GAUGE, "Dead letters that wait for an operator",
				Tags.EVENT_TYPE),

		/**
		 * Events that wait.
		 */
		BACKLOG("hopper.outbox.backlog", Meter.Type.GAUGE, "Events of all types that wait for their delivery"),

		/**
		 * Events at work.
		 */
		IN_PROGRESS("hopper.outbox.in.progress", Meter.Type.GAUGE, "Events that the relay of this instance works on"),

		/**
		 * Age of the oldest event.
		 */
		OLDEST_AGE("hopper.outbox.oldest.age", Meter.Type.GAUGE, "seconds",
				"Time since the oldest event that waits for its delivery was stored"),

		/**
		 * Whether the relay is paused.
		 */
		PAUSED("hopper.outbox.paused", Meter.Type.GAUGE, "Whether the relay sends nothing at the moment, and why",
				Tags.REASON);

		private final String name;

		private final Meter.Type type;

		private final @Nullable String baseUnit;

		private final String description;

		// The array is never given away, only copies of it
		@SuppressWarnings("ImmutableEnumChecker")
		private final KeyName[] keyNames;

		Meters(String name, Meter.Type type, String description, KeyName... keyNames) {
			this(name, type, null, description, keyNames);
		}

		Meters(String name, Meter.Type type, @Nullable String baseUnit, String description, KeyName... keyNames) {
			this.name = name;
			this.type = type;
			this.baseUnit = baseUnit;
			this.description = description;
			this.keyNames = keyNames;
		}

		@Override
		public String getName() {
			return this.name;
		}

		@Override
		public Meter.Type getType() {
			return this.type;
		}

		@Override
		public @Nullable String getBaseUnit() {
			return this.baseUnit;
		}

		@Override
		public KeyName[] getKeyNames() {
			return this.keyNames.clone();
		}

		/**
		 * Return what the meter says.
		 * @return the description
		 */
		public String getDescription() {
			return this.description;
		}

		/**
		 * Create counters.
		 * @param registry the registry to register them with
		 * @return what gives the counter for some tags
		 */
		public Meter.MeterProvider<Counter> counter(MeterRegistry registry) {
			return Counter.builder(this.name).description(this.description).withRegistry(registry);
		}

	}

	/**
	 * The tags of the meters that are no observations.
	 */
	enum Tags implements KeyName {

		/**
		 * Type of the event.
		 */
		EVENT_TYPE(HopperMetrics.EVENT_TYPE),

		/**
		 * How a publication, or a request for a token, ended.
		 */
		OUTCOME("outcome"),

		/**
		 * Why an event was retried, discarded or given up, or why the relay is paused.
		 */
		REASON(HopperMetrics.REASON);

		private final String key;

		Tags(String key) {
			this.key = key;
		}

		@Override
		public String asString() {
			return this.key;
		}

	}

}
