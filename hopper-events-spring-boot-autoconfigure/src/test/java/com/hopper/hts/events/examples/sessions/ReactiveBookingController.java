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
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

@RestController
class ReactiveBookingController {

	private final WebClient hopper;

	private final EventPublisher publisher;

	private final EventOutbox outbox;

	ReactiveBookingController(@Qualifier("hopperWebClient") WebClient hopper, EventPublisher publisher,
			EventOutbox outbox) {
		this.hopper = hopper;
		this.publisher = publisher;
		this.outbox = outbox;
	}

	@PostMapping("/offers")
	Flux<CfarOffer> offers(@RequestParam String itinerary) {
		return this.hopper.post()
			.uri("/cfar_offers")
			.bodyValue(new CfarOffersRequest(itinerary))
			.retrieve()
			.bodyToFlux(CfarOffer.class);
	}

	@PostMapping("/offers/displayed")
	Mono<EventReceipt> displayed(@RequestParam Instant time) {
		return this.publisher.publish(OffersDisplayed.occurredAt(time));
	}

	@PostMapping("/bookings")
	Mono<UUID> book(@RequestParam String offerId) {
		return this.hopper.post()
			.uri("/cfar_contracts")
			.bodyValue(new CfarContractRequest(offerId))
			.retrieve()
			.bodyToMono(CfarContract.class)
			.flatMap((contract) -> this.outbox
				.storeReactively(BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(contract.id())));
	}

}
