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
package com.hopper.hts.events.outbox.kafka;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.time.SchedulerClock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Keeps events in a topic of Kafka. Kafka has no part in the transaction of a database:
 * within one, events are sent right after the commit. Dead letters are in a topic of
 * their own, which is compacted: the key is the id of the event, and a record without a
 * value means that it was replayed or discarded.
 */
final class KafkaEventStore implements EventStore {

	private static final Duration PENDING_CACHE = Duration.ofSeconds(2);

	private static final Duration DEAD_CACHE = Duration.ofSeconds(10);

	private static final long TOPICS_RETRY = 10_000;

	/**
	 * How long a record is held that waits for its next attempt. For longer it is
	 * appended to the topic again, so that it holds nothing up.
	 */
	private static final Duration SHORT_WAIT = Duration.ofSeconds(2);

	/**
	 * What is added to an event when its delivery fails must fit as well.
	 */
	private static final int RESERVE = 8192;

	private static final Log logger = LogFactory.getLog(KafkaEventStore.class);

	private final KafkaTopics topics;

	private final KafkaOutboxProperties properties;

	private final Factory.Settings settings;

	private final Clock clock;

	private final KafkaDeadLetters deadLetters;

	private final Duration sendTimeout;

	private final KafkaBacklog.Cached<Long> pending;

	private final KafkaBacklog.Cached<Map<String, Long>> dead;

	private final DefaultKafkaProducerFactory<byte[], byte[]> producers;

	private volatile @Nullable Admin admin;

	private volatile @Nullable KafkaReader reader;

	private final AtomicReference<EventOutboxState.@Nullable Pause> pause = new AtomicReference<>();

	private @Nullable Callback relay;

	private boolean ready;

	private long nextTry;

	private volatile boolean closing;

	private volatile boolean closed;

	KafkaEventStore(KafkaTopics topics, KafkaOutboxProperties properties, Factory.Settings settings) {
		this.topics = topics;
		this.properties = properties;
		this.settings = settings;
		this.clock = SchedulerClock.of(settings.scheduler());
		this.producers = topics.createProducers();
		this.producers.setPhysicalCloseTimeout((int) Math.max(1, settings.shutdownTimeout().toSeconds()));
		this.deadLetters = new KafkaDeadLetters(topics, this.clock, () -> ThreadLocalRandom.current().nextDouble());
		this.sendTimeout = topics.sendTimeout();
		this.pending = new KafkaBacklog.Cached<>(PENDING_CACHE, this::lag, 0L);
		this.dead = new KafkaBacklog.Cached<>(DEAD_CACHE, this.deadLetters::count, Map.of());
	}

	@Override
	public String description() {
		return "in the topic '" + this.topics.topic() + "' of Kafka";
	}

	@Override
	public boolean isBlocking() {
		return true;
	}

	@Override
	public void connect(Callback relay) {
		this.relay = relay;
	}

	@Override
	public void open() {
		this.closing = false;
		this.closed = false;
		try {
			producer();
			this.admin = this.topics.createAdmin();
			this.reader = new KafkaReader(this.topics, this.properties, this.clock, this::wakeUp, this::appendAgain);
			startWhenReady();
		}
		catch (RuntimeException ex) {
			// Closed here, because a store that failed to open is not closed by the relay
			close();
			throw ex;
		}
	}

