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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventPublisher;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.event.ListenerContainerIdleEvent;
import org.springframework.kafka.listener.BackOffHandler;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerPausingBackOffHandler;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.ListenerContainerPauseService;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.Assert;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Outbox in a topic of Kafka: durable, for many instances and more events than one
 * database takes. {@code store} returns when the broker has acknowledged the event.
 * <p>
 * Kafka has no part in the transaction of a database. Within one, the event is sent right
 * after the commit, so a rollback sends nothing; but an application that ends between the
 * commit and the acknowledgement, or a broker that is down just then, loses the event.
 * Where that must not happen, use the JDBC engine.
 * <p>
 * Events are delivered at least once. Those of a session are in the same partition, but
 * not necessarily delivered in their order. Dead letters are in a topic of their own,
 * which is compacted: the key is the id of the event, and a record without a value means
 * that it was replayed or discarded.
 *
 * @since 0.1.0
 */
public final class KafkaEventOutbox extends AbstractEventOutbox {

	private static final Duration PENDING_CACHE = Duration.ofSeconds(2);

	private static final Duration DEAD_CACHE = Duration.ofSeconds(10);

	/**
	 * How long a consumer finds nothing before it commits what it has passed.
	 */
	private static final Duration IDLE = Duration.ofMillis(200);

	private static final Duration AUTHENTICATION_RETRY = Duration.ofSeconds(10);

	private static final long TOPICS_RETRY = 10_000;

	private static final long ADMIN_TIMEOUT = 10_000;

	/**
	 * What is added to an event when its delivery fails must fit as well.
	 */
	private static final int RESERVE = 8192;

	private final KafkaTopics topics;

	private final KafkaDeadLetters deadLetters;

	private final String groupId;

	private final int concurrency;

	private final int partitions;

	private final short replicationFactor;

	private final boolean createTopics;

	private final Duration sendTimeout;

	private final Cached<Long> pending;

	private final Cached<Map<String, Long>> dead;

	private final ReentrantLock lock = new ReentrantLock();

	private volatile @Nullable Producer<byte[], byte[]> producer;

	private @Nullable Admin admin;

	private volatile @Nullable Delivery delivery;

	private boolean stopped;

	private KafkaEventOutbox(Builder builder) {
		super(builder);
		String deadLetterTopic = builder.deadLetterTopic;
		this.topics = new KafkaTopics(builder.topic,
				(deadLetterTopic != null) ? deadLetterTopic : builder.topic + "-dead", builder.producerProperties,
				builder.consumerProperties, builder.adminProperties);
		this.deadLetters = new KafkaDeadLetters(this.topics, this.clock, builder.random);
		this.groupId = builder.groupId;
		this.concurrency = builder.concurrency;
		this.partitions = builder.partitions;
		this.replicationFactor = builder.replicationFactor;
		this.createTopics = builder.createTopics;
		this.sendTimeout = this.topics.sendTimeout();
		this.pending = new Cached<>(PENDING_CACHE, this::lag, 0L);
		this.dead = new Cached<>(DEAD_CACHE, this.deadLetters::count, Map.of());
	}

	/**
	 * Create a builder. The properties say how to reach the broker and may tune the
	 * clients; what decides on the safety of events is set by the outbox itself.
	 * @param publisher what sends the events
	 * @param producerProperties properties of producers
	 * @param consumerProperties properties of consumers
	 * @param adminProperties properties of admin clients
	 * @return the builder
	 */
	public static Builder builder(EventPublisher publisher, Map<String, Object> producerProperties,
			Map<String, Object> consumerProperties, Map<String, Object> adminProperties) {
		return new Builder(publisher, producerProperties, consumerProperties, adminProperties);
	}

	@Override
	void accept(List<StoredEvent> events) {
		requireBlockingThread("store");
		requireFitting(events);
		if (Transactions.active()) {
			// Refuse now what would be refused after the commit
			producer();
			Transactions.whenOver(this, events, this::sendCommitted, this::rolledBack);
		}
		else {
			send(events);
		}
	}

	@Override
	Mono<Void> accept(List<StoredEvent> events, ReactiveTransaction transaction) {
		return Mono.fromRunnable(() -> {
			requireFitting(events);
			producer();
			transaction.whenOver(this, events, this::sendCommitted, this::rolledBack, Schedulers.boundedElastic());
		});
	}

