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
package com.hopper.hts.events.json;

import java.nio.charset.StandardCharsets;

import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries {@link EventCodec#decode} with hostile input.
 */
class EventsFuzzTests {

	private final EventCodec codec = new EventCodec(false);

	@Provide
	Arbitrary<byte[]> events() {
		return Hostile.documents("{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2026-05-04T10:15:30Z\"}", """
				{"type":"booking_confirmed","occurred_date_time":"2026-05-04T10:15:30+02:00",
				"cfar_contract_id":"%s","cfar_offer_ids":["offer-1","offer-2"],"dg_offer_ids":[],
				"booking_references":{"cfar":"PNR","dg":"%s"}}""".formatted(Hostile.SECRET, Hostile.SECRET),
				"{\"type\":\"seat_selected\",\"occurred_date_time\":\"2026-05-04T10:15:30Z\",\"seat\":\""
						+ Hostile.SECRET + "\",\"price\":12.50,\"flags\":[true,{\"a\":[1]}]}");
	}

	@Fuzz
	void eventIsReadOrRefusedWithoutRepeatingIt(@ForAll("events") byte[] body) {
		HopperEvent event;
		try {
			event = Hostile.call(() -> EventCodec.decode(body));
		}
		catch (IllegalArgumentException ex) {
			assertThat(ex.getMessage()).startsWith("Not the JSON of an event").hasSizeLessThan(200);
			assertThat(ex).hasNoCause();
			return;
		}
		byte[] again;
		try {
			again = Hostile.call(() -> this.codec.prepare("session-1", event).body());
		}
		catch (HopperApiException.InvalidEvent ex) {
			assertThat(ex.getMessage()).hasSizeLessThan(1000);
			// The type is named, whatever it is
			if (!event.type().contains(Hostile.SECRET)) {
				assertThat(ex.getMessage()).doesNotContain(Hostile.SECRET);
			}
			return;
		}
		// Values null are left out, and with them an unknown field that made it custom
		Assume.that(!new String(body, StandardCharsets.UTF_8).contains("null"));
		HopperEvent same = Hostile.call(() -> EventCodec.decode(again));
		assertThat(this.codec.prepare("session-1", same).body()).isEqualTo(again);
	}

}
