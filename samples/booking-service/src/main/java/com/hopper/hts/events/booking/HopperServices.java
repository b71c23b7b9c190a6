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
package com.hopper.hts.events.booking;

import java.util.List;

import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.service.annotation.PostExchange;
import org.springframework.web.service.registry.ImportHttpServices;

/**
 * The other endpoints of Hopper's API that the airline calls. The group brings base URL
 * and token, and what the API answers with becomes the current session.
 */
@Configuration(proxyBeanMethods = false)
@ImportHttpServices(group = "hopper", types = { HopperServices.CfarOffers.class, HopperServices.CfarContracts.class })
class HopperServices {

	interface CfarOffers {

		@PostExchange("/cfar_offers")
		List<CfarOffer> create(@RequestBody CfarOffersRequest request);

	}

	interface CfarContracts {

		@PostExchange("/cfar_contracts")
		CfarContract create(@RequestBody CfarContractRequest request);

	}

	record CfarOffersRequest(String itinerary) {

	}

	record CfarOffer(String id) {

	}

	record CfarContractRequest(String offerId) {

	}

	record CfarContract(String id) {

	}

}
