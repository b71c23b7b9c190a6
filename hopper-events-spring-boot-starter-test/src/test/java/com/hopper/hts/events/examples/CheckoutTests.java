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
import com.hopper.hts.events.session.HopperSessionContext.Origin;
import com.hopper.hts.events.test.HopperEventsRecorder;
import com.hopper.hts.events.test.WithHopperSession;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class CheckoutTests {

	private final HopperEventsRecorder published = new HopperEventsRecorder();

	private final Checkout checkout = new Checkout(this.published.outbox());

	@Test
	@WithHopperSession("session-1")
	void bookingIsConfirmedInTheSessionOfTheCustomer() {
		this.checkout.confirm("contract-1");
		assertThat(this.published).contains(BookingConfirmed.class)
			.forSession("session-1")
			.inCurrentSession(Origin.APPLICATION)
			.once();
	}

}