	/**
	 * Refuse what the broker would not take, before a transaction is committed.
	 */
	private void requireFitting(List<StoredEvent> events) {
		KafkaTopics.Limit limit = this.topics.limit();
		for (StoredEvent event : events) {
			int size = KafkaRecords.size(KafkaRecords.event(this.topics.topic(), event));
			if (size > limit.bytes() - RESERVE) {
				throw new EventNotStoredException(
						"The event was not stored because it is too large for Kafka: with " + RESERVE
								+ " bytes for what may go wrong with it, it takes " + (size + RESERVE)
								+ " bytes, and the limit is " + limit + ". Raise that, or make the event smaller",
						null);
			}
		}
	}

	private void sendCommitted(List<StoredEvent> events) {
		try {
			send(events);
		}
		catch (EventNotStoredException ex) {
			this.logger.error(
					("%s events were lost: their transaction was committed, but Kafka did not acknowledge them after "
							+ "that: %s. hopper.outbox.type=jdbc stores events within the transaction.")
						.formatted(events.size(), events),
					ex);
		}
	}

	private void rolledBack(List<StoredEvent> events) {
		events.forEach((event) -> this.listeners.discarded(event, DiscardReason.ROLLED_BACK));
	}

	private void send(List<StoredEvent> events) {
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
		events.forEach(this.listeners::stored);
	}

	private EventNotStoredException notStored(List<StoredEvent> events, int acknowledged, Throwable cause) {
		String advice = (cause instanceof RecordTooLargeException)
				? "Raise max.message.bytes of the topic, or make the " + "event smaller"
				: "Some of the others may have been stored. Is the broker reachable, and may the application write to the topic?";
		return new EventNotStoredException("Kafka acknowledged only %s of %s events for the topic '%s' (%s). %s"
			.formatted(acknowledged, events.size(), this.topics.topic(), cause.getClass().getSimpleName(), advice),
				cause);
	}

	private Producer<byte[], byte[]> producer() {
		this.lock.lock();
		try {
			if (this.stopped) {
				throw new EventNotStoredException("The event was not stored because the application is shutting down",
						null);
			}
			if (this.producer == null) {
				this.producer = this.topics.createProducer();
			}
			return this.producer;
		}
		finally {
			this.lock.unlock();
		}
	}

	private Future<RecordMetadata> forward(ProducerRecord<byte[], byte[]> outgoing) {
		Producer<byte[], byte[]> current = this.producer;
		if (current == null) {
			throw new IllegalStateException("The outbox is stopped");
		}
		return current.send(outgoing);
	}

