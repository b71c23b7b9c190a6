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
package com.hopper.hts.events.outbox;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.config.CustomScopeConfigurer;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.UserCredentialsDataSourceAdapter;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for whose transaction an event in a database belongs to.
 */
@Tag("compatibility")
class JdbcOutboxTransactionTests extends JdbcTransactionsFixture {

	@Test
	void whoeverHasBoundTheConnectionDecides() {
		this.contextRunner.withUserConfiguration(SeveralManagers.class).run((context) -> {
			DataSource dataSource = context.getBean("events", DataSource.class);
			Consumer<PlatformTransactionManager> attempt = (manager) -> {
				JdbcTemplate jdbc = new JdbcTemplate(dataSource);
				new TransactionTemplate(manager).executeWithoutResult((status) -> {
					context.getBean(EventOutbox.class).store("session-1", booking(1));
					status.setRollbackOnly();
				});
				assertThat(count(jdbc)).isZero();
				new TransactionTemplate(manager).executeWithoutResult(
						(status) -> context.getBean(EventOutbox.class).store("session-1", booking(2)));
				assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
			};
			context.getBeansOfType(PlatformTransactionManager.class).values().forEach(attempt);
			// One that is no bean
			attempt.accept(new JdbcTransactionManager(dataSource));
			flushed(context, 5);
		});
	}

