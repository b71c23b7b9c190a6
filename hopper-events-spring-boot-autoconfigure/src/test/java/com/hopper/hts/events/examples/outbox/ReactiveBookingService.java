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
package com.hopper.hts.events.examples.outbox;

import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import reactor.core.publisher.Mono;

import org.springframework.transaction.annotation.Transactional;

class ReactiveBookingService {

	private final ReactiveBookingRepository bookings;

	private final EventOutbox outbox;

	ReactiveBookingService(ReactiveBookingRepository bookings, EventOutbox outbox) {
		this.bookings = bookings;
		this.outbox = outbox;
	}

	@Transactional
	public Mono<UUID> confirm(Booking booking) {
		return this.bookings.save(booking)
			.then(this.outbox.storeReactively(booking.sessionId(),
					BookingConfirmed.occurredAt(booking.time()).withCfarContractId(booking.contractId())));
	}

	interface ReactiveBookingRepository {

		Mono<Void> save(Booking booking);

	}

}
