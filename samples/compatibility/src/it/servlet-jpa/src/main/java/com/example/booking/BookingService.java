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
package com.example.booking;

import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class BookingService {

	private final BookingRepository bookings;

	private final EventOutbox outbox;

	BookingService(BookingRepository bookings, EventOutbox outbox) {
		this.bookings = bookings;
		this.outbox = outbox;
	}

	@Transactional
	public void confirm(String sessionId, String contractId, int seats) {
		this.bookings.save(new Booking(contractId));
		this.outbox.store(sessionId, BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(contractId));
		if (seats == 0) {
			throw new IllegalStateException("Sold out");
		}
	}

}
