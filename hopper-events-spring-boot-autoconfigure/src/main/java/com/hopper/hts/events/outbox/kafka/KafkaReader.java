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
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.kafka.event.ConsumerRetryAuthSuccessfulEvent;
import org.springframework.kafka.event.ListenerContainerIdleEvent;
import org.springframework.kafka.listener.AcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/**
 * The records that were read from the topic and are not final. The container commits the
 * offset of a partition up to the first of them, and reads no more until all are: it
 * takes acknowledgements in any order, from any thread. Each record belongs to the
 * consumer that read it, because a consumer may learn that it has lost a partition when
 * another one of this instance has it already.
 */
final class KafkaReader
		implements AcknowledgingConsumerAwareMessageListener<byte[], byte[]>, ConsumerAwareRebalanceListener {

	private static final Duration AUTHENTICATION_RETRY = Duration.ofSeconds(10);

	/**
	 * How long a consumer finds nothing before it commits what it has passed.
	 */
	private static final Duration IDLE = Duration.ofMillis(200);

	/**
	 * How long a rebalance waits for attempts that have begun.
	 */
	private static final Duration REBALANCE = Duration.ofSeconds(15);

	private static final Duration MAX_HOLD = Duration.ofSeconds(10);

	private static final Log logger = LogFactory.getLog(KafkaReader.class);

	private final Clock clock;

	private final Runnable wakeUp;

	private final Predicate<Entry> appendAgain;

	private final Duration rebalanceTimeout;

	private final ConcurrentMessageListenerContainer<byte[], byte[]> container;

	private final ThreadPoolTaskScheduler monitor = new ThreadPoolTaskScheduler();

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition settled = this.lock.newCondition();

	/**
	 * Events that wait, the next one to be sent first.
	 */
	private final TreeSet<Entry> waiting = new TreeSet<>(Comparator.comparing(Entry::due)
		.thenComparing((entry) -> entry.consumed.partition())
		.thenComparing((entry) -> entry.consumed.offset())
		.thenComparing((entry) -> entry.number));

	private final Map<UUID, Entry> claimed = new HashMap<>();

	private final Set<Entry> unreadable = new HashSet<>();

	private final Map<TopicPartition, Passed> passed = new HashMap<>();

	/**
	 * How many records were read, some of them more than once.
	 */
	private long read;

	/**
	 * The last record of each partition that is final.
	 */
	private final Map<TopicPartition, Long> finished = new HashMap<>();

	/**
	 * Whether nobody settles any more what is claimed.
	 */
	private boolean ending;

	/**
	 * Create an instance.
	 * @param topics the topics
	 * @param outbox the properties
	 * @param clock what says what time it is
	 * @param wakeUp called when there may be something to claim
	 * @param appendAgain appends an event that waits to the end of the topic and returns
	 * whether that was possible
	 */
	KafkaReader(KafkaTopics topics, KafkaOutboxProperties outbox, Clock clock, Runnable wakeUp,
			Predicate<Entry> appendAgain) {
		this.clock = clock;
		this.wakeUp = wakeUp;
		this.appendAgain = appendAgain;
		Map<String, Object> properties = topics.consumerProperties(outbox.groupId());
		ConsumerConfig config = new ConsumerConfig(properties);
		boolean dropsOut = GroupProtocol.CONSUMER.name()
			.equalsIgnoreCase(config.getString(ConsumerConfig.GROUP_PROTOCOL_CONFIG));
		Duration maxPoll = Duration.ofMillis(config.getInt(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG) / 2);
		this.rebalanceTimeout = (maxPoll.compareTo(REBALANCE) < 0) ? maxPoll : REBALANCE;
		ContainerProperties settings = new ContainerProperties(topics.topic());
		settings.setMessageListener(this);
		settings.setConsumerRebalanceListener(this);
		settings.setAckMode(ContainerProperties.AckMode.MANUAL);
		settings.setAsyncAcks(true);
		settings.setPollTimeout(IDLE.toMillis());
		settings.setIdleEventInterval(IDLE.toMillis());
		settings.setIdleBeforeDataMultiplier(1);
		settings.setMissingTopicsFatal(false);
		settings.setAuthExceptionRetryInterval(AUTHENTICATION_RETRY);
		// Daemon threads, so that a command line application can end
		SimpleAsyncTaskExecutor threads = new SimpleAsyncTaskExecutor("hopper-outbox-C-");
		threads.setDaemon(true);
		settings.setListenerTaskExecutor(threads);
		this.monitor.setThreadNamePrefix("hopper-outbox-monitor-");
		this.monitor.setDaemon(true);
		settings.setScheduler(this.monitor);
		this.container = new ConcurrentMessageListenerContainer<>(topics.createConsumers(properties), settings);
		this.container.setBeanName("hopper-outbox");
		this.container.setConcurrency(outbox.concurrency());
		this.container.setApplicationEventPublisher((event) -> {
			if (event instanceof ListenerContainerIdleEvent idle) {
				resumeForgotten(idle);
				foundNothing(idle.getConsumer());
			}
			else if (dropsOut && event instanceof ConsumerRetryAuthSuccessfulEvent recovered) {
				this.monitor.execute(() -> join(recovered.getSource(KafkaMessageListenerContainer.class)));
			}
		});
		this.container.setCommonErrorHandler(new Failures());
	}

	void start() {
		this.monitor.initialize();
		this.container.start();
	}

	void stop(Duration timeout) {
		locked(() -> {
			this.ending = true;
			this.settled.signalAll();
		});
		this.container.getContainerProperties().setShutdownTimeout(timeout.toMillis());
		this.container.stop();
		this.monitor.shutdown();
	}

	@Override
	public void onMessage(ConsumerRecord<byte[], byte[]> consumed, @Nullable Acknowledgment acknowledgment,
			@Nullable Consumer<?, ?> consumer) {
		if (acknowledgment == null || consumer == null) {
			throw new IllegalStateException("The container takes no acknowledgements");
		}
		Entry entry = new Entry(consumed, acknowledgment, consumer);
		try {
			entry.event = KafkaRecords.readEvent(consumed);
			entry.due = KafkaRecords.notBefore(consumed);
		}
		catch (RuntimeException ex) {
			logger.debug("A record is not a stored event", ex);
		}
		locked(() -> {
			entry.heldSince = this.clock.instant();
			entry.number = ++this.read;
			((entry.event != null) ? this.waiting : this.unreadable).add(entry);
		});
		this.wakeUp.run();
	}

	List<StoredEvent> claim(int max) {
		return locked(() -> {
			List<StoredEvent> events = new ArrayList<>();
			Instant now = this.clock.instant();
			for (Entry entry : List.copyOf(this.waiting)) {
				StoredEvent event = entry.event;
				if (events.size() == max || entry.due.isAfter(now)) {
					break;
				}
				// A second record of an event that is being sent waits until that one is
				// settled
				if (event != null && this.claimed.putIfAbsent(event.id(), entry) == null) {
					this.waiting.remove(entry);
					events.add(event);
				}
			}
			return events;
		});
	}

	@Nullable Entry claimed(UUID id) {
		return locked(() -> this.claimed.get(id));
	}

	@Nullable Instant nextDue() {
		return locked(() -> this.waiting.stream()
			.filter((entry) -> entry.event == null || !this.claimed.containsKey(entry.event.id()))
			.findFirst()
			.map(Entry::due)
			.orElse(null));
	}

	List<Entry> unreadable() {
		return locked(() -> List.copyOf(this.unreadable));
	}

	/**
	 * Return what waits for longer than a certain time and was held long enough to be
	 * worth another copy.
	 */
	List<Entry> waiting(Duration shortWait) {
		return locked(() -> {
			Instant now = this.clock.instant();
			return this.waiting.stream().filter((entry) -> {
				Duration wait = Duration.between(now, entry.due);
				Duration hold = wait.dividedBy(4);
				return wait.compareTo(shortWait) > 0
						&& !entry.heldSince.plus((hold.compareTo(MAX_HOLD) < 0) ? hold : MAX_HOLD).isAfter(now);
			}).toList();
		});
	}

	@Override
	public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
		Set<TopicPartition> revoked = new HashSet<>(partitions);
		List<Entry> overtaken = new ArrayList<>();
		this.lock.lock();
		try {
			List<Entry> taken = new ArrayList<>(take(consumer, revoked));
			this.unreadable.removeIf((entry) -> entry.isOf(consumer, revoked));
			long remaining = this.rebalanceTimeout.toNanos();
			while (!this.ending && remaining > 0
					&& this.claimed.values().stream().anyMatch((entry) -> entry.isOf(consumer, revoked))) {
				remaining = this.settled.awaitNanos(remaining);
			}
			taken.addAll(take(consumer, revoked));
			taken.stream().filter(this::isOvertaken).forEach(overtaken::add);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			forget(consumer, partitions);
			this.lock.unlock();
		}
		handOver(overtaken);
	}

	private List<Entry> take(Consumer<?, ?> consumer, Set<TopicPartition> partitions) {
		List<Entry> taken = this.waiting.stream().filter((entry) -> entry.isOf(consumer, partitions)).toList();
		taken.forEach(this.waiting::remove);
		return taken;
	}

	/**
	 * Return whether a later record of the partition is final, which the next owner of
	 * the partition would send again.
	 */
	private boolean isOvertaken(Entry entry) {
		return entry.consumed.offset() < this.finished.getOrDefault(entry.partition(), -1L);
	}

	private void handOver(List<Entry> entries) {
		try {
			entries.stream().filter(this.appendAgain).forEach((entry) -> entry.acknowledgment.acknowledge());
		}
		catch (RuntimeException ex) {
			logger.debug("What follows an event that waits is sent again", ex);
		}
	}

	@Override
	public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
		forget(consumer, partitions);
	}

	private void forget(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
		locked(() -> {
			Set<TopicPartition> gone = new HashSet<>(partitions);
			this.waiting.removeIf((entry) -> entry.isOf(consumer, gone));
			this.unreadable.removeIf((entry) -> entry.isOf(consumer, gone));
			this.claimed.values().removeIf((entry) -> entry.isOf(consumer, gone));
			gone.forEach(this.passed::remove);
			gone.forEach(this.finished::remove);
		});
	}

	/**
	 * Let a consumer join its group anew. With {@code group.protocol=consumer}, one that
	 * was refused has dropped out for good, and finds nothing from then on.
	 */
	private void join(KafkaMessageListenerContainer<?, ?> consumer) {
		consumer.stop();
		if (this.container.isRunning()) {
			consumer.start();
			if (!this.container.isRunning()) {
				// Stopped in between, when this one was not running
				consumer.stop();
			}
		}
	}

	/**
	 * Resume consumers that the container has paused and then forgotten, which happens
	 * after a rebalance that took only the partitions it was waiting for.
	 * @see <a href="https://github.com/spring-projects/spring-kafka/issues/4708">Spring
	 * for Apache Kafka, issue 4708</a>
	 */
	private static void resumeForgotten(ListenerContainerIdleEvent idle) {
		if (!idle.isPaused()) {
			idle.getConsumer().resume(idle.getConsumer().paused());
		}
	}

	/**
	 * Commit how far a consumer has come that has found nothing to read: what it passes
	 * without reading are the ends of transactions, and what these have aborted. They
	 * would count as pending otherwise.
	 */
	private void foundNothing(Consumer<?, ?> consumer) {
		try {
			for (TopicPartition key : consumer.assignment()) {
				long position = consumer.position(key, Duration.ZERO);
				if (passes(key, position)) {
					consumer.commitAsync(Map.of(key, new OffsetAndMetadata(position)), (offsets, failure) -> {
						if (failure != null) {
							logger.debug("The position was not committed", failure);
							locked(() -> this.passed.remove(key));
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
	 * Return whether a position is to be committed. It is committed twice: the container
	 * may commit an acknowledgement from before the first time after it, and with it an
	 * earlier position. It has done so before the second time.
	 */
	private boolean passes(TopicPartition partition, long position) {
		return locked(() -> {
			Passed last = this.passed.get(partition);
			if (new Passed(position, true).equals(last) || isOpen(partition)) {
				return false;
			}
			this.passed.put(partition, new Passed(position, last != null && last.position() == position));
			return true;
		});
	}

	private boolean isOpen(TopicPartition partition) {
		return Stream.of(this.waiting, this.unreadable, this.claimed.values())
			.flatMap(Collection::stream)
			.anyMatch((entry) -> entry.partition().equals(partition));
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
			return action.get();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A record that is not final.
	 */
	final class Entry {

		private final ConsumerRecord<byte[], byte[]> consumed;

		private final Acknowledgment acknowledgment;

		private final Consumer<?, ?> consumer;

		private long number;

		private @Nullable StoredEvent event;

		private Instant due = Instant.EPOCH;

		private Instant heldSince = Instant.EPOCH;

		private Entry(ConsumerRecord<byte[], byte[]> consumed, Acknowledgment acknowledgment, Consumer<?, ?> consumer) {
			this.consumed = consumed;
			this.acknowledgment = acknowledgment;
			this.consumer = consumer;
		}

		ConsumerRecord<byte[], byte[]> consumed() {
			return this.consumed;
		}

		@Nullable StoredEvent event() {
			return this.event;
		}

		Instant due() {
			return this.due;
		}

		private boolean isOf(Consumer<?, ?> consumer, Set<TopicPartition> partitions) {
			return this.consumer == consumer && partitions.contains(partition());
		}

		private TopicPartition partition() {
			return new TopicPartition(this.consumed.topic(), this.consumed.partition());
		}

		/**
		 * Let a claimed event wait for its next attempt.
		 */
		void putBack(StoredEvent event, Instant due) {
			locked(() -> {
				if (KafkaReader.this.claimed.remove(event.id(), this)) {
					this.event = event;
					this.due = due;
					this.heldSince = KafkaReader.this.clock.instant();
					KafkaReader.this.waiting.add(this);
					KafkaReader.this.settled.signalAll();
				}
			});
		}

		/**
		 * Mark the record as final. The partition may belong to another consumer by now.
		 */
		void finish() {
			locked(() -> {
				boolean mine = KafkaReader.this.waiting.remove(this) || KafkaReader.this.unreadable.remove(this)
						|| KafkaReader.this.claimed.values().remove(this);
				if (mine) {
					this.acknowledgment.acknowledge();
					KafkaReader.this.passed.remove(partition());
					KafkaReader.this.finished.merge(partition(), this.consumed.offset(), Math::max);
					KafkaReader.this.settled.signalAll();
				}
			});
		}

	}

	/**
	 * How far a consumer has come without reading.
	 *
	 * @param position what was committed
	 * @param twice whether it was committed twice
	 */
	private record Passed(long position, boolean twice) {

	}

	/**
	 * Logs failures between the container and the broker as warnings, because they pass
	 * by themselves.
	 */
	private static final class Failures implements CommonErrorHandler {

		@Override
		public void handleOtherException(Exception thrownException, Consumer<?, ?> consumer,
				MessageListenerContainer container, boolean batchListener) {
			logger.warn("The outbox cannot read from the broker or commit there, and will try again", thrownException);
			try {
				// Waits, so that the container does not retry in a tight loop
				TimeUnit.MILLISECONDS.sleep(500);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
