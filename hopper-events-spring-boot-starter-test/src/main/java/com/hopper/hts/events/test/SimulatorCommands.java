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

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Executes the commands that a {@link FakeHopperApi} accepts by HTTP, below
 * {@code /simulator}.
 */
final class SimulatorCommands {

	private static final Answer DONE = new Answer(204, "", null);

	private final FakeHopperApi api;

	SimulatorCommands(FakeHopperApi api) {
		this.api = api;
	}

	static boolean includes(IncomingRequest request) {
		return request.path().startsWith("/simulator/");
	}

	/**
	 * Do what a request says.
	 * @throws Refusal if there is no such command
	 */
	Answer execute(IncomingRequest request) {
		switch (request.method() + " " + request.path()) {
			case "GET /simulator/events" -> {
				return found(this.api.received().stream().map(SimulatorCommands::describe).toList());
			}
			case "GET /simulator/events/count" -> {
				return found(Map.of("accepted", this.api.received().size(), "requests", this.api.requests().size()));
			}
			case "DELETE /simulator/events" -> this.api.reset();
			case "POST /simulator/faults" -> {
				FaultRequest fault = FaultRequest.parse(request.body());
				this.api.failNext(fault.count(), fault.fault());
			}
			case "DELETE /simulator/faults" -> this.api.recover();
			default -> throw Refusal.arranged(404);
		}
		return DONE;
	}

	private static Answer found(Object value) {
		return new Answer(200, Json.write(value), null);
	}

	private static Map<String, Object> describe(ReceivedEvent event) {
		Map<String, Object> description = new LinkedHashMap<>();
		description.put("type", event.event().type());
		if (event.sessionId() != null) {
			description.put("session_id", event.sessionId());
		}
		description.put("body", Json.readObject(event.request().body()));
		return description;
	}

}
