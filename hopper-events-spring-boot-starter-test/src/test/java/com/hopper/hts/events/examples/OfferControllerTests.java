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

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.AutoConfigureHopperEvents;
import com.hopper.hts.events.test.PublishedHopperEvents;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.annotation.Import;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The example of the README: a slice.
 */
@WebMvcTest(OfferController.class)
@AutoConfigureHopperEvents
@Import(BookingService.class)
class OfferControllerTests {

	@Test
	void tellsHopperThatOffersAreDisplayed(@Autowired MockMvcTester mvc, PublishedHopperEvents published) {
		assertThat(mvc.get().uri("/offers").header("X-Session", "session-1")).hasStatusOk();
		assertThat(published).contains(OffersDisplayed.class).forSession("session-1").once();
	}

}
