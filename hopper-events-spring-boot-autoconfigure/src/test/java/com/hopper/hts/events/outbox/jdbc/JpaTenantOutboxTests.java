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
package com.hopper.hts.events.outbox.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.hibernate.engine.jdbc.connections.spi.AbstractDataSourceBasedMultiTenantConnectionProviderImpl;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the outbox within JPA that has a database for each tenant.
 */
class JpaTenantOutboxTests {

	private static final ThreadLocal<String> tenant = ThreadLocal.withInitial(() -> "home");

	@Test
	void eventIsStoredOnlyWhereTheRelayLooks() {
		DataSource home = database();
		DataSource other = database();
		JdbcStores.createTable(other, "h2");
		HibernatePropertiesCustomizer tenants = (properties) -> {
			properties.put(MultiTenancySettings.MULTI_TENANT_CONNECTION_PROVIDER,
					new Tenants(Map.of("home", home, "other", other)));
			properties.put(MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, new CurrentTenant());
		};
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			new ApplicationContextRunner()
				.withConfiguration(
						AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
								TransactionAutoConfiguration.class, HibernateJpaAutoConfiguration.class))
				.withBean("dataSource", DataSource.class, () -> home)
				.withBean(HibernatePropertiesCustomizer.class, () -> tenants)
				.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + api.baseUrl(),
						"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always",
						"spring.jpa.hibernate.ddl-auto=none")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					EventOutbox outbox = context.getBean(EventOutbox.class);
					TransactionTemplate jpa = new TransactionTemplate(
							context.getBean(PlatformTransactionManager.class));
					jpa.executeWithoutResult((status) -> outbox.store("session-1", booking()));
					tenant.set("other");
					try {
						jpa.executeWithoutResult((status) -> assertThatExceptionOfType(EventNotStoredException.class)
							.isThrownBy(() -> outbox.store("session-2", booking()))
							.withMessageContaining("another database"));
					}
					finally {
						tenant.remove();
					}
					assertThat(outbox.flush(Duration.ofSeconds(60))).isTrue();
					assertThat(api.received()).singleElement()
						.satisfies((received) -> assertThat(received.sessionId()).isEqualTo("session-1"));
				});
		}
		assertThat(new JdbcTemplate(other).queryForList("select id from hopper_event_outbox")).isEmpty();
	}

	private static DataSource database() {
		return DataSourceBuilder.create()
			.url("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1")
			.username("sa")
			.build();
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

	/**
	 * The databases of the tenants.
	 */
	private static final class Tenants extends AbstractDataSourceBasedMultiTenantConnectionProviderImpl<String> {

		private static final long serialVersionUID = 1L;

		private final transient Map<String, DataSource> databases;

		Tenants(Map<String, DataSource> databases) {
			this.databases = databases;
		}

		@Override
		protected DataSource selectAnyDataSource() {
			return selectDataSource("home");
		}

		@Override
		protected DataSource selectDataSource(String tenantIdentifier) {
			return this.databases.get(tenantIdentifier);
		}

	}

	/**
	 * The tenant of the thread.
	 */
	private static final class CurrentTenant implements CurrentTenantIdentifierResolver<String> {

		@Override
		public String resolveCurrentTenantIdentifier() {
			return tenant.get();
		}

		@Override
		public boolean validateExistingCurrentSessions() {
			return false;
		}

	}

}
