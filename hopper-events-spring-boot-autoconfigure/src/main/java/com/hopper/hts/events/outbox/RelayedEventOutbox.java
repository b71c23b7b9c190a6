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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventPublisher;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.util.Assert;

/**
 * Outbox whose events are in an {@link EventStore}. One loop claims what is due, as much
 * as the gate allows, and writes down what came of it; a claimed event takes a
 * subscription and no thread.
 *
 * @since 0.1.0
 */
public class RelayedEventOutbox extends AbstractEventOutbox implements DisposableBean {

	private static final int PAGE = 500;

	/**
	 * How many lost events are named in the log.
	 */
	private static final int NAMED = 10;

	/**
	 * How long the end waits for the database.
	 */
	private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration POLL = Duration.ofSeconds(1);

	/**
	 * How long what came of an event may wait for others before it is written down.
	 */
	private static final long GATHER_MILLIS = 4;

	private final EventStore store;

	private final Scheduler timers;

	private final Duration pollingInterval;

	private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();

	private final Map<UUID, Sending> sending = new ConcurrentHashMap<>();

	/**
	 * Events that were claimed and whose outcome is not written down yet.
	 */
	private final AtomicInteger claimed = new AtomicInteger();

	/**
	 * Calls of the loop that it has not answered yet.
	 */
	private final AtomicInteger calls = new AtomicInteger();

	private final ReentrantLock lifecycle = new ReentrantLock();

	private final ReentrantLock monitor = new ReentrantLock();

	private final Condition progress = this.monitor.newCondition();

	private final Disposable.Swap timer = Disposables.swap();

	private volatile @Nullable ScheduledExecutorService worker;

	private volatile boolean running;

	/**
	 * Whether the last claim has left something behind. Only the loop uses it.
	 */
	private boolean backlog;

	private boolean gathering;

	private volatile boolean gathered;

	private boolean failing;

	private RelayedEventOutbox(Builder builder, EventStore store) {
		super(builder);
		this.store = store;
		this.timers = builder.scheduler;
		this.pollingInterval = builder.pollingInterval;
		this.gate.onAvailable(this::wakeUp);
		store.connect(new EventStore.Callback() {

			@Override
			public void wakeUp() {
				RelayedEventOutbox.this.wakeUp();
			}

			@Override
			public void dropped(StoredEvent event, DiscardReason reason) {
				RelayedEventOutbox.this.dropped(event, reason);
			}

		});
	}

	/**
	 * Create a builder.
	 * @param publisher what sends the events
	 * @return the builder
	 */
	public static Builder builder(EventPublisher publisher) {
		return new Builder(publisher);
	}

	@Override
	void accept(List<StoredEvent> events) {
		if (this.store.isBlocking()) {
			requireBlockingThread("store");
		}
		this.store.append(events);
		whenCommitted(this, events, Transactions.active() ? this::committedLate : this::committed);
	}

	@Override
	Mono<Void> acceptReactively(List<StoredEvent> events) {
		return this.store.isBlocking() ? super.acceptReactively(events) : Mono.fromRunnable(() -> accept(events));
	}

	@Override
	Mono<Void> accept(List<StoredEvent> events, ReactiveTransaction transaction) {
		if (this.store.isTransactional()) {
			return super.accept(events, transaction);
		}
		Scheduler scheduler = this.store.isBlocking() ? Schedulers.boundedElastic() : Schedulers.immediate();
		return Mono.fromRunnable(() -> {
			this.store.append(events);
			transaction.whenOver(this, events, this::committedLate, this.store::rolledBack, scheduler);
		});
	}

	/**
	 * Nobody could do anything about a failure after the commit but read of it.
	 */
	private void committedLate(List<StoredEvent> events) {
		try {
			committed(events);
		}
		catch (EventNotStoredException ex) {
			this.logger.error(events.size() + " events were lost: their transaction was committed, but they could not "
					+ "be kept " + this.store.description() + " after that: " + events
					+ ". hopper.outbox.type=jdbc stores events within the transaction.", ex);
		}
	}

	private void committed(List<StoredEvent> events) {
		this.store.committed(events);
		events.forEach(this.listeners::stored);
		wakeUp();
	}

	private void whenCommitted(Object owner, List<StoredEvent> events, Consumer<List<StoredEvent>> action) {
		if (Transactions.active()) {
			Transactions.whenOver(owner, events, action, (owner == this) ? this.store::rolledBack : (undone) -> {
			});
		}
		else {
			action.accept(events);
		}
	}

