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
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class BookingApplication {

	private final EventPublisher publisher;

	private final EventOutbox outbox;

	BookingApplication(EventPublisher publisher, EventOutbox outbox) {
		this.publisher = publisher;
		this.outbox = outbox;
	}

	public static void main(String[] args) {
		SpringApplication.run(BookingApplication.class, args);
	}

	@GetMapping("/offers")
	Mono<String> offers(@RequestHeader("X-Session") String sessionId) {
		return this.publisher.publish(sessionId, OffersDisplayed.occurredAt(Instant.now()))
			.map((receipt) -> receipt.outcome().name());
	}

	@PostMapping("/bookings")
	Mono<UUID> book(@RequestHeader("X-Session") String sessionId, @RequestParam String contractId) {
		return this.outbox.storeReactively(sessionId,
				BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(contractId));
	}

}
