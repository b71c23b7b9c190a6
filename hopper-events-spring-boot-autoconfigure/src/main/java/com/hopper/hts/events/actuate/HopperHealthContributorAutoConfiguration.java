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
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.outbox.EventOutboxOperations;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link HopperHealthIndicator}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(name = "hopperEventPublisher")
@ConditionalOnEnabledHealthIndicator("hopper")
public final class HopperHealthContributorAutoConfiguration {

	HopperHealthContributorAutoConfiguration() {
	}

	/**
	 * A class of its own, because advice needs a subclass and an auto-configuration is
	 * final.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Contributor {

		@Bean
		@ConditionalOnMissingBean(name = { "hopperHealthIndicator", "hopperHealthContributor" })
		HopperHealthIndicator hopperHealthContributor(Environment environment,
				ObjectProvider<BearerTokenProvider> tokenProvider, ObjectProvider<EventOutboxOperations> outbox) {
			boolean enabled = environment.getProperty("hopper.enabled", Boolean.class, true);
			return new HopperHealthIndicator(enabled, enabled ? tokenProvider.getIfUnique() : null,
					enabled ? outbox.getIfUnique() : null);
		}

	}

}
