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

import java.time.Clock;
import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Configuration of the outbox in a table of the application's database.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ DataSource.class, DataSourceUtils.class, PlatformTransactionManager.class,
		EmbeddedDatabaseConnection.class })
@EnableConfigurationProperties(JdbcOutboxProperties.class)
@ImportRuntimeHints(JdbcOutboxConfiguration.Hints.class)
public class JdbcOutboxConfiguration {

	JdbcOutboxConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean(name = "hopperJdbcOutbox")
	EventStore.Factory hopperJdbcOutbox(JdbcOutboxProperties properties, ConfigurableListableBeanFactory beanFactory) {
		properties.validate();
		return new Factory(properties, beanFactory);
	}

	/**
	 * Not before the migrations of the application, which may create the table.
	 */
	@Bean
	@Lazy
	@DependsOnDatabaseInitialization
	@ConditionalOnMissingBean
	JdbcOutboxBeans hopperJdbcOutboxBeans(JdbcOutboxProperties properties,
			ConfigurableListableBeanFactory beanFactory) {
		return new JdbcOutboxBeans(beanFactory, properties);
	}

	/**
	 * Makes outboxes in the database.
	 *
	 * @param properties the properties
	 * @param beanFactory where the data source is
	 */
	private record Factory(JdbcOutboxProperties properties,
			ConfigurableListableBeanFactory beanFactory) implements EventStore.Factory {

		private static final boolean R2DBC_PRESENT = ClassUtils
			.isPresent("org.springframework.r2dbc.core.DatabaseClient", Factory.class.getClassLoader())
				&& ClassUtils.isPresent("io.r2dbc.spi.ConnectionFactory", Factory.class.getClassLoader());

		@Override
		public String type() {
			return "jdbc";
		}

		@Override
		public EventStore create(Settings settings) {
			return new JdbcEventStore(() -> this.beanFactory.getBean(JdbcOutboxBeans.class).table(), this.properties,
					R2DBC_PRESENT ? new R2dbcTransactions(this.beanFactory) : null,
					SchedulerClock.of(settings.scheduler()), settings.scheduler() == Schedulers.parallel());
		}

	}

	/**
	 * Keeps in a native image what the outbox reads of others: the scripts that create
	 * the table, the data source of a transaction manager, whether JPA has tenants, and
	 * whether a pool is read-only.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		private static final List<String> READ_BY_NAME = List.of(
				"org.springframework.jdbc.datasource.DataSourceTransactionManager",
				"org.springframework.jdbc.support.JdbcTransactionManager",
				"org.springframework.orm.jpa.JpaTransactionManager",
				"org.springframework.orm.jpa.hibernate.HibernateTransactionManager",
				"jakarta.persistence.EntityManagerFactory", "com.zaxxer.hikari.HikariConfig",
				"com.zaxxer.hikari.HikariDataSource", "org.apache.commons.dbcp2.BasicDataSource",
				"org.apache.tomcat.jdbc.pool.DataSourceProxy", "org.apache.tomcat.jdbc.pool.PoolProperties");

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.resources().registerPattern(JdbcOutboxTable.SCRIPTS + "*.sql");
			READ_BY_NAME.forEach((type) -> hints.reflection()
				.registerTypeIfPresent(classLoader, type, MemberCategory.INVOKE_PUBLIC_METHODS));
		}

	}

}
