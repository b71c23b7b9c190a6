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
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.json.EventCodec;
import io.micrometer.observation.ObservationRegistry;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An outbox, its operations and its relay, without an application context.
 */
final class TestOutbox implements EventOutbox, EventOutboxOperations {

	static final RelayPolicy DEFAULT_POLICY = new RelayPolicy(50, Duration.ofDays(3), Duration.ofSeconds(1),
			Duration.ofMinutes(5), Duration.ofSeconds(30), Duration.ofSeconds(20));

	private final OutboxRelay relay;

	private final EventOutbox outbox;

	private final EventOutboxOperations operations;

	private TestOutbox(OutboxRelay relay) {
		this.relay = relay;
		this.outbox = new DefaultEventOutbox(relay, new EventCodec(false), ObservationRegistry.NOOP, () -> false);
		this.operations = new DefaultEventOutboxOperations(relay);
	}

	static Builder builder(EventPublisher publisher) {
		return builder(EventSender.of(publisher));
	}

	static Builder builder(EventSender sender) {
		return new Builder(sender);
	}

	void start() {
		this.relay.start();
	}

	void stop() {
		this.relay.stop();
	}

	void destroy() {
		this.relay.stop();
		this.relay.abandon();
	}

	boolean isRunning() {
		return this.relay.isRunning();
	}

	boolean isDrained() {
		return this.relay.isDrained();
	}

	int inProgress() {
		return this.relay.inProgress();
	}

	@Override
	public UUID store(String sessionId, HopperEvent event) {
		return this.outbox.store(sessionId, event);
	}

	@Override
	public UUID store(HopperEvent event) {
		return this.outbox.store(event);
	}

	@Override
	public List<UUID> storeAll(Collection<SessionEvent> events) {
		return this.outbox.storeAll(events);
	}

	@Override
	public Mono<UUID> storeReactively(String sessionId, HopperEvent event) {
		return this.outbox.storeReactively(sessionId, event);
	}

	@Override
	public Mono<UUID> storeReactively(HopperEvent event) {
		return this.outbox.storeReactively(event);
	}

	@Override
	public Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events) {
		return this.outbox.storeAllReactively(events);
	}

	@Override
	public boolean flush(Duration timeout) {
		return this.outbox.flush(timeout);
	}

	@Override
	public EventOutboxState state() {
		return this.operations.state();
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, UUID after, int limit) {
		return this.operations.deadLetters(filter, after, limit);
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return this.operations.deadLetter(id);
	}

	@Override
	public boolean replay(UUID id) {
		return this.operations.replay(id);
	}

	@Override
	public long replayAll(DeadLetter.Filter filter) {
		return this.operations.replayAll(filter);
	}

	@Override
	public boolean discard(UUID id, String reason) {
		return this.operations.discard(id, reason);
	}

	@Override
	public long discardAll(DeadLetter.Filter filter, String reason) {
		return this.operations.discardAll(filter, reason);
	}

	@Override
	public List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, UUID after, int limit) {
		return this.operations.delivered(filter, after, limit);
	}

	@Override
	public void pause(String reason) {
		this.operations.pause(reason);
	}

	@Override
	public void resume() {
		this.operations.resume();
	}

	/**
	 * Builds outboxes.
	 */
	static final class Builder {

		private final EventSender sender;

		private RelayPolicy policy = DEFAULT_POLICY;

		private List<EventDeliveryListener> listeners = List.of();

		private Scheduler scheduler = Schedulers.parallel();

		private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

		private Builder(EventSender sender) {
			this.sender = sender;
		}

		Builder policy(RelayPolicy policy) {
			this.policy = policy;
			return this;
		}

		Builder listeners(List<EventDeliveryListener> listeners) {
			this.listeners = listeners;
			return this;
		}

		Builder scheduler(Scheduler scheduler) {
			this.scheduler = scheduler;
			return this;
		}

		Builder random(DoubleSupplier random) {
			this.random = random;
			return this;
		}

		TestOutbox build(EventStore store) {
			return new TestOutbox(new OutboxRelay(store, this.sender, this.policy, new OutboxListeners(this.listeners),
					ObservationRegistry.NOOP, this.scheduler, this.random, HopperDiagnosis.ofNothing()));
		}

	}

}
