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

import java.time.Duration;
import java.util.Set;

import com.hopper.hts.events.outbox.HopperDiagnosis;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Health of the connection to Hopper, and what is too much of it.
 *
 * @param downOn Conditions that make the health DOWN, which may take the application out
 * of its load balancer. All others make it DEGRADED.
 * @param backlog Number of events that wait for their delivery from which on the health
 * is not UP.
 * @param oldestAge Time for which an event may wait for its delivery before the health is
 * not UP.
 * @param deadLetters Number of dead letters from which on the health is not UP.
 * @param cacheTimeToLive Time for which what was read from the outbox is used for health.
 */
@ConfigurationProperties("hopper.health")
record HopperHealthProperties(@DefaultValue Set<HopperDiagnosis.Condition> downOn, @DefaultValue("1000") long backlog,
		@DefaultValue("15m") Duration oldestAge, @DefaultValue("1") long deadLetters,
		@DefaultValue("10s") Duration cacheTimeToLive) implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a record cannot be proxied with a subclass

	HopperHealthProperties {
		downOn = Set.copyOf(downOn);
	}

	/**
	 * Check the values.
	 * @return what is too much
	 */
	HopperDiagnosis.Limits toLimits() {
		requireOneOrMore("backlog", this.backlog);
		requirePositive("oldest-age", this.oldestAge, Duration.ofDays(365));
		requireOneOrMore("dead-letters", this.deadLetters);
		requirePositive("cache-time-to-live", this.cacheTimeToLive, Duration.ofDays(1));
		return new HopperDiagnosis.Limits(this.backlog, this.oldestAge, this.deadLetters);
	}

	private static void requireOneOrMore(String name, long value) {
		if (value < 1) {
			throw new InvalidConfigurationPropertyValueException("hopper.health." + name, value,
					"must be 1 or greater");
		}
	}

	private static void requirePositive(String name, Duration value, Duration maximum) {
		if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(maximum) > 0) {
			throw new InvalidConfigurationPropertyValueException("hopper.health." + name, value,
					"must be between 1ms and " + maximum.toDays() + "d, for example 15m");
		}
	}

}
