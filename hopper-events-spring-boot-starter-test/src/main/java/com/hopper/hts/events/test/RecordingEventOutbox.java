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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.test.Recording.Reason;
import com.hopper.hts.events.test.Recording.Unpublished;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

/**
 * {@link EventOutbox} that refuses the events that the real ones refuse, and records all
 * others when they are committed. No event waits or dies here, so the operations do
 * nothing.
 */
final class RecordingEventOutbox implements EventOutbox, EventOutboxOperations {

	private static final boolean TRANSACTIONS = ClassUtils.isPresent(
			"org.springframework.transaction.support.TransactionSynchronizationManager",
			RecordingEventOutbox.class.getClassLoader());

	private static final StackWalker STACK = StackWalker.getInstance();

	private final HopperEventsRecorder recorder;

	private final EventCodec codec;

	private final RecordingListeners listeners;

	private final BooleanSupplier reactiveTransactions;

	RecordingEventOutbox(HopperEventsRecorder recorder, EventCodec codec, RecordingListeners listeners,
			BooleanSupplier reactiveTransactions) {
		this.recorder = recorder;
		this.codec = codec;
		this.listeners = listeners;
		this.reactiveTransactions = reactiveTransactions;
	}

	@Override
	public UUID store(String sessionId, HopperEvent event) {
		requireVisibleTransaction();
		return inTransactionOfThread(record(sessionId, event)).get(0);
	}

	@Override
	public UUID store(HopperEvent event) {
		requireVisibleTransaction();
		return inTransactionOfThread(record(HopperSessionContext.current(), event)).get(0);
	}

	@Override
	public List<UUID> storeAll(Collection<SessionEvent> events) {
		requireVisibleTransaction();
		return inTransactionOfThread(record(events));
	}

	@Override
	public Mono<UUID> storeReactively(String sessionId, HopperEvent event) {
		return storeReactively(() -> record(sessionId, event)).map((ids) -> ids.get(0));
	}

	@Override
	public Mono<UUID> storeReactively(HopperEvent event) {
		return HopperSessionContext.currentReactively()
			.flatMap((context) -> storeReactively(() -> record(context, event)))
			.map((ids) -> ids.get(0));
	}

