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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * Outbox that keeps events in memory. Needs nothing, holds no thread while idle, and
 * survives outages of the API but not the end of the application: what cannot be
 * delivered within the shutdown timeout is lost, and logged.
 * <p>
 * {@code store} never blocks, except with {@link OverflowPolicy#BLOCK} while the outbox
 * is full, and can be called on an event loop.
 *
 * @since 0.1.0
 */
public final class MemoryEventOutbox extends AbstractEventOutbox {

	private static final int MAX_DEAD_LETTERS = 1000;

	private final Scheduler scheduler;

	private final int maxEvents;

	private final long maxBytes;

	private final OverflowPolicy overflow;

	private final Duration overflowTimeout;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	/**
	 * Events that wait, the next one to be sent first.
	 */
	private final TreeSet<Entry> byDue = new TreeSet<>(
			Comparator.comparing(Entry::due).thenComparing((entry) -> entry.event().id()));

	/**
	 * Events that wait and are given up first when space is needed, the oldest first.
	 */
	private final TreeMap<UUID, Entry> offers = new TreeMap<>();

	/**
	 * All other events that wait, the oldest first.
	 */
	private final TreeMap<UUID, Entry> others = new TreeMap<>();

	private final TreeMap<UUID, StoredEvent> inFlight = new TreeMap<>();

	private final TreeMap<UUID, DeadLetter> dead = new TreeMap<>();

	/**
	 * Everything that counts for the bounds: waiting, in flight, and stored in a
	 * transaction that is not over.
	 */
	private int count;

	private long bytes;

	private long deadBytes;

	private boolean running;

	private boolean stopped;

	private @Nullable Disposable timer;

	private volatile Disposable.Composite deliveries = Disposables.composite();

	private final AtomicInteger draining = new AtomicInteger();

	/**
	 * Deliveries that are not over with everything that follows from them.
	 */
	private final AtomicInteger delivering = new AtomicInteger();

	private MemoryEventOutbox(Builder builder) {
		super(builder);
		this.scheduler = builder.scheduler;
		this.maxEvents = builder.maxEvents;
		this.maxBytes = builder.maxBytes;
		this.overflow = builder.overflow;
		this.overflowTimeout = builder.overflowTimeout;
		this.gate.onAvailable(this::drain);
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
		reserve(events);
		if (Transactions.active()) {
			Transactions.whenOver(this, events, this::enqueue, this::undo);
		}
		else {
			enqueue(events);
		}
	}

	@Override
	Mono<Void> acceptReactively(List<StoredEvent> events) {
		return Mono.fromRunnable(() -> accept(events));
	}

	@Override
	Mono<Void> accept(List<StoredEvent> events, ReactiveTransaction transaction) {
		return Mono.fromRunnable(() -> {
			reserve(events);
			transaction.whenOver(this, events, this::enqueue, this::undo, Schedulers.immediate());
		});
	}

	private void reserve(List<StoredEvent> events) {
		long size = events.stream().mapToLong(StoredEvent::size).sum();
		boolean onlyOffers = events.stream().allMatch(MemoryEventOutbox::isOffers);
		List<StoredEvent> dropped = new ArrayList<>();
		this.lock.lock();
		try {
			if (this.stopped) {
				throw new EventNotStoredException("The event was not stored because the application is shutting down",
						null);
			}
			if (events.size() > this.maxEvents || size > this.maxBytes) {
				throw full("%s events of %s bytes can never be stored".formatted(events.size(), size));
			}
			long remaining = this.overflowTimeout.toNanos();
			while (this.count + events.size() > this.maxEvents || this.bytes + size > this.maxBytes) {
				Entry victim = victim(onlyOffers);
				if (victim != null) {
					remove(victim);
					dropped.add(victim.event());
				}
				else if (this.overflow == OverflowPolicy.BLOCK && remaining > 0
						&& !Schedulers.isInNonBlockingThread()) {
					remaining = this.changed.awaitNanos(remaining);
				}
				else {
					throw full("%s events of %s bytes wait for their delivery".formatted(this.count, this.bytes));
				}
			}
			this.count += events.size();
			this.bytes += size;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EventNotStoredException("The thread was interrupted while it waited for space in the outbox", ex);
		}
		finally {
			this.lock.unlock();
			dropped.forEach((event) -> discard(event, DiscardReason.OVERFLOW));
		}
	}

	/**
	 * Find the event to give up: whatever the policy, a booking is worth more than any
	 * offers that were displayed.
	 */
	private @Nullable Entry victim(boolean forOffers) {
		if (!this.offers.isEmpty() && (!forOffers || this.overflow == OverflowPolicy.DROP_OLDEST)) {
			return this.offers.firstEntry().getValue();
		}
		return (this.overflow == OverflowPolicy.DROP_OLDEST && !forOffers && !this.others.isEmpty())
				? this.others.firstEntry().getValue() : null;
	}

	private EventNotStoredException full(String problem) {
		return new EventNotStoredException(
				("The event was not stored because the outbox is full: %s, and the limits are "
						+ "hopper.outbox.memory.max-events=%s and hopper.outbox.memory.max-bytes=%s. Raise them, "
						+ "or use hopper.outbox.type=jdbc")
					.formatted(problem, this.maxEvents, this.maxBytes),
				null);
	}

	private void enqueue(List<StoredEvent> events) {
		boolean lost;
		this.lock.lock();
		try {
			lost = this.stopped;
			for (StoredEvent event : events) {
				if (lost) {
					free(event);
				}
				else {
					add(event, event.storedAt());
				}
			}
		}
		finally {
			this.lock.unlock();
		}
		events.forEach(this.listeners::stored);
		if (lost) {
			events.forEach(this::lose);
		}
		drain();
	}

	private void undo(List<StoredEvent> events) {
		this.lock.lock();
		try {
			events.forEach(this::free);
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		events.forEach((event) -> discard(event, DiscardReason.ROLLED_BACK));
	}

	private void add(StoredEvent event, Instant due) {
		Entry entry = new Entry(event, due);
		this.byDue.add(entry);
		(isOffers(event) ? this.offers : this.others).put(event.id(), entry);
	}

	private void remove(Entry entry) {
		take(entry);
		free(entry.event());
	}

	private void take(Entry entry) {
		this.byDue.remove(entry);
		(isOffers(entry.event()) ? this.offers : this.others).remove(entry.event().id());
	}

	private void free(StoredEvent event) {
		this.count--;
		this.bytes -= event.size();
	}

	private static boolean isOffers(StoredEvent event) {
		return event.type().equals(OffersDisplayed.TYPE);
	}

	/**
	 * Send what is due, as much as the gate allows. Called by many threads; one of them
	 * does the work for all.
	 */
	private void drain() {
		if (this.draining.getAndIncrement() != 0) {
			return;
		}
		int missed = 1;
		do {
			StoredEvent next = null;
			RelayGate.Permit permit = null;
			boolean due;
			do {
				due = isDue();
				permit = due ? this.gate.tryAcquire() : null;
				next = (permit != null) ? takeDue() : null;
				if (next != null && permit != null) {
					deliver(next, permit);
				}
				else if (permit != null) {
					// Evicted in the meantime
					this.gate.release(permit);
				}
			}
			while (next != null);
			scheduleDrain(due && permit == null);
			missed = this.draining.addAndGet(-missed);
		}
		while (missed != 0);
	}

	private boolean isDue() {
		this.lock.lock();
		try {
			return this.running && !this.byDue.isEmpty() && !this.byDue.first().due().isAfter(this.clock.instant());
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable StoredEvent takeDue() {
		this.lock.lock();
		try {
			if (this.byDue.isEmpty()) {
				return null;
			}
			Entry entry = this.byDue.first();
			take(entry);
			this.inFlight.put(entry.event().id(), entry.event());
			return entry.event();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Go on when the next event is due, unless the gate will say when.
	 */
	private void scheduleDrain(boolean blocked) {
		this.lock.lock();
		try {
			if (this.timer != null) {
				this.timer.dispose();
				this.timer = null;
			}
			if (this.running && !this.byDue.isEmpty() && !blocked) {
				// It may have become due since it was looked at
				long wait = Duration.between(this.clock.instant(), this.byDue.first().due()).toMillis();
				this.timer = this.scheduler.schedule(this::drain, Math.max(wait, 0) + 1, TimeUnit.MILLISECONDS);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void deliver(StoredEvent event, RelayGate.Permit permit) {
		Mono<Outcome> attempt = this.relay.attempt(event, permit);
		if (this.listeners.mayBlock()) {
			attempt = attempt.publishOn(Schedulers.boundedElastic());
		}
		Disposable.Swap delivery = Disposables.swap();
		this.deliveries.add(delivery);
		this.delivering.incrementAndGet();
		delivery.update(attempt.doFinally((signal) -> {
			this.deliveries.remove(delivery);
			this.delivering.decrementAndGet();
		}).subscribe(this::completed));
	}

	private void completed(Outcome outcome) {
		List<StoredEvent> dropped = new ArrayList<>();
		this.lock.lock();
		try {
			StoredEvent sent = this.inFlight.remove(outcome.event().id());
			if (sent == null) {
				// Given up at the end of the application
				return;
			}
			free(sent);
			if (outcome instanceof Outcome.Retry || outcome instanceof Outcome.Held) {
				this.count++;
				this.bytes += outcome.event().size();
				add(outcome.event(),
						(outcome instanceof Outcome.Retry retry) ? retry.notBefore() : outcome.event().storedAt());
			}
			else if (outcome instanceof Outcome.Dead letter) {
				bury(letter.deadLetter(), dropped);
			}
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		announce(outcome);
		dropped.forEach((event) -> discard(event, DiscardReason.OVERFLOW));
		drain();
	}

	private void bury(DeadLetter letter, List<StoredEvent> dropped) {
		this.dead.put(letter.event().id(), letter);
		this.deadBytes += letter.event().size();
		while (this.dead.size() > MAX_DEAD_LETTERS || this.deadBytes > this.maxBytes) {
			StoredEvent oldest = this.dead.pollFirstEntry().getValue().event();
			this.deadBytes -= oldest.size();
			dropped.add(oldest);
		}
	}

	private void discard(StoredEvent event, DiscardReason reason) {
		if (reason != DiscardReason.ROLLED_BACK) {
			this.logger.warn("%s was dropped (%s)".formatted(event, reason));
		}
		this.listeners.discarded(event, reason);
	}

	private void lose(StoredEvent event) {
		this.logger.error("%s was lost at the end of the application".formatted(event));
		this.listeners.discarded(event, DiscardReason.SHUTDOWN);
	}

	@Override
	boolean isDrained() {
		this.lock.lock();
		try {
			return this.byDue.isEmpty() && this.inFlight.isEmpty();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public int inProgress() {
		boolean more = isDue() && !this.gate.isBlocked() && !isTimerSet();
		return this.delivering.get() + ((more || this.draining.get() != 0) ? 1 : 0);
	}

	private boolean isTimerSet() {
		this.lock.lock();
		try {
			return this.timer != null;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void start() {
		this.lock.lock();
		try {
			this.running = true;
			this.stopped = false;
			this.deliveries = Disposables.composite();
		}
		finally {
			this.lock.unlock();
		}
		this.gate.open();
	}

	/**
	 * Stop taking events, deliver those that wait, and log those that could not be
	 * delivered within the shutdown timeout.
	 */
	@Override
	public void stop() {
		List<StoredEvent> waiting = new ArrayList<>();
		this.lock.lock();
		try {
			if (this.stopped) {
				return;
			}
			this.stopped = true;
			// The last chance for those that wait for their next attempt
			List<Entry> entries = List.copyOf(this.byDue);
			entries.forEach(this::take);
			entries.forEach((entry) -> add(entry.event(), entry.event().storedAt()));
		}
		finally {
			this.lock.unlock();
		}
		drain();
		awaitDeliveries();
		this.gate.close();
		this.lock.lock();
		try {
			this.running = false;
			this.byDue.forEach((entry) -> waiting.add(entry.event()));
			waiting.addAll(this.inFlight.values());
			this.dead.values().forEach((letter) -> waiting.add(letter.event()));
			this.inFlight.clear();
			this.byDue.clear();
			this.offers.clear();
			this.others.clear();
			this.dead.clear();
			this.deadBytes = 0;
			this.count = 0;
			this.bytes = 0;
		}
		finally {
			this.lock.unlock();
		}
		scheduleDrain(true);
		this.deliveries.dispose();
		if (!waiting.isEmpty()) {
			this.logger.error(("%s events were lost because they were not delivered when the application ended: %s. "
					+ "hopper.outbox.type=jdbc keeps them.")
				.formatted(waiting.size(), waiting.stream()
					.collect(Collectors.groupingBy(StoredEvent::countedType, Collectors.counting()))));
			waiting.forEach(this::lose);
		}
	}

	private void awaitDeliveries() {
		this.lock.lock();
		try {
			long remaining = this.policy.shutdownTimeout().toNanos();
			while (remaining > 0 && (!this.byDue.isEmpty() || !this.inFlight.isEmpty()) && canStillDeliver()) {
				remaining = this.changed.awaitNanos(remaining);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean canStillDeliver() {
		if (!this.running) {
			// Never started, because the application could not
			return false;
		}
		EventOutboxState.Pause pause = this.gate.pause();
		return !this.inFlight.isEmpty() || pause == null || pause.reason() != PauseReason.OPERATOR;
	}

	@Override
	public boolean isRunning() {
		this.lock.lock();
		try {
			return this.running;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public EventOutboxState state() {
		this.lock.lock();
		try {
			Map<String, Long> pending = new TreeMap<>();
			this.byDue.forEach((entry) -> pending.merge(entry.event().countedType(), 1L, Long::sum));
			this.inFlight.values().forEach((event) -> pending.merge(event.countedType(), 1L, Long::sum));
			Map<String, Long> letters = new TreeMap<>();
			this.dead.values().forEach((letter) -> letters.merge(letter.event().countedType(), 1L, Long::sum));
			Instant oldest = Stream.of(this.offers, this.others, this.inFlight)
				.filter((events) -> !events.isEmpty())
				.map(TreeMap::firstKey)
				.min(Comparator.naturalOrder())
				.map(UuidV7::timestamp)
				.orElse(null);
			return new EventOutboxState(pending, letters, oldest, this.running, this.gate.pause());
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetterFilter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		this.lock.lock();
		try {
			return ((after != null) ? this.dead.tailMap(after, false) : this.dead).values()
				.stream()
				.filter(filter::matches)
				.limit(limit)
				.toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		this.lock.lock();
		try {
			return Optional.ofNullable(this.dead.get(id));
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public boolean replay(UUID id) {
		return replay((letter) -> letter.event().id().equals(id)) > 0;
	}

	@Override
	public long replayAll(DeadLetterFilter filter) {
		Assert.notNull(filter, "'filter' must not be null");
		return replay(filter::matches);
	}

	private long replay(Predicate<DeadLetter> filter) {
		List<StoredEvent> events = new ArrayList<>();
		this.lock.lock();
		try {
			// As many as there is space for: a dead letter is not lost by replaying it
			for (DeadLetter letter : exhume(filter)) {
				StoredEvent event = letter.event().replayed(this.clock.instant());
				if (this.stopped || this.count + 1 > this.maxEvents || this.bytes + event.size() > this.maxBytes) {
					this.dead.put(event.id(), letter);
					this.deadBytes += letter.event().size();
				}
				else {
					this.count++;
					this.bytes += event.size();
					add(event, event.storedAt());
					events.add(event);
				}
			}
		}
		finally {
			this.lock.unlock();
		}
		events.forEach(this.listeners::replayed);
		drain();
		return events.size();
	}

	@Override
	public boolean discard(UUID id, String reason) {
		return discard((letter) -> letter.event().id().equals(id), reason) > 0;
	}

	@Override
	public long discardAll(DeadLetterFilter filter, String reason) {
		Assert.notNull(filter, "'filter' must not be null");
		return discard(filter::matches, reason);
	}

	private long discard(Predicate<DeadLetter> filter, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		List<DeadLetter> letters;
		this.lock.lock();
		try {
			letters = exhume(filter);
		}
		finally {
			this.lock.unlock();
		}
		letters.forEach((letter) -> discarded(letter.event(), reason));
		return letters.size();
	}

	private List<DeadLetter> exhume(Predicate<DeadLetter> filter) {
		List<DeadLetter> letters = this.dead.values().stream().filter(filter).toList();
		letters.forEach((letter) -> {
			this.dead.remove(letter.event().id());
			this.deadBytes -= letter.event().size();
		});
		return letters;
	}

	/**
	 * An event that waits.
	 *
	 * @param event the event
	 * @param due when it is to be sent
	 */
	private record Entry(StoredEvent event, Instant due) {

	}

	/**
	 * Builder of {@link MemoryEventOutbox}.
	 */
	public static final class Builder extends OutboxBuilder<Builder> {

		private int maxEvents = 10_000;

		private long maxBytes = 16 * 1024 * 1024;

		private OverflowPolicy overflow = OverflowPolicy.REJECT;

		private Duration overflowTimeout = Duration.ofSeconds(1);

		private Builder(EventPublisher publisher) {
			super(publisher);
		}

		/**
		 * Set how much is kept.
		 * @param maxEvents the number of events that may wait, ten thousand by default
		 * @param maxBytes roughly how many bytes these may take, 16 MiB by default
		 * @return this builder
		 */
		public Builder limits(int maxEvents, long maxBytes) {
			Assert.isTrue(maxEvents >= 1, "'maxEvents' must be at least 1");
			Assert.isTrue(maxBytes >= 1, "'maxBytes' must be at least 1");
			this.maxEvents = maxEvents;
			this.maxBytes = maxBytes;
			return this;
		}

		/**
		 * Set what happens when the outbox is full.
		 * @param overflow the policy
		 * @param timeout how long {@link OverflowPolicy#BLOCK} waits for space, one
		 * second by default
		 * @return this builder
		 */
		public Builder overflow(OverflowPolicy overflow, Duration timeout) {
			Assert.notNull(overflow, "'overflow' must not be null");
			Assert.notNull(timeout, "'timeout' must not be null");
			this.overflow = overflow;
			this.overflowTimeout = timeout;
			return this;
		}

		/**
		 * Build the outbox, which has to be {@link MemoryEventOutbox#start() started}.
		 * @return the outbox
		 */
		public MemoryEventOutbox build() {
			return new MemoryEventOutbox(this);
		}

	}

}
