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
package com.hopper.hts.events.test;

import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link PublishedHopperEventsAssert#containsExactly}.
 */
class ContainsExactlyTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private final HopperEventsRecorder published = new HopperEventsRecorder();

	@Test
	void saysWhatIsMissing() {
		publishSome();
		says("missing: BookingConfirmed", OffersDisplayed.class, CustomEvent.class, BookingConfirmed.class);
		this.published.clear();
		says("missing: OffersDisplayed, BookingConfirmed", OffersDisplayed.class, BookingConfirmed.class);
	}

	@Test
	void saysWhatIsNotExpected() {
		publishSome();
		says("not expected: 2. CustomEvent \"seat_selected\"", OffersDisplayed.class);
		says("not expected: 1. OffersDisplayed, 2. CustomEvent \"seat_selected\"");
	}

	@Test
	void saysBoth() {
		publishSome();
		says("missing: BookingConfirmed; not expected: 2. CustomEvent \"seat_selected\"", OffersDisplayed.class,
				BookingConfirmed.class);
	}

	@Test
	void saysWhereTheOrderDiffers() {
		publishSome();
		says("the 1. is OffersDisplayed and not CustomEvent", CustomEvent.class, OffersDisplayed.class);
		assertThat(this.published).containsExactly(HopperEvent.class, CustomEvent.class);
	}

	@Test
	void listsSomeOfTooMany() {
		for (int i = 0; i < 100; i++) {
			publishSome();
		}
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).containsExactly(OffersDisplayed.class))
			.withMessageContaining(", 31. OffersDisplayed, ... and 169 more.\nPublished:")
			.satisfies((failure) -> assertThat(failure.getMessage()).hasSizeLessThan(5000));
	}

	@SafeVarargs
	@SuppressWarnings("varargs")
	private void says(String difference, Class<? extends HopperEvent>... types) {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).containsExactly(types))
			.withMessageContaining(
					"were published, in this order and nothing else, but they were not; " + difference + ".\n");
	}

	private void publishSome() {
		this.published.publisher().publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
		this.published.publisher().publishAndWait("session-1", CustomEvent.occurredAt("seat_selected", TIME));
	}

}
