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
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.function.SingletonSupplier;

/**
 * Checks events and stores them in the {@link EventStore} of a relay. Instances are safe
 * for use by many threads.
 */
class DefaultEventOutbox implements EventOutbox {

	private static final long FLUSH_INTERVAL = 20;

	private final OutboxRelay relay;

	private final EventStore store;

	private final EventCodec codec;

	private final UuidV7 ids = new UuidV7();

	private final ObservationRegistry observationRegistry;

	private final SingletonSupplier<Boolean> reactiveTransactions;

	/**
	 * Create an instance.
	 * @param relay what delivers the events
	 * @param codec what checks and writes them
	 * @param observationRegistry where storing is observed
	 * @param reactiveTransactions whether the application has reactive transactions,
	 * which a call that does not return a {@code Mono} cannot see; asked once, when the
	 * first event is stored
	 */
	DefaultEventOutbox(OutboxRelay relay, EventCodec codec, ObservationRegistry observationRegistry,
			Supplier<Boolean> reactiveTransactions) {
		this.relay = relay;
		this.store = relay.store();
		this.codec = codec;
		this.observationRegistry = observationRegistry;
		this.reactiveTransactions = SingletonSupplier.of(reactiveTransactions);
	}

	@Override
	public UUID store(String sessionId, HopperEvent event) {
		requireVisibleTransaction();
		return accept(create(this.codec.prepare(sessionId, event)));
	}

	@Override
	public UUID store(HopperEvent event) {
		requireVisibleTransaction();
		return accept(create(this.codec.prepare(HopperSessionContext.current().complete(event))));
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
	public Mono<UUID> storeReactively(HopperEvent event) {
		return HopperSessionContext.currentReactively()
			.flatMap((context) -> acceptReactively(() -> List.of(create(this.codec.prepare(context.complete(event))))))
			.map((ids) -> ids.get(0));
	}

	@Override
	public Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events) {
		return acceptReactively(() -> create(events));
	}

	/**
	 * Refuse a call from a reactive chain, whose transaction cannot be seen here: the
	 * event would be sent even after a rollback.
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
		Instant now = this.relay.clock().instant();
		return new StoredEvent(this.ids.create(now), now, event, 0, List.of(), null, Map.of());
	}

	private UUID accept(StoredEvent event) {
		acceptObserved(List.of(event));
		return event.id();
	}

	private void acceptObserved(List<StoredEvent> events) {
		Map<String, String> traceContext = new LinkedHashMap<>();
		OutboxObservation observation = OutboxObservation.ofStore(this.observationRegistry, events, null, traceContext);
		observation.start();
		try {
			observation.run(() -> accept(traced(events, traceContext)));
		}
		catch (Throwable ex) {
			observation.failed(ex);
			throw ex;
		}
		finally {
			observation.stop();
		}
	}

	private Mono<List<UUID>> acceptReactively(Supplier<List<StoredEvent>> source) {
		return Mono.deferContextual((view) -> {
			List<StoredEvent> events = source.get();
			if (events.isEmpty()) {
				return Mono.just(List.of());
			}
			Mono<List<UUID>> ids = Mono.just(ids(events));
			Map<String, String> traceContext = new LinkedHashMap<>();
			Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			OutboxObservation observation = OutboxObservation.ofStore(this.observationRegistry, events, parent,
					traceContext);
			observation.start();
			return inTransactionOfSubscriber(traced(events, traceContext)).doOnError(observation::failed)
				.doFinally((signal) -> observation.stop())
				.then(ids);
		});
	}

	private Mono<Void> inTransactionOfSubscriber(List<StoredEvent> events) {
		return Transactions.reactive()
			.flatMap((transaction) -> transaction.map((present) -> accept(events, present))
				.orElseGet(() -> acceptReactively(events)));
	}

	private static List<StoredEvent> traced(List<StoredEvent> events, Map<String, String> traceContext) {
		return traceContext.isEmpty() ? events
				: events.stream().map((event) -> event.withTraceContext(traceContext)).toList();
	}

	private void accept(List<StoredEvent> events) {
		if (this.store.isBlocking()) {
			requireBlockingThread("store");
		}
		this.store.append(events);
		if (Transactions.active()) {
			Transactions.whenOver(this, events, this::committedLate, this.store::rolledBack);
		}
		else {
			committed(events);
		}
	}

	private Mono<Void> acceptReactively(List<StoredEvent> events) {
		Mono<Void> accepted = Mono.fromRunnable(() -> accept(events));
		// Stays on this thread if it has a transaction, which another thread would not
		// see
		return (!this.store.isBlocking() || Transactions.active()) ? accepted
				: accepted.subscribeOn(Schedulers.boundedElastic());
	}

	private Mono<Void> accept(List<StoredEvent> events, ReactiveTransaction transaction) {
		Scheduler scheduler = this.store.isBlocking() ? Schedulers.boundedElastic() : Schedulers.immediate();
		Mono<Void> appended = this.store.isTransactional() ? this.store.appendReactively(events)
				: Mono.fromRunnable(() -> this.store.append(events));
		return appended.then(Mono
			.<Void>fromRunnable(
					() -> transaction.whenOver(this, events, this::committedLate, this.store::rolledBack, scheduler))
			.doOnError((ex) -> this.store.rolledBack(events)));
	}

	/**
	 * Take events after the commit. A failure is logged and not thrown, because the
	 * booking cannot be undone any more.
	 */
	private void committedLate(List<StoredEvent> events) {
		try {
			committed(events);
		}
		catch (EventNotStoredException ex) {
			this.relay.failures()
				.lost(events,
						events.size() + " events were lost: their transaction was committed, but they could not "
								+ "be kept " + this.store.description() + " after that: " + events
								+ ". hopper.outbox.type=jdbc stores events within the transaction.",
						ex);
		}
	}

	private void committed(List<StoredEvent> events) {
		this.store.committed(events);
		events.forEach(this.relay.listeners()::stored);
		this.relay.wakeUp();
	}

	@Override
	public boolean flush(Duration timeout) {
		requireBlockingThread("flush");
		long start = System.nanoTime();
		while (!this.relay.isDrained()) {
			// Compares durations, because the longest Duration does not fit into a long
			// of nanoseconds
			if (Duration.ofNanos(System.nanoTime() - start).compareTo(timeout) >= 0) {
				return false;
			}
			try {
				// Polls, because other instances do not signal what they deliver
				TimeUnit.MILLISECONDS.sleep(FLUSH_INTERVAL);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return false;
			}
		}
		return true;
	}

	private static void requireBlockingThread(String method) {
		if (Schedulers.isInNonBlockingThread()) {
			throw new IllegalStateException(method + " must not be called on thread '"
					+ Thread.currentThread().getName() + "': it serves other requests and must never wait. "
					+ "Move the call to another thread, for example with "
					+ "Mono.fromCallable(...).subscribeOn(Schedulers.boundedElastic())");
		}
	}

}
