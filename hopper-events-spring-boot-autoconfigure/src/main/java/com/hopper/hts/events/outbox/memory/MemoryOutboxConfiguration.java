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

import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.time.SchedulerClock;

import org.springframework.boot.context.properties.EnableConfigurationProperties;

/**
 * Configuration of the outbox in memory, which is itself the factory.
 *
 * @since 0.1.0
 */
@EnableConfigurationProperties(MemoryOutboxProperties.class)
public class MemoryOutboxConfiguration implements EventStore.Factory {

	private final MemoryOutboxProperties properties;

	MemoryOutboxConfiguration(MemoryOutboxProperties properties) {
		properties.validate();
		this.properties = properties;
	}

	@Override
	public String type() {
		return "memory";
	}

	@Override
	public boolean mayHoldBacklog() {
		return false;
	}

	@Override
	public EventStore create(Settings settings) {
		return new MemoryEventStore(this.properties, SchedulerClock.of(settings.scheduler()));
	}

}
