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

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.JdbcEventOutbox;
import com.hopper.hts.events.outbox.KafkaEventOutbox;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Outbox in the database that hands over to one in Kafka: what Kafka alone cannot be,
 * part of the caller's transaction.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "kafka")
@ConditionalOnBooleanProperty("hopper.outbox.kafka.via-jdbc")
@ConditionalOnClass({ KafkaTemplate.class, KafkaProperties.class, Scheduler.class, DataSource.class, JdbcTemplate.class,
		PlatformTransactionManager.class, DataSourceScriptDatabaseInitializer.class })
@ConditionalOnMissingBean(EventOutbox.class)
@Import(OutboxSchemaConfiguration.class)
class KafkaViaJdbcOutboxConfiguration {

	@Bean
	@DependsOnDatabaseInitialization
	@ConditionalOnMissingBean(EventOutbox.class)
	JdbcEventOutbox hopperEventOutbox(HopperProperties properties, EventPublisher publisher,
			ConfigurableListableBeanFactory beanFactory, OutboxSchemaInitializer schemaInitializer,
			@Qualifier("hopperKafkaEventOutbox") KafkaEventOutbox next, ObjectProvider<EventDeliveryListener> listeners,
			ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<OutboxBuilderCustomizer> customizers) {
		return EventOutboxConfigurations.jdbcOutbox(properties, publisher, beanFactory, next, listeners,
				observationRegistry, customizers);
	}

	@Bean(defaultCandidate = false)
	@Qualifier("hopperKafkaEventOutbox")
	@ConditionalOnMissingBean(name = "hopperKafkaEventOutbox")
	KafkaEventOutbox hopperKafkaEventOutbox(HopperProperties properties, EventPublisher publisher,
			KafkaProperties kafkaProperties, KafkaConnectionDetails connectionDetails,
			ObjectProvider<EventDeliveryListener> listeners, ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<OutboxBuilderCustomizer> customizers) {
		return KafkaOutboxConfiguration.create(properties, publisher, kafkaProperties, connectionDetails, listeners,
				observationRegistry, customizers);
	}

}
