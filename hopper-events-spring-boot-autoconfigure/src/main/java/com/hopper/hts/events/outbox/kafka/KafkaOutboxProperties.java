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

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/**
 * Outbox in a topic of Kafka.
 *
 * @param topic Topic of events.
 * @param deadLetterTopic Topic of dead letters. Defaults to the name of the other topic
 * with '-dead'.
 * @param groupId Consumer group that delivers the events.
 * @param concurrency Number of consumers in one instance of the application.
 * @param createTopics Whether topics that do not exist are created at start.
 * @param partitions Number of partitions of topics that are created, or -1 for the
 * broker's default.
 * @param replicationFactor Replication factor of topics that are created, or -1 for the
 * broker's default.
 */
@ConfigurationProperties("hopper.outbox.kafka")
record KafkaOutboxProperties(@DefaultValue("hopper-events") String topic, @Nullable String deadLetterTopic,
		@DefaultValue("hopper-events") String groupId, @DefaultValue("1") int concurrency,
		@DefaultValue("true") boolean createTopics, @DefaultValue("-1") int partitions,
		@DefaultValue("-1") int replicationFactor) implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a record cannot be proxied with a subclass

	String nameOfDeadLetterTopic() {
		String name = this.deadLetterTopic;
		return (name != null && StringUtils.hasText(name)) ? name : this.topic + "-dead";
	}

	void validate() {
		requireName("topic", this.topic);
		requireName("dead-letter-topic", nameOfDeadLetterTopic());
		require(!this.topic.equals(this.deadLetterTopic), "dead-letter-topic", this.deadLetterTopic,
				"must not be the topic of events");
		require(StringUtils.hasText(this.groupId), "group-id", this.groupId, "must not be empty");
		require(this.concurrency >= 1, "concurrency", this.concurrency, "must be 1 or greater");
		require(this.partitions == -1 || this.partitions >= 1, "partitions", this.partitions,
				"must be 1 or greater, or -1 for the broker's default");
		require(this.replicationFactor == -1
				|| (this.replicationFactor >= 1 && this.replicationFactor <= Short.MAX_VALUE), "replication-factor",
				this.replicationFactor, "must be 1 or greater, or -1 for the broker's default");
	}

	private static void requireName(String property, String name) {
		require(name.matches("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}"), property, name,
				"must consist of letters, digits, '.', '_' and '-', 249 at the most");
	}

	private static void require(boolean valid, String name, @Nullable Object value, String reason) {
		if (!valid) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.kafka." + name, value, reason);
		}
	}

}
