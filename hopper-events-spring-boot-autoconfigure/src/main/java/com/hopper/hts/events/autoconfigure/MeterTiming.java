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

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.observation.EventPublishMetrics;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.TimedEventPublishMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.ObservationFilter;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationPredicate;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationRegistryCustomizer;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.web.reactive.function.client.ClientRequestObservationConvention;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Timers of publications, and of requests for them, without observations. They suffice as
 * long as nothing takes part in observations but what Spring Boot sets up for meters: as
 * soon as there is a tracer, or the application has a handler, a convention, a filter or
 * the like, publications are observed.
 */
final class MeterTiming {

	private static final String SPRING_BOOT = "org.springframework.boot.";

	/**
	 * What takes part in an observation. All such beans have to be Spring Boot's.
	 */
	private static final List<Class<?>> PARTICIPANTS = List.of(ObservationRegistry.class,
			ObservationRegistryCustomizer.class, ObservationHandler.class, ObservationPredicate.class,
			ObservationFilter.class, GlobalObservationConvention.class, EventPublishObservationConvention.class,
			ClientRequestObservationConvention.class, WebClientCustomizer.class, HopperWebClientCustomizer.class);

	private final ConfigurableListableBeanFactory beanFactory;

	private final MeterRegistry meterRegistry;

	private final @Nullable ClientRequestObservationConvention requestConvention;

	private final List<ObservationPredicate> predicates;

	private final List<ObservationFilter> filters;

	MeterTiming(ConfigurableListableBeanFactory beanFactory, MeterRegistry meterRegistry,
			@Nullable ClientRequestObservationConvention requestConvention, List<ObservationPredicate> predicates,
			List<ObservationFilter> filters) {
		this.beanFactory = beanFactory;
		this.meterRegistry = meterRegistry;
		this.requestConvention = requestConvention;
		this.predicates = predicates;
		this.filters = filters;
	}

	boolean suffices() {
		return handlers().equals(List.of(DefaultMeterObservationHandler.class))
				&& PARTICIPANTS.stream().flatMap(this::names).allMatch((name) -> isDefinedBy(SPRING_BOOT, name))
				&& isDefinedBy(EventPublisherConfigurations.class.getName(), "hopperWebClient");
	}

	/**
	 * Return metrics that time what would have been observed.
	 * @param metrics what measures everything else
	 * @return the metrics
	 */
	EventPublishMetrics add(EventPublishMetrics metrics) {
		return new TimedEventPublishMetrics(metrics, this.meterRegistry, this.requestConvention, this.predicates,
				this.filters);
	}

	private List<@Nullable Class<?>> handlers() {
		return names(ObservationHandler.class).<@Nullable Class<?>>map(this.beanFactory::getType).toList();
	}

	private Stream<String> names(Class<?> type) {
		return Arrays.stream(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beanFactory, type, true, false));
	}

	private boolean isDefinedBy(String configuration, String name) {
		try {
			Method factoryMethod = (this.beanFactory
				.getMergedBeanDefinition(name) instanceof RootBeanDefinition definition)
						? definition.getResolvedFactoryMethod() : null;
			return factoryMethod != null && factoryMethod.getDeclaringClass().getName().startsWith(configuration);
		}
		catch (NoSuchBeanDefinitionException ex) {
			// Not defined, but registered by somebody
			return false;
		}
	}

}
