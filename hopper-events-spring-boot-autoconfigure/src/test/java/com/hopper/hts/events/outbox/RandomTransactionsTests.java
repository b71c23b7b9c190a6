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

import java.util.List;
import java.util.Random;
import java.util.function.Function;

import javax.sql.DataSource;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.target.SingletonTargetSource;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Transactions of two managers, nested at random, in which events are stored and bookings
 * written.
 */
class RandomTransactionsTests extends JdbcTransactionsFixture {

	private static final int RUNS = 250;

	private static final List<Integer> PROPAGATIONS = List.of(TransactionDefinition.PROPAGATION_REQUIRED,
			TransactionDefinition.PROPAGATION_REQUIRED, TransactionDefinition.PROPAGATION_REQUIRES_NEW,
			TransactionDefinition.PROPAGATION_NESTED, TransactionDefinition.PROPAGATION_NOT_SUPPORTED,
			TransactionDefinition.PROPAGATION_SUPPORTS, TransactionDefinition.PROPAGATION_MANDATORY);

	@ParameterizedTest
	@EnumSource
	void eventIsStoredIfAndOnlyIfItsBookingIs(Access access) {
		this.contextRunner.withBean(Access.class, () -> access)
			.withUserConfiguration(TwoManagers.class)
			.withPropertyValues("hopper.outbox.jdbc.data-source=events")
			.run((context) -> {
				context.getBean(EventOutboxOperations.class).pause("to see what is stored");
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean("events", DataSource.class));
				jdbc.execute("create table bookings (id varchar(36) primary key)");
				int stored = 0;
				for (int seed = 0; seed < RUNS; seed++) {
					Bookings bookings = new Bookings(context, jdbc, new Random(seed));
					bookings.run();
					List<String> events = jdbc
						.queryForList("select id from hopper_event_outbox where state = 'PENDING'", String.class);
					assertThat(events).as("seed %s:%s", seed, bookings.steps)
						.containsExactlyInAnyOrderElementsOf(
								jdbc.queryForList("select id from bookings", String.class));
					assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
					stored += events.size();
					jdbc.update("delete from bookings");
					jdbc.update("delete from hopper_event_outbox where state = 'PENDING'");
				}
				assertThat(stored).isGreaterThan(RUNS / 2);
			});
	}

	/**
	 * How the application sees the data source of the outbox.
	 */
	enum Access {

		PLAIN((dataSource) -> dataSource),

		TRANSACTION_AWARE(TransactionAwareDataSourceProxy::new),

		LAZY(LazyConnectionDataSourceProxy::new),

		ADVISED((dataSource) -> ProxyFactory.getProxy(DataSource.class, new SingletonTargetSource(dataSource)));

		private final Function<DataSource, DataSource> proxy;

		Access(Function<DataSource, DataSource> proxy) {
			this.proxy = proxy;
		}

	}

	/**
	 * What an application does by chance.
	 */
	private static final class Bookings {

		private final EventOutbox outbox;

		private final JdbcTemplate jdbc;

		private final List<PlatformTransactionManager> managers;

		private final Random random;

		private final StringBuilder steps = new StringBuilder();

		Bookings(AssertableApplicationContext context, JdbcTemplate jdbc, Random random) {
			this.outbox = context.getBean(EventOutbox.class);
			this.jdbc = jdbc;
			PlatformTransactionManager events = context.getBean("eventTransactions", PlatformTransactionManager.class);
			this.managers = List.of(events, events,
					context.getBean("otherTransactions", PlatformTransactionManager.class));
			this.random = random;
		}

		void run() {
			try {
				steps(0);
			}
			catch (IllegalStateException | EventNotStoredException | TransactionException ex) {
				this.steps.append(" ! ").append(ex.getClass().getSimpleName());
			}
		}

		private void steps(int depth) {
			for (int left = this.random.nextInt(1, 4); left > 0; left--) {
				if (depth > 4 || oneOf(3)) {
					book();
				}
				else {
					transaction(depth);
				}
				failOneOf(10);
			}
		}

		private void book() {
			this.steps.append(" book");
			String id = this.outbox.store("session-1", booking(1)).toString();
			this.jdbc.update("insert into bookings values (?)", id);
		}

		private void transaction(int depth) {
			PlatformTransactionManager manager = this.managers.get(this.random.nextInt(this.managers.size()));
			TransactionTemplate transaction = new TransactionTemplate(manager);
			transaction.setPropagationBehavior(PROPAGATIONS.get(this.random.nextInt(PROPAGATIONS.size())));
			transaction.setReadOnly(oneOf(12));
			this.steps.append(" %s %s {".formatted(this.managers.indexOf(manager), transaction));
			try {
				transaction.executeWithoutResult((status) -> {
					if (oneOf(8) && TransactionSynchronizationManager.isActualTransactionActive()) {
						TransactionSynchronizationManager.registerSynchronization(new BeforeAndAfter(manager));
					}
					steps(depth + 1);
					if (oneOf(6)) {
						this.steps.append(" roll back");
						status.setRollbackOnly();
					}
				});
			}
			catch (IllegalStateException | EventNotStoredException | TransactionException ex) {
				this.steps.append(" ! ").append(ex.getClass().getSimpleName());
				if (oneOf(2)) {
					throw ex;
				}
			}
			finally {
				this.steps.append(" }");
			}
		}

		private boolean oneOf(int number) {
			return this.random.nextInt(number) == 0;
		}

		private void failOneOf(int number) {
			if (oneOf(number)) {
				throw new IllegalStateException();
			}
		}

		/**
		 * Books before the commit, and in a transaction of its own after it.
		 */
		private final class BeforeAndAfter implements TransactionSynchronization {

			private final PlatformTransactionManager manager;

			BeforeAndAfter(PlatformTransactionManager manager) {
				this.manager = manager;
			}

			@Override
			public void beforeCommit(boolean readOnly) {
				Bookings.this.steps.append(" before");
				book();
			}

			@Override
			public void afterCommit() {
				Bookings.this.steps.append(" after");
				TransactionTemplate transaction = new TransactionTemplate(this.manager);
				transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
				transaction.executeWithoutResult((status) -> book());
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoManagers {

		@Bean
		DataSource events(Access access) {
			return access.proxy.apply(database());
		}

		@Bean
		PlatformTransactionManager eventTransactions(DataSource events) {
			return new JdbcTransactionManager(events);
		}

		@Bean
		PlatformTransactionManager otherTransactions() {
			return new JdbcTransactionManager(database());
		}

	}

}
