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

import io.micrometer.observation.transport.ReceiverContext;

/**
 * Context of the observation of an attempt to deliver a stored event. Its carrier is what
 * the tracer wrote when the event was stored.
 */
class DeliveryObservationContext extends ReceiverContext<StoredEvent> {

	private final StoreSpan storeSpan;

	DeliveryObservationContext(StoredEvent event) {
		super((carrier, name) -> carrier.traceContext().get(name));
		setCarrier(event);
		this.storeSpan = StoreSpan.of(event.traceContext());
	}

	/**
	 * Return the span in which the event was stored.
	 */
	StoreSpan storeSpan() {
		return this.storeSpan;
	}

}
