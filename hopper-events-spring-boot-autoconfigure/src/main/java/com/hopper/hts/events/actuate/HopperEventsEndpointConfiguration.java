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
package com.hopper.hts.events.actuate;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Configuration for {@link HopperEventsEndpoint}.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
class HopperEventsEndpointConfiguration {

	/**
	 * A class of its own, because the condition is not there without Actuator.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnAvailableEndpoint(HopperEventsEndpoint.class)
	@EnableConfigurationProperties(HopperHealthProperties.class)
	static class Available {

		@Bean
		@ConditionalOnMissingBean
		RecentFailures hopperRecentFailures(@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			return new RecentFailures(Examination.clockOf(scheduler));
		}

		@Bean
		@ConditionalOnMissingBean
		OutboxOperator hopperOutboxOperator(Environment environment, ObjectProvider<EventOutboxOperations> operations,
				ApplicationEventPublisher eventPublisher,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			return new OutboxOperator(Binder.get(environment).bind("hopper.enabled", Boolean.class).orElse(true),
					Binder.get(environment).bind("hopper.outbox.show-payload", Boolean.class).orElse(false), operations,
					new OperatorAudit(eventPublisher), Examination.clockOf(scheduler));
		}

		@Bean
		@ConditionalOnMissingBean
		HopperEventsEndpoint hopperEventsEndpoint(OutboxOperator operator, Environment environment,
				ObjectProvider<BearerTokenProvider> tokenProvider, RecentFailures failures,
				HopperHealthProperties properties, ObjectProvider<HopperDiagnosis> diagnosis,
				ObjectProvider<RecentFailures> remembered,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			return new HopperEventsEndpoint(operator, environment, tokenProvider, failures,
					new Examination(operator.isEnabled(), diagnosis, properties, remembered, scheduler));
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
		HopperEventsEndpointWebExtension hopperEventsEndpointWebExtension(HopperEventsEndpoint endpoint) {
			return new HopperEventsEndpointWebExtension(endpoint);
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.JMX)
		HopperEventsEndpointJmxExtension hopperEventsEndpointJmxExtension(HopperEventsEndpoint endpoint) {
			return new HopperEventsEndpointJmxExtension(endpoint);
		}

	}

}
