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

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * Creates the table, for every outbox that begins in the database.
 */
@Configuration(proxyBeanMethods = false)
@ImportRuntimeHints(OutboxSchemaHints.class)
class OutboxSchemaConfiguration {

	@Bean
	@ConditionalOnMissingBean
	OutboxSchemaInitializer hopperOutboxSchemaInitializer(HopperProperties properties,
			ConfigurableListableBeanFactory beanFactory) {
		HopperPropertiesValidator.validateOutbox(properties.outbox());
		return new OutboxSchemaInitializer(OutboxBeans.dataSource(properties.outbox().jdbc(), beanFactory),
				properties.outbox().jdbc());
	}

}
