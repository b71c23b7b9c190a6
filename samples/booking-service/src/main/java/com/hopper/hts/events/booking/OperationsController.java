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

import java.util.UUID;

import com.hopper.hts.events.outbox.EventOutboxOperations;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.Lifecycle;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.util.Assert;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClientException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * What the operator's part of the page calls.
 */
@RestController
@RequestMapping("/api")
class OperationsController {

	private final LivePage page;

	private final EventOutboxOperations operations;

	private final Lifecycle relay;

	private final Simulator simulator;

	OperationsController(LivePage page, EventOutboxOperations operations,
			@Qualifier("hopperOutboxLifecycle") Lifecycle relay, Simulator simulator) {
		this.page = page;
		this.operations = operations;
		this.relay = relay;
		this.simulator = simulator;
	}

	@GetMapping(path = "/live", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	SseEmitter live() {
		return this.page.view();
	}

	@PutMapping("/simulator")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void simulate(@RequestBody Simulation simulation) {
		try {
			this.simulator.set(simulation.mode());
		}
		catch (RestClientException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_GATEWAY, "The stand-in of the API cannot be reached", ex);
		}
		this.page.changed();
	}

	@PutMapping("/relay")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void relay(@RequestBody Relay relay) {
		// As if the instance ended and another one began: what is being sent is sent
		// again
		if (relay.running()) {
			this.relay.start();
		}
		else {
			this.relay.stop();
		}
		this.page.changed();
	}

	@PostMapping("/dead-letters/{id}/replay")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void replay(@PathVariable UUID id) {
		require(this.operations.replay(id));
	}

	@DeleteMapping("/dead-letters/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void discard(@PathVariable UUID id) {
		require(this.operations.discard(id, "discarded on the page"));
	}

	private void require(boolean found) {
		this.page.changed();
		if (!found) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND,
					"This dead letter is gone: somebody has replayed or discarded it");
		}
	}

	record Simulation(Simulator.Mode mode) {

		Simulation {
			Assert.notNull(mode, "'mode' must not be null");
		}

	}

	record Relay(Boolean running) {

		Relay {
			Assert.notNull(running, "'running' must not be null");
		}

	}

}
