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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Lets requests wait for their answer: until a test releases them, or for some time. Safe
 * for use by many threads.
 */
final class WaitingRequests {

	private final Map<Integer, Fault.Endpoint> clients = new ConcurrentHashMap<>();

	private final IntConsumer countHeld;

	private volatile Sinks.@Nullable One<Boolean> held;

	/**
	 * Create an instance.
	 * @param countHeld called with each change of the number of requests that are held
	 */
	WaitingRequests(IntConsumer countHeld) {
		this.countHeld = countHeld;
	}

	synchronized void hold() {
		if (this.held == null) {
			this.held = Sinks.one();
		}
	}

	void release() {
		Sinks.One<Boolean> released;
		synchronized (this) {
			released = this.held;
			this.held = null;
		}
		if (released != null) {
			released.tryEmitValue(true);
		}
	}

	/**
	 * Return the ports of the clients that wait, and what they have asked.
	 */
	Map<Integer, Fault.Endpoint> clients() {
		return this.clients;
	}

	/**
	 * Let a request wait.
	 * @param client the port of the client
	 * @param endpoint what the client has asked; a test can hold events only
	 * @param delay how long the request waits after that
	 * @return completes when the wait is over, or {@code null} if the request need not
	 * wait
	 */
	@Nullable Mono<Void> await(int client, Fault.Endpoint endpoint, Duration delay, Scheduler scheduler) {
		Sinks.One<Boolean> hold = (endpoint == Fault.Endpoint.EVENTS) ? this.held : null;
		if (hold == null && delay.isZero()) {
			return null;
		}
		Mono<?> released = (hold != null) ? held(hold) : Mono.empty();
		Mono<?> delayed = delay.isZero() ? Mono.empty() : Mono.delay(delay, scheduler);
		// The client is added last, because time may pass as soon as it is
		return Mono.when(released.then(delayed), Mono.fromRunnable(() -> this.clients.put(client, endpoint)))
			.doFinally((signal) -> this.clients.remove(client));
	}

	private Mono<Boolean> held(Sinks.One<Boolean> hold) {
		return hold.asMono()
			.doOnSubscribe((subscription) -> this.countHeld.accept(1))
			.doFinally((signal) -> this.countHeld.accept(-1));
	}

}
