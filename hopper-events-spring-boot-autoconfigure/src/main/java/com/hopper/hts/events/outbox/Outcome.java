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
 * What an attempt to deliver an event means for the event.
 *
 * @since 0.1.0
 */
public sealed interface Outcome {

	/**
	 * Return the event, with all its failures.
	 * @return the event
	 */
	StoredEvent event();

	/**
	 * The API has it.
	 *
	 * @param event the event
	 * @param receipt the confirmation
	 */
	record Delivered(StoredEvent event, EventReceipt receipt) implements Outcome {
	}

	/**
	 * Another outbox has it.
	 *
	 * @param event the event
	 */
	record HandedOver(StoredEvent event) implements Outcome {
	}

	/**
	 * To be sent again, not before a certain time.
	 *
	 * @param event the event
	 * @param notBefore the time
	 */
	record Retry(StoredEvent event, Instant notBefore) implements Outcome {
	}

	/**
	 * To be sent again as soon as the relay goes on: the failure was not about the event.
	 *
	 * @param event the event
	 */
	record Held(StoredEvent event) implements Outcome {
	}

	/**
	 * Given up.
	 *
	 * @param deadLetter the dead letter
	 */
	record Dead(DeadLetter deadLetter) implements Outcome {

		@Override
		public StoredEvent event() {
			return this.deadLetter.event();
		}

	}

	/**
	 * Dropped by the publisher.
	 *
	 * @param event the event
	 * @param reason why
	 */
	record Discarded(StoredEvent event, DiscardReason reason) implements Outcome {
	}

}