	@Override
	public Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events) {
		return storeReactively(() -> record(events));
	}

	/**
	 * Refuse to store where a reactive transaction cannot be seen, as the real outboxes
	 * do.
	 */
	private void requireVisibleTransaction() {
		if (this.reactiveTransactions.getAsBoolean() && !(TRANSACTIONS && RecordingTransactions.active())
				&& isCallerReactive()) {
			throw new IllegalStateException("store must not be called from a reactive chain in an application with a "
					+ "ReactiveTransactionManager: the real outbox could not see whether a transaction is active there, "
					+ "and refuses. Return the Mono of storeReactively to the chain, or call store where no chain is");
		}
	}

	private static boolean isCallerReactive() {
		return STACK.walk((frames) -> frames.map(StackWalker.StackFrame::getClassName)
			.anyMatch((name) -> name.startsWith("reactor.core.publisher.") || name.startsWith("kotlinx.coroutines.")
					|| name.startsWith("io.reactivex.") || name.startsWith("io.smallrye.mutiny.")));
	}

	private Mono<List<UUID>> storeReactively(Supplier<List<Stored>> events) {
		Mono<List<UUID>> onThread = Mono.fromSupplier(() -> inTransactionOfThread(events.get()));
		return TRANSACTIONS ? RecordingReactiveTransactions.store(this, events).switchIfEmpty(onThread) : onThread;
	}

	private List<Stored> record(String sessionId, HopperEvent event) {
		return record(() -> this.codec.prepare(sessionId, event),
				() -> List.of(new PublishedHopperEvent<>(sessionId, event, true)));
	}

	private List<Stored> record(HopperSessionContext context, HopperEvent event) {
		return record(() -> this.codec.prepare(context.complete(event)),
				() -> List.of(PublishedHopperEvent.inContext(context, event, true)));
	}

	private List<Stored> record(Collection<SessionEvent> events) {
		return record(() -> this.codec.prepareAll(events), () -> {
			List<PublishedHopperEvent<?>> stored = new ArrayList<>();
			events.forEach((event) -> stored.add(new PublishedHopperEvent<>(event.sessionId(), event.event(), true)));
			return stored;
		});
	}

	private List<Stored> record(Runnable validation, Supplier<List<? extends PublishedHopperEvent<?>>> events) {
		List<Recording> recordings = this.recorder.causedBy(null);
		RecordingEventPublisher.validate(recordings, validation);
		boolean ofThisTest = this.recorder.ofThisThread() != null;
		return events.get().stream().<Stored>map((event) -> new Stored(recordings, event, ofThisTest)).toList();
	}

	private List<UUID> inTransactionOfThread(List<Stored> stored) {
		if (TRANSACTIONS && RecordingTransactions.active()) {
			CallersTransaction transaction = CallersTransaction.current();
			stored.forEach((event) -> event.await(transaction));
			RecordingTransactions.whenOver(this, stored);
		}
		else {
			committed(stored);
		}
		return ids(stored);
	}

	static List<UUID> ids(List<Stored> stored) {
		return stored.stream().map((event) -> event.id).toList();
	}

	void committed(List<Stored> events) {
		events.forEach(Stored::committed);
		if (!events.isEmpty()) {
			this.listeners.delivered(events);
		}
	}

	@Override
	public boolean flush(Duration timeout) {
		Assert.notNull(timeout, "'timeout' must not be null");
		if (Schedulers.isInNonBlockingThread()) {
			throw new IllegalStateException("flush must not be called on thread '" + Thread.currentThread().getName()
					+ "': it serves other requests and must never wait");
		}
		return true;
	}

	@Override
	public EventOutboxState state() {
		return new EventOutboxState(Map.of(), Map.of(), null, true, 0, null);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		return List.of();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return Optional.empty();
	}

	@Override
	public boolean replay(UUID id) {
		return false;
	}

	@Override
	public long replayAll(DeadLetter.Filter filter) {
		return 0;
	}

	@Override
	public boolean discard(UUID id, String reason) {
		return false;
	}

	@Override
	public long discardAll(DeadLetter.Filter filter, String reason) {
		return 0;
	}

	@Override
	public void pause(String reason) {
	}

	@Override
	public void resume() {
	}

	/**
	 * An event that was stored, and the test that stored it.
	 */
	static final class Stored {

		private final UUID id = UUID.randomUUID();

		private final List<Recording> recordings;

		private final PublishedHopperEvent<?> event;

		private final boolean ofThisTest;

		private @Nullable Unpublished notCommitted;

		Stored(List<Recording> recordings, PublishedHopperEvent<?> event, boolean ofThisTest) {
			this.recordings = recordings;
			this.event = event;
			this.ofThisTest = ofThisTest;
		}

		List<Recording> recordings() {
			return this.recordings;
		}

		StoredEvent toStoredEvent() {
			return StoredEvent.of(this.id, Instant.now(), this.event.sessionId(), this.event.event());
		}

		/**
		 * Wait for the commit of a transaction.
		 */
		void await(CallersTransaction transaction) {
			Unpublished notCommitted = new Unpublished(this.event, transaction);
			this.notCommitted = notCommitted;
			this.recordings.forEach((recording) -> recording.add(notCommitted));
		}

		void committed() {
			awaitsNoMore();
			RecordingEventPublisher.record(this.recordings, this.event, this.ofThisTest);
		}

		void rolledBack() {
			Unpublished rolledBack = new Unpublished(Reason.ROLLED_BACK, this.event.sessionId(), this.event.event());
			awaitsNoMore();
			this.recordings.forEach((recording) -> recording.add(rolledBack));
		}

		private void awaitsNoMore() {
			Unpublished notCommitted = this.notCommitted;
			if (notCommitted != null) {
				this.recordings.forEach((recording) -> recording.remove(notCommitted));
			}
		}

	}

}
