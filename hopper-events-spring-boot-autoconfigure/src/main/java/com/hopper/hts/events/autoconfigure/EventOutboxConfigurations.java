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

import java.time.Clock;
import java.util.Locale;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.outbox.AbstractEventOutbox;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxFactory;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.MicrometerOutboxMetrics;
import com.hopper.hts.events.outbox.OutboxBuilder;
import com.hopper.hts.events.outbox.RelayPolicy;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.ProxyType;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Configurations imported by {@link HopperOutboxAutoConfiguration}, in this order.
 */
final class EventOutboxConfigurations {

	private static final String REACTIVE_TRANSACTION_MANAGER = "org.springframework.transaction.ReactiveTransactionManager";

	private EventOutboxConfigurations() {
	}

	private static Clock clock(ObjectProvider<Scheduler> scheduler) {
		return SchedulerClock.of(scheduler.getIfAvailable(Schedulers::parallel));
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnSingleCandidate(MeterRegistry.class)
	static class Metrics {

		@Bean
		@ConditionalOnMissingBean
		MicrometerOutboxMetrics hopperOutboxMetrics(MeterRegistry meterRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			return new MicrometerOutboxMetrics(meterRegistry, clock(scheduler));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	static class Tasks {

		@Bean
		@ConditionalOnMissingBean
		RunningTasks hopperOutboxRunningTasks(ConfigurableListableBeanFactory beanFactory, Environment environment,
				HopperProperties properties) {
			return new RunningTasks(beanFactory, environment, properties.outbox().shutdownTimeout());
		}

	}

	/**
	 * Which engine is asked is decided when the application runs, and not when it is
	 * built ahead of time.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	static class Outbox {

		@Bean
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean(EventOutbox.class)
		AbstractEventOutbox hopperEventOutbox(HopperProperties properties, EventPublisher publisher,
				ObjectProvider<EventOutboxFactory> factories, ObjectProvider<EventDeliveryListener> listeners,
				ObjectProvider<ObservationRegistry> observationRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler, ListableBeanFactory beanFactory) {
			HopperProperties.Outbox outbox = properties.outbox();
			HopperPropertiesValidator.validateOutbox(outbox);
			String type = outbox.type().name().toLowerCase(Locale.ROOT);
			RelayPolicy policy = new RelayPolicy(outbox.concurrency(), outbox.maxAge(),
					outbox.retry().initialInterval(), outbox.retry().maxInterval(), outbox.probeInterval(),
					outbox.shutdownTimeout());
			OutboxBuilder.Settings settings = new OutboxBuilder.Settings(policy, properties.requireSession(),
					listeners.orderedStream().toList(),
					observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP),
					() -> hasReactiveTransactions(beanFactory), scheduler.getIfAvailable(Schedulers::parallel));
			return factories.orderedStream()
				.filter((factory) -> factory.type().equals(type))
				.findFirst()
				.orElseThrow(() -> new InvalidConfigurationPropertyValueException("hopper.outbox.type", type,
						(outbox.type() == HopperProperties.OutboxType.KAFKA)
								? "needs spring-boot-starter-kafka on the class path"
								: "needs spring-boot-starter-jdbc (or spring-boot-starter-data-jpa) on the class path"))
				.create(publisher, settings);
		}

		private static boolean hasReactiveTransactions(ListableBeanFactory beanFactory) {
			return ClassUtils.isPresent(REACTIVE_TRANSACTION_MANAGER, Outbox.class.getClassLoader())
					&& BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory,
							ClassUtils.resolveClassName(REACTIVE_TRANSACTION_MANAGER, Outbox.class.getClassLoader()),
							true, false).length > 0;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	@ConditionalOnBean({ EventOutboxOperations.class, MeterRegistry.class })
	static class Gauges {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxGauges")
		MeterBinder hopperOutboxGauges(ObjectProvider<EventOutboxOperations> operations,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			// An outbox that a test has replaced may have none
			EventOutboxOperations available = operations.getIfAvailable();
			return (available != null) ? MicrometerOutboxMetrics.gauges(available, clock(scheduler)) : (registry) -> {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", havingValue = false)
	static class Disabled {

		@Bean
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean(EventOutbox.class)
		DisabledEventOutbox hopperEventOutbox(ObjectProvider<HopperMetrics> metrics) {
			return new DisabledEventOutbox(metrics.getIfAvailable(() -> HopperMetrics.NONE));
		}

	}

}
