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
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Configuration for {@link HopperHealthIndicator}.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(name = "hopperEventPublisher")
@ConditionalOnEnabledHealthIndicator("hopper")
@EnableConfigurationProperties(HopperHealthProperties.class)
class HopperHealthConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "hopperHealthIndicator", "hopperHealthContributor" })
	HopperHealthIndicator hopperHealthContributor(HopperHealthProperties properties, Environment environment,
			ObjectProvider<HopperDiagnosis> diagnosis, ObjectProvider<BearerTokenProvider> tokenProvider,
			ObjectProvider<EventOutboxOperations> outbox, ObjectProvider<RecentFailures> failures,
			@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
		boolean enabled = Binder.get(environment).bind("hopper.enabled", Boolean.class).orElse(true);
		return new HopperHealthIndicator(new Examination(enabled, diagnosis, properties, failures, scheduler), enabled,
				enabled ? tokenProvider.getIfUnique() : null, enabled ? outbox.getIfUnique() : null, properties);
	}

}
