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

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.ProxyType;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Configurations imported by {@link EventOutboxConfiguration}, in this order. No
 * condition depends on {@code hopper.enabled} or {@code hopper.outbox.type}, because AOT
 * processing would fix its decision at build time: they are read when the application
 * runs.
 */
final class EventOutboxConfigurations {

	private static final String REACTIVE_TRANSACTION_MANAGER = "org.springframework.transaction.ReactiveTransactionManager";

	private EventOutboxConfigurations() {
	}

	private static boolean isEnabled(Environment environment) {
		return Binder.get(environment).bind("hopper.enabled", Boolean.class).orElse(true);
	}

	private static Clock clock(ObjectProvider<Scheduler> scheduler) {
		return SchedulerClock.of(scheduler.getIfAvailable(Schedulers::parallel));
	}

	@Configuration(proxyBeanMethods = false)
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
	@ConditionalOnClass({ ObservationHandler.class, Tracer.class })
	@ConditionalOnBean(Tracer.class)
	@EnableConfigurationProperties(TracingProperties.class)
	static class Tracing {

		@Bean
		@Order(0)
		@ConditionalOnMissingBean
		DeliveryTracingObservationHandler hopperDeliveryTracingObservationHandler(Tracer tracer,
				TracingProperties properties) {
			return new DeliveryTracingObservationHandler(tracer, properties.delivery());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingBean(EventOutbox.class)
	@EnableConfigurationProperties(OutboxProperties.class)
	static class Outbox {

		@Bean
		@ConditionalOnMissingBean
		OutboxLifecycle hopperOutboxLifecycle(OutboxProperties properties, Environment environment,
				ObjectProvider<EventPublisher> publisher, ObjectProvider<EventStore.Factory> factories,
				ObjectProvider<EventDeliveryListener> listeners,
				ObjectProvider<ObservationRegistry> observationRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> waiting, ObjectProvider<EventOutbox> outbox,
				ObjectProvider<HopperDiagnosis> diagnosis, ConfigurableApplicationContext context) {
			if (!isEnabled(environment)) {
				return new OutboxLifecycle(null, false, outbox, new RunningTasks(context, Duration.ZERO));
			}
			RelayPolicy policy = properties.toPolicy();
			Scheduler scheduler = waiting.getIfAvailable(Schedulers::parallel);
			OutboxProperties.Type type = properties.getType();
			EventStore.Factory factory = factories.orderedStream()
				.filter((candidate) -> candidate.type().equals(type.id()))
				.findFirst()
				.orElseThrow(() -> new InvalidConfigurationPropertyValueException("hopper.outbox.type", type.id(),
						type.need()));
			// The sender makes one attempt: the relay itself waits between attempts, for
			// as long as the API asks
			SingletonSupplier<OutboxRelay> relay = SingletonSupplier.of(
					() -> new OutboxRelay(
							factory.create(new EventStore.Factory.Settings(scheduler, policy.maxAge(),
									policy.shutdownTimeout())),
							EventSender.of(publisher.getObject()), policy,
							new OutboxListeners(listeners.orderedStream().toList()),
							observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP), scheduler,
							() -> ThreadLocalRandom.current().nextDouble(),
							diagnosis.getIfAvailable(HopperDiagnosis::ofNothing)));
			if (factory.mayHoldBacklog()) {
				// Created now, so that a missing data source or broker fails the start of
				// the application
				relay.obtain();
			}
			return new OutboxLifecycle(relay::obtain, factory.mayHoldBacklog(), outbox,
					new RunningTasks(context, properties.getShutdownTimeout()));
		}

		// Lazy, so that an application that only publishes has no relay

		@Bean
		@Lazy
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean
		EventOutbox hopperEventOutbox(OutboxLifecycle lifecycle, Environment environment,
				ObjectProvider<ObservationRegistry> observationRegistry, ObjectProvider<HopperMetrics> metrics,
				ListableBeanFactory beanFactory) {
			if (!lifecycle.isEnabled()) {
				return new DisabledEventOutbox(metrics.getIfAvailable(() -> HopperMetrics.NONE));
			}
			EventCodec codec = new EventCodec(
					Binder.get(environment).bind("hopper.require-session", Boolean.class).orElse(false));
			return new DefaultEventOutbox(lifecycle.use(), codec,
					observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP),
					() -> hasReactiveTransactions(beanFactory));
		}

		@Bean
		@Lazy
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean
		EventOutboxOperations hopperEventOutboxOperations(OutboxLifecycle lifecycle) {
			return lifecycle.isEnabled() ? new DefaultEventOutboxOperations(lifecycle.operate())
					: new DisabledEventOutboxOperations();
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
		MeterBinder hopperOutboxGauges(ObjectProvider<EventOutboxOperations> operations, Environment environment,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			return new OutboxGauges(isEnabled(environment) ? operations.getIfUnique() : null, clock(scheduler));
		}

	}

}