	private void startWhenReady() {
		KafkaReader current = this.reader;
		this.ready = prepareTopics();
		if (this.ready && current != null) {
			current.start();
		}
		this.nextTry = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TOPICS_RETRY);
	}

	private boolean prepareTopics() {
		boolean prepared = this.topics.haveOneCluster(admin()) && (this.properties.createTopics()
				? this.topics.create(admin(), this.settings.maxAge()) : this.topics.verify(admin()));
		if (prepared) {
			this.topics.readLimits(admin(), this.settings.maxAge());
		}
		else {
			logger.warn("The broker cannot be reached; the topics '" + this.topics.topic() + "' and '"
					+ this.topics.deadLetterTopic() + "' are looked for again in " + TOPICS_RETRY / 1000 + " seconds");
		}
		return prepared;
	}

	@Override
	public void closing() {
		this.closing = true;
	}

	@Override
	public void close() {
		KafkaReader current = this.reader;
		if (current != null) {
			current.stop(this.settings.shutdownTimeout());
		}
		this.closed = true;
		this.reader = null;
		this.ready = false;
		this.producers.destroy();
		Admin asked = this.admin;
		this.admin = null;
		if (asked != null) {
			asked.close(Duration.ofSeconds(1));
		}
	}

	@Override
	public List<StoredEvent> abandon() {
		if (this.reader == null) {
			// The producer may be open: events can be stored before the outbox starts, or
			// without it
			close();
		}
		return List.of();
	}

	@Override
	public void tend() {
		KafkaReader current = this.reader;
		if (!this.ready) {
			if (current != null && System.nanoTime() - this.nextTry >= 0) {
				startWhenReady();
			}
			return;
		}
		if (current != null) {
			settleUnreadable(current);
			current.waiting(SHORT_WAIT).forEach(this::moveToEnd);
		}
	}

	private void settleUnreadable(KafkaReader current) {
		for (KafkaReader.Entry entry : current.unreadable()) {
			String problem = "The record " + KafkaRecords.position(entry.consumed()) + " is not a stored event";
			bury(entry, KafkaRecords.unreadable(entry.consumed(), problem, this.clock.instant()));
			logger.warn(problem + ", and is now a dead letter");
		}
	}

	@Override
	public void append(List<StoredEvent> events) {
		KafkaTopics.Limit limit = this.topics.limit();
		for (StoredEvent event : events) {
			int size = KafkaRecords.size(KafkaRecords.event(this.topics.topic(), event)) + RESERVE;
			if (size > limit.bytes()) {
				throw new EventNotStoredException("The event was not stored because it is too large for Kafka: with "
						+ RESERVE + " bytes for what may go wrong with it, it takes " + size
						+ " bytes, and the limit is " + limit + ". Raise that, or make the event smaller", null);
			}
		}
		// A producer that cannot be created fails the booking's transaction now, and not
		// after the commit
		producer();
	}

	@Override
	public void committed(List<StoredEvent> events) {
		List<Future<RecordMetadata>> results = new ArrayList<>(events.size());
		int acknowledged = 0;
		try {
			Producer<byte[], byte[]> current = producer();
			for (StoredEvent event : events) {
				results.add(current.send(KafkaRecords.event(this.topics.topic(), event)));
			}
			long end = System.nanoTime() + this.sendTimeout.toNanos();
			for (Future<RecordMetadata> result : results) {
				result.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
				acknowledged++;
			}
		}
		catch (ExecutionException ex) {
			throw notStored(events, acknowledged, (ex.getCause() != null) ? ex.getCause() : ex);
		}
		catch (KafkaException | IllegalStateException | TimeoutException ex) {
			throw notStored(events, acknowledged, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw notStored(events, acknowledged, ex);
		}
	}

	private EventNotStoredException notStored(List<StoredEvent> events, int acknowledged, Throwable cause) {
		String advice = (cause instanceof RecordTooLargeException)
				? "Raise max.message.bytes of the topic, or make the event smaller"
				: "Some of the others may have been stored. Is the broker reachable, and may the application write to the topic?";
		return new EventNotStoredException(
				"Kafka acknowledged only " + acknowledged + " of " + events.size() + " events for the topic '"
						+ this.topics.topic() + "' (" + cause.getClass().getSimpleName() + "). " + advice,
				cause);
	}

	@Override
	public void rolledBack(List<StoredEvent> events) {
		Callback current = this.relay;
		if (current != null) {
			events.forEach((event) -> current.dropped(event, EventDeliveryListener.DiscardReason.ROLLED_BACK));
		}
	}

	@Override
	public List<StoredEvent> claim(int max) {
		KafkaReader current = this.reader;
		return (current == null || this.closing || pause() != null) ? List.of() : current.claim(max);
	}

	@Override
	public void settle(List<Outcome> outcomes) {
		KafkaReader current = this.reader;
		for (Outcome outcome : outcomes) {
			KafkaReader.Entry entry = (current != null) ? current.claimed(outcome.event().id()) : null;
			if (entry == null) {
				// The partition was taken away, or the outcome is written down already
				continue;
			}
			if (outcome instanceof Outcome.Dead letter) {
				bury(entry, letter.deadLetter());
				this.dead.invalidate();
			}
			else if (outcome instanceof Outcome.Retry retry) {
				entry.putBack(retry.event(), retry.notBefore());
				if (retry.notBefore().isAfter(this.clock.instant().plus(SHORT_WAIT))) {
					moveToEnd(entry);
				}
			}
			else if (outcome instanceof Outcome.Held) {
				entry.putBack(outcome.event(), Instant.EPOCH);
			}
			else {
				entry.finish();
			}
		}
	}

	private void moveToEnd(KafkaReader.Entry entry) {
		if (appendAgain(entry)) {
			entry.finish();
		}
	}

	/**
	 * Append an event that waits to the end of the topic.
	 */
	private boolean appendAgain(KafkaReader.Entry entry) {
		StoredEvent event = entry.event();
		return event != null && send(KafkaRecords.event(this.topics.topic(), event, entry.due()));
	}

	private void bury(KafkaReader.Entry entry, DeadLetter letter) {
		String topic = this.topics.deadLetterTopic();
		if (!send(KafkaRecords.dead(topic, letter, entry.consumed()))
				&& !send(KafkaRecords.smallestDead(topic, letter, entry.consumed()))) {
			logger.error("The dead letter " + letter.event() + " is too large for the topic '" + topic
					+ "'. It is left where it is, in " + KafkaRecords.position(entry.consumed())
					+ ", until Kafka removes it there");
		}
		entry.finish();
	}

	/**
	 * Send a record and wait for its acknowledgement.
	 * @return whether the broker has it; {@code false} if it is too large
	 */
	private boolean send(ProducerRecord<byte[], byte[]> outgoing) {
		try {
			producer().send(outgoing).get(this.sendTimeout.toMillis(), TimeUnit.MILLISECONDS);
			return true;
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RecordTooLargeException) {
				return false;
			}
			throw new KafkaException(
					"The topic '" + outgoing.topic() + "' did not acknowledge a record: " + ex.getMessage(), ex);
		}
		catch (TimeoutException ex) {
			throw new KafkaException("The topic '" + outgoing.topic() + "' did not acknowledge a record in time", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException("The thread was interrupted", ex);
		}
	}

	@Override
	public @Nullable Instant nextDue() {
		KafkaReader current = this.reader;
		return (current == null || pause() != null) ? null : current.nextDue();
	}

	@Override
	public boolean hasUnsent() {
		// Every event is in the topic, and stays there for the next start
		return false;
	}

	@Override
	public boolean isEmpty() {
		try {
			boolean empty = lag() == 0;
			if (empty) {
				// Forgets the cached count, which is older than what the caller has just
				// been told
				this.pending.invalidate();
			}
			return empty;
		}
		catch (KafkaException ex) {
			logger.debug("It is not known how many events are pending", ex);
			return false;
		}
	}

	private long lag() {
		return KafkaBacklog.count(admin(), this.topics.topic(), this.properties.groupId());
	}

	@Override
	public Counts counts() {
		boolean open = !this.closed;
		long waiting = open ? this.pending.get() : 0;
		return new Counts((waiting > 0) ? Map.of(EventOutboxState.ALL_TYPES, waiting) : Map.of(),
				open ? this.dead.get() : Map.of(), null);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		NavigableMap<UUID, KafkaRecords.Letter> letters = this.deadLetters.read(filter::matches);
		return ((after != null) ? letters.tailMap(after, false) : letters).values()
			.stream()
			.limit(limit)
			.map(KafkaRecords.Letter::letter)
			.toList();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return this.deadLetters.read((letter) -> letter.event().id().equals(id))
			.values()
			.stream()
			.map(KafkaRecords.Letter::letter)
			.findFirst();
	}

	@Override
	public List<StoredEvent> replay(List<DeadLetter> letters, Instant now) {
		Set<UUID> ids = ids(letters);
		List<StoredEvent> replayed = this.deadLetters.replay((letter) -> ids.contains(letter.event().id()));
		this.dead.invalidate();
		this.pending.invalidate();
		return replayed;
	}

	@Override
	public List<StoredEvent> discard(List<DeadLetter> letters) {
		Set<UUID> ids = ids(letters);
		List<StoredEvent> discarded = this.deadLetters.discard((letter) -> ids.contains(letter.event().id()));
		this.dead.invalidate();
		return discarded;
	}

	private static Set<UUID> ids(List<DeadLetter> letters) {
		return letters.stream().map((letter) -> letter.event().id()).collect(Collectors.toSet());
	}

	@Override
	public boolean pause(EventOutboxState.Pause pause) {
		return this.pause.compareAndSet(null, pause);
	}

	@Override
	public boolean resume() {
		return this.pause.getAndSet(null) != null;
	}

	@Override
	public EventOutboxState.@Nullable Pause pause() {
		return this.pause.get();
	}

	private void wakeUp() {
		Callback current = this.relay;
		if (current != null) {
			current.wakeUp();
		}
	}

	private Producer<byte[], byte[]> producer() {
		if (!this.closed) {
			Producer<byte[], byte[]> current = this.producers.createProducer();
			if (!this.closed) {
				return current;
			}
			// The store was closed while the producer was created
			this.producers.destroy();
		}
		throw new EventNotStoredException("The event was not stored because the application is shutting down", null);
	}

	private Admin admin() {
		Admin current = this.admin;
		if (current == null) {
			throw new KafkaException("The outbox is stopped");
		}
		return current;
	}

}
