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
package com.example.booking

import java.time.Instant

import com.hopper.hts.events.BookingConfirmed
import com.hopper.hts.events.EventOutbox
import com.hopper.hts.events.EventPublisher
import com.hopper.hts.events.OffersDisplayed
import kotlinx.coroutines.reactor.awaitSingle
import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication
import org.springframework.web.bind.annotation.GetMapping
import org.springframework.web.bind.annotation.PostMapping
import org.springframework.web.bind.annotation.RequestHeader
import org.springframework.web.bind.annotation.RequestParam
import org.springframework.web.bind.annotation.RestController

@SpringBootApplication
class BookingApplication

fun main(args: Array<String>) {
	runApplication<BookingApplication>(*args)
}

@RestController
class BookingController(private val publisher: EventPublisher, private val outbox: EventOutbox) {

	@GetMapping("/offers")
	suspend fun offers(@RequestHeader("X-Session") sessionId: String): String =
		publisher.publish(sessionId, OffersDisplayed.occurredAt(Instant.now())).awaitSingle().outcome.name

	@PostMapping("/bookings")
	suspend fun book(@RequestHeader("X-Session") sessionId: String, @RequestParam contractId: String): String =
		outbox.storeReactively(sessionId, BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(contractId))
			.awaitSingle()
			.toString()

}
