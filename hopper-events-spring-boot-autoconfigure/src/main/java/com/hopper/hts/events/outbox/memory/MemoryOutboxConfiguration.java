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

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configuration of the outbox in memory.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MemoryOutboxProperties.class)
public class MemoryOutboxConfiguration {

	MemoryOutboxConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean(name = "hopperMemoryOutbox")
	EventStore.Factory hopperMemoryOutbox(MemoryOutboxProperties properties) {
		properties.validate();
		return new Factory(properties);
	}

	/**
	 * Makes outboxes in memory.
	 *
	 * @param properties the properties
	 */
	private record Factory(MemoryOutboxProperties properties) implements EventStore.Factory {

		@Override
		public String type() {
			return "memory";
		}

		@Override
		public EventStore create(Settings settings) {
			return new MemoryEventStore(this.properties, SchedulerClock.of(settings.scheduler()));
		}

	}

}
