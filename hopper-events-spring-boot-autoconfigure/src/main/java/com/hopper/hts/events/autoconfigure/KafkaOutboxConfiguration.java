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

import java.util.Map;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.KafkaEventOutbox;
import io.micrometer.observation.ObservationRegistry;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SslConfigs;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.kafka.autoconfigure.SslBundleSslEngineFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.util.StringUtils;

/**
 * Outbox in a topic of the broker that {@code spring.kafka.*} or connection details name.
 * The clients are the outbox's own, so the application's stay as they are.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "hopper.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "hopper.outbox.type", havingValue = "kafka")
@ConditionalOnClass({ KafkaTemplate.class, KafkaProperties.class })
class KafkaOutboxConfiguration {

	@Bean
	@ConditionalOnMissingBean(EventOutbox.class)
	KafkaEventOutbox hopperEventOutbox(HopperProperties properties, EventPublisher publisher,
			KafkaProperties kafkaProperties, KafkaConnectionDetails connectionDetails,
			ObjectProvider<EventDeliveryListener> listeners, ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<OutboxBuilderCustomizer> customizers) {
		HopperProperties.Kafka kafka = properties.outbox().kafka();
		HopperPropertiesValidator.validateKafka(kafka);
		KafkaEventOutbox.Builder builder = KafkaEventOutbox.builder(publisher,
				connect(kafkaProperties.buildProducerProperties(), connectionDetails.getProducer()),
				connect(kafkaProperties.buildConsumerProperties(), connectionDetails.getConsumer()),
				connect(kafkaProperties.buildAdminProperties(), connectionDetails.getAdmin()));
		return EventOutboxConfigurations.configure(builder, properties, listeners, observationRegistry, customizers)
			.topics(kafka.topic(), StringUtils.hasText(kafka.deadLetterTopic()) ? kafka.deadLetterTopic() : null)
			.consumers(kafka.groupId(), kafka.concurrency())
			.createTopics(kafka.createTopics(), kafka.partitions(), kafka.replicationFactor())
			.build();
	}

	private static Map<String, Object> connect(Map<String, Object> properties,
			KafkaConnectionDetails.Configuration connection) {
		properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, connection.getBootstrapServers());
		String securityProtocol = connection.getSecurityProtocol();
		if (StringUtils.hasLength(securityProtocol)) {
			properties.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, securityProtocol);
		}
		SslBundle sslBundle = connection.getSslBundle();
		if (sslBundle != null) {
			properties.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, SslBundleSslEngineFactory.class);
			properties.put(SslBundle.class.getName(), sslBundle);
		}
		return properties;
	}

}
