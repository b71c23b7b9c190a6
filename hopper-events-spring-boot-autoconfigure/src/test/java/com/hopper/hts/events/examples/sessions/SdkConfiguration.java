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
package com.hopper.hts.events.examples.sessions;

import java.util.List;

import com.hopper.hts.events.session.HopperSessionContext;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;

import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Examples of a client that is not Spring's.
 */
class SdkConfiguration {

	final OkHttpClient client;

	SdkConfiguration(@Qualifier("hopperOkHttpInterceptor") Interceptor hopper) {
		this.client = new OkHttpClient.Builder().addInterceptor(hopper).build();
	}

	void enqueued(Request.Builder request) {
		request.tag(HopperSessionContext.class, HopperSessionContext.current());
	}

	void shown(List<CfarOffer> offers) {
		HopperSessionContext.current().addCfarOfferIds(offers.stream().map(CfarOffer::id).toList());
	}

}
