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

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Set;

import tools.jackson.databind.JsonNode;

/**
 * A fault that is ordered by HTTP, for example
 * {@code {"count":3,"status":503,"retry_after":"1","delay":"PT0.5S"}}. The field
 * {@code endpoint} is {@code events} (the default), {@code sessions} or {@code auth}.
 */
record FaultRequest(int count, Fault fault) {

	private static final Set<String> FIELDS = Set.of("count", "status", "retry_after", "delay", "reset", "endpoint");

	static FaultRequest parse(String body) {
		JsonNode request = Json.readObject(body);
		Json.refuseUnknown(request, FIELDS);
		int count = integer(request, "count", 1);
		if (count < 1 || count > 1_000_000) {
			throw Refusal.malformed("count", "'count' must be between 1 and 1000000");
		}
		Duration delay = Duration.ZERO;
		if (request.has("delay")) {
			try {
				delay = Duration.parse(Json.requireString(request, "delay"));
			}
			catch (DateTimeParseException ex) {
				throw Refusal.malformed("delay", "'delay' must be an ISO 8601 duration, for example PT0.5S");
			}
			if (delay.isNegative()) {
				throw Refusal.malformed("delay", "'delay' must not be negative");
			}
		}
		Fault fault;
		if (request.has("reset") && !request.path("reset").isBoolean()) {
			throw Refusal.malformed("reset", "'reset' must be true or false");
		}
		boolean reset = request.path("reset").booleanValue(false);
		if (reset && request.has("status")) {
			throw Refusal.malformed("reset", "'reset' and 'status' exclude each other");
		}
		if (request.has("retry_after") && !request.has("status")) {
			throw Refusal.malformed("retry_after", "'retry_after' needs a 'status'");
		}
		if (reset) {
			fault = Fault.reset().withDelay(delay);
		}
		else if (request.has("status")) {
			int status = integer(request, "status", 0);
			if (status < 200 || status > 599) {
				throw Refusal.malformed("status", "'status' must be between 200 and 599");
			}
			fault = Fault.status(status).withDelay(delay);
		}
		else if (!delay.isZero()) {
			fault = Fault.delay(delay);
		}
		else {
			throw Refusal.malformed(null, "One of 'status', 'delay' and 'reset' must be set");
		}
		fault = at(request, fault);
		return new FaultRequest(count,
				request.has("retry_after") ? fault.withRetryAfter(Json.requireString(request, "retry_after")) : fault);
	}

	private static Fault at(JsonNode request, Fault fault) {
		String endpoint = request.has("endpoint") ? Json.requireString(request, "endpoint") : "events";
		return switch (endpoint) {
			case "events" -> fault;
			case "sessions" -> fault.atSessions();
			case "auth" -> fault.atSignIn();
			default -> throw Refusal.malformed("endpoint", "'endpoint' must be events, sessions or auth");
		};
	}

	private static int integer(JsonNode request, String name, int defaultValue) {
		JsonNode value = request.path(name);
		if (value.isMissingNode()) {
			return defaultValue;
		}
		if (!value.isInt()) {
			throw Refusal.malformed(name, "'" + name + "' must be an integer");
		}
		return value.intValue();
	}

}
