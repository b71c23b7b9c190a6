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
package com.hopper.hts.events.outbox.memory;

import java.time.Duration;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * Outbox in memory. An {@link AopInfrastructureBean}, so that advice on whole packages
 * does not proxy it.
 */
@ConfigurationProperties("hopper.outbox.memory")
class MemoryOutboxProperties implements AopInfrastructureBean {

	/**
	 * Maximum number of events that wait for their delivery.
	 */
	private int maxEvents = 10000;

	/**
	 * Maximum space that these take, roughly.
	 */
	private DataSize maxBytes = DataSize.ofMegabytes(16);

	/**
	 * What a full outbox does with one more event.
	 */
	private Overflow overflow = Overflow.REJECT;

	/**
	 * Maximum time for which storing an event waits for space with 'overflow' set to
	 * 'block'.
	 */
	private Duration overflowTimeout = Duration.ofSeconds(1);

	public int getMaxEvents() {
		return this.maxEvents;
	}

	public void setMaxEvents(int maxEvents) {
		this.maxEvents = maxEvents;
	}

	public DataSize getMaxBytes() {
		return this.maxBytes;
	}

	public void setMaxBytes(DataSize maxBytes) {
		this.maxBytes = maxBytes;
	}

	public Overflow getOverflow() {
		return this.overflow;
	}

	public void setOverflow(Overflow overflow) {
		this.overflow = overflow;
	}

	public Duration getOverflowTimeout() {
		return this.overflowTimeout;
	}

	public void setOverflowTimeout(Duration overflowTimeout) {
		this.overflowTimeout = overflowTimeout;
	}

	void validate() {
		if (this.maxEvents < 1) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.memory.max-events", this.maxEvents,
					"must be 1 or greater");
		}
		if (this.maxBytes.toBytes() < 1024) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.memory.max-bytes", this.maxBytes,
					"must be 1KB or greater, for example 16MB");
		}
		if (this.overflowTimeout.compareTo(Duration.ofMillis(1)) < 0
				|| this.overflowTimeout.compareTo(Duration.ofDays(1)) > 0) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.memory.overflow-timeout",
					this.overflowTimeout, "must be between 1ms and 1d, for example 1s");
		}
	}

	/**
	 * What a full memory outbox does with one more event. Whatever the policy, an
	 * {@code offers_displayed} that waits is dropped before any other event is refused or
	 * dropped.
	 */
	enum Overflow {

		/**
		 * Refuse the new event.
		 */
		REJECT,

		/**
		 * Drop the oldest event that waits.
		 */
		DROP_OLDEST,

		/**
		 * Let the caller wait for space, and refuse the new event after a while.
		 */
		BLOCK

	}

}
