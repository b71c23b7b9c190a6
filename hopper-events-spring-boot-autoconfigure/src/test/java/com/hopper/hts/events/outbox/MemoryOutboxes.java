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
import java.util.List;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.outbox.memory.MemoryStores;
import com.hopper.hts.events.time.SchedulerClock;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Builds outboxes in memory.
 */
final class MemoryOutboxes {

	private MemoryOutboxes() {
	}

	static Builder builder(EventPublisher publisher) {
		return new Builder(publisher);
	}

	static final class Builder {

		private final TestOutbox.Builder builder;

		private int maxEvents = 10_000;

		private long maxBytes = 16 * 1024 * 1024;

		private String overflow = "REJECT";

		private Duration overflowTimeout = Duration.ofSeconds(1);

		private Scheduler scheduler = Schedulers.parallel();

		private Builder(EventPublisher publisher) {
			this.builder = TestOutbox.builder(publisher);
		}

		Builder policy(RelayPolicy policy) {
			this.builder.policy(policy);
			return this;
		}

		Builder listeners(List<EventDeliveryListener> listeners) {
			this.builder.listeners(listeners);
			return this;
		}

		Builder scheduler(Scheduler scheduler) {
			this.scheduler = scheduler;
			return this;
		}

		Builder random(DoubleSupplier random) {
			this.builder.random(random);
			return this;
		}

		Builder limits(int maxEvents, long maxBytes) {
			this.maxEvents = maxEvents;
			this.maxBytes = maxBytes;
			return this;
		}

		Builder overflow(String overflow, Duration timeout) {
			this.overflow = overflow;
			this.overflowTimeout = timeout;
			return this;
		}

		TestOutbox build() {
			return this.builder.scheduler(this.scheduler)
				.build(MemoryStores.create(this.maxEvents, this.maxBytes, this.overflow, this.overflowTimeout,
						SchedulerClock.of(this.scheduler)));
		}

	}

}
