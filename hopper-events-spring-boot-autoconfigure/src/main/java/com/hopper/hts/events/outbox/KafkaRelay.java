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
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

import org.springframework.kafka.listener.BatchAcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Delivers what is read from the topic, a batch at a time, and commits the offset of a
 * partition up to the first record whose fate is open. What it knows of records from
 * there on is kept for as long as the partition is its own: records that are read once
 * more are neither sent twice nor forget their failures.
 * <p>
 * A record that waits longer than a moment for its next attempt holds nothing up: it is
 * appended to the topic again as soon as it would, and what it costs to do so is bounded,
 * because each copy is paid for by an event that was finished, or by a long wait.
 */
final class KafkaRelay
		implements BatchAcknowledgingConsumerAwareMessageListener<byte[], byte[]>, ConsumerAwareRebalanceListener {

	/**
	 * How long a batch may take before no more attempts are begun, so that a rebalance
	 * need not wait for long.
	 */
	private static final Duration BATCH = Duration.ofSeconds(15);

	/**
	 * How long a record is waited for within a batch.
	 */
	private static final Duration SHORT_WAIT = Duration.ofSeconds(2);

	/**
	 * How often a partition is looked at of which only records are left that wait.
	 */
	private static final Duration RECHECK = Duration.ofSeconds(1);

	private static final Duration MAX_BACK_OFF = Duration.ofSeconds(30);

	private static final Log logger = LogFactory.getLog(KafkaRelay.class);

	private final KafkaTopics topics;

	private final Relay relay;

	private final RelayGate gate;

	private final Clock clock;

	private final Duration sendTimeout;

	/**
	 * The time after which attempts are cancelled because the broker would take the
	 * partitions away otherwise.
	 */
	private final Duration attemptTimeout;

	private final Duration batchTimeout;

	private final Sender sender;

	private final Consumer<Outcome> announcer;

	private final Pauser pauser;

	private final Map<TopicPartition, Partition> partitions = new ConcurrentHashMap<>();

	private final AtomicInteger busy = new AtomicInteger();

	private final AtomicInteger failures = new AtomicInteger();

	private volatile boolean stopping;

	private volatile boolean aborted;

	KafkaRelay(KafkaTopics topics, Relay relay, RelayGate gate, Clock clock, Duration sendTimeout,
			Duration attemptTimeout, Sender sender, Consumer<Outcome> announcer, Pauser pauser) {
		this.topics = topics;
		this.relay = relay;
		this.gate = gate;
		this.clock = clock;
		this.sendTimeout = sendTimeout;
		this.attemptTimeout = attemptTimeout;
		this.batchTimeout = (attemptTimeout.compareTo(BATCH.multipliedBy(2)) < 0) ? attemptTimeout.dividedBy(2) : BATCH;
		this.sender = sender;
		this.announcer = announcer;
		this.pauser = pauser;
	}

	/**
	 * Begin no more attempts.
	 */
	void stop() {
		this.stopping = true;
	}

	/**
	 * Cancel attempts that have not ended.
	 */
	void abort() {
		this.stopping = true;
		this.aborted = true;
	}

	boolean isBusy() {
		return this.busy.get() > 0;
	}

	/**
	 * Return how long to wait after a batch that could not be finished.
	 */
	long backOff() {
		EventOutboxState.Pause pause = this.gate.pause();
		if (pause == null) {
			return Math.min(100L << Math.min(this.failures.get(), 10), MAX_BACK_OFF.toMillis());
		}
		Instant probe = pause.nextProbe();
		long wait = (probe != null) ? Duration.between(this.clock.instant(), probe).toMillis() + 1
				: MAX_BACK_OFF.toMillis();
		return Math.max(50, Math.min(wait, MAX_BACK_OFF.toMillis()));
	}

	@Override
	public void onPartitionsAssigned(org.apache.kafka.clients.consumer.Consumer<?, ?> consumer,
			Collection<TopicPartition> assigned) {
		assigned.forEach(this.partitions::remove);
	}

	@Override
	public void onPartitionsRevokedAfterCommit(org.apache.kafka.clients.consumer.Consumer<?, ?> consumer,
			Collection<TopicPartition> revoked) {
		revoked.forEach(this.partitions::remove);
	}

	@Override
	public void onPartitionsLost(org.apache.kafka.clients.consumer.Consumer<?, ?> consumer,
			Collection<TopicPartition> lost) {
		lost.forEach(this.partitions::remove);
	}

	@Override
	public void onMessage(List<ConsumerRecord<byte[], byte[]>> data, @Nullable Acknowledgment acknowledgment,
			org.apache.kafka.clients.consumer.@Nullable Consumer<?, ?> consumer) {
		if (consumer == null) {
			throw new IllegalStateException("The container gives no consumer");
		}
		this.busy.incrementAndGet();
		try {
			new Batch(data, consumer).run();
			this.failures.set(0);
		}
		catch (BatchListenerFailedException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			this.failures.incrementAndGet();
			logger.warn("The outbox cannot write to the broker or commit there, and will try again", ex);
			throw new BatchListenerFailedException("The broker failed", ex, data.get(0));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new BatchListenerFailedException("Interrupted", ex, data.get(0));
		}
		finally {
			this.busy.decrementAndGet();
		}
	}

	/**
	 * Commit how far a consumer has come that has found nothing to read: what it passes
	 * without reading are the ends of transactions, and what these have aborted. They
	 * would count as pending otherwise.
	 */
	void foundNothing(org.apache.kafka.clients.consumer.Consumer<?, ?> consumer) {
		try {
			for (TopicPartition key : consumer.assignment()) {
				Partition partition = this.partitions.computeIfAbsent(key, (added) -> new Partition());
				long position = consumer.position(key, Duration.ZERO);
				if (position > partition.passed && !partition.isOpen(position)) {
					partition.passed = position;
					consumer.commitAsync(Map.of(key, new OffsetAndMetadata(position)), (offsets, failure) -> {
						if (failure != null) {
							logger.debug("The position was not committed", failure);
							partition.passed = -1;
						}
					});
				}
			}
		}
		catch (KafkaException | IllegalStateException ex) {
			logger.debug("The position is not known at the moment", ex);
		}
	}

	/**
	 * The records of one poll.
	 */
	private final class Batch {

		private final org.apache.kafka.clients.consumer.Consumer<?, ?> consumer;

		private final Map<TopicPartition, List<Entry>> entries = new LinkedHashMap<>();

		private final List<Entry> open = new ArrayList<>();

		private final BlockingQueue<Attempt> ended = new LinkedBlockingQueue<>();

		private final List<Attempt> running = new ArrayList<>();

		private final List<Write> writes = new ArrayList<>();

		private final long start = System.nanoTime();

		private int finished;

		Batch(List<ConsumerRecord<byte[], byte[]>> data, org.apache.kafka.clients.consumer.Consumer<?, ?> consumer) {
			this.consumer = consumer;
			for (ConsumerRecord<byte[], byte[]> consumed : data) {
				TopicPartition key = new TopicPartition(consumed.topic(), consumed.partition());
				Entry entry = KafkaRelay.this.partitions.computeIfAbsent(key, (partition) -> new Partition())
					.entry(consumed);
				this.entries.computeIfAbsent(key, (partition) -> new ArrayList<>()).add(entry);
				if (entry.state != State.FINAL) {
					this.open.add(entry);
				}
			}
		}

		void run() throws InterruptedException {
			this.open.forEach(this::prepare);
			try {
				deliver();
			}
			finally {
				cancel();
			}
			awaitWrites();
			if (canGoOn()) {
				moveThoseThatWait();
				awaitWrites();
			}
			commit();
			ConsumerRecord<byte[], byte[]> first = this.open.stream()
				.filter((entry) -> entry.state != State.FINAL)
				.map((entry) -> entry.consumed)
				.findFirst()
				.orElse(null);
			if (first != null) {
				if (KafkaRelay.this.gate.pause() != null && !KafkaRelay.this.stopping) {
					throw new BatchListenerFailedException("Paused", first);
				}
				readAgain();
			}
		}

		private boolean canGoOn() {
			return !KafkaRelay.this.stopping && KafkaRelay.this.gate.pause() == null;
		}

		private void prepare(Entry entry) {
			if (entry.state == State.NEW) {
				try {
					entry.event = KafkaRecords.readEvent(entry.consumed);
					entry.due = KafkaRecords.notBefore(entry.consumed);
					entry.state = State.WAITING;
				}
				catch (RuntimeException ex) {
					entry.dead = new Outcome.Dead(KafkaRecords.unreadable(entry.consumed,
							"The record " + KafkaRecords.position(entry.consumed) + " is not a stored event",
							KafkaRelay.this.clock.instant()));
				}
			}
			if (entry.dead != null) {
				bury(entry, entry.dead);
			}
		}

		private void bury(Entry entry, Outcome.Dead dead) {
			entry.state = State.DEAD;
			entry.dead = dead;
			String topic = KafkaRelay.this.topics.deadLetterTopic();
			write(entry, entry.tooLarge ? KafkaRecords.smallestDead(topic, dead.deadLetter(), entry.consumed)
					: KafkaRecords.dead(topic, dead.deadLetter(), entry.consumed), dead);
		}

		/**
		 * The broker takes a record never. Whatever it is, others must not wait for it.
		 */
		private void tooLarge(Write write) {
			Entry entry = write.entry;
			if (write.dead == null) {
				// It waits where it is
				entry.tooLarge = true;
			}
			else if (entry.tooLarge) {
				logger
					.error(("The dead letter %s is too large for the topic '%s'. It is left where it is, in %s, until "
							+ "Kafka removes it there")
						.formatted(write.dead.event(), KafkaRelay.this.topics.deadLetterTopic(),
								KafkaRecords.position(entry.consumed)));
				finish(entry);
				KafkaRelay.this.announcer.accept(write.dead);
			}
			else {
				entry.tooLarge = true;
				bury(entry, write.dead);
			}
		}

		/**
		 * Send what is due, and wait for what will be in a moment.
		 */
		private void deliver() throws InterruptedException {
			while (true) {
				boolean over = KafkaRelay.this.stopping || elapsed(KafkaRelay.this.batchTimeout);
				Instant now = KafkaRelay.this.clock.instant();
				Entry next = over ? null : next();
				boolean due = next != null && !next.due.isAfter(now);
				RelayGate.Permit permit = due ? KafkaRelay.this.gate.tryAcquire() : null;
				if (next != null && permit != null) {
					begin(next, permit);
					continue;
				}
				if (this.running.isEmpty() && (over || next == null || KafkaRelay.this.gate.pause() != null
						|| next.due.isAfter(now.plus(SHORT_WAIT)))) {
					return;
				}
				if (!this.running.isEmpty() && (KafkaRelay.this.aborted || elapsed(KafkaRelay.this.attemptTimeout))) {
					return;
				}
				long wait = 250;
				if (next != null && !due) {
					wait = Math.min(wait, Duration.between(now, next.due).toMillis() + 1);
				}
				else if (due && this.running.isEmpty()) {
					// Other consumers have all permits
					wait = 20;
				}
				Attempt attempt = this.ended.poll(wait, TimeUnit.MILLISECONDS);
				if (attempt != null) {
					ended(attempt);
				}
			}
		}

		private boolean elapsed(Duration time) {
			return System.nanoTime() - this.start > time.toNanos();
		}

		private @Nullable Entry next() {
			return this.open.stream()
				.filter((entry) -> entry.state == State.WAITING)
				.min(Comparator.comparing((entry) -> entry.due))
				.orElse(null);
		}

		private void begin(Entry entry, RelayGate.Permit permit) {
			entry.state = State.RUNNING;
			Attempt attempt = new Attempt(entry);
			this.running.add(attempt);
			attempt.subscription = KafkaRelay.this.relay.attempt(entry.event(), permit).subscribe((outcome) -> {
				attempt.outcome = outcome;
				this.ended.add(attempt);
			});
		}

		private void ended(Attempt attempt) {
			Entry entry = attempt.entry;
			Outcome outcome = attempt.outcome;
			this.running.remove(attempt);
			if (outcome instanceof Outcome.Dead dead) {
				bury(entry, dead);
			}
			else if (outcome instanceof Outcome.Retry || outcome instanceof Outcome.Held) {
				entry.state = State.WAITING;
				entry.event = outcome.event();
				entry.due = (outcome instanceof Outcome.Retry retry) ? retry.notBefore() : Instant.EPOCH;
				KafkaRelay.this.announcer.accept(outcome);
			}
			else if (outcome != null) {
				finish(entry);
				KafkaRelay.this.announcer.accept(outcome);
			}
		}

		private void finish(Entry entry) {
			entry.finish();
			this.finished++;
		}

		private void cancel() {
			for (Attempt attempt : List.copyOf(this.running)) {
				if (attempt.subscription != null) {
					attempt.subscription.dispose();
				}
			}
			// Those that ended in the same moment
			for (Attempt attempt = this.ended.poll(); attempt != null; attempt = this.ended.poll()) {
				ended(attempt);
			}
			this.running.forEach((attempt) -> {
				attempt.entry.state = State.WAITING;
				logger.warn("The attempt to deliver %s was cancelled because it took too long"
					.formatted(attempt.entry.event()));
			});
			this.running.clear();
		}

		/**
		 * Append records that wait to the end of the topic where they hold up others.
		 */
		private void moveThoseThatWait() {
			Instant now = KafkaRelay.this.clock.instant();
			int budget = this.finished;
			for (Entry entry : this.open) {
				if (entry.state == State.WAITING && !entry.tooLarge && entry.due.isAfter(now.plus(SHORT_WAIT))) {
					boolean affordable = budget > 0;
					if (affordable || (holdsUpOthers(entry) && isOld(entry, now))) {
						budget--;
						write(entry, KafkaRecords.event(KafkaRelay.this.topics.topic(), entry.event(), entry.due),
								null);
					}
				}
			}
		}

		private boolean holdsUpOthers(Entry entry) {
			TopicPartition partition = new TopicPartition(entry.consumed.topic(), entry.consumed.partition());
			return this.consumer.currentLag(partition).orElse(0) > 0;
		}

		private static boolean isOld(Entry entry, Instant now) {
			Duration age = Duration.between(Instant.ofEpochMilli(entry.consumed.timestamp()), now);
			return age.compareTo(Duration.between(now, entry.due).dividedBy(4)) >= 0;
		}

		private void write(Entry entry, ProducerRecord<byte[], byte[]> outgoing, Outcome.@Nullable Dead dead) {
			this.writes.add(new Write(entry, dead, KafkaRelay.this.sender.send(outgoing)));
		}

		private void awaitWrites() throws InterruptedException {
			KafkaException failure = null;
			// May grow
			for (int i = 0; i < this.writes.size(); i++) {
				Write write = this.writes.get(i);
				try {
					write.result.get(KafkaRelay.this.sendTimeout.toMillis(), TimeUnit.MILLISECONDS);
					finish(write.entry);
					if (write.dead != null) {
						KafkaRelay.this.announcer.accept(write.dead);
					}
				}
				catch (ExecutionException | TimeoutException ex) {
					if (ex.getCause() instanceof RecordTooLargeException) {
						tooLarge(write);
						continue;
					}
					failure = new KafkaException("A record was not acknowledged",
							(ex.getCause() != null) ? ex.getCause() : ex);
				}
			}
			this.writes.clear();
			if (failure != null) {
				commit();
				throw failure;
			}
		}

		private void commit() {
			Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
			this.entries.forEach((key, list) -> {
				long offset = firstOpen(list);
				Partition partition = KafkaRelay.this.partitions.get(key);
				if (partition != null && offset > partition.committed) {
					offsets.put(key, new OffsetAndMetadata(offset));
				}
			});
			if (!offsets.isEmpty()) {
				this.consumer.commitSync(offsets);
				offsets.forEach((key, offset) -> KafkaRelay.this.partitions.computeIfPresent(key,
						(same, partition) -> partition.committed(offset.offset())));
			}
		}

		private static long firstOpen(List<Entry> list) {
			for (Entry entry : list) {
				if (entry.state != State.FINAL) {
					return entry.consumed.offset();
				}
			}
			return list.get(list.size() - 1).consumed.offset() + 1;
		}

		/**
		 * Go back to the first records that are open and leave their partitions alone for
		 * a moment.
		 */
		private void readAgain() {
			Instant now = KafkaRelay.this.clock.instant();
			this.entries.forEach((key, list) -> {
				Instant due = list.stream()
					.filter((entry) -> entry.state != State.FINAL)
					.map((entry) -> entry.due)
					.min(Comparator.naturalOrder())
					.orElse(null);
				if (due != null) {
					this.consumer.seek(key, firstOpen(list));
					Duration wait = Duration.between(now, due);
					if (wait.toMillis() > 0 && !KafkaRelay.this.stopping) {
						KafkaRelay.this.pauser.pause(key, (wait.compareTo(RECHECK) < 0) ? wait : RECHECK);
					}
				}
			});
		}

	}

	/**
	 * What is known of the records of a partition that are not committed. Used by one
	 * thread at a time.
	 */
	private static final class Partition {

		private final Map<Long, Entry> entries = new HashMap<>();

		private long committed = -1;

		/**
		 * The last position that was committed without anything to read.
		 */
		private long passed = -1;

		Entry entry(ConsumerRecord<byte[], byte[]> consumed) {
			if (consumed.offset() < this.committed) {
				Entry entry = new Entry(consumed);
				entry.finish();
				return entry;
			}
			return this.entries.computeIfAbsent(consumed.offset(), (offset) -> new Entry(consumed));
		}

		/**
		 * Return whether the fate of a record before an offset is open.
		 */
		boolean isOpen(long offset) {
			return this.entries.entrySet()
				.stream()
				.anyMatch((entry) -> entry.getKey() < offset && entry.getValue().state != State.FINAL);
		}

		Partition committed(long offset) {
			this.committed = offset;
			this.passed = Math.max(this.passed, offset);
			this.entries.keySet().removeIf((entry) -> entry < offset);
			return this;
		}

	}

	/**
	 * What is known of a record.
	 */
	private static final class Entry {

		private final ConsumerRecord<byte[], byte[]> consumed;

		private State state = State.NEW;

		private @Nullable StoredEvent event;

		private Outcome.@Nullable Dead dead;

		private Instant due = Instant.EPOCH;

		/**
		 * Whether the broker has refused to take what would replace the record.
		 */
		private boolean tooLarge;

		Entry(ConsumerRecord<byte[], byte[]> consumed) {
			this.consumed = consumed;
		}

		StoredEvent event() {
			if (this.event == null) {
				throw new IllegalStateException("Not read");
			}
			return this.event;
		}

		void finish() {
			this.state = State.FINAL;
			this.event = null;
			this.dead = null;
		}

	}

	/**
	 * What became of a record.
	 */
	private enum State {

		NEW, WAITING, RUNNING, DEAD, FINAL

	}

	/**
	 * An event that is being sent.
	 */
	private static final class Attempt {

		private final Entry entry;

		private volatile @Nullable Outcome outcome;

		private @Nullable Disposable subscription;

		Attempt(Entry entry) {
			this.entry = entry;
		}

	}

	/**
	 * A record that takes the place of another one.
	 *
	 * @param entry the record that is final with it
	 * @param dead what to announce, or {@code null}
	 * @param result the acknowledgement
	 */
	private record Write(Entry entry, Outcome.@Nullable Dead dead, Future<RecordMetadata> result) {

	}

	/**
	 * Writes to a topic.
	 */
	@FunctionalInterface
	interface Sender {

		Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> outgoing);

	}

	/**
	 * Leaves a partition alone for a while.
	 */
	@FunctionalInterface
	interface Pauser {

		void pause(TopicPartition partition, Duration time);

	}

}