	/**
	 * Have the loop look for what is due. Called by many threads; one of them, or the
	 * thread of the relay, does the work for all.
	 */
	private void wakeUp() {
		if (this.calls.getAndIncrement() != 0) {
			return;
		}
		ScheduledExecutorService current = this.worker;
		if (!this.store.isBlocking()) {
			work();
		}
		else if (current != null) {
			try {
				current.execute(this::work);
			}
			catch (RejectedExecutionException ex) {
				this.calls.set(0);
			}
		}
		else {
			this.calls.set(0);
		}
	}

	private void work() {
		int answered;
		do {
			answered = this.calls.get();
			try {
				round();
				this.failing = false;
			}
			catch (RuntimeException ex) {
				failed(ex);
			}
			signal();
		}
		while (this.calls.addAndGet(-answered) != 0);
	}

	private void poll() {
		try {
			this.store.tend();
		}
		catch (RuntimeException ex) {
			failed(ex);
		}
		wakeUp();
	}

	private void failed(RuntimeException ex) {
		if (!this.failing) {
			this.logger.warn("Events that are kept " + this.store.description()
					+ " are not delivered at the moment, which is tried again: " + ex.getMessage());
		}
		this.failing = true;
	}

	private void round() {
		if (isWorthGathering()) {
			return;
		}
		this.gathering = false;
		this.gathered = false;
		settle();
		boolean more = this.running;
		boolean blocked = false;
		while (more) {
			List<RelayGate.Permit> permits = permits();
			blocked = permits.isEmpty();
			List<StoredEvent> events = blocked ? List.of() : claim(permits);
			more = !blocked && events.size() == permits.size();
			this.backlog = more || (blocked && this.backlog);
			for (int i = 0; i < permits.size(); i++) {
				if (i < events.size()) {
					send(events.get(i), permits.get(i));
				}
				else {
					this.gate.giveBack(permits.get(i));
				}
			}
		}
		wakeUpWhenDue(blocked);
	}

	/**
	 * With a backlog a round trip for each event would be a waste: a few milliseconds
	 * later there will be more to write down and more to claim.
	 */
	private boolean isWorthGathering() {
		int flying = this.sending.size();
		ScheduledExecutorService current = this.worker;
		if (!this.store.isBlocking() || !this.backlog || this.gathered || current == null
				|| this.outcomes.size() * 3 >= flying) {
			return false;
		}
		if (!this.gathering) {
			this.gathering = true;
			ScheduledFuture<?> unused = current.schedule(() -> {
				this.gathered = true;
				wakeUp();
			}, GATHER_MILLIS, TimeUnit.MILLISECONDS);
		}
		return true;
	}

	private List<RelayGate.Permit> permits() {
		List<RelayGate.Permit> permits = new ArrayList<>();
		RelayGate.Permit permit = this.gate.tryAcquire();
		while (permit != null) {
			permits.add(permit);
			// An engine in memory hands out one event at a time
			permit = this.store.isBlocking() ? this.gate.tryAcquire() : null;
		}
		return permits;
	}

	private List<StoredEvent> claim(List<RelayGate.Permit> permits) {
		try {
			return this.store.claim(permits.size());
		}
		catch (RuntimeException ex) {
			permits.forEach(this.gate::giveBack);
			throw ex;
		}
	}

	private void send(StoredEvent event, RelayGate.Permit permit) {
		Sending attempt = new Sending(event);
		this.claimed.incrementAndGet();
		this.sending.put(event.id(), attempt);
		Mono<Outcome> outcome = this.relay.attempt(event, permit);
		if (!this.store.isBlocking() && this.listeners.mayBlock()) {
			outcome = outcome.publishOn(Schedulers.boundedElastic());
		}
		attempt.subscription.update(outcome.subscribe((result) -> ended(attempt, result)));
	}

	private void ended(Sending attempt, Outcome outcome) {
		if (!this.sending.remove(attempt.event.id(), attempt)) {
			// Cut off in the moment in which it ended
			return;
		}
		if (this.store.isBlocking()) {
			this.outcomes.add(outcome);
		}
		else {
			// On this thread: a listener may block it, but not that of a booking
			settle(List.of(outcome));
		}
		wakeUp();
	}

	private void settle() {
		List<Outcome> gathered = List.copyOf(this.outcomes);
		if (!gathered.isEmpty()) {
			settle(gathered);
			gathered.forEach((outcome) -> this.outcomes.remove());
		}
	}

