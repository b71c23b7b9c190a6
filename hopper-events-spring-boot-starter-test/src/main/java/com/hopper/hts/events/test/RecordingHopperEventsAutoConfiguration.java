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
package com.hopper.hts.events.test;

import java.net.URI;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that records events instead of
 * sending them, for {@link AutoConfigureHopperEvents}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = HopperEventsAutoConfiguration.class)
public final class RecordingHopperEventsAutoConfiguration {

	private static final String REACTIVE_TRANSACTION_MANAGER = "org.springframework.transaction.ReactiveTransactionManager";

	RecordingHopperEventsAutoConfiguration() {
	}

	@Bean
	static RecordingBeanFactoryPostProcessor hopperRecordingBeanFactoryPostProcessor() {
		return new RecordingBeanFactoryPostProcessor();
	}

	@Bean
	@ConditionalOnMissingBean
	HopperEventsRecorder hopperEventsRecorder(Environment environment, ListableBeanFactory beanFactory,
			ObjectProvider<EventDeliveryListener> listeners) {
		return new HopperEventsRecorder(
				Boolean.TRUE.equals(environment.getProperty("hopper.require-session", Boolean.class)),
				listeners::orderedStream, () -> hasReactiveTransactions(beanFactory));
	}

	private static boolean hasReactiveTransactions(ListableBeanFactory beanFactory) {
		ClassLoader classLoader = RecordingHopperEventsAutoConfiguration.class.getClassLoader();
		return ClassUtils.isPresent(REACTIVE_TRANSACTION_MANAGER, classLoader)
				&& BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory,
						ClassUtils.resolveClassName(REACTIVE_TRANSACTION_MANAGER, classLoader), true, false).length > 0;
	}

	// Before the beans of the starter, which then need neither credentials nor a table

	@Bean
	@ConditionalOnMissingBean(EventPublisher.class)
	RecordingEventPublisher hopperEventPublisher(HopperEventsRecorder recorder) {
		return (RecordingEventPublisher) recorder.publisher();
	}

	@Bean
	@ConditionalOnMissingBean(EventOutbox.class)
	RecordingEventOutbox hopperEventOutbox(HopperEventsRecorder recorder) {
		return (RecordingEventOutbox) recorder.outbox();
	}

	@Bean
	@Lazy
	@ConditionalOnMissingBean(HopperConnectionDetails.class)
	NowhereConnectionDetails hopperConnectionDetails() {
		return new NowhereConnectionDetails();
	}

	/**
	 * Connection details that need no credentials and never reach Hopper, for other beans
	 * such as {@code hopperWebClient}. The name of the host is part of the message of an
	 * {@link java.net.UnknownHostException}.
	 */
	static final class NowhereConnectionDetails implements HopperConnectionDetails {

		@Override
		public URI getBaseUrl() {
			return URI.create("https://not-connected-because-of-autoconfigurehopperevents.invalid");
		}

		@Override
		public @Nullable String getToken() {
			return "none";
		}

	}

}
