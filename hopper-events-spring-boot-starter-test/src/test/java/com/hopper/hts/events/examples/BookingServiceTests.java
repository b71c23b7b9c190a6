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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.HopperEventsRecorder;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The example of the README: which events a service published.
 */
class BookingServiceTests {

	private final HopperEventsRecorder published = new HopperEventsRecorder();

	private final BookingService service = new BookingService(this.published.publisher(), this.published.outbox());

	@Test
	void offersAreDisplayedBeforeTheBookingIsConfirmed() {
		this.service.showOffers("session-1");
		this.service.confirm("session-1", "contract-1", 2);
		assertThat(this.published).containsExactly(OffersDisplayed.class, BookingConfirmed.class)
			.contains(BookingConfirmed.class)
			.forSession("session-1")
			.withCfarContractId("contract-1")
			.once();
	}

}
