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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.CustomScopeConfigurer;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for whose transaction an event in a database belongs to.
 */
@Tag("compatibility")
class JdbcOutboxTransactionTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
				"hopper.outbox.type=jdbc");

	private final ApplicationContextRunner twoDatabases = this.contextRunner.withUserConfiguration(TwoDatabases.class)
		.withPropertyValues("hopper.outbox.jdbc.data-source=events");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void transactionOfAnotherDatabaseIsRefused() {
		this.twoDatabases.run((context) -> {
			JdbcTemplate events = new JdbcTemplate(context.getBean("events", DataSource.class));
			transaction(context, "bookingTransactions").executeWithoutResult((status) -> {
				assertRefused(context);
				// Binds a connection that nobody commits
				assertThat(count(events)).isZero();
				assertRefused(context);
			});
			assertThat(count(events)).isZero();
			// Before and after it is fine
			context.getBean(EventOutbox.class).store("session-1", booking(2));
			flushed(context, 1);
		});
	}

	private static void assertRefused(AssertableApplicationContext context) {
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
			.withMessageContaining("data source 'events'")
			.withMessageContaining("hopper.outbox.jdbc.data-source")
			.withMessageContaining("hopper.outbox.jdbc.transaction-manager");
	}

	@Test
	void transactionThatIsOverIsNoTransaction() {
		this.twoDatabases.run((context) -> {
			transaction(context, "bookingTransactions")
				.executeWithoutResult((status) -> TransactionSynchronizationManager
					.registerSynchronization(new TransactionSynchronization() {
						@Override
						public void afterCommit() {
							context.getBean(EventOutbox.class).store("session-1", booking(1));
						}

						@Override
						public void afterCompletion(int completion) {
							context.getBean(EventOutbox.class).store("session-1", booking(2));
						}
					}));
			flushed(context, 2);
		});
	}

	@Test
	void transactionAfterTheCommitOfAnotherDatabaseIsOneOfItsOwn() {
		this.twoDatabases.run((context) -> {
			TransactionTemplate own = own(context);
			transaction(context, "bookingTransactions")
				.executeWithoutResult((status) -> TransactionSynchronizationManager
					.registerSynchronization(new TransactionSynchronization() {
						@Override
						public void afterCommit() {
							own.executeWithoutResult((inner) -> {
								context.getBean(EventOutbox.class).store("session-1", booking(1));
								inner.setRollbackOnly();
							});
						}
					}));
			context.getBean(EventOutbox.class).store("session-1", booking(2));
			flushed(context, 1);
		});
	}

	@Test
	void transactionOfAnotherDatabaseWithinOneOfItsOwnIsRefused() {
		this.twoDatabases.run((context) -> {
			TransactionTemplate own = own(context);
			context.getBean(EventOutbox.class).flush(SECONDS);
			own.executeWithoutResult((outer) -> {
				transaction(context, "bookingTransactions").executeWithoutResult((inner) -> {
					assertRefused(context);
					TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
						@Override
						public void afterCommit() {
							assertRefused(context);
						}
					});
				});
				context.getBean(EventOutbox.class).store("session-1", booking(2));
			});
			flushed(context, 1);
		});
	}

	@Test
	void transactionOfItsOwnWithinOneOfAnotherDatabaseIsJoined() {
		this.twoDatabases.run((context) -> {
			TransactionTemplate own = own(context);
			context.getBean(EventOutbox.class).flush(SECONDS);
			transaction(context, "bookingTransactions").executeWithoutResult((outer) -> {
				own.executeWithoutResult((inner) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
				own.executeWithoutResult((inner) -> {
					context.getBean(EventOutbox.class).store("session-1", booking(2));
					inner.setRollbackOnly();
				});
				outer.setRollbackOnly();
			});
			flushed(context, 1);
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void chainOfManagersTakesPart(boolean eventsFirst) {
		this.twoDatabases.withUserConfiguration(Chain.class).run((context) -> {
			PlatformTransactionManager events = context.getBean("eventTransactions", PlatformTransactionManager.class);
			PlatformTransactionManager bookings = context.getBean("bookingTransactions",
					PlatformTransactionManager.class);
			context.getBean(Chain.Led.class).managers = eventsFirst ? List.of(events, bookings)
					: List.of(bookings, events);
			context.getBean(EventOutbox.class).flush(SECONDS);
			TransactionTemplate both = transaction(context, "led");
			both.executeWithoutResult((status) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
			assertThatIllegalStateException().isThrownBy(() -> both.executeWithoutResult((status) -> {
				context.getBean(EventOutbox.class).store("session-1", booking(2));
				throw new IllegalStateException();
			}));
			flushed(context, 1);
		});
	}

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
	void namedDataSourceNeedsNoManager() {
		this.twoDatabases.run((context) -> {
			context.getBean(EventOutbox.class).store("session-1", booking(1));
			flushed(context, 1);
		});
	}

	@Test
	void namedManagerNeedsNoDataSource() {
		this.contextRunner.withUserConfiguration(TwoDatabases.class)
			.withPropertyValues("hopper.outbox.jdbc.transaction-manager=bookingTransactions")
			.run((context) -> {
				transaction(context, "bookingTransactions").executeWithoutResult(
						(status) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
				flushed(context, 1);
			});
	}

	@Test
	void pairThatCannotFitIsRefusedAtStart() {
		this.twoDatabases.withPropertyValues("hopper.outbox.jdbc.transaction-manager=bookingTransactions")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.outbox.jdbc.transaction-manager")
				.hasMessageContaining("bookingTransactions")
				.hasMessageContaining("'events'"));
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

	@Test
	void suspendedTransactionIsNotTheCallers() {
		this.twoDatabases.run((context) -> {
			PlatformTransactionManager events = new JdbcTransactionManager(context.getBean("events", DataSource.class));
			new TransactionTemplate(events).executeWithoutResult((outer) -> {
				TransactionTemplate inner = new TransactionTemplate(events);
				inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
				inner.executeWithoutResult(
						(status) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
				outer.setRollbackOnly();
			});
			flushed(context, 1);
		});
	}

	/**
	 * Return transactions of the outbox's database, whose manager is no bean.
	 */
	private static TransactionTemplate own(AssertableApplicationContext context) {
		return new TransactionTemplate(new JdbcTransactionManager(context.getBean("events", DataSource.class)));
	}

	private static TransactionTemplate transaction(AssertableApplicationContext context, String manager) {
		return new TransactionTemplate(context.getBean(manager, PlatformTransactionManager.class));
	}

	private void flushed(AssertableApplicationContext context, int events) {
		assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(events);
	}

	private static int count(JdbcTemplate jdbc) {
		Integer count = jdbc.queryForObject(
				"select count(*) from hopper_event_outbox where attempts = 0 and " + "claimed_by is null",
				Integer.class);
		return (count != null) ? count : 0;
	}

	private static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-" + number);
	}

	private static DataSource database() {
		return new EmbeddedDatabaseBuilder().generateUniqueName(true)
			.setType(org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType.H2)
			.build();
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDatabases {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

		@Bean(destroyMethod = "shutdown")
		DataSource bookings() {
			return database();
		}

		@Bean
		PlatformTransactionManager bookingTransactions(DataSource bookings) {
			return new JdbcTransactionManager(bookings);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Chain {

		@Bean
		JdbcTransactionManager eventTransactions(@Qualifier("events") DataSource events) {
			return new JdbcTransactionManager(events);
		}

		@Bean
		Led led() {
			return new Led();
		}

		/**
		 * Like Spring Data's ChainedTransactionManager.
		 */
		static class Led implements PlatformTransactionManager {

			private List<PlatformTransactionManager> managers = List.of();

			private final Deque<TransactionStatus> statuses = new ArrayDeque<>();

			@Override
			public TransactionStatus getTransaction(@Nullable TransactionDefinition definition) {
				this.managers.forEach((manager) -> this.statuses.push(manager.getTransaction(definition)));
				return this.statuses.getLast();
			}

			@Override
			public void commit(TransactionStatus status) {
				complete(PlatformTransactionManager::commit);
			}

			@Override
			public void rollback(TransactionStatus status) {
				complete(PlatformTransactionManager::rollback);
			}

			private void complete(BiConsumer<PlatformTransactionManager, TransactionStatus> how) {
				for (int i = this.managers.size() - 1; i >= 0; i--) {
					how.accept(this.managers.get(i), this.statuses.pop());
				}
			}

		}

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
	static class SeveralManagers {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

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
	static class BrokersManager {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

		@Bean
		PlatformTransactionManager kafkaTransactionManager() {
			return new Broker();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SilentManager {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

		@Bean
		PlatformTransactionManager silent(DataSource events) {
			JdbcTransactionManager manager = new JdbcTransactionManager(events);
			manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
			return manager;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class GlobalManager {

		@Bean(destroyMethod = "shutdown")
		DataSource events() {
			return database();
		}

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

	private static final class Broker extends Global implements ResourceTransactionManager {

		@Override
		public Object getResourceFactory() {
			return this;
		}

	}

}
