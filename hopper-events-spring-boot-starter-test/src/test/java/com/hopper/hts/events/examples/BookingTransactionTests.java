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
import com.hopper.hts.events.test.AutoConfigureHopperEvents;
import com.hopper.hts.events.test.PublishedHopperEvents;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The example of the README: the outbox follows the transaction.
 */
@Tag("compatibility")
@SpringBootTest
@AutoConfigureHopperEvents
class BookingTransactionTests {

	@Autowired
	private BookingService service;

	@Test
	void confirmedBookingIsPublishedAfterTheCommit(PublishedHopperEvents published) {
		this.service.confirm("session-1", "contract-1", 2);
		assertThat(published).contains(BookingConfirmed.class).forSession("session-1").throughOutbox().once();
	}

	@Test
	void soldOutBookingIsNeverPublished(PublishedHopperEvents published) {
		assertThatIllegalStateException().isThrownBy(() -> this.service.confirm("session-1", "contract-1", 0));
		assertThat(published).doesNotContain(BookingConfirmed.class);
	}

}
