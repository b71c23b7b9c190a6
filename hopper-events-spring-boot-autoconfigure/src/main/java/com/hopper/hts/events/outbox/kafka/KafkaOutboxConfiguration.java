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
package com.hopper.hts.events.outbox.kafka;

import java.util.List;
import java.util.Map;

import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.time.SchedulerClock;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SslConfigs;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.kafka.autoconfigure.SslBundleSslEngineFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.util.StringUtils;

/**
 * Outbox in a topic of the broker that {@code spring.kafka.*} or connection details name.
 * The clients are the outbox's own, so the application's stay as they are.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ KafkaTemplate.class, KafkaProperties.class })
@EnableConfigurationProperties(KafkaOutboxProperties.class)
public class KafkaOutboxConfiguration {

	/**
	 * A property of an earlier version, which is refused: ignoring it would send events
	 * of transactions that are rolled back.
	 */
	private static final String VIA_JDBC = "hopper.outbox.kafka.via-jdbc";

	KafkaOutboxConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean(name = "hopperKafkaOutbox")
	EventStore.Factory hopperKafkaOutbox(KafkaOutboxProperties properties,
			ObjectProvider<KafkaProperties> kafkaProperties, ObjectProvider<KafkaConnectionDetails> connectionDetails,
			Environment environment) {
		return new Factory(properties, kafkaProperties, connectionDetails, environment);
	}

	/**
	 * Makes outboxes in Kafka.
	 *
	 * @param kafka the properties
	 * @param kafkaProperties the properties of the application's clients
	 * @param connectionDetails where the broker is
	 * @param environment where properties of earlier versions are looked for
	 */
	private record Factory(KafkaOutboxProperties kafka, ObjectProvider<KafkaProperties> kafkaProperties,
			ObjectProvider<KafkaConnectionDetails> connectionDetails,
			Environment environment) implements EventStore.Factory {

		@Override
		public String type() {
			return "kafka";
		}

		@Override
		public EventStore create(Settings settings) {
			this.kafka.validate();
			if (this.environment.getProperty(VIA_JDBC, Boolean.class, false)) {
				throw new InvalidConfigurationPropertyValueException(VIA_JDBC, true,
						"was removed: the outbox in the database delivers on its own. Set 'hopper.outbox.type' to 'jdbc', "
								+ "or remove this property if events need not be part of a transaction");
			}
			KafkaProperties clients = this.kafkaProperties.getObject();
			KafkaConnectionDetails details = this.connectionDetails.getObject();
			KafkaTopics topics = new KafkaTopics(this.kafka,
					connect(clients.buildProducerProperties(), details.getProducer()),
					connect(clients.buildConsumerProperties(), details.getConsumer()),
					connect(clients.buildAdminProperties(), admin(details)));
			return new KafkaEventStore(topics, this.kafka, settings);
		}

		/**
		 * Where only producers and consumers have servers, those of the admin, which has
		 * no property for them, are Spring Boot's default.
		 */
		private static KafkaConnectionDetails.Configuration admin(KafkaConnectionDetails details) {
			List<String> unset = new KafkaProperties().getBootstrapServers();
			return details.getAdmin().getBootstrapServers().equals(unset) ? details.getProducer() : details.getAdmin();
		}

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