	/**
	 * Write down what came of events, and then tell the listeners.
	 */
	private void settle(List<Outcome> outcomes) {
		this.store.settle(outcomes);
		outcomes.forEach((outcome) -> {
			announce(outcome);
			this.claimed.decrementAndGet();
		});
	}

	private void wakeUpWhenDue(boolean blocked) {
		Instant due = (this.running && !blocked) ? this.store.nextDue() : null;
		if (due == null) {
			// The gate, or the next poll, will say when
			this.timer.update(Disposables.single());
			return;
		}
		long wait = Math.max(Duration.between(this.clock.instant(), due).toMillis(), 0) + 1;
		this.timer.update(this.timers.schedule(this::wakeUp, wait, TimeUnit.MILLISECONDS));
	}

	private void signal() {
		this.monitor.lock();
		try {
			this.progress.signalAll();
		}
		finally {
			this.monitor.unlock();
		}
	}

	private void dropped(StoredEvent event, DiscardReason reason) {
		if (reason == DiscardReason.OVERFLOW) {
			this.logger.warn(event + " was dropped (" + reason + ")");
		}
		this.listeners.discarded(event, reason);
	}

	@Override
	public int inProgress() {
		return this.claimed.get() + ((this.calls.get() != 0) ? 1 : 0);
	}

	@Override
	boolean isDrained() {
		return this.claimed.get() == 0 && this.store.isEmpty();
	}

	@Override
	public void start() {
		this.lifecycle.lock();
		try {
			if (this.running) {
				return;
			}
			this.store.open();
			if (this.store.isBlocking()) {
				CustomizableThreadFactory threads = new CustomizableThreadFactory("hopper-outbox-");
				// A command line application ends when it has nothing more to do
				threads.setDaemon(true);
				ScheduledExecutorService created = Executors.newSingleThreadScheduledExecutor(threads);
				long poll = this.pollingInterval.toNanos();
				ScheduledFuture<?> unused = created.scheduleWithFixedDelay(this::poll, poll, poll,
						TimeUnit.NANOSECONDS);
				this.worker = created;
			}
			this.running = true;
			this.logger.info("Stored events are kept " + this.store.description() + " and delivered from there");
		}
		finally {
			this.lifecycle.unlock();
		}
		this.gate.open();
	}

