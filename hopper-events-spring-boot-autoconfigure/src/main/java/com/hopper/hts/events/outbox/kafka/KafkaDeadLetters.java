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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;

import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/**
 * The dead letters of an outbox: what is in the compacted topic, where the key is the id
 * of the event and a record without a value ends it.
 */
final class KafkaDeadLetters {

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private static final Duration READ_TIMEOUT = Duration.ofMinutes(2);

	private static final Duration POLL = Duration.ofMillis(200);

	private static final int TRANSACTION_SIZE = 500;

	private static final int ATTEMPTS = 20;

	private static final Log logger = LogFactory.getLog(KafkaDeadLetters.class);

	private final KafkaTopics topics;

	private final Clock clock;

	private final DoubleSupplier random;

	private final ReentrantLock lock = new ReentrantLock();

	KafkaDeadLetters(KafkaTopics topics, Clock clock, DoubleSupplier random) {
		this.topics = topics;
		this.clock = clock;
		this.random = random;
	}

	/**
	 * Read what matches, ordered by the id of the event.
	 */
	NavigableMap<UUID, KafkaRecords.Letter> read(Predicate<DeadLetter> filter) {
		// By partition, because a tombstone only removes letters of its own partition
		Map<Integer, Map<UUID, KafkaRecords.Letter>> found = new TreeMap<>();
		try (Consumer<byte[], byte[]> reader = this.topics.createReader()) {
			List<TopicPartition> partitions = reader.partitionsFor(this.topics.deadLetterTopic(), TIMEOUT)
				.stream()
				.map((info) -> new TopicPartition(info.topic(), info.partition()))
				.toList();
			reader.assign(partitions);
			reader.seekToBeginning(partitions);
			Map<TopicPartition, Long> ends = reader.endOffsets(partitions, TIMEOUT);
			long start = System.nanoTime();
			while (ends.entrySet()
				.stream()
				.anyMatch((end) -> reader.position(end.getKey(), TIMEOUT) < end.getValue())) {
				if (System.nanoTime() - start > READ_TIMEOUT.toNanos()) {
					throw new IllegalStateException(
							"The topic '%s' could not be read to its end".formatted(this.topics.deadLetterTopic()));
				}
				reader.poll(POLL)
					.forEach((consumed) -> add(
							found.computeIfAbsent(consumed.partition(), (partition) -> new HashMap<>()), consumed,
							filter));
			}
		}
		NavigableMap<UUID, KafkaRecords.Letter> letters = new TreeMap<>();
		found.values().forEach(letters::putAll);
		return letters;
	}

	private static void add(Map<UUID, KafkaRecords.Letter> letters, ConsumerRecord<byte[], byte[]> consumed,
			Predicate<DeadLetter> filter) {
		KafkaRecords.Letter letter = (consumed.value() != null) ? KafkaRecords.readDead(consumed) : null;
		if (letter != null && filter.test(letter.letter())) {
			letters.put(letter.id(), letter);
		}
		else {
			UUID id = KafkaRecords.readId(consumed);
			if (id != null) {
				letters.remove(id);
			}
		}
	}

	List<StoredEvent> replay(Predicate<DeadLetter> filter) {
		return remove(filter, true);
	}

	List<StoredEvent> discard(Predicate<DeadLetter> filter) {
		return remove(filter, false);
	}

	/**
	 * Remove dead letters and, if they are to be delivered after all, store them again,
	 * both or neither. Only one instance can do so at a time: one that begins later
	 * aborts what others have not finished, and they then start again with what is left.
	 */
	private List<StoredEvent> remove(Predicate<DeadLetter> filter, boolean replay) {
		List<StoredEvent> removed = new ArrayList<>();
		Map<TopicPartition, Long> written = new ConcurrentHashMap<>();
		this.lock.lock();
		try {
			for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
				Producer<byte[], byte[]> producer = this.topics.createOperator();
				try {
					producer.initTransactions();
					List<KafkaRecords.Letter> letters = new ArrayList<>(read(filter).values());
					for (int from = 0; from < letters.size(); from += TRANSACTION_SIZE) {
						List<KafkaRecords.Letter> some = letters.subList(from,
								Math.min(from + TRANSACTION_SIZE, letters.size()));
						remove(producer, some, replay, written);
						some.forEach((letter) -> removed.add(letter.letter().event()));
					}
					awaitReadable(written);
					return removed;
				}
				catch (KafkaException ex) {
					if (!isFenced(ex)) {
						throw ex;
					}
					logger.debug("Another instance works on the dead letters", ex);
				}
				finally {
					// Aborts an open transaction, which would keep the relay from reading
					// on. The timeout is for a broker that has gone
					producer.close(TIMEOUT);
				}
				TimeUnit.MILLISECONDS.sleep((long) (50 + 200 * this.random.getAsDouble()));
			}
			throw new IllegalStateException(
					"Other instances work on the dead letters all the time; %s were handled. Try again"
						.formatted(removed.size()));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("The thread was interrupted while it worked on the dead letters", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void remove(Producer<byte[], byte[]> producer, List<KafkaRecords.Letter> letters, boolean replay,
			Map<TopicPartition, Long> written) {
		producer.beginTransaction();
		for (KafkaRecords.Letter letter : letters) {
			if (replay) {
				send(producer, letter.replay(this.topics.topic(), this.clock.instant()), written);
			}
			send(producer, letter.tombstone(this.topics.deadLetterTopic()), written);
		}
		producer.commitTransaction();
	}

	/**
	 * Send a record without waiting for the acknowledgement: the commit fails if it does
	 * not come. Without a broker, though, each record would wait for one.
	 */
	private static void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> outgoing,
			Map<TopicPartition, Long> written) {
		Future<RecordMetadata> sent = producer.send(outgoing, (position, failure) -> {
			if (failure == null) {
				written.put(new TopicPartition(position.topic(), position.partition()), position.offset());
			}
		});
		try {
			if (sent.isDone()) {
				sent.get();
			}
		}
		catch (ExecutionException ex) {
			throw new KafkaException("A record was not sent", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException("The thread was interrupted", ex);
		}
	}

	/**
	 * Wait until everybody can read what was committed: Kafka ends a transaction in its
	 * partitions after it has said that it is committed.
	 */
	private void awaitReadable(Map<TopicPartition, Long> written) {
		long start = System.nanoTime();
		try (Consumer<byte[], byte[]> reader = this.topics.createReader()) {
			while (reader.endOffsets(written.keySet(), TIMEOUT)
				.entrySet()
				.stream()
				.anyMatch((end) -> end.getValue() <= written.getOrDefault(end.getKey(), -1L))) {
				if (System.nanoTime() - start > TIMEOUT.toNanos()) {
					return;
				}
				TimeUnit.MILLISECONDS.sleep(10);
			}
		}
		catch (KafkaException ex) {
			logger.debug("It is not known whether everybody can read which dead letters are gone", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static boolean isFenced(Throwable ex) {
		return AttemptFailure.find(ex, ProducerFencedException.class) != null
				|| AttemptFailure.find(ex, InvalidProducerEpochException.class) != null;
	}

	/**
	 * Count the dead letters.
	 * @return how many there are, by the type under which their events are counted
	 */
	Map<String, Long> count() {
		Map<String, Long> counts = new TreeMap<>();
		read((letter) -> true).values()
			.forEach((letter) -> counts.merge(HopperMetrics.eventType(letter.letter().event().type()), 1L, Long::sum));
		return Collections.unmodifiableMap(counts);
	}

}
