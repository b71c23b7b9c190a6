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
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * {@link io.micrometer.observation.Observation.Context Context} of the observation of one
 * published event, from subscription to receipt or error.
 *
 * @since 0.1.0
 */
public class EventPublishObservationContext extends Observation.Context {

	private final String eventType;

	private @Nullable EventReceipt receipt;

	/**
	 * Create an instance.
	 * @param eventType the type of the event
	 */
	public EventPublishObservationContext(String eventType) {
		this.eventType = eventType;
	}

	/**
	 * Return the type of the event, as it is sent.
	 * @return the type
	 */
	public String getEventType() {
		return this.eventType;
	}

	/**
	 * Return the receipt.
	 * @return the receipt, or {@code null} if the event is not, or not yet, delivered
	 */
	public @Nullable EventReceipt getReceipt() {
		return this.receipt;
	}

	/**
	 * Set the receipt.
	 * @param receipt the receipt
	 */
	public void setReceipt(EventReceipt receipt) {
		this.receipt = receipt;
	}

	/**
	 * Return why the event was not delivered.
	 * @return the error, or {@code null} if the event was delivered, the publication was
	 * cancelled, or it is not yet over
	 */
	public @Nullable HopperApiException getApiException() {
		return (getError() instanceof HopperApiException exception) ? exception : null;
	}

}
