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

import java.time.Duration;
import java.util.OptionalLong;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Tells the stand-in of the API what to do with the events that it is sent.
 */
@Component
class Simulator {

	private static final Log logger = LogFactory.getLog(Simulator.class);

	/**
	 * More requests than anybody will send.
	 */
	private static final int ALWAYS = 1_000_000;

	private final RestClient client;

	private volatile Mode mode = Mode.UP;

	Simulator(BookingServiceProperties properties) {
		JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory();
		requests.setReadTimeout(Duration.ofSeconds(10));
		this.client = RestClient.builder()
			.baseUrl(properties.simulatorUrl() + "/simulator")
			.requestFactory(requests)
			.build();
	}

	@EventListener(ApplicationReadyEvent.class)
	void recover() {
		try {
			set(Mode.UP);
		}
		catch (RestClientException ex) {
			logger.warn("The stand-in of the API cannot be reached: " + ex.getMessage());
		}
	}

	Mode mode() {
		return this.mode;
	}

	synchronized void set(Mode mode) {
		this.client.delete().uri("/faults").retrieve().toBodilessEntity();
		if (mode.fault != null) {
			this.client.post()
				.uri("/faults")
				.contentType(MediaType.APPLICATION_JSON)
				.body("{\"count\":" + ALWAYS + "," + mode.fault + "}")
				.retrieve()
				.toBodilessEntity();
		}
		this.mode = mode;
	}

	/**
	 * Return how many events the API has accepted.
	 */
	OptionalLong accepted() {
		try {
			Count count = this.client.get().uri("/events/count").retrieve().body(Count.class);
			return (count != null) ? OptionalLong.of(count.accepted()) : OptionalLong.empty();
		}
		catch (RestClientException ex) {
			return OptionalLong.empty();
		}
	}

	/**
	 * What the API does with events.
	 */
	enum Mode {

		UP(null),

		DOWN("\"status\":503"),

		SLOW("\"delay\":\"PT3S\""),

		REFUSING("\"status\":422"),

		TOKEN_EXPIRED("\"status\":401");

		private final @Nullable String fault;

		Mode(@Nullable String fault) {
			this.fault = fault;
		}

	}

	private record Count(long accepted, long requests) {

	}

}
