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

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.session.HopperSessionContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.util.Assert;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClientException;
import org.springframework.web.server.ResponseStatusException;

/**
 * What the customer's browser calls. No session id is in any signature: calling the API
 * for offers sets the current session, and the HTTP session keeps it.
 */
@RestController
@RequestMapping("/api")
class BookingController {

	private static final Log logger = LogFactory.getLog(BookingController.class);

	private static final int RUSH = 20;

	private final HopperServices.CfarOffers offers;

	private final HopperServices.CfarContracts contracts;

	private final EventOutbox outbox;

	private final Bookings bookings;

	BookingController(HopperServices.CfarOffers offers, HopperServices.CfarContracts contracts, EventOutbox outbox,
			Bookings bookings) {
		this.offers = offers;
		this.contracts = contracts;
		this.outbox = outbox;
		this.bookings = bookings;
	}

	/**
	 * Offer flights. They can be booked without Hopper's offer as well.
	 */
	@PostMapping("/offers")
	Offers offers() {
		String offerId = null;
		try {
			offerId = this.offers.create(new HopperServices.CfarOffersRequest("OSL-LIS")).get(0).id();
		}
		catch (RestClientException ex) {
			logger.warn("There is no offer of Hopper's", ex);
		}
		return new Offers(Flight.ALL, offerId);
	}

	/**
	 * The browser shows the offers. It cannot tell Hopper itself, and its beacon waits
	 * for no answer, so the event is stored.
	 */
	@PostMapping("/offers/displayed")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void displayed(@RequestBody Displayed displayed) {
		if (HopperSessionContext.current().sessionId() == null) {
			throw new ResponseStatusException(HttpStatus.CONFLICT, "There are no offers of Hopper's in this session");
		}
		this.outbox.store(OffersDisplayed.occurredAt(displayed.time()));
	}

	@PostMapping("/bookings")
	Booking book(@RequestBody BookingRequest request) {
		boolean known = Flight.ALL.stream().anyMatch((flight) -> flight.number().equals(request.flight()));
		if (!known) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There is no such flight");
		}
		return this.bookings.confirm(request.flight(),
				(request.offerId() != null) ? contract(request.offerId()) : null);
	}

	private String contract(String offerId) {
		try {
			return this.contracts.create(new HopperServices.CfarContractRequest(offerId)).id();
		}
		catch (RestClientException ex) {
			logger.warn("Hopper made no contract", ex);
			throw new ResponseStatusException(HttpStatus.BAD_GATEWAY,
					"The protection cannot be bought at the moment. The flight can be booked without it.");
		}
	}

	/**
	 * Book for many customers at once, each of them in a session of their own.
	 */
	@PostMapping("/rush")
	Rush rush() {
		for (int i = 0; i < RUSH; i++) {
			Flight flight = Flight.ALL.get(i % Flight.ALL.size());
			HopperSessionContext.of(UUID.randomUUID().toString())
				.run(() -> this.bookings.confirm(flight.number(), null));
		}
		return new Rush(RUSH);
	}

	record Offers(List<Flight> flights, @Nullable String offerId) {

	}

	record Displayed(Instant time) {

		Displayed {
			Assert.notNull(time, "'time' must not be null");
		}

	}

	record BookingRequest(String flight, @Nullable String offerId) {

	}

	record Rush(int bookings) {

	}

}