	@Test
	void adapterThatSignsInAtTheDatabaseDoesSoForTheRelay() {
		this.contextRunner.withUserConfiguration(Credentials.class).run((context) -> {
			transaction(context, "transactions")
				.executeWithoutResult((status) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
			flushed(context, 1);
		});
	}

	@Test
	void dataSourceThatIsMadeAnewTakesPart() {
		this.contextRunner.withUserConfiguration(ScopedDataSource.class).run((context) -> {
			RefreshScope scope = context.getBean(RefreshScope.class);
			for (int booking = 1; booking <= 2; booking++) {
				transaction(context, "transactions").executeWithoutResult((status) -> {
					context.getBean(EventOutbox.class).store("session-1", booking(1));
					status.setRollbackOnly();
				});
				transaction(context, "transactions").executeWithoutResult(
						(status) -> context.getBean(EventOutbox.class).store("session-1", booking(2)));
				flushed(context, booking);
				scope.refresh();
			}
		});
	}

	@Test
	void poolThatGivesNoConnectionIsNotTakenForTheDatabase() {
		this.contextRunner.withUserConfiguration(Pool.class).run((context) -> {
			context.getBean(EventOutbox.class).flush(SECONDS);
			context.getBean(HikariDataSource.class).close();
			assertThatExceptionOfType(EventNotStoredException.class)
				.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
				.withMessageContaining("there was no usable connection to the database")
				.withMessageContaining("has been closed");
		});
	}

	@Test
	void managerOfSomethingElseAloneIsRefusedAtStart() {
		this.contextRunner.withUserConfiguration(BrokersManager.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.jdbc.transaction-manager")
				.hasMessageContaining("spring.kafka.producer.transaction-id-prefix"));
	}

	@Test
	void managersOfBrokersBesideThatOfTheDatabaseHaveNoPart() {
		this.contextRunner.withUserConfiguration(BrokersManagersAndTheDatabases.class).run((context) -> {
			transaction(context, "transactions").executeWithoutResult((status) -> {
				context.getBean(EventOutbox.class).store("session-1", booking(1));
				status.setRollbackOnly();
			});
			transaction(context, "transactions")
				.executeWithoutResult((status) -> context.getBean(EventOutbox.class).store("session-1", booking(2)));
			flushed(context, 1);
		});
	}

	@Test
	void managerThatDoesNotSynchronizeIsRefusedAtStart() {
		this.contextRunner.withUserConfiguration(SilentManager.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.jdbc.transaction-manager")
				.hasMessageContaining("transactionSynchronization"));
	}

	@Test
	void globalTransactionInWhichTheDataSourceIsNotEnlistedIsRefused() {
		this.contextRunner.withUserConfiguration(GlobalManager.class)
			.run((context) -> transaction(context, "globalTransactions")
				.executeWithoutResult((status) -> assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
					.withMessageContaining("XA data source")));
	}

	@Test
	void readOnlyTransactionIsRefusedOnEveryDatabase() {
		this.contextRunner.withUserConfiguration(SeveralManagers.class).run((context) -> {
			TransactionTemplate readOnly = transaction(context, "plain");
			readOnly.setReadOnly(true);
			readOnly.executeWithoutResult((status) -> assertThatExceptionOfType(EventNotStoredException.class)
				.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
				.withMessageContaining("the transaction is read-only"));
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class Pool {

		@Bean
		HikariDataSource events() {
			return pool("jdbc:h2:mem:" + UUID.randomUUID());
		}

		static HikariDataSource pool(String url) {
			return DataSourceBuilder.create().type(HikariDataSource.class).url(url).username("sa").build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ScopedDataSource {

		private final String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";

		@Bean
		static RefreshScope refreshScope() {
			return new RefreshScope();
		}

		@Bean
		static CustomScopeConfigurer scopes(RefreshScope refreshScope) {
			CustomScopeConfigurer configurer = new CustomScopeConfigurer();
			configurer.addScope("refresh", refreshScope);
			return configurer;
		}

		@Bean
		@Scope(scopeName = "refresh", proxyMode = ScopedProxyMode.TARGET_CLASS)
		HikariDataSource events() {
			return Pool.pool(this.url);
		}

		@Bean
		PlatformTransactionManager transactions(DataSource events) {
			return new JdbcTransactionManager(events);
		}

	}

	/**
	 * Like that of Spring Cloud.
	 */
	static class RefreshScope extends SimpleThreadScope {

		private final Map<String, Object> beans = new ConcurrentHashMap<>();

		private final Map<String, Runnable> callbacks = new ConcurrentHashMap<>();

		@Override
		public Object get(String name, ObjectFactory<?> objectFactory) {
			return this.beans.computeIfAbsent(name, (key) -> objectFactory.getObject());
		}

		@Override
		public void registerDestructionCallback(String name, Runnable callback) {
			this.callbacks.put(name, callback);
		}

		void refresh() {
			this.beans.clear();
			this.callbacks.values().forEach(Runnable::run);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SeveralManagers extends Database {

		@Bean
		PlatformTransactionManager plain(DataSource events) {
			return new JdbcTransactionManager(events);
		}

		@Bean
		PlatformTransactionManager lazy(DataSource events) {
			return new JdbcTransactionManager(new LazyConnectionDataSourceProxy(events));
		}

		@Bean
		PlatformTransactionManager aware(DataSource events) {
			return new JdbcTransactionManager(new TransactionAwareDataSourceProxy(events));
		}

		@Bean
		PlatformTransactionManager advised(DataSource events) {
			return (PlatformTransactionManager) new ProxyFactory(new JdbcTransactionManager(events)).getProxy();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Credentials {

		@Bean
		DataSource events() {
			UserCredentialsDataSourceAdapter adapter = new UserCredentialsDataSourceAdapter();
			adapter.setTargetDataSource(new SimpleDriverDataSource(new org.h2.Driver(),
					"jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1"));
			adapter.setUsername("sa");
			adapter.setPassword("secret");
			return adapter;
		}

		@Bean
		PlatformTransactionManager transactions(DataSource events) {
			return new JdbcTransactionManager(new TransactionAwareDataSourceProxy(events));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Database {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BrokersManager extends Database {

		@Bean
		PlatformTransactionManager kafkaTransactionManager() {
			DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(Map.of());
			producers.setTransactionIdPrefix("mine-");
			return new KafkaTransactionManager<>(producers);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BrokersManagersAndTheDatabases extends BrokersManager {

		@Bean
		PlatformTransactionManager pulsarTransactionManager() {
			return new Pulsar();
		}

		@Bean
		PlatformTransactionManager transactions(DataSource events) {
			return new JdbcTransactionManager(events);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SilentManager extends Database {

		@Bean
		PlatformTransactionManager silent(DataSource events) {
			JdbcTransactionManager manager = new JdbcTransactionManager(events);
			manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
			return manager;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class GlobalManager extends Database {

		@Bean
		PlatformTransactionManager globalTransactions() {
			return new Global();
		}

	}

	/**
	 * Manages no connections, as that of JTA does.
	 */
	static class Global extends AbstractPlatformTransactionManager {

		private boolean active;

		@Override
		protected Object doGetTransaction() {
			return this;
		}

		@Override
		protected boolean isExistingTransaction(Object transaction) {
			return this.active;
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			this.active = true;
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
		}

		@Override
		protected void doCleanupAfterCompletion(Object transaction) {
			this.active = false;
		}

	}

	/**
	 * As that of Spring for Apache Pulsar.
	 */
	static class Pulsar extends Global {

		Pulsar() {
			setTransactionSynchronization(SYNCHRONIZATION_NEVER);
		}

		public Object getPulsarClient() {
			return this;
		}

	}

}
