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
package com.hopper.hts.events.examples;

import java.time.Duration;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.FakeHopperApiConfiguration;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.HopperTime;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The example of the README: Hopper is down, then back.
 */
@SpringBootTest
@Import({ FakeHopperApiConfiguration.class, HopperTime.class })
class HopperOutageTests {

	@Autowired
	private EventOutbox outbox;

	@Autowired
	private FakeHopperApi hopper;

	@Autowired
	private HopperTime time;

	@Test
	void bookingsSurviveAnOutage() {
		this.hopper.failAll(Fault.status(503));
		this.outbox.store("session-1", BookingConfirmed.occurredAt(this.time.now()).withCfarContractId("contract-1"));
		this.time.advanceBy(Duration.ofHours(6));
		assertThat(this.hopper.received()).isEmpty();

		this.hopper.recover();
		this.time.advanceBy(Duration.ofMinutes(5));
		assertThat(this.hopper.awaitDelivered(1)).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.attempt()).isGreaterThan(10);
		});
	}

}
