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

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.util.ClassUtils;

/**
 * The topics of an outbox, and clients that only the outbox uses: whatever the
 * application has configured for its own clients, these lose no event.
 */
final class KafkaTopics {

	/**
	 * Who stores an event waits, so the defaults of two minutes are too long.
	 */
	private static final int DELIVERY_TIMEOUT = 10_000;

	private static final int REQUEST_TIMEOUT = 5_000;

	private static final int OPERATOR_TIMEOUT = 30_000;

	private static final int METADATA_MAX_AGE = 10_000;

	private static final int TRANSACTION_TIMEOUT = 15_000;

	private static final Log logger = LogFactory.getLog(KafkaTopics.class);

	private static final Duration RETENTION = Duration.ofDays(14);

	private final String topic;

	private final String deadLetterTopic;

	private final Map<String, Object> producer;

	private final Map<String, Object> consumer;

	private final Map<String, Object> admin;

	private volatile Limit limit;

	private final KafkaOutboxProperties properties;

	private final @Nullable ClassLoader classLoader = ClassUtils.getDefaultClassLoader();

	KafkaTopics(KafkaOutboxProperties properties, Map<String, Object> producer, Map<String, Object> consumer,
			Map<String, Object> admin) {
		this.properties = properties;
		this.topic = properties.topic();
		this.deadLetterTopic = properties.nameOfDeadLetterTopic();
		this.producer = Map.copyOf(producer);
		this.consumer = Map.copyOf(consumer);
		this.admin = Map.copyOf(admin);
		this.limit = producerLimit();
	}

	String topic() {
		return this.topic;
	}

	String deadLetterTopic() {
		return this.deadLetterTopic;
	}

	/**
	 * Create the factory of the one producer, which makes another if that has failed for
	 * good or was closed.
	 */
	DefaultKafkaProducerFactory<byte[], byte[]> createProducers() {
		return new DefaultKafkaProducerFactory<>(producerProperties()) {

			@Override
			protected Producer<byte[], byte[]> createRawProducer(Map<String, Object> rawConfigs) {
				return createClient(() -> super.createRawProducer(rawConfigs));
			}

		};
	}

