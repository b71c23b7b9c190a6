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

import com.hopper.hts.events.EventOutbox;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Says what the outbox in Kafka needs, in place of a missing bean.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "kafka")
class KafkaOutboxMissingConfiguration {

	@Bean
	@ConditionalOnMissingBean(EventOutbox.class)
	EventOutbox hopperEventOutbox() {
		throw new InvalidConfigurationPropertyValueException("hopper.outbox.type", "kafka",
				"needs spring-boot-starter-kafka on the class path");
	}

}
