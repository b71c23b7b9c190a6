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
package com.hopper.hts.events.examples.sessions;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class BookingController {

	private final CfarOffers offers;

	private final CfarContracts contracts;

	private final EventPublisher publisher;

	private final BookingConfirmation confirmation;

	BookingController(CfarOffers offers, CfarContracts contracts, EventPublisher publisher,
			BookingConfirmation confirmation) {
		this.offers = offers;
		this.contracts = contracts;
		this.publisher = publisher;
		this.confirmation = confirmation;
	}

	@PostMapping("/offers")
	List<CfarOffer> offers(@RequestParam String itinerary) {
		return this.offers.create(new CfarOffersRequest(itinerary));
	}

	@PostMapping("/offers/displayed")
	void displayed(@RequestParam Instant time) {
		this.publisher.publishAndWait(OffersDisplayed.occurredAt(time));
	}

	@PostMapping("/bookings")
	CompletableFuture<UUID> book(@RequestParam String offerId) {
		CfarContract contract = this.contracts.create(new CfarContractRequest(offerId));
		return this.confirmation.confirm(contract.id());
	}

}
