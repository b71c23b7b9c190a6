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
package com.hopper.hts.events.booking;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.random.RandomGenerator;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.session.HopperSessionContext;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * The airline's bookings. Booking and event are stored in one transaction: either both
 * exist or neither does, whether the API can be reached or not.
 */
@Service
class Bookings {

	private static final String LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

	private final RandomGenerator random = new SecureRandom();

	private final JdbcClient database;

	private final EventOutbox outbox;

	Bookings(JdbcClient database, EventOutbox outbox) {
		this.database = database;
		this.outbox = outbox;
	}

	@Transactional
	public Booking confirm(String flight, @Nullable String contractId) {
		Booking booking = new Booking(newReference(), flight, contractId, Instant.now().truncatedTo(ChronoUnit.MILLIS));
		this.database.sql("insert into booking (reference, flight, contract_id, confirmed_at) values (?, ?, ?, ?)")
			.param(booking.reference())
			.param(booking.flight())
			.param(booking.contractId())
			.param(booking.time().toString())
			.update();
		if (HopperSessionContext.current().sessionId() != null) {
			this.outbox.store(BookingConfirmed.occurredAt(booking.time())
				.withCfarContractId(booking.contractId())
				.withBookingReference("cfar", booking.reference()));
		}
		return booking;
	}

	private String newReference() {
		StringBuilder reference = new StringBuilder();
		this.random.ints(6, 0, LETTERS.length()).forEach((index) -> reference.append(LETTERS.charAt(index)));
		return reference.toString();
	}

}
