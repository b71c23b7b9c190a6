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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.observation.EventTags;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.ExecutorConfigurationSupport;
import org.springframework.util.Assert;
import org.springframework.util.function.SingletonSupplier;

/**
 * What all engines share: checking and creating stored events, pausing, and when to start
 * and stop. Instances are safe for use by many threads.
 *
 * @since 0.1.0
 */
public abstract class AbstractEventOutbox implements EventOutbox, EventOutboxOperations, SmartLifecycle {

	/**
	 * Started before and stopped after web servers, listeners of messages, executors and
	 * whatever else of the application may still store events.
	 */
	private static final int PHASE = ExecutorConfigurationSupport.DEFAULT_PHASE - 4096;

	private static final long FLUSH_INTERVAL = 20;

	final Log logger = LogFactory.getLog(getClass());

	final RelayPolicy policy;

	final RelayGate gate;

	final Relay relay;

	final OutboxListeners listeners;

	final Clock clock;

	private final UuidV7 ids = new UuidV7();

	private final EventCodec codec;

	private final ObservationRegistry observationRegistry;

	private final SingletonSupplier<Boolean> reactiveTransactions;

	AbstractEventOutbox(OutboxBuilder<?> builder) {
		this.policy = builder.policy;
		this.clock = SchedulerClock.of(builder.scheduler);
		this.codec = new EventCodec(builder.requireSession);
		this.observationRegistry = builder.observationRegistry;
		this.reactiveTransactions = SingletonSupplier.of(builder.reactiveTransactions);
		this.listeners = new OutboxListeners(builder.listeners);
		this.gate = new RelayGate(builder.policy, this.clock, builder.scheduler, builder.random);
		this.relay = new Relay(builder.sender, builder.policy, this.gate, builder.observationRegistry, this.clock,
				builder.random);
	}

	@Override
	public UUID store(String sessionId, HopperEvent event) {
		requireVisibleTransaction();
		return accept(create(this.codec.prepare(sessionId, event)));
	}

	@Override
	public UUID store(BookingConfirmed event) {
		requireVisibleTransaction();
		return accept(create(this.codec.prepare(event)));
	}

	@Override
	public List<UUID> storeAll(Collection<SessionEvent> events) {
		requireVisibleTransaction();
		List<StoredEvent> created = create(events);
		if (!created.isEmpty()) {
			acceptObserved(created);
		}
		return ids(created);
	}

	@Override
	public Mono<UUID> storeReactively(String sessionId, HopperEvent event) {
		return acceptReactively(() -> List.of(create(this.codec.prepare(sessionId, event)))).map((ids) -> ids.get(0));
	}

	@Override
	public Mono<UUID> storeReactively(BookingConfirmed event) {
		return acceptReactively(() -> List.of(create(this.codec.prepare(event)))).map((ids) -> ids.get(0));
	}