	/**
	 * Deliver what waits, within the shutdown timeout, and let go of the rest.
	 */
	@Override
	public void stop() {
		this.lifecycle.lock();
		try {
			if (!this.running) {
				return;
			}
			this.store.closing();
			wakeUp();
			awaitDeliveries();
			this.gate.close();
			this.running = false;
			this.timer.update(Disposables.single());
			boolean ended = endWorker();
			// What is cut off may have arrived, and is sent again by whoever goes on
			List.copyOf(this.sending.values()).forEach((attempt) -> {
				attempt.subscription.dispose();
				ended(attempt, new Outcome.Held(attempt.event));
			});
			if (ended) {
				settleAtLast();
			}
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	private void settleAtLast() {
		try {
			settle();
			this.store.close();
		}
		catch (RuntimeException ex) {
			this.logger.warn("What came of the last events could not be written down " + this.store.description()
					+ ", so that they are sent again: " + ex.getMessage());
		}
	}

	private boolean endWorker() {
		ScheduledExecutorService current = this.worker;
		this.worker = null;
		boolean ended = current == null;
		if (current != null) {
			// Not interrupted: some databases close their files then
			current.shutdown();
			try {
				ended = current.awaitTermination(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			this.calls.set(0);
		}
		return ended;
	}

	private void awaitDeliveries() {
		this.monitor.lock();
		try {
			long remaining = this.policy.shutdownTimeout().toNanos();
			while (remaining > 0 && isDelivering()) {
				// Timed as well: the gate may be shut meanwhile
				long slice = Math.min(remaining, TimeUnit.MILLISECONDS.toNanos(100));
				remaining -= slice - Math.max(this.progress.awaitNanos(slice), 0);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.monitor.unlock();
		}
	}

	private boolean isDelivering() {
		if (this.claimed.get() > 0) {
			return true;
		}
		EventOutboxState.Pause pause = this.gate.pause();
		boolean held = (pause != null && this.store.isBlocking()) || this.store.pause() != null;
		return this.store.hasUnsent() && !held;
	}

	@Override
	public void destroy() {
		stop();
		List<StoredEvent> lost = this.store.abandon();
		if (lost.isEmpty()) {
			return;
		}
		String named = lost.stream().limit(NAMED).map(StoredEvent::toString).collect(Collectors.joining(", "));
		this.logger.error(lost.size() + " events were lost because they were not delivered when the application ended: "
				+ lost.stream().collect(Collectors.groupingBy(StoredEvent::countedType, Collectors.counting())) + ", "
				+ ((lost.size() > NAMED) ? "the first of them " : "") + named
				+ ". hopper.outbox.type=jdbc keeps them.");
		lost.forEach((event) -> this.listeners.discarded(event, DiscardReason.SHUTDOWN));
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public EventOutboxState state() {
		EventStore.Counts counts = this.store.counts();
		EventOutboxState.Pause pause = this.store.pause();
		return new EventOutboxState(counts.pending(), counts.dead(), counts.oldestPending(), this.running,
				(pause != null) ? pause : this.gate.pause());
	}

	@Override
	public void pause(String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		if (this.store.pause(new EventOutboxState.Pause(PauseReason.OPERATOR, this.clock.instant(), reason, null))) {
			this.logger.warn("Stored events are not delivered until an operator resumes: " + reason);
		}
	}

	@Override
	public void resume() {
		if (this.store.resume()) {
			this.logger.info("Stored events are delivered again: resumed by an operator");
		}
		whenCommitted(new Object(), List.of(), (none) -> this.gate.resumeByOperator(true));
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetterFilter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		return this.store.deadLetters(filter, after, limit);
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return this.store.deadLetter(id);
	}

	@Override
	public List<DeliveredEvent> delivered(DeliveredFilter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		return this.store.delivered(filter, after, limit);
	}

	@Override
	public boolean replay(UUID id) {
		return deadLetter(id).map((letter) -> replay(List.of(letter))).orElse(0) > 0;
	}

	@Override
	public long replayAll(DeadLetterFilter filter) {
		return forEachPage(filter, this::replay);
	}

	private int replay(List<DeadLetter> letters) {
		List<StoredEvent> events = this.store.replay(letters, this.clock.instant());
		whenCommitted(new Object(), events, (committed) -> {
			committed.forEach(this.listeners::replayed);
			wakeUp();
		});
		return events.size();
	}

	@Override
	public boolean discard(UUID id, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return deadLetter(id).map((letter) -> discard(List.of(letter), reason)).orElse(0) > 0;
	}

	@Override
	public long discardAll(DeadLetterFilter filter, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return forEachPage(filter, (letters) -> discard(letters, reason));
	}

	private int discard(List<DeadLetter> letters, String reason) {
		List<StoredEvent> events = this.store.discard(letters);
		whenCommitted(new Object(), events, (committed) -> committed.forEach((event) -> discarded(event, reason)));
		return events.size();
	}

	private long forEachPage(DeadLetterFilter filter, Function<List<DeadLetter>, Integer> action) {
		long count = 0;
		UUID last = null;
		List<DeadLetter> page;
		do {
			page = deadLetters(filter, last, PAGE);
			if (!page.isEmpty()) {
				last = page.get(page.size() - 1).event().id();
				count += action.apply(page);
			}
		}
		while (page.size() == PAGE);
		return count;
	}

	/**
	 * An event on its way.
	 */
	private static final class Sending {

		private final StoredEvent event;

		private final Disposable.Swap subscription = Disposables.swap();

		Sending(StoredEvent event) {
			this.event = event;
		}

	}

	/**
	 * Builder of {@link RelayedEventOutbox}.
	 */
	public static final class Builder extends OutboxBuilder<Builder> {

		private Duration pollingInterval = POLL;

		private Builder(EventPublisher publisher) {
			super(publisher);
		}

		/**
		 * Set how often to look for events that other instances have stored or left
		 * behind. Events stored by this instance are seen at once.
		 * @param pollingInterval the interval, one second by default
		 * @return this builder
		 */
		public Builder pollingInterval(Duration pollingInterval) {
			Assert.notNull(pollingInterval, "'pollingInterval' must not be null");
			this.pollingInterval = pollingInterval;
			return this;
		}

		/**
		 * Build the outbox, which has to be {@link RelayedEventOutbox#start() started}.
		 * @param store where events are kept
		 * @return the outbox
		 */
		public RelayedEventOutbox build(EventStore store) {
			return new RelayedEventOutbox(this, store);
		}

	}

}
