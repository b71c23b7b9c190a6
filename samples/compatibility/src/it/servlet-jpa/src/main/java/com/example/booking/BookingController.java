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

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class BookingController {

	private final EventPublisher publisher;

	private final BookingService service;

	BookingController(EventPublisher publisher, BookingService service) {
		this.publisher = publisher;
		this.service = service;
	}

	@GetMapping("/offers")
	String offers(@RequestHeader("X-Session") String sessionId) {
		return this.publisher.publishAndWait(sessionId, OffersDisplayed.occurredAt(Instant.now())).outcome().name();
	}

	@PostMapping("/bookings")
	void book(@RequestHeader("X-Session") String sessionId, @RequestParam String contractId, @RequestParam int seats) {
		this.service.confirm(sessionId, contractId, seats);
	}

}
