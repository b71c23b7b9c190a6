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
package com.hopper.hts.events.autoconfigure;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.outbox.EventOutboxConfiguration;
import com.hopper.hts.events.outbox.jdbc.JdbcOutboxConfiguration;
import com.hopper.hts.events.outbox.kafka.KafkaOutboxConfiguration;
import com.hopper.hts.events.outbox.memory.MemoryOutboxConfiguration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Import;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for storing events and delivering
 * them in the background with an {@link EventOutbox}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = HopperEventsAutoConfiguration.class,
		afterName = { "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration" })
@ConditionalOnBean(EventPublisher.class)
@Import({ MemoryOutboxConfiguration.class, JdbcOutboxConfiguration.class, KafkaOutboxConfiguration.class,
		EventOutboxConfiguration.class })
public final class HopperOutboxAutoConfiguration {

	HopperOutboxAutoConfiguration() {
	}

}
