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
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Storing events and delivering them in the background. An {@link AopInfrastructureBean},
 * so that advice on whole packages does not proxy it.
 */
@ConfigurationProperties("hopper.outbox")
class OutboxProperties implements AopInfrastructureBean {

	private static final Duration SHORTEST = Duration.ofMillis(1);

	private static final Duration LONGEST = Duration.ofDays(1);

	/**
	 * Where stored events are kept.
	 */
	private Type type = Type.MEMORY;

	/**
	 * Number of stored events that are sent at a time.
	 */
	private int concurrency = 50;

	/**
	 * Time after which a stored event that keeps failing becomes a dead letter.
	 */
	private Duration maxAge = Duration.ofDays(3);

	/**
	 * Time that the end of the application waits for deliveries.
	 */
	private Duration shutdownTimeout = Duration.ofSeconds(20);

	/**
	 * Longest time between two events that are sent, while the relay is paused, to find
	 * out whether it can go on, unless the API asks for more with 'Retry-After'.
	 */
	private Duration probeInterval = Duration.ofSeconds(30);

	/**
	 * Whether the endpoint 'hopperevents' shows the payload and the session id of a dead
	 * letter to users who are signed in, and over JMX.
	 */
	private boolean showPayload;

	/**
	 * Repeating failed deliveries.
	 */
	private final Retry retry = new Retry();

	public Type getType() {
		return this.type;
	}

	public void setType(Type type) {
		this.type = type;
	}

	public int getConcurrency() {
		return this.concurrency;
	}

	public void setConcurrency(int concurrency) {
		this.concurrency = concurrency;
	}

	public Duration getMaxAge() {
		return this.maxAge;
	}

	public void setMaxAge(Duration maxAge) {
		this.maxAge = maxAge;
	}

	public Duration getShutdownTimeout() {
		return this.shutdownTimeout;
	}

	public void setShutdownTimeout(Duration shutdownTimeout) {
		this.shutdownTimeout = shutdownTimeout;
	}

	public Duration getProbeInterval() {
		return this.probeInterval;
	}

	public void setProbeInterval(Duration probeInterval) {
		this.probeInterval = probeInterval;
	}

	public boolean isShowPayload() {
		return this.showPayload;
	}

	public void setShowPayload(boolean showPayload) {
		this.showPayload = showPayload;
	}

	public Retry getRetry() {
		return this.retry;
	}

	/**
	 * Check the values.
	 * @return how to deliver
	 */
	RelayPolicy toPolicy() {
		if (this.concurrency < 1 || this.concurrency > 10_000) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.concurrency", this.concurrency,
					"must be between 1 and 10000");
		}
		requirePositive("max-age", this.maxAge, Duration.ofDays(365));
		requirePositive("shutdown-timeout", this.shutdownTimeout, LONGEST);
		requirePositive("probe-interval", this.probeInterval, LONGEST);
		requirePositive("retry.initial-interval", this.retry.getInitialInterval(), LONGEST);
		requirePositive("retry.max-interval", this.retry.getMaxInterval(), LONGEST);
		return new RelayPolicy(this.concurrency, this.maxAge, this.retry.getInitialInterval(),
				this.retry.getMaxInterval(), this.probeInterval, this.shutdownTimeout);
	}

	private static void requirePositive(String name, Duration value, Duration maximum) {
		if (value.compareTo(SHORTEST) < 0 || value.compareTo(maximum) > 0) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox." + name, value,
					"must be between 1ms and %sd, for example 5s".formatted(maximum.toDays()));
		}
	}

	/**
	 * Repeating failed deliveries.
	 */
	static class Retry {

		/**
		 * Wait after the first failed attempt of a stored event. Each further wait is
		 * twice as long, with a random part.
		 */
		private Duration initialInterval = Duration.ofSeconds(1);

		/**
		 * Maximum wait, unless the API asks for more with 'Retry-After'.
		 */
		private Duration maxInterval = Duration.ofMinutes(5);

		public Duration getInitialInterval() {
			return this.initialInterval;
		}

		public void setInitialInterval(Duration initialInterval) {
			this.initialInterval = initialInterval;
		}

		public Duration getMaxInterval() {
			return this.maxInterval;
		}

		public void setMaxInterval(Duration maxInterval) {
			this.maxInterval = maxInterval;
		}

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
