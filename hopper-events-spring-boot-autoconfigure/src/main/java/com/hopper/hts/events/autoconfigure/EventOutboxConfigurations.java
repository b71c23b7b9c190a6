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
import com.hopper.hts.events.observation.EventPublishMetrics;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.MemoryEventOutbox;
import com.hopper.hts.events.outbox.MicrometerOutboxMetrics;
import com.hopper.hts.events.outbox.OutboxBuilder;
import com.hopper.hts.events.outbox.RelayPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configurations imported by {@link HopperOutboxAutoConfiguration}, in this order.
 */
final class EventOutboxConfigurations {

	private EventOutboxConfigurations() {
	}

	static <B extends OutboxBuilder<B>> B configure(B builder, HopperProperties properties,
			ObjectProvider<EventDeliveryListener> listeners, ObjectProvider<ObservationRegistry> observationRegistry) {
		HopperProperties.Outbox outbox = properties.outbox();
		HopperPropertiesValidator.validateOutbox(outbox);
		return builder
			.policy(new RelayPolicy(outbox.concurrency(), outbox.maxAge(), outbox.retry().initialInterval(),
					outbox.retry().maxInterval(), outbox.probeInterval(), outbox.shutdownTimeout()))
			.requireSession(properties.requireSession())
			.listeners(listeners.orderedStream().toList())
			.observation(observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP));
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnSingleCandidate(MeterRegistry.class)
	static class Metrics {

		@Bean
		@ConditionalOnMissingBean
		MicrometerOutboxMetrics hopperOutboxMetrics(MeterRegistry meterRegistry) {
			return new MicrometerOutboxMetrics(meterRegistry);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "memory", matchIfMissing = true)
	static class Memory {

		@Bean
		@ConditionalOnMissingBean(EventOutbox.class)
		MemoryEventOutbox hopperEventOutbox(HopperProperties properties, EventPublisher publisher,
				ObjectProvider<EventDeliveryListener> listeners,
				ObjectProvider<ObservationRegistry> observationRegistry) {
			HopperProperties.Memory memory = properties.outbox().memory();
			return configure(MemoryEventOutbox.builder(publisher), properties, listeners, observationRegistry)
				.limits(memory.maxEvents(), memory.maxBytes().toBytes())
				.overflow(memory.overflow(), memory.overflowTimeout())
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	@ConditionalOnBean({ EventOutboxOperations.class, MeterRegistry.class })
	static class Gauges {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxGauges")
		MeterBinder hopperOutboxGauges(EventOutboxOperations operations) {
			return MicrometerOutboxMetrics.gauges(operations);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", havingValue = false)
	static class Disabled {

		@Bean
		@ConditionalOnMissingBean(EventOutbox.class)
		DisabledEventOutbox hopperEventOutbox(ObjectProvider<EventPublishMetrics> metrics) {
			return new DisabledEventOutbox(metrics.getIfAvailable(() -> EventPublishMetrics.NONE));
		}

	}

}
