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
package com.hopper.hts.events.examples;

import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import org.springframework.stereotype.Service;

@Service
class BookingService {

	private static final Logger logger = LoggerFactory.getLogger(BookingService.class);

	private final EventPublisher publisher;

	BookingService(EventPublisher publisher) {
		this.publisher = publisher;
	}

	// Reactive: nothing is sent before the Mono is subscribed to
	Mono<EventReceipt> offersDisplayed(String sessionId) {
		return this.publisher.publish(sessionId, OffersDisplayed.occurredAt(Instant.now()));
	}

	// Blocking: for servlet code and virtual threads
	void bookingConfirmed(String sessionId, String contractId, String pnr) {
		try {
			this.publisher.publishAndWait(sessionId,
					BookingConfirmed.occurredAt(Instant.now())
						.withCfarContractId(contractId)
						.withBookingReference("cfar", pnr));
		}
		catch (HopperApiException ex) {
			// The booking stands, whatever becomes of the event
			logger.warn("Hopper was not told of a booking", ex);
		}
	}

}
