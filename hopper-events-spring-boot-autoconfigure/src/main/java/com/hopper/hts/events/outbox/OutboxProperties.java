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
import java.util.Locale;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Storing events and delivering them in the background.
 *
 * @param type Where stored events are kept.
 * @param concurrency Number of stored events that are sent at a time.
 * @param maxAge Time after which a stored event that keeps failing becomes a dead letter.
 * @param shutdownTimeout Time that the end of the application waits for deliveries.
 * @param probeInterval Longest time between two events that are sent, while the relay is
 * paused, to find out whether it can go on.
 * @param showPayload Whether the endpoint 'hopperevents' shows the payload and the
 * session id of a dead letter to users who are signed in, and over JMX.
 * @param retry Repeating failed deliveries.
 */
@ConfigurationProperties("hopper.outbox")
record OutboxProperties(@DefaultValue("memory") Type type, @DefaultValue("50") int concurrency,
		@DefaultValue("72h") Duration maxAge, @DefaultValue("20s") Duration shutdownTimeout,
		@DefaultValue("30s") Duration probeInterval, @DefaultValue("false") boolean showPayload,
		@DefaultValue Retry retry) implements AopInfrastructureBean {

	// Advice that is meant for everything of ours passes by: a record has no subclasses

	private static final Duration LONGEST = Duration.ofDays(1);

	/**
	 * Check the values.
	 * @return how to deliver
	 */
	RelayPolicy toPolicy() {
		if (this.concurrency < 1) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.concurrency", this.concurrency,
					"must be 1 or greater");
		}
		requirePositive("max-age", this.maxAge, Duration.ofDays(365));
		requirePositive("shutdown-timeout", this.shutdownTimeout, LONGEST);
		requirePositive("probe-interval", this.probeInterval, LONGEST);
		requirePositive("retry.initial-interval", this.retry.initialInterval(), LONGEST);
		requirePositive("retry.max-interval", this.retry.maxInterval(), LONGEST);
		return new RelayPolicy(this.concurrency, this.maxAge, this.retry.initialInterval(), this.retry.maxInterval(),
				this.probeInterval, this.shutdownTimeout);
	}

	private static void requirePositive(String name, Duration value, Duration maximum) {
		if (value.isNegative() || value.toMillis() == 0 || value.compareTo(maximum) > 0) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox." + name, value,
					"must be between 1ms and %sd, for example 5s".formatted(maximum.toDays()));
		}
	}

	/**
	 * Repeating failed deliveries.
	 *
	 * @param initialInterval Wait after the first failed attempt of a stored event. Each
	 * further wait is twice as long, with a random part.
	 * @param maxInterval Maximum wait, unless the API asks for more with 'Retry-After'.
	 */
	record Retry(@DefaultValue("1s") Duration initialInterval, @DefaultValue("5m") Duration maxInterval) {

	}

	/**
	 * Where stored events are kept.
	 */
	enum Type {

		/**
		 * In memory, until the application ends.
		 */
		MEMORY(""),

		/**
		 * In a table of the application's database.
		 */
		JDBC("needs spring-boot-starter-jdbc (or spring-boot-starter-data-jpa) on the class path"),

		/**
		 * In a topic of Kafka.
		 */
		KAFKA("needs spring-boot-starter-kafka on the class path");

		private final String need;

		Type(String need) {
			this.need = need;
		}

		String id() {
			return name().toLowerCase(Locale.ROOT);
		}

		/**
		 * Return what is missing if nothing provides such a store.
		 */
		String need() {
			return this.need;
		}

	}

}