	private Admin admin() {
		this.lock.lock();
		try {
			if (this.stopped) {
				throw new KafkaException("The outbox is stopped");
			}
			if (this.admin == null) {
				this.admin = this.topics.createAdmin();
			}
			return this.admin;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void start() {
		this.lock.lock();
		try {
			if (this.delivery != null) {
				return;
			}
			this.stopped = false;
			boolean ready = prepareTopics();
			producer();
			this.delivery = new Delivery();
			this.gate.onAvailable(this.delivery::resume);
			this.gate.open();
			this.delivery.start(ready);
		}
		catch (RuntimeException ex) {
			// Nobody stops what has not started
			stop();
			throw ex;
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean prepareTopics() {
		boolean ready = this.createTopics
				? this.topics.create(admin(), this.partitions, this.replicationFactor, this.policy.maxAge())
				: this.topics.verify(admin());
		if (ready) {
			this.topics.readLimits(admin());
		}
		if (!ready) {
			this.logger.warn("The broker cannot be reached; the topics '%s' and '%s' are looked for again in %s seconds"
				.formatted(this.topics.topic(), this.topics.deadLetterTopic(), TOPICS_RETRY / 1000));
		}
		return ready;
	}

	/**
	 * Stop taking and sending events, wait for those being sent no longer than the
	 * shutdown timeout, and leave all others where they are.
	 */
	@Override
	public void stop() {
		Delivery current;
		this.lock.lock();
		try {
			current = this.delivery;
			this.delivery = null;
			this.stopped = true;
		}
		finally {
			this.lock.unlock();
		}
		if (current != null) {
			current.stop();
		}
		this.gate.close();
		Producer<byte[], byte[]> oldProducer;
		Admin oldAdmin;
		this.lock.lock();
		try {
			oldProducer = this.producer;
			oldAdmin = this.admin;
			this.producer = null;
			this.admin = null;
		}
		finally {
			this.lock.unlock();
		}
		if (oldProducer != null) {
			oldProducer.close(this.policy.shutdownTimeout());
		}
		if (oldAdmin != null) {
			oldAdmin.close(Duration.ofSeconds(1));
		}
	}

	@Override
	public boolean isRunning() {
		return this.delivery != null;
	}

	@Override
	boolean isDrained() {
		Delivery current = this.delivery;
		if (current != null && current.relay.isBusy()) {
			return false;
		}
		try {
			return lag() == 0;
		}
		catch (KafkaException ex) {
			this.logger.debug("It is not known how many events are pending", ex);
			return false;
		}
	}

	/**
	 * Return how many records are not committed.
	 */
	private long lag() {
		Admin client = admin();
		try {
			Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
			Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
			client.describeTopics(List.of(this.topics.topic()))
				.allTopicNames()
				.get(ADMIN_TIMEOUT, TimeUnit.MILLISECONDS)
				.values()
				.forEach((topic) -> topic.partitions().forEach((partition) -> {
					TopicPartition key = new TopicPartition(topic.name(), partition.partition());
					latest.put(key, OffsetSpec.latest());
					earliest.put(key, OffsetSpec.earliest());
				}));
			Map<TopicPartition, OffsetAndMetadata> committed = client.listConsumerGroupOffsets(this.groupId)
				.partitionsToOffsetAndMetadata()
				.get(ADMIN_TIMEOUT, TimeUnit.MILLISECONDS);
			earliest.keySet().removeIf((key) -> committed.get(key) != null);
			// All of them: what a replay has just committed is not readable at once
			Map<TopicPartition, ListOffsetsResultInfo> ends = client
				.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
				.all()
				.get(ADMIN_TIMEOUT, TimeUnit.MILLISECONDS);
			Map<TopicPartition, ListOffsetsResultInfo> starts = earliest.isEmpty() ? Map.of()
					: client.listOffsets(earliest).all().get(ADMIN_TIMEOUT, TimeUnit.MILLISECONDS);
			long lag = 0;
			for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : ends.entrySet()) {
				OffsetAndMetadata offset = committed.get(end.getKey());
				ListOffsetsResultInfo start = starts.get(end.getKey());
				long from = (offset != null) ? offset.offset() : (start != null) ? start.offset() : 0;
				lag += Math.max(0, end.getValue().offset() - from);
			}
			return lag;
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new KafkaException("The offsets of the topic '%s' cannot be read".formatted(this.topics.topic()), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException("The thread was interrupted", ex);
		}
	}

	@Override
	public EventOutboxState state() {
		long waiting = this.pending.get();
		Delivery current = this.delivery;
		return new EventOutboxState((waiting > 0) ? Map.of(EventOutboxState.ALL_TYPES, waiting) : Map.of(),
				this.dead.get(), null, current != null && current.isAtWork(), this.gate.pause());
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetterFilter filter, @Nullable UUID after, int limit) {
		requireBlockingThread("deadLetters");
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		NavigableMap<UUID, KafkaRecords.Letter> letters = this.deadLetters.read(filter::matches);
		return ((after != null) ? letters.tailMap(after, false) : letters).values()
			.stream()
			.limit(limit)
			.map(KafkaRecords.Letter::letter)
			.toList();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		requireBlockingThread("deadLetter");
		return this.deadLetters.read(withId(id)).values().stream().map(KafkaRecords.Letter::letter).findFirst();
	}

	@Override
	public boolean replay(UUID id) {
		return replay(withId(id)) > 0;
	}

	@Override
	public long replayAll(DeadLetterFilter filter) {
		Assert.notNull(filter, "'filter' must not be null");
		return replay(filter::matches);
	}

	private long replay(Predicate<DeadLetter> filter) {
		requireBlockingThread("replay");
		List<StoredEvent> replayed = this.deadLetters.replay(filter);
		this.dead.invalidate();
		this.pending.invalidate();
		replayed.forEach(this.listeners::replayed);
		return replayed.size();
	}

	@Override
	public boolean discard(UUID id, String reason) {
		return discard(withId(id), reason) > 0;
	}

	@Override
	public long discardAll(DeadLetterFilter filter, String reason) {
		Assert.notNull(filter, "'filter' must not be null");
		return discard(filter::matches, reason);
	}

	private long discard(Predicate<DeadLetter> filter, String reason) {
		requireBlockingThread("discard");
		Assert.hasText(reason, "'reason' must not be empty");
		List<StoredEvent> discarded = this.deadLetters.discard(filter);
		this.dead.invalidate();
		discarded.forEach((event) -> discarded(event, reason));
		return discarded.size();
	}

	private static Predicate<DeadLetter> withId(UUID id) {
		Assert.notNull(id, "'id' must not be null");
		return (letter) -> letter.event().id().equals(id);
	}

	private void concluded(Outcome outcome) {
		if (outcome instanceof Outcome.Dead) {
			this.dead.invalidate();
		}
		announce(outcome);
	}

	/**
	 * What delivers between a start and a stop.
	 */
	private final class Delivery {

		private final ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();

		private final KafkaRelay relay;

		private final ConcurrentMessageListenerContainer<byte[], byte[]> container;

		private final ContainerPausingBackOffHandler pauses;

		private volatile boolean paused;

		private final ReentrantLock startAndStop = new ReentrantLock();

		private boolean ended;

		Delivery() {
			this.scheduler.setThreadNamePrefix("hopper-outbox-timer-");
			this.scheduler.setDaemon(true);
			this.scheduler.initialize();
			ListenerContainerPauseService pauseService = new ListenerContainerPauseService(null, this.scheduler);
			Map<String, Object> properties = KafkaEventOutbox.this.topics
				.consumerProperties(KafkaEventOutbox.this.groupId);
			int maxPollInterval = new ConsumerConfig(properties).getInt(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
			this.relay = new KafkaRelay(KafkaEventOutbox.this.topics, KafkaEventOutbox.super.relay,
					KafkaEventOutbox.this.gate, KafkaEventOutbox.this.clock, KafkaEventOutbox.this.sendTimeout,
					Duration.ofMillis(maxPollInterval / 2), KafkaEventOutbox.this::forward,
					KafkaEventOutbox.this::concluded, this::pause);
			ContainerProperties containerProperties = new ContainerProperties(KafkaEventOutbox.this.topics.topic());
			containerProperties.setMessageListener(this.relay);
			containerProperties.setConsumerRebalanceListener(this.relay);
			containerProperties.setAckMode(ContainerProperties.AckMode.MANUAL);
			containerProperties.setMissingTopicsFatal(false);
			containerProperties.setAuthExceptionRetryInterval(AUTHENTICATION_RETRY);
			containerProperties.setScheduler(this.scheduler);
			containerProperties.setShutdownTimeout(KafkaEventOutbox.this.policy.shutdownTimeout().toMillis());
			containerProperties.setIdleEventInterval(IDLE.toMillis());
			containerProperties.setIdleBeforeDataMultiplier(1);
			this.container = new ConcurrentMessageListenerContainer<>(new DefaultKafkaConsumerFactory<>(properties),
					containerProperties);
			this.container.setApplicationEventPublisher(this::onEvent);
			this.container.setBeanName("hopper-outbox");
			this.container.setConcurrency(KafkaEventOutbox.this.concurrency);
			this.pauses = new ContainerPausingBackOffHandler(pauseService);
			DefaultErrorHandler errorHandler = new DefaultErrorHandler(null,
					new FixedBackOff(1000, FixedBackOff.UNLIMITED_ATTEMPTS), new GateBackOffHandler());
			errorHandler.setBackOffFunction((consumed, ex) -> () -> this.relay::backOff);
			this.container.setCommonErrorHandler(errorHandler);
		}

		private void onEvent(Object event) {
			if (event instanceof ListenerContainerIdleEvent idle) {
				this.relay.foundNothing(idle.getConsumer());
			}
		}

		@SuppressWarnings("FutureReturnValueIgnored") // Logs itself what goes wrong
		void start(boolean topicsReady) {
			this.startAndStop.lock();
			try {
				if (this.ended) {
					return;
				}
				if (topicsReady) {
					this.container.start();
				}
				else {
					this.scheduler.schedule(this::startLater, Instant.now().plusMillis(TOPICS_RETRY));
				}
			}
			finally {
				this.startAndStop.unlock();
			}
		}

		private void startLater() {
			boolean ready = false;
			try {
				ready = prepareTopics();
			}
			catch (RuntimeException ex) {
				KafkaEventOutbox.this.logger.error("Stored events are not delivered", ex);
			}
			start(ready);
		}

		void stop() {
			this.startAndStop.lock();
			try {
				this.ended = true;
			}
			finally {
				this.startAndStop.unlock();
			}
			this.relay.stop();
			this.container.stop();
			// What has not ended by now never will
			this.relay.abort();
			this.scheduler.shutdown();
		}

		/**
		 * Return whether events are consumed: not before there are topics, and not after
		 * a failure that ended a consumer.
		 */
		boolean isAtWork() {
			return this.container.isRunning() && this.container.isInExpectedState();
		}

		private void pause(TopicPartition partition, Duration time) {
			this.pauses.onNextBackOff(this.container, partition, time.toMillis() + 1);
		}

		/**
		 * End a pause that the gate has caused.
		 */
		private void resume() {
			if (this.paused && KafkaEventOutbox.this.gate.pause() == null) {
				this.paused = false;
				this.container.resume();
			}
		}

		/**
		 * Remembers that the container is paused.
		 */
		private final class GateBackOffHandler implements BackOffHandler {

			@Override
			public void onNextBackOff(@Nullable MessageListenerContainer container, @Nullable Exception exception,
					long nextBackOff) {
				Delivery.this.pauses.onNextBackOff(container, exception, nextBackOff);
				Delivery.this.paused = true;
			}

		}

	}

	/**
	 * A number that the broker has to be asked for. One thread asks at a time, and while
	 * it does or nobody answers, the last number has to do.
	 *
	 * @param <T> the type of the value
	 */
	private final class Cached<T> {

		private final ReentrantLock refreshing = new ReentrantLock();

		private final Duration timeToLive;

		private final Supplier<T> source;

		private volatile T value;

		private volatile long validUntil = System.nanoTime();

		private volatile boolean stale = true;

		Cached(Duration timeToLive, Supplier<T> source, T initial) {
			this.timeToLive = timeToLive;
			this.source = source;
			this.value = initial;
		}

		void invalidate() {
			this.stale = true;
		}

		T get() {
			if ((this.stale || System.nanoTime() - this.validUntil >= 0) && isRunning() && this.refreshing.tryLock()) {
				try {
					this.stale = false;
					this.value = this.source.get();
				}
				catch (KafkaException | IllegalStateException ex) {
					logger.debug("The broker does not tell what is in the outbox", ex);
				}
				finally {
					this.validUntil = System.nanoTime() + this.timeToLive.toNanos();
					this.refreshing.unlock();
				}
			}
			return this.value;
		}

	}

	/**
	 * Builder of {@link KafkaEventOutbox}.
	 */
	public static final class Builder extends OutboxBuilder<Builder> {

		private final Map<String, Object> producerProperties;

		private final Map<String, Object> consumerProperties;

		private final Map<String, Object> adminProperties;

		private String topic = "hopper-events";

		private @Nullable String deadLetterTopic;

		private String groupId = "hopper-events";

		private int concurrency = 1;

		private int partitions = -1;

		private short replicationFactor = -1;

		private boolean createTopics = true;

		private Builder(EventPublisher publisher, Map<String, Object> producerProperties,
				Map<String, Object> consumerProperties, Map<String, Object> adminProperties) {
			super(publisher);
			this.producerProperties = Map.copyOf(producerProperties);
			this.consumerProperties = Map.copyOf(consumerProperties);
			this.adminProperties = Map.copyOf(adminProperties);
		}

		/**
		 * Set the names of the topics.
		 * @param topic the topic of events, {@code hopper-events} by default
		 * @param deadLetterTopic the topic of dead letters, or {@code null} for the name
		 * of the other with {@code -dead}
		 * @return this builder
		 */
		public Builder topics(String topic, @Nullable String deadLetterTopic) {
			Assert.hasText(topic, "'topic' must not be empty");
			Assert.isTrue(!topic.equals(deadLetterTopic), "'deadLetterTopic' must not be the topic of events");
			this.topic = topic;
			this.deadLetterTopic = deadLetterTopic;
			return this;
		}

		/**
		 * Set who consumes the events.
		 * @param groupId the consumer group, {@code hopper-events} by default
		 * @param concurrency the number of consumers in this instance, one by default
		 * @return this builder
		 */
		public Builder consumers(String groupId, int concurrency) {
			Assert.hasText(groupId, "'groupId' must not be empty");
			Assert.isTrue(concurrency >= 1, "'concurrency' must be at least 1");
			this.groupId = groupId;
			this.concurrency = concurrency;
			return this;
		}

		/**
		 * Set whether topics that do not exist are created, and how.
		 * @param createTopics whether to create them, which is the default
		 * @param partitions the number of partitions, or -1 for the broker's default
		 * @param replicationFactor the replication factor, or -1 for the broker's default
		 * @return this builder
		 */
		public Builder createTopics(boolean createTopics, int partitions, int replicationFactor) {
			Assert.isTrue(partitions == -1 || partitions >= 1, "'partitions' must be -1 or at least 1");
			Assert.isTrue(replicationFactor == -1 || (replicationFactor >= 1 && replicationFactor <= Short.MAX_VALUE),
					"'replicationFactor' must be -1 or at least 1");
			this.createTopics = createTopics;
			this.partitions = partitions;
			this.replicationFactor = (short) replicationFactor;
			return this;
		}

		/**
		 * Build the outbox, which has to be {@link KafkaEventOutbox#start() started}.
		 * @return the outbox
		 */
		public KafkaEventOutbox build() {
			return new KafkaEventOutbox(this);
		}

	}

}
