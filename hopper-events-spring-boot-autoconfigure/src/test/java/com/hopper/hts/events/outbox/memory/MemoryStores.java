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

import java.time.Clock;
import java.time.Duration;

import com.hopper.hts.events.outbox.EventStore;

import org.springframework.util.unit.DataSize;

/**
 * Creates stores for tests of the outbox.
 */
public final class MemoryStores {

	private MemoryStores() {
	}

	public static EventStore create(int maxEvents, long maxBytes, String overflow, Duration timeout, Clock clock) {
		MemoryOutboxProperties properties = new MemoryOutboxProperties();
		properties.setMaxEvents(maxEvents);
		properties.setMaxBytes(DataSize.ofBytes(maxBytes));
		properties.setOverflow(MemoryOutboxProperties.Overflow.valueOf(overflow));
		properties.setOverflowTimeout(timeout);
		return new MemoryEventStore(properties, clock);
	}

}
