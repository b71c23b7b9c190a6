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

import java.time.Duration
import java.time.Instant

import com.hopper.hts.events.BookingConfirmed
import com.hopper.hts.events.EventOutbox
import com.hopper.hts.events.EventPublisher
import com.hopper.hts.events.test.FakeHopperApi
import com.hopper.hts.events.test.FakeHopperApiConfiguration
import kotlin.reflect.typeOf
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.springframework.beans.factory.annotation.Autowired
import org.springframework.boot.test.context.SpringBootTest
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment
import org.springframework.boot.webtestclient.autoconfigure.AutoConfigureWebTestClient
import org.springframework.context.annotation.Import
import org.springframework.test.web.reactive.server.WebTestClient

@SpringBootTest(
	webEnvironment = WebEnvironment.RANDOM_PORT,
	properties = ["spring.test.webtestclient.timeout=1m", "hopper.client.response-timeout=1m"]
)
@AutoConfigureWebTestClient
@Import(FakeHopperApiConfiguration::class)
class BookingApplicationTests(
	@param:Autowired val client: WebTestClient,
	@param:Autowired val publisher: EventPublisher,
	@param:Autowired val outbox: EventOutbox,
	@param:Autowired val hopper: FakeHopperApi
) {

	@BeforeEach
	fun reset() = hopper.reset()

	@Test
	fun `what was published and stored arrives once`() {
		client.get().uri("/offers").header("X-Session", "session-1").exchange().expectStatus().isOk()
		client.post().uri("/bookings?contractId=contract-1").header("X-Session", "session-1").exchange()
			.expectStatus().isOk()
		assertThat(hopper.awaitDelivered(2, Duration.ofMinutes(1)).map { it.event.type() })
			.containsExactly("offers_displayed", "booking_confirmed")
		assertThat(hopper.requests()).hasSize(2)
	}

	@Test
	fun `nullness is part of the types`() = runBlocking {
		val event = BookingConfirmed.occurredAt(Instant.EPOCH)
		assertThat(typeOfExpression(event.type())).isEqualTo("kotlin.String")
		assertThat(typeOfExpression(event.cfarContractId())).isEqualTo("kotlin.String?")
		assertThat(typeOfExpression(outbox.store("session-2", event))).isEqualTo("java.util.UUID")
		assertThat(typeOfExpression(publisher.publish("session-2", event).awaitSingle()))
			.isEqualTo("com.hopper.hts.events.EventReceipt")
		hopper.awaitDelivered(2, Duration.ofMinutes(1))
		return@runBlocking
	}

	// What Java says nothing about ends with an exclamation mark
	private inline fun <reified T> typeOfExpression(@Suppress("UNUSED_PARAMETER") value: T) = typeOf<T>().toString()

}
