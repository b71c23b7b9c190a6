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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How much of a topic a consumer group has not committed.
 */
final class KafkaBacklog {

	private static final long TIMEOUT = 10_000;

	private KafkaBacklog() {
	}

	static long count(Admin client, String topic, String groupId) {
		try {
			Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
			Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
			get(client.describeTopics(List.of(topic)).allTopicNames()).values()
				.forEach((description) -> description.partitions().forEach((partition) -> {
					TopicPartition key = new TopicPartition(topic, partition.partition());
					latest.put(key, OffsetSpec.latest());
					earliest.put(key, OffsetSpec.earliest());
				}));
			Map<TopicPartition, OffsetAndMetadata> committed = get(
					client.listConsumerGroupOffsets(groupId).partitionsToOffsetAndMetadata());
			// READ_UNCOMMITTED, because what a replay has just committed is not readable
			// at once
			Map<TopicPartition, ListOffsetsResultInfo> ends = get(
					client.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED)).all());
			Map<TopicPartition, ListOffsetsResultInfo> starts = get(client.listOffsets(earliest).all());
			return starts.entrySet().stream().mapToLong((start) -> {
				OffsetAndMetadata offset = committed.get(start.getKey());
				ListOffsetsResultInfo end = ends.get(start.getKey());
				if (end == null) {
					return 0;
				}
				long from = (offset != null) ? offset.offset() : -1;
				// A consumer whose offset is no longer in the topic begins at its start
				boolean valid = from >= start.getValue().offset() && from <= end.offset();
				return end.offset() - (valid ? from : start.getValue().offset());
			}).sum();
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new KafkaException("The offsets of the topic '" + topic + "' cannot be read", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException("The thread was interrupted", ex);
		}
	}

	private static <T> T get(Future<T> answer) throws ExecutionException, InterruptedException, TimeoutException {
		return answer.get(TIMEOUT, TimeUnit.MILLISECONDS);
	}

	/**
	 * A number from the broker, cached for a while. One thread asks at a time, and the
	 * others get the last number meanwhile, if there is one.
	 *
	 * @param <T> the type of the value
	 */
	static final class Cached<T> {

		private static final Log logger = LogFactory.getLog(KafkaBacklog.class);

		private final ReentrantLock refreshing = new ReentrantLock();

		private final Duration timeToLive;

		private final Supplier<T> source;

		private volatile T value;

		private volatile long validUntil = System.nanoTime();

		private volatile boolean stale = true;

		private volatile boolean asked;

		private volatile @Nullable KafkaException failure;

		Cached(Duration timeToLive, Supplier<T> source, T initial) {
			this.timeToLive = timeToLive;
			this.source = source;
			this.value = initial;
		}

		void invalidate() {
			this.stale = true;
		}

		T get() {
			if (isDue() && enter()) {
				try {
					if (isDue()) {
						refresh();
					}
				}
				finally {
					this.refreshing.unlock();
				}
			}
			KafkaException failure = this.failure;
			if (failure != null) {
				throw new KafkaException("The broker does not tell what is in the outbox", failure);
			}
			return this.value;
		}

		private boolean isDue() {
			return this.stale || System.nanoTime() - this.validUntil >= 0;
		}

		private boolean enter() {
			if (this.asked) {
				return this.refreshing.tryLock();
			}
			this.refreshing.lock();
			return true;
		}

		private void refresh() {
			try {
				this.stale = false;
				this.value = this.source.get();
				this.failure = null;
			}
			catch (KafkaException ex) {
				this.failure = ex;
				if (Thread.currentThread().isInterrupted()) {
					// An interrupt says nothing about Kafka: the next caller counts
					// again
					this.stale = true;
				}
			}
			catch (IllegalStateException ex) {
				logger.debug("Nobody can be asked what is in the outbox", ex);
			}
			finally {
				this.asked = true;
				this.validUntil = System.nanoTime() + this.timeToLive.toNanos();
			}
		}

	}

}
