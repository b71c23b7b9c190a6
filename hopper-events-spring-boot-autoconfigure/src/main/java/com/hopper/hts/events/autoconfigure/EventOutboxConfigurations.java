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

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.observation.EventPublishMetrics;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.JdbcEventOutbox;
import com.hopper.hts.events.outbox.MemoryEventOutbox;
import com.hopper.hts.events.outbox.MicrometerOutboxMetrics;
import com.hopper.hts.events.outbox.OutboxBuilder;
import com.hopper.hts.events.outbox.RelayPolicy;
import com.hopper.hts.events.time.SchedulerClock;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
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
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.ReactiveTransactionManager;

/**
 * Configurations imported by {@link HopperOutboxAutoConfiguration}, in this order.
 */
final class EventOutboxConfigurations {

	private EventOutboxConfigurations() {
	}

	static <B extends OutboxBuilder<B>> B configure(B builder, HopperProperties properties,
			ObjectProvider<EventDeliveryListener> listeners, ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<OutboxBuilderCustomizer> customizers) {
		HopperProperties.Outbox outbox = properties.outbox();
		HopperPropertiesValidator.validateOutbox(outbox);
		builder
			.policy(new RelayPolicy(outbox.concurrency(), outbox.maxAge(), outbox.retry().initialInterval(),
					outbox.retry().maxInterval(), outbox.probeInterval(), outbox.shutdownTimeout()))
			.requireSession(properties.requireSession())
			.listeners(listeners.orderedStream().toList())
			.observation(observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP));
		customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
		return builder;
	}

	private static Clock clock(ObjectProvider<reactor.core.scheduler.Scheduler> scheduler) {
		return SchedulerClock.of(scheduler.getIfAvailable(Schedulers::parallel));
	}

	static JdbcEventOutbox jdbcOutbox(HopperProperties properties, EventPublisher publisher,
			ConfigurableListableBeanFactory beanFactory, @Nullable EventOutbox next,
			ObjectProvider<EventDeliveryListener> listeners, ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<OutboxBuilderCustomizer> customizers) {
		HopperProperties.Jdbc jdbc = properties.outbox().jdbc();
		JdbcEventOutbox.Builder builder = configure(
				JdbcEventOutbox.builder(publisher, OutboxBeans.dataSource(jdbc, beanFactory),
						OutboxBeans.transactionManager(jdbc, beanFactory)),
				properties, listeners, observationRegistry, customizers)
			.tableName(jdbc.tableName())
			.pollingInterval(jdbc.pollingInterval());
		if (next != null) {
			builder.handOverTo(next);
		}
		JdbcEventOutbox outbox = builder.build();
		try {
			outbox.checkTable();
		}
		catch (IllegalStateException ex) {
			InvalidConfigurationPropertyValueException invalid = new InvalidConfigurationPropertyValueException(
					"hopper.outbox.jdbc.table-name", jdbc.tableName(), ex.getMessage());
			// Spring Boot 4.0 has no constructor with a cause
			invalid.addSuppressed(ex);
			throw invalid;
		}
		return outbox;
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnSingleCandidate(MeterRegistry.class)
	static class Metrics {

		@Bean
		@ConditionalOnMissingBean
		MicrometerOutboxMetrics hopperOutboxMetrics(MeterRegistry meterRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<reactor.core.scheduler.Scheduler> scheduler) {
			return new MicrometerOutboxMetrics(meterRegistry, clock(scheduler));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	static class Time {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxScheduler")
		OutboxBuilderCustomizer hopperOutboxScheduler(
				@Qualifier("hopperScheduler") ObjectProvider<reactor.core.scheduler.Scheduler> scheduler) {
			return (builder) -> scheduler.ifAvailable(builder::scheduler);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	static class Tasks {

		@Bean
		RunningTasks hopperOutboxRunningTasks(ConfigurableListableBeanFactory beanFactory, Environment environment,
				HopperProperties properties) {
			return new RunningTasks(beanFactory, environment, properties.outbox().shutdownTimeout());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnClass(ReactiveTransactionManager.class)
	static class ReactiveTransactions {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxReactiveTransactions")
		OutboxBuilderCustomizer hopperOutboxReactiveTransactions(ListableBeanFactory beanFactory) {
			return (builder) -> builder
				.reactiveTransactions(() -> BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory,
						ReactiveTransactionManager.class, true, false).length > 0);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnClass(CircuitBreakerRegistry.class)
	static class Resilience4j {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxCircuitBreaker")
		OutboxBuilderCustomizer hopperOutboxCircuitBreaker(ObjectProvider<CircuitBreakerRegistry> registry) {
			// Asked for when the outbox is built, so that the order of
			// auto-configurations does not matter
			return (builder) -> registry
				.ifUnique((unique) -> builder.circuitBreaker(unique.circuitBreaker("hopperOutbox")));
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
				ObjectProvider<ObservationRegistry> observationRegistry,
				ObjectProvider<OutboxBuilderCustomizer> customizers) {
			HopperProperties.Memory memory = properties.outbox().memory();
			return configure(MemoryEventOutbox.builder(publisher), properties, listeners, observationRegistry,
					customizers)
				.limits(memory.maxEvents(), memory.maxBytes().toBytes())
				.overflow(memory.overflow(), memory.overflowTimeout())
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "jdbc")
	@ConditionalOnClass({ Scheduler.class, DataSource.class, JdbcTemplate.class, PlatformTransactionManager.class,
			DataSourceScriptDatabaseInitializer.class })
	@ConditionalOnMissingBean(EventOutbox.class)
	@Import(OutboxSchemaConfiguration.class)
	static class Jdbc {

		@Bean
		@DependsOnDatabaseInitialization
		@ConditionalOnMissingBean(EventOutbox.class)
		JdbcEventOutbox hopperEventOutbox(HopperProperties properties, EventPublisher publisher,
				ConfigurableListableBeanFactory beanFactory, OutboxSchemaInitializer schemaInitializer,
				ObjectProvider<EventDeliveryListener> listeners,
				ObjectProvider<ObservationRegistry> observationRegistry,
				ObjectProvider<OutboxBuilderCustomizer> customizers) {
			return jdbcOutbox(properties, publisher, beanFactory, null, listeners, observationRegistry, customizers);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
	@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "jdbc")
	static class JdbcAbsent {

		@Bean
		@ConditionalOnMissingBean(EventOutbox.class)
		EventOutbox hopperEventOutbox() {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.type", "jdbc",
					"needs com.github.kagkarlsson:db-scheduler and spring-boot-starter-jdbc "
							+ "(or spring-boot-starter-data-jpa) on the class path");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	@ConditionalOnBean({ EventOutboxOperations.class, MeterRegistry.class })
	static class Gauges {

		@Bean
		@ConditionalOnMissingBean(name = "hopperOutboxGauges")
		MeterBinder hopperOutboxGauges(EventOutboxOperations operations,
				@Qualifier("hopperScheduler") ObjectProvider<reactor.core.scheduler.Scheduler> scheduler) {
			return MicrometerOutboxMetrics.gauges(operations, clock(scheduler));
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
