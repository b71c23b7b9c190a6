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

import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for what operators see and do: the
 * health of the connection to Hopper and the endpoint {@code hopperevents}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
@Conditional(HopperActuatorAutoConfiguration.OnHealthOrEndpoint.class)
@Import({ HopperHealthConfiguration.class, HopperEventsEndpointConfiguration.class })
public final class HopperActuatorAutoConfiguration {

	HopperActuatorAutoConfiguration() {
	}

	/**
	 * One of the two modules of Actuator is there.
	 */
	static class OnHealthOrEndpoint extends AnyNestedCondition {

		OnHealthOrEndpoint() {
			super(ConfigurationPhase.PARSE_CONFIGURATION);
		}

		@ConditionalOnClass(HealthIndicator.class)
		static class OnHealth {

		}

		@ConditionalOnClass(Endpoint.class)
		static class OnEndpoint {

		}

	}

}
