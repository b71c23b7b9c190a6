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

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/**
 * Documentation of all observations. Each is named after what is done to what, as the
 * {@code hopper.events.publish} that is {@code hopper publish offers_displayed} in a
 * trace.
 *
 * @since 0.1.0
 */
public enum HopperObservationDocumentation implements ObservationDocumentation {

	/**
	 * Observation of one published event, from subscription to receipt or error, with all
	 * attempts and the waits between them.
	 */
	EVENT_PUBLISH {

		@Override
		public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
			return DefaultEventPublishObservationConvention.class;
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return LowCardinalityKeyNames.values();
		}

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return new KeyName[] { HighCardinalityKeyNames.ATTEMPTS, HighCardinalityKeyNames.SENT_TYPE };
		}

	},

	/**
	 * Observation of storing one or more events in the outbox. Its contextual name ends
	 * with the type of the event, or {@code several}.
	 */
	EVENT_STORE {

		@Override
		public String getName() {
			return "hopper.outbox.store";
		}

		@Override
		public String getContextualName() {
			return "hopper store";
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { LowCardinalityKeyNames.EVENT_TYPE };
		}

	},

	/**
	 * Observation of one attempt to deliver a stored event. It begins a trace that is
	 * linked to the one in which the event was stored, or continues that, according to
	 * {@code hopper.tracing.delivery}. Its contextual name ends with the type of the
	 * event.
	 */
	EVENT_DELIVER {

		@Override
		public String getName() {
			return "hopper.outbox.deliver";
		}

		@Override
		public String getContextualName() {
			return "hopper deliver";
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { LowCardinalityKeyNames.EVENT_TYPE };
		}

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return new KeyName[] { HighCardinalityKeyNames.EVENT_ID };
		}

	},

	/**
	 * Observation of creating one session or several, with all attempts and the waits
	 * between them. Its outcome is {@code created}, {@code not_created} or
	 * {@code failed}.
	 */
	SESSION_CREATE {

		@Override
		public String getName() {
			return "hopper.sessions.create";
		}

		@Override
		public String getContextualName() {
			return "hopper create session";
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { LowCardinalityKeyNames.OUTCOME };
		}

	};

	/**
	 * Keys with few values, on metrics and traces.
	 */
	public enum LowCardinalityKeyNames implements KeyName {

		/**
		 * Type of the event: {@code offers_displayed}, {@code booking_confirmed},
		 * {@code custom} for all other types, or {@code none} if there was no event.
		 */
		EVENT_TYPE {

			@Override
			public String asString() {
				return HopperMetrics.EVENT_TYPE;
			}

		},

		/**
		 * How the publication ended: {@code delivered}, {@code cancelled}, or the kind of
		 * error, for example {@code rejected} or {@code connection_failed}.
		 */
		OUTCOME {

			@Override
			public String asString() {
				return "outcome";
			}

		},

		/**
		 * HTTP status of the last answer, or {@code none} if there was no answer.
		 */
		STATUS {

			@Override
			public String asString() {
				return "status";
			}

		}

	}

	/**
	 * Keys with many values, on traces only.
	 */
	public enum HighCardinalityKeyNames implements KeyName {

		/**
		 * How many requests were made.
		 */
		ATTEMPTS {

			@Override
			public String asString() {
				return "attempts";
			}

		},

		/**
		 * Id of the stored event.
		 */
		EVENT_ID {

			@Override
			public String asString() {
				return "event.id";
			}

		},

		/**
		 * Type of the event as it was sent, custom types included.
		 */
		SENT_TYPE {

			@Override
			public String asString() {
				return "event.sent.type";
			}

		}

	}

	/**
	 * Default {@link EventPublishObservationConvention}.
	 */
	public static class DefaultEventPublishObservationConvention implements EventPublishObservationConvention {

		private static final KeyValue STATUS_NONE = KeyValue.of(LowCardinalityKeyNames.STATUS, "none");

		private static final KeyValue STATUS_NO_CONTENT = KeyValue.of(LowCardinalityKeyNames.STATUS, "204");

		/**
		 * Create an instance.
		 */
		public DefaultEventPublishObservationConvention() {
		}

		@Override
		public String getName() {
			return "hopper.events.publish";
		}

		@Override
		public String getContextualName(EventPublishObservationContext context) {
			return "hopper publish " + HopperMetrics.eventType(context.getEventType());
		}

		@Override
		public KeyValues getLowCardinalityKeyValues(EventPublishObservationContext context) {
			return KeyValues.of(eventType(context), outcome(context), status(context));
		}

		@Override
		public KeyValues getHighCardinalityKeyValues(EventPublishObservationContext context) {
			return KeyValues.of(KeyValue.of(HighCardinalityKeyNames.ATTEMPTS, Integer.toString(attempts(context))),
					KeyValue.of(HighCardinalityKeyNames.SENT_TYPE, context.getEventType()));
		}

		/**
		 * Return the {@code event.type}.
		 * @param context the context
		 * @return the key value
		 */
		protected KeyValue eventType(EventPublishObservationContext context) {
			return KeyValue.of(LowCardinalityKeyNames.EVENT_TYPE, HopperMetrics.eventType(context.getEventType()));
		}

		/**
		 * Return the {@code outcome}.
		 * @param context the context
		 * @return the key value
		 */
		protected KeyValue outcome(EventPublishObservationContext context) {
			return KeyValue.of(LowCardinalityKeyNames.OUTCOME,
					HopperMetrics.outcome(context.getReceipt(), context.getApiException()));
		}

		/**
		 * Return the {@code status}.
		 * @param context the context
		 * @return the key value
		 */
		protected KeyValue status(EventPublishObservationContext context) {
			if (context.getReceipt() != null) {
				return STATUS_NO_CONTENT;
			}
			HopperApiException exception = context.getApiException();
			return (exception != null && exception.getStatusCode() != null)
					? KeyValue.of(LowCardinalityKeyNames.STATUS, Integer.toString(exception.getStatusCode().value()))
					: STATUS_NONE;
		}

		private int attempts(EventPublishObservationContext context) {
			EventReceipt receipt = context.getReceipt();
			HopperApiException exception = context.getApiException();
			return (receipt != null) ? receipt.attempts() : ((exception != null) ? exception.getAttempts() : 0);
		}

	}

}
