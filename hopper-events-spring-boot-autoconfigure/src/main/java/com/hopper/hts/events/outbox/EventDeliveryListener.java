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
package com.hopper.hts.events.outbox;

import java.time.Instant;

import com.hopper.hts.events.EventReceipt;

/**
 * Hears what becomes of stored events. Every bean of this type is called, in order. What
 * comes of a delivery it hears on a thread that may be blocked for a short while, which
 * delays further deliveries but no booking. That an event was stored, rolled back or
 * dropped for want of space it hears on the thread that stores, which it must not keep
 * waiting: the booking waits too, and with the outbox in memory the thread may be an
 * event loop. What a listener throws is logged and changes nothing. Implementations must
 * be safe for use by many threads. The outbox needs its listeners to be created: a
 * listener that stores events itself asks for an {@code ObjectProvider} of the outbox.
 *
 * @since 0.1.0
 */
public interface EventDeliveryListener {

	/**
	 * An event is in the outbox, and its transaction, if there was one, is committed.
	 * @param event the event
	 */
	default void stored(StoredEvent event) {
	}

	/**
	 * The API has confirmed an event.
	 * @param event the event, with the failures of attempts before
	 * @param receipt the API's confirmation
	 */
	default void delivered(StoredEvent event, EventReceipt receipt) {
	}

	/**
	 * An attempt has failed and there will be another.
	 * @param event the event; the last of its {@link StoredEvent#failures() failures} is
	 * the reason
	 * @param nextAttempt the time before which the event is not sent again
	 */
	default void retrying(StoredEvent event, Instant nextAttempt) {
	}

	/**
	 * An event was given up.
	 * @param deadLetter the event and the reason
	 */
	default void dead(DeadLetter deadLetter) {
	}

	/**
	 * An event was dropped.
	 * @param event the event
	 * @param reason the reason
	 */
	default void discarded(StoredEvent event, DiscardReason reason) {
	}

	/**
	 * A dead letter is to be delivered after all.
	 * @param event the event
	 */
	default void replayed(StoredEvent event) {
	}

	/**
	 * Why an event was dropped.
	 */
	enum DiscardReason {

		/**
		 * The memory outbox was full.
		 */
		OVERFLOW,

		/**
		 * The transaction in which it was stored was not committed.
		 */
		ROLLED_BACK,

		/**
		 * The application ended before the memory outbox could deliver it.
		 */
		SHUTDOWN,

		/**
		 * {@code hopper.enabled} is {@code false}.
		 */
		DISABLED,

		/**
		 * An operator discarded it.
		 */
		OPERATOR

	}

}