	@Override
	public Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events) {
		return acceptReactively(() -> create(events));
	}

	/**
	 * Refuse to store what could be sent although its reactive transaction is rolled
	 * back.
	 */
	private void requireVisibleTransaction() {
		if (this.reactiveTransactions.obtain() && !Transactions.active() && Transactions.isCallerReactive()) {
			throw new IllegalStateException("store must not be called from a reactive chain in an application with a "
					+ "ReactiveTransactionManager: it cannot see whether a transaction is active there, and would send "
					+ "the event even if that is rolled back. Return the Mono of storeReactively to the chain, or call "
					+ "store where no chain is");
		}
	}

	private List<StoredEvent> create(Collection<SessionEvent> events) {
		return this.codec.prepareAll(events).stream().map(this::create).toList();
	}

	private static List<UUID> ids(List<StoredEvent> events) {
		return events.stream().map(StoredEvent::id).toList();
	}

	private StoredEvent create(PreparedEvent event) {
		Instant now = this.clock.instant();
		return new StoredEvent(this.ids.create(now), now, event.sessionId(), event.type(), event.body(), 0, List.of(),
				null, Map.of());
	}

	private UUID accept(StoredEvent event) {
		acceptObserved(List.of(event));
		return event.id();
	}

	private void acceptObserved(List<StoredEvent> events) {
		if (this.observationRegistry.isNoop()) {
			accept(events);
			return;
		}
		Map<String, String> traceContext = new LinkedHashMap<>();
		observation(events, traceContext).observe(() -> accept(traced(events, traceContext)));
	}

	private Mono<List<UUID>> acceptReactively(Supplier<List<StoredEvent>> source) {
		return Mono.deferContextual((view) -> {
			List<StoredEvent> events = source.get();
			if (events.isEmpty()) {
				return Mono.just(List.of());
			}
			Mono<List<UUID>> ids = Mono.just(ids(events));
			if (this.observationRegistry.isNoop()) {
				return inTransactionOfSubscriber(events).then(ids);
			}
			Map<String, String> traceContext = new LinkedHashMap<>();
			Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			Observation observation = observation(events, traceContext)
				.parentObservation((parent != null) ? parent : this.observationRegistry.getCurrentObservation())
				.start();
			return inTransactionOfSubscriber(traced(events, traceContext)).doOnError(observation::error)
				.doFinally((signal) -> observation.stop())
				.then(ids);
		});
	}

	private Mono<Void> inTransactionOfSubscriber(List<StoredEvent> events) {
		return Transactions.reactive()
			.flatMap((transaction) -> transaction.map((present) -> accept(events, present))
				.orElseGet(() -> acceptReactively(events)));
	}

	private Observation observation(List<StoredEvent> events, Map<String, String> traceContext) {
		SenderContext<Map<String, String>> context = new SenderContext<>((carrier, name, value) -> {
			if (carrier != null) {
				carrier.put(name, value);
			}
		}, Kind.PRODUCER);
		context.setCarrier(traceContext);
		String type = (events.size() == 1) ? events.get(0).countedType() : "several";
		return HopperObservationDocumentation.EVENT_STORE.observation(this.observationRegistry, () -> context)
			.contextualName(HopperObservationDocumentation.EVENT_STORE.getContextualName() + " " + type)
			.lowCardinalityKeyValue(EventTags.TYPE, type);
	}

	private static List<StoredEvent> traced(List<StoredEvent> events, Map<String, String> traceContext) {
		return events.stream().map((event) -> event.withTraceContext(traceContext)).toList();
	}

	/**
	 * Take events, all or none.
	 * @param events the events, one or more
	 */
	abstract void accept(List<StoredEvent> events);

	/**
	 * Take events, all or none, outside a reactive transaction.
	 * @param events the events, one or more
	 * @return completes when they are taken
	 */
	Mono<Void> acceptReactively(List<StoredEvent> events) {
		Mono<Void> accepted = Mono.fromRunnable(() -> accept(events));
		// A transaction of the subscribing thread would not be seen on another one
		return Transactions.active() ? accepted : accepted.subscribeOn(Schedulers.boundedElastic());
	}

	/**
	 * Take events, all or none, in a reactive transaction.
	 * @param events the events, one or more
	 * @param transaction the transaction
	 * @return completes when they will share the fate of the transaction
	 */
	Mono<Void> accept(List<StoredEvent> events, ReactiveTransaction transaction) {
		return Mono.error(() -> new EventNotStoredException("The event was not stored: this outbox has no part in the "
				+ "reactive transaction of the caller. Store the event when the transaction is over, use a blocking "
				+ "transaction on the data source of the outbox, or hopper.outbox.type=memory", null));
	}

	@Override
	public boolean flush(Duration timeout) {
		requireBlockingThread("flush");
		long start = System.nanoTime();
		while (!isDrained()) {
			if (System.nanoTime() - start >= timeout.toNanos()) {
				return false;
			}
			try {
				// Nobody signals what other instances deliver
				TimeUnit.MILLISECONDS.sleep(FLUSH_INTERVAL);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return false;
			}
		}
		return true;
	}

	/**
	 * Return whether no event is pending at this very moment.
	 */
	abstract boolean isDrained();

	static void requireBlockingThread(String method) {
		if (Schedulers.isInNonBlockingThread()) {
			throw new IllegalStateException(method + " must not be called on thread '"
					+ Thread.currentThread().getName() + "': it serves other requests and must never wait. "
					+ "Move the call to another thread, for example with "
					+ "Mono.fromCallable(...).subscribeOn(Schedulers.boundedElastic())");
		}
	}

	/**
	 * Tell the listeners what came of an attempt.
	 */
	final void announce(Outcome outcome) {
		if (outcome instanceof Outcome.Delivered delivered) {
			this.listeners.delivered(delivered.event(), delivered.receipt());
		}
		else if (outcome instanceof Outcome.Retry retry) {
			this.listeners.retrying(retry.event(), retry.notBefore());
		}
		else if (outcome instanceof Outcome.Dead dead) {
			DeadLetter letter = dead.deadLetter();
			this.logger.warn("%s is now a dead letter (%s): %s".formatted(letter.event(), letter.reason(),
					letter.event().failures().isEmpty() ? "" : lastFailure(letter.event())));
			this.listeners.dead(letter);
		}
		else if (outcome instanceof Outcome.Discarded discarded) {
			this.listeners.discarded(discarded.event(), discarded.reason());
		}
	}

	/**
	 * A dead letter was discarded by an operator.
	 */
	final void discarded(StoredEvent event, String reason) {
		this.logger.info("%s was discarded by an operator: %s".formatted(event, reason));
		this.listeners.discarded(event, DiscardReason.OPERATOR);
	}

	private static String lastFailure(StoredEvent event) {
		return event.failures().get(event.failures().size() - 1).message();
	}

	@Override
	public void pause(String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		this.gate.pauseByOperator(reason);
	}

	@Override
	public void resume() {
		this.gate.resumeByOperator(true);
	}

	/**
	 * Return how many events the relay of this instance works on at this very moment.
	 * While it is zero, nothing happens until time passes or somebody does something.
	 * @return the number of events that are being sent or written back, and one more
	 * while the relay looks for others
	 */
	public int inProgress() {
		return this.gate.inFlight();
	}

	/**
	 * The outbox is not paused with an application that is not used for a while: other
	 * instances and threads rely on it.
	 */
	@Override
	public boolean isPauseable() {
		return false;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
