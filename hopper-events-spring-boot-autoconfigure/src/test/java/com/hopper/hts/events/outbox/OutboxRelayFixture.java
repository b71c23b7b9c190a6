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
package com.hopper.hts.events.outbox;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import io.micrometer.observation.ObservationRegistry;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A relay between an engine and an API that do what a test says, with a time that tests
 * turn.
 */
abstract class OutboxRelayFixture {

	static final int CONCURRENCY = 4;

	final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	final RecordingListener listener = new RecordingListener();

	Duration shutdownTimeout = Duration.ofMinutes(10);

	volatile Mono<EventReceipt> answer = Mono.just(receipt(EventReceipt.Outcome.DELIVERED));

	ScriptedStore store;

	OutboxRelay relay;

	void create(boolean blocking, EventDeliveryListener... listeners) {
		create(new ScriptedStore(blocking), listeners);
	}

	void create(ScriptedStore store, EventDeliveryListener... listeners) {
		this.store = store;
		RelayPolicy policy = new RelayPolicy(CONCURRENCY, Duration.ofDays(3), Duration.ofSeconds(1),
				Duration.ofSeconds(1), Duration.ofSeconds(30), this.shutdownTimeout);
		this.relay = new OutboxRelay(store, (event) -> this.answer, policy, new OutboxListeners(List.of(listeners)),
				ObservationRegistry.NOOP, this.time, () -> 0, HopperDiagnosis.ofNothing());
	}

	void start(boolean blocking) {
		create(blocking, this.listener);
		this.relay.start();
		awaitIdle();
	}

	@AfterEach
	void end() {
		if (this.relay != null) {
			this.store.pause = new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR, Instant.EPOCH, "",
					null);
			this.answer = Mono.empty();
			this.relay.stop();
		}
		this.time.dispose();
	}

	/**
	 * Have the relay look, and wait until it has.
	 */
	void look(StoredEvent... events) {
		this.store.waiting.addAll(List.of(events));
		int before = this.store.claims.size();
		this.relay.wakeUp();
		await().until(() -> this.store.claims.size() > before);
	}

	/**
	 * A relay takes milliseconds.
	 */
	static ConditionFactory await() {
		return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
	}

	void awaitIdle() {
		await().until(() -> this.relay.inProgress() == 0);
	}

	static StoredEvent event() {
		return StoredEvent.of(UUID.randomUUID(), Instant.EPOCH, "session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
	}

	static EventReceipt receipt(EventReceipt.Outcome outcome) {
		return new EventReceipt("offers_displayed", outcome, Map.of(), 1, Duration.ZERO);
	}

}