	/**
	 * Create the producer with which operators move dead letters. There is one at a time:
	 * each one that {@link Producer#initTransactions() begins} ends its predecessor,
	 * whichever instance it belongs to.
	 */
	Producer<byte[], byte[]> createOperator() {
		Map<String, Object> properties = producerProperties();
		suffixClientId(properties, "-operations");
		properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, this.topic + "-operations");
		properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT);
		// Longer than usual, because the broker creates its transaction topic for the
		// first transaction
		properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, OPERATOR_TIMEOUT);
		return createClient(() -> new KafkaProducer<>(properties));
	}

	private Map<String, Object> producerProperties() {
		Map<String, Object> properties = new HashMap<>(this.producer);
		suffixClientId(properties, "-hopper-outbox");
		properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
		properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
		properties.put(ProducerConfig.ACKS_CONFIG, "all");
		properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
		properties.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
		properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 5);
		properties.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
		// The application's partitioner expects other keys, and would separate the events
		// of a session
		properties.remove(ProducerConfig.PARTITIONER_CLASS_CONFIG);
		properties.remove(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG);
		properties.remove(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG);
		if (!properties.containsKey(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG)) {
			properties.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT);
			AbstractConfig config = new AbstractConfig(ProducerConfig.configDef(), properties, false);
			properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
					(int) Math.min(Integer.MAX_VALUE,
							DELIVERY_TIMEOUT - REQUEST_TIMEOUT + config.getLong(ProducerConfig.LINGER_MS_CONFIG)
									+ config.getInt(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG)));
		}
		properties.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, DELIVERY_TIMEOUT);
		return properties;
	}

	/**
	 * Return how long to wait for an acknowledgement, which is longer than the producer
	 * itself tries.
	 */
	Duration sendTimeout() {
		ProducerConfig config = new ProducerConfig(producerProperties());
		// Limited, because max.block.ms may be Long.MAX_VALUE
		return Duration.ofMillis(Math.min(config.getLong(ProducerConfig.MAX_BLOCK_MS_CONFIG), Integer.MAX_VALUE)
				+ config.getInt(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG) + 1000L);
	}

	/**
	 * Create a consumer that belongs to no group.
	 */
	Consumer<byte[], byte[]> createReader() {
		Map<String, Object> properties = consumerProperties("");
		suffixClientId(properties, "-dead-letters");
		properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
		// The reader reads what is there, and never waits for more
		properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 0);
		return createConsumers(properties).createConsumer();
	}

	ConsumerFactory<byte[], byte[]> createConsumers(Map<String, Object> properties) {
		return new DefaultKafkaConsumerFactory<>(properties) {

			@Override
			protected Consumer<byte[], byte[]> createRawConsumer(Map<String, Object> configProps) {
				return createClient(() -> super.createRawConsumer(configProps));
			}

		};
	}

	Map<String, Object> consumerProperties(String groupId) {
		Map<String, Object> properties = new HashMap<>(this.consumer);
		suffixClientId(properties, "-hopper-outbox");
		properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
		properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
		properties.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
		properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
		properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
		properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
		properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
		properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
		// An interceptor of the application may drop records, which would never be sent
		// then
		properties.remove(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG);
		// A single event must not wait for more to arrive
		properties.remove(ConsumerConfig.FETCH_MIN_BYTES_CONFIG);
		return properties;
	}

	/**
	 * Return how large a record may be, as far as is known.
	 */
	Limit limit() {
		return this.limit;
	}

	/**
	 * Ask the broker how large records may be, and whether it removes what is needed.
	 * Without the right to ask, only the limits of the producer are known.
	 * @param maxAge how long events may wait
	 */
	void readLimits(Admin admin, Duration maxAge) {
		Limit smallest = producerLimit();
		Map<ConfigResource, KafkaFuture<Config>> answers = admin
			.describeConfigs(Stream.of(this.topic, this.deadLetterTopic)
				.map((name) -> new ConfigResource(ConfigResource.Type.TOPIC, name))
				.toList())
			.values();
		for (Map.Entry<ConfigResource, KafkaFuture<Config>> answer : answers.entrySet()) {
			String name = answer.getKey().name();
			// Each topic on its own, because one that was just created may not be known
			// everywhere
			try {
				Config configs = answer.getValue().get(DELIVERY_TIMEOUT, TimeUnit.MILLISECONDS);
				ConfigEntry config = configs.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
				if (config != null) {
					smallest = smallest.or(Integer.parseInt(config.value()),
							"max.message.bytes of the topic '" + name + "'");
				}
				warnOfLosses(name, configs, maxAge);
			}
			catch (ExecutionException | TimeoutException ex) {
				logger.debug("The broker does not tell how large records of '" + name + "' may be", ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
		this.limit = smallest;
	}

	private void warnOfLosses(String name, Config configs, Duration maxAge) {
		boolean compacts = contains(configs, TopicConfig.CLEANUP_POLICY_COMPACT);
		boolean deletes = contains(configs, TopicConfig.CLEANUP_POLICY_DELETE);
		if (!name.equals(this.topic)) {
			if (deletes) {
				logger
					.warn("The topic '" + name + "' has not only the cleanup.policy 'compact': the broker removes dead "
							+ "letters after its retention, whether somebody has seen them or not");
			}
			return;
		}
		if (compacts) {
			logger.warn("The topic '" + name + "' is compacted: the broker removes events, sent or not, "
					+ "when their session has later ones. Set its cleanup.policy to 'delete'");
		}
		ConfigEntry retention = configs.get(TopicConfig.RETENTION_MS_CONFIG);
		long millis = (deletes && retention != null) ? Long.parseLong(retention.value()) : -1;
		if (millis != -1 && millis < maxAge.toMillis()) {
			logger.warn("The topic '" + name + "' has a retention.ms of " + millis + ", which is less than "
					+ "hopper.outbox.max-age: the broker removes events that still wait. Set it to "
					+ maxAge.multipliedBy(2).toMillis() + " or more");
		}
	}

	private static boolean contains(Config configs, String cleanupPolicy) {
		ConfigEntry entry = configs.get(TopicConfig.CLEANUP_POLICY_CONFIG);
		return entry != null && entry.value().contains(cleanupPolicy);
	}

	private Limit producerLimit() {
		ProducerConfig config = new ProducerConfig(producerProperties());
		return new Limit(config.getInt(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), "max.request.size of the producer")
			.or(config.getLong(ProducerConfig.BUFFER_MEMORY_CONFIG), "buffer.memory of the producer");
	}

	Admin createAdmin() {
		return createAdmin(this.admin, "-hopper-outbox");
	}

	private Admin createAdmin(Map<String, Object> client, String suffix) {
		Map<String, Object> properties = new HashMap<>(client);
		suffixClientId(properties, suffix);
		// Removed, because Kafka refuses a default.api.timeout.ms shorter than
		// request.timeout.ms
		properties.remove(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG);
		if (properties.putIfAbsent(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT) == null) {
			properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT);
		}
		// A client that the broker refused asks for nothing more until its metadata
		// expire
		properties.putIfAbsent(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, METADATA_MAX_AGE);
		return createClient(() -> Admin.create(properties));
	}

	/**
	 * Create a client with the class loader of the application. Kafka looks for classes
	 * with that of the thread, which in an executable jar is another one for the threads
	 * of {@link ForkJoinPool#commonPool()}.
	 */
	private <T> T createClient(Supplier<T> client) {
		ClassLoader previous = ClassUtils.overrideThreadContextClassLoader(this.classLoader);
		try {
			return client.get();
		}
		finally {
			if (previous != null) {
				Thread.currentThread().setContextClassLoader(previous);
			}
		}
	}

	/**
	 * Make the client id differ from that of the application's own clients, because Kafka
	 * registers clients by id.
	 */
	private static void suffixClientId(Map<String, Object> properties, String suffix) {
		properties.computeIfPresent(CommonClientConfigs.CLIENT_ID_CONFIG, (key, value) -> value + suffix);
	}

	/**
	 * Find out whether clients that have servers of their own reach the cluster of the
	 * admin: nobody would read what is stored elsewhere, and nobody would miss it.
	 * @return whether the brokers could be asked
	 * @throws IllegalStateException if one reaches another cluster
	 */
	boolean haveOneCluster(Admin admin) {
		return isSameCluster(admin, "producer", this.producer) && isSameCluster(admin, "consumer", this.consumer);
	}

	private boolean isSameCluster(Admin admin, String name, Map<String, Object> client) {
		if (Objects.equals(client.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG),
				this.admin.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG))) {
			return true;
		}
		try (Admin other = createAdmin(client, "-hopper-outbox-" + name)) {
			Optional<String> expected = cluster(admin);
			Optional<String> reached = cluster(other);
			if (expected.isPresent() && reached.isPresent() && !expected.equals(reached)) {
				throw new IllegalStateException(("The %s reaches another cluster of Kafka (%s) than the admin (%s), "
						+ "so that no event would be delivered. Let spring.kafka.bootstrap-servers and "
						+ "spring.kafka.%s.bootstrap-servers lead to one cluster")
					.formatted(name, reached.get(), expected.get(), name));
			}
			return expected.isPresent() && reached.isPresent();
		}
	}

	private static Optional<String> cluster(Admin admin) {
		CompletableFuture<String> id = admin.describeCluster().clusterId().toCompletionStage().toCompletableFuture();
		return await(id, "The cluster cannot be described", UnknownTopicOrPartitionException.class)
			.map((known) -> String.valueOf(id.join()));
	}

	/**
	 * Create the topics that do not exist.
	 * @param maxAge how long events may wait
	 * @return whether the broker could be asked
	 * @throws IllegalStateException if the broker refuses
	 */
	boolean create(Admin admin, Duration maxAge) {
		Optional<Integer> numPartitions = Optional.of(this.properties.partitions()).filter((number) -> number != -1);
		Optional<Short> replicas = Optional.of((short) this.properties.replicationFactor())
			.filter((number) -> number != -1);
		// Longer than any event waits, even if no instance runs for some days
		long retention = Math.max(maxAge.multipliedBy(2).toMillis(), RETENTION.toMillis());
		return create(admin,
				new NewTopic(this.topic, numPartitions, replicas).configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG,
						TopicConfig.CLEANUP_POLICY_DELETE, TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention))))
				&& create(admin, new NewTopic(this.deadLetterTopic, numPartitions, replicas)
					.configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)));
	}

	private boolean create(Admin admin, NewTopic newTopic) {
		if (exists(admin, newTopic.name()).orElse(false)) {
			return true;
		}
		return await(admin.createTopics(List.of(newTopic)).all(),
				"The topic '%s' cannot be created".formatted(newTopic.name()), TopicExistsException.class)
			.isPresent();
	}

	/**
	 * Find out whether both topics exist.
	 * @return whether the broker could be asked
	 * @throws IllegalStateException if one does not exist
	 */
	boolean verify(Admin admin) {
		for (String name : List.of(this.topic, this.deadLetterTopic)) {
			Optional<Boolean> exists = exists(admin, name);
			if (exists.isEmpty()) {
				return false;
			}
			if (!exists.get()) {
				throw new IllegalStateException(
						("The topic '%s' does not exist. Create it, or set hopper.outbox.kafka.create-topics=true "
								+ "and allow the application to do so")
							.formatted(name));
			}
		}
		return true;
	}

	private static Optional<Boolean> exists(Admin admin, String name) {
		return await(admin.describeTopics(List.of(name)).allTopicNames(),
				"The topic '%s' cannot be described".formatted(name), UnknownTopicOrPartitionException.class);
	}

	/**
	 * Wait for the broker.
	 * @return whether it did what it was asked, or empty if it could not be reached
	 */
	private static Optional<Boolean> await(Future<?> answer, String problem, Class<? extends Exception> expected) {
		try {
			answer.get(DELIVERY_TIMEOUT + REQUEST_TIMEOUT, TimeUnit.MILLISECONDS);
			return Optional.of(true);
		}
		catch (ExecutionException ex) {
			Throwable cause = ex.getCause();
			if (expected.isInstance(cause)) {
				return Optional.of(false);
			}
			if (cause instanceof RetriableException) {
				return Optional.empty();
			}
			throw new IllegalStateException(problem + ": " + ((cause != null) ? cause.getMessage() : ex), ex);
		}
		catch (TimeoutException ex) {
			return Optional.empty();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return Optional.empty();
		}
	}

	/**
	 * How large a record may be.
	 *
	 * @param bytes the number of bytes
	 * @param name what sets the limit
	 */
	record Limit(long bytes, String name) {

		private Limit or(long bytes, String name) {
			return (bytes < this.bytes) ? new Limit(bytes, name) : this;
		}

		@Override
		public String toString() {
			return this.bytes + ", " + this.name;
		}

	}

}
