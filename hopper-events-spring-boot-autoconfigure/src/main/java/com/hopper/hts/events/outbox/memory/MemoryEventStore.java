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
package com.hopper.hts.events.outbox.memory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps events in memory. Needs nothing, never blocks, except with
 * {@link MemoryOutboxProperties.Overflow#BLOCK} while it is full, and survives outages of
 * the API but not the end of the application.
 */
final class MemoryEventStore implements EventStore {

	private static final int MAX_DEAD_LETTERS = 1000;

	private final int maxEvents;

	private final long maxBytes;

	private final MemoryOutboxProperties.Overflow overflow;

	private final Duration overflowTimeout;

	private final Clock clock;

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

	/**
	 * The time when the lock was last taken.
	 */
	private Instant now = Instant.MIN;

	private boolean stopped;

	/**
	 * Whether nobody will look for events any more.
	 */
	private boolean abandoned;

	private EventOutboxState.@Nullable Pause pause;

	private @Nullable Callback relay;

	MemoryEventStore(MemoryOutboxProperties properties, Clock clock) {
		this.maxEvents = properties.getMaxEvents();
		this.maxBytes = properties.getMaxBytes().toBytes();
		this.overflow = properties.getOverflow();
		this.overflowTimeout = properties.getOverflowTimeout();
		this.clock = clock;
	}

	@Override
	public String description() {
		return "in memory";
	}

	@Override
	public boolean isBlocking() {
		return false;
	}

	@Override
	public void connect(Callback relay) {
		this.relay = relay;
	}

	@Override
	public void open() {
		locked(() -> {
			this.stopped = false;
			this.abandoned = false;
		});
	}

	/**
	 * Take nothing more, and give those that wait for their next attempt a last chance.
	 */
	@Override
	public void closing() {
		locked(() -> {
			this.stopped = true;
			List<Entry> entries = List.copyOf(this.byDue);
			entries.forEach(this::take);
			entries.forEach((entry) -> add(entry.event(), atOnce(entry.event())));
			this.changed.signalAll();
		});
	}

	@Override
	public void close() {
		// What is left stays in memory for a restart of the context, or until it is
		// abandoned
	}

	@Override
	public void append(List<StoredEvent> events) {
		long size = events.stream().mapToLong(StoredEvent::size).sum();
		boolean onlyOffers = events.stream().allMatch(MemoryEventStore::isOffers);
		List<StoredEvent> dropped = new ArrayList<>();
		this.lock.lock();
		try {
			refuseIf(this.stopped);
			if (events.size() > this.maxEvents || size > this.maxBytes) {
				throw full("%s events of %s bytes can never be stored".formatted(events.size(), size));
			}
			long remaining = this.overflowTimeout.toNanos();
			while (this.count + events.size() > this.maxEvents || this.bytes + size > this.maxBytes) {
				List<Entry> victims = victims(onlyOffers, this.count + events.size() - this.maxEvents,
						this.bytes + size - this.maxBytes);
				if (!victims.isEmpty()) {
					victims.forEach(this::remove);
					victims.forEach((victim) -> dropped.add(victim.event()));
				}
				else if (this.overflow == MemoryOutboxProperties.Overflow.BLOCK && remaining > 0
						&& !Schedulers.isInNonBlockingThread()) {
					remaining = this.changed.awaitNanos(remaining);
					refuseIf(this.stopped);
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
			dropped.forEach((event) -> dropped(event, EventDeliveryListener.DiscardReason.OVERFLOW));
		}
	}

	private static void refuseIf(boolean ended) {
		if (ended) {
			throw new EventNotStoredException("The event was not stored because the application is shutting down",
					null);
		}
	}

	/**
	 * Find the events to give up: whatever the policy, a booking is worth more than any
	 * offers that were displayed.
	 * @return the events, or none if all of them together do not make enough space
	 */
	private List<Entry> victims(boolean forOffers, int events, long size) {
		boolean oldest = this.overflow == MemoryOutboxProperties.Overflow.DROP_OLDEST;
		Stream<Entry> first = (oldest || !forOffers) ? this.offers.values().stream() : Stream.empty();
		Stream<Entry> then = (oldest && !forOffers) ? this.others.values().stream() : Stream.empty();
		List<Entry> victims = new ArrayList<>();
		long left = size;
		for (Iterator<Entry> candidates = Stream.concat(first, then).iterator(); candidates.hasNext();) {
			Entry victim = candidates.next();
			victims.add(victim);
			left -= victim.event().size();
			if (victims.size() >= events && left <= 0) {
				return victims;
			}
		}
		return List.of();
	}

	private EventNotStoredException full(String problem) {
		return new EventNotStoredException(
				("The event was not stored because the outbox is full: %s, and the limits are "
						+ "hopper.outbox.memory.max-events=%s and hopper.outbox.memory.max-bytes=%s. Raise them, "
						+ "or use hopper.outbox.type=jdbc")
					.formatted(problem, this.maxEvents, this.maxBytes),
				null);
	}

	@Override
	public void committed(List<StoredEvent> events) {
		// Kept even if the outbox has been stopped since: abandon reports the event as
		// lost
		locked(() -> {
			refuseIf(this.abandoned);
			events.forEach((event) -> add(event, atOnce(event)));
		});
	}

	@Override
	public void rolledBack(List<StoredEvent> events) {
		locked(() -> {
			events.forEach(this::free);
			this.changed.signalAll();
		});
		events.forEach((event) -> dropped(event, EventDeliveryListener.DiscardReason.ROLLED_BACK));
	}

	/**
	 * Return when an event is due that waits for nothing, even if the clock was set back
	 * since it was stored.
	 */
	private Instant atOnce(StoredEvent event) {
		return event.storedAt().isBefore(this.now) ? event.storedAt() : this.now;
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

	@Override
	public List<StoredEvent> claim(int max) {
		return locked(() -> {
			List<StoredEvent> events = new ArrayList<>();
			while (this.pause == null && events.size() < max && !this.byDue.isEmpty()
					&& !this.byDue.first().due().isAfter(this.now)) {
				Entry entry = this.byDue.first();
				take(entry);
				this.inFlight.put(entry.event().id(), entry.event());
				events.add(entry.event());
			}
			return events;
		});
	}

	@Override
	public void settle(List<Outcome> outcomes) {
		List<StoredEvent> dropped = new ArrayList<>();
		locked(() -> {
			outcomes.forEach((outcome) -> settle(outcome, dropped));
			this.changed.signalAll();
		});
		dropped.forEach((event) -> dropped(event, EventDeliveryListener.DiscardReason.OVERFLOW));
	}

	private void settle(Outcome outcome, List<StoredEvent> dropped) {
		StoredEvent event = outcome.event();
		StoredEvent sent = this.inFlight.remove(event.id());
		if (sent == null) {
			return;
		}
		free(sent);
		if (outcome instanceof Outcome.Retry || outcome instanceof Outcome.Held) {
			this.count++;
			this.bytes += event.size();
			add(event, (outcome instanceof Outcome.Retry retry) ? retry.notBefore() : atOnce(event));
		}
		else if (outcome instanceof Outcome.Dead letter) {
			bury(letter.deadLetter(), dropped);
		}
	}

	@Override
	public @Nullable Instant nextDue() {
		return locked(() -> (this.byDue.isEmpty() || this.pause != null) ? null : this.byDue.first().due());
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

	private void dropped(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		if (this.relay != null) {
			this.relay.dropped(event, reason);
		}
	}

	@Override
	public boolean hasUnsent() {
		return locked(() -> !this.byDue.isEmpty() || !this.inFlight.isEmpty());
	}

	@Override
	public boolean isEmpty() {
		return locked(() -> this.byDue.isEmpty() && this.inFlight.isEmpty());
	}

	@Override
	public List<StoredEvent> abandon() {
		return locked(() -> {
			List<StoredEvent> lost = new ArrayList<>(this.inFlight.values());
			this.byDue.forEach((entry) -> lost.add(entry.event()));
			this.dead.values().forEach((letter) -> lost.add(letter.event()));
			this.inFlight.clear();
			this.byDue.clear();
			this.offers.clear();
			this.others.clear();
			this.dead.clear();
			this.deadBytes = 0;
			this.count = 0;
			this.bytes = 0;
			this.stopped = true;
			this.abandoned = true;
			this.changed.signalAll();
			return lost;
		});
	}

	@Override
	public Counts counts() {
		return locked(() -> {
			Map<String, Long> pending = new TreeMap<>();
			this.byDue.forEach((entry) -> count(pending, entry.event()));
			this.inFlight.values().forEach((event) -> count(pending, event));
			Map<String, Long> letters = new TreeMap<>();
			this.dead.values().forEach((letter) -> count(letters, letter.event()));
			Instant oldest = Stream.of(this.offers, this.others, this.inFlight)
				.filter((events) -> !events.isEmpty())
				.map(TreeMap::firstKey)
				.min(Comparator.naturalOrder())
				.map(StoredEvent::timeOf)
				.orElse(null);
			return new Counts(pending, letters, oldest);
		});
	}

	private static void count(Map<String, Long> counts, StoredEvent event) {
		counts.merge(HopperMetrics.eventType(event.type()), 1L, Long::sum);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		return locked(() -> ((after != null) ? this.dead.tailMap(after, false) : this.dead).values()
			.stream()
			.filter(filter::matches)
			.limit(limit)
			.toList());
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return locked(() -> Optional.ofNullable(this.dead.get(id)));
	}

	/**
	 * Replay as many as there is space for: a dead letter is not lost by replaying it.
	 */
	@Override
	public List<StoredEvent> replay(List<DeadLetter> letters, Instant now) {
		return locked(() -> {
			List<StoredEvent> events = new ArrayList<>();
			for (DeadLetter letter : letters) {
				StoredEvent event = letter.event().replayed(now);
				int size = event.size();
				if (!this.stopped && this.count + 1 <= this.maxEvents && this.bytes + size <= this.maxBytes
						&& exhume(letter)) {
					this.count++;
					this.bytes += size;
					add(event, atOnce(event));
					events.add(event);
				}
			}
			return events;
		});
	}

	@Override
	public List<StoredEvent> discard(List<DeadLetter> letters) {
		return locked(() -> letters.stream().filter(this::exhume).map(DeadLetter::event).toList());
	}

	private boolean exhume(DeadLetter letter) {
		DeadLetter removed = this.dead.remove(letter.event().id());
		if (removed != null) {
			this.deadBytes -= removed.event().size();
		}
		return removed != null;
	}

	@Override
	public boolean pause(EventOutboxState.Pause pause) {
		return locked(() -> {
			boolean news = this.pause == null;
			this.pause = news ? pause : this.pause;
			return news;
		});
	}

	@Override
	public boolean resume() {
		return locked(() -> {
			boolean paused = this.pause != null;
			this.pause = null;
			return paused;
		});
	}

	@Override
	public EventOutboxState.@Nullable Pause pause() {
		return locked(() -> this.pause);
	}

	/**
	 * Read the time. If the clock was set back, what is due moves with it, because events
	 * would wait for that much longer.
	 */
	private void readClock() {
		Instant before = this.now;
		this.now = this.clock.instant();
		if (this.now.isBefore(before)) {
			Duration back = Duration.between(this.now, before);
			List<Entry> entries = List.copyOf(this.byDue);
			entries.forEach(this::take);
			entries.forEach((entry) -> add(entry.event(), entry.due().minus(back)));
		}
	}

	private void locked(Runnable action) {
		locked(() -> {
			action.run();
			return true;
		});
	}

	private <T extends @Nullable Object> T locked(Supplier<T> action) {
		this.lock.lock();
		try {
			readClock();
			return action.get();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * An event that waits.
	 *
	 * @param event the event
	 * @param due when it is to be sent
	 */
	private record Entry(StoredEvent event, Instant due) {

	}

}
