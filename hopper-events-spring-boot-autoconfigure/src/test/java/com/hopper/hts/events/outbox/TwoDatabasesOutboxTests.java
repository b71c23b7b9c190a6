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

import javax.sql.DataSource;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.transaction.ChainedTransactionManager;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for the outbox in one of two databases, and for the transactions of the other.
 */
@Tag("compatibility")
class TwoDatabasesOutboxTests extends JdbcTransactionsFixture {

	private final ApplicationContextRunner twoDatabases = this.contextRunner.withUserConfiguration(TwoDatabases.class)
		.withPropertyValues("hopper.outbox.jdbc.data-source=events");

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
	void transactionOfItsOwnThatAnotherManagerHidesIsNotOver() {
		this.twoDatabases.run((context) -> {
			context.getBean(EventOutbox.class).flush(SECONDS);
			TransactionTemplate bookings = transaction(context, "bookingTransactions");
			TransactionTemplate none = transaction(context, "bookingTransactions");
			none.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
			own(context).executeWithoutResult((outer) -> {
				bookings.executeWithoutResult((inner) -> none
					.executeWithoutResult((innermost) -> assertThatExceptionOfType(EventNotStoredException.class)
						.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
						.withMessageContaining("a transaction of the data source 'events' cannot be seen here")));
				context.getBean(EventOutbox.class).store("session-1", booking(2));
			});
			bookings.executeWithoutResult((outer) -> none
				.executeWithoutResult((inner) -> context.getBean(EventOutbox.class).store("session-1", booking(3))));
			flushed(context, 2);
		});
	}

	@Test
	void transactionOfItsOwnOutlivesRefusalsWithinOneThatDoesNotSynchronize() {
		this.twoDatabases.run((context) -> {
			context.getBean(EventOutbox.class).flush(SECONDS);
			// As that of Kafka
			JdbcTransactionManager silent = new JdbcTransactionManager(context.getBean("bookings", DataSource.class));
			silent.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
			own(context).executeWithoutResult((outer) -> {
				new TransactionTemplate(silent)
					.executeWithoutResult((inner) -> assertThatExceptionOfType(EventNotStoredException.class)
						.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking(1)))
						.withMessageContaining("a transaction of the data source 'events' cannot be seen here"));
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

	@Test
	void outboxesOfTwoContextsWithOneParentTakePartEachInItsOwnDatabase() {
		new ApplicationContextRunner().withUserConfiguration(TwoManagers.class).run((parent) -> {
			ApplicationContextRunner children = this.contextRunner.withParent(parent);
			children.withPropertyValues("hopper.outbox.jdbc.data-source=events")
				.run((first) -> children.withPropertyValues("hopper.outbox.jdbc.data-source=bookings").run((second) -> {
					flushed(first, 0);
					flushed(second, 0);
					transaction(parent, "eventTransactions").executeWithoutResult((status) -> {
						first.getBean(EventOutbox.class).store("session-1", booking(1));
						assertThatExceptionOfType(EventNotStoredException.class)
							.isThrownBy(() -> second.getBean(EventOutbox.class).store("session-1", booking(1)));
					});
					flushed(first, 1);
					transaction(parent, "bookingTransactions").executeWithoutResult((status) -> {
						second.getBean(EventOutbox.class).store("session-1", booking(2));
						assertRefused(first);
					});
					flushed(second, 2);
				}));
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "eventsFirst", "bookingsFirst" })
	void chainOfManagersTakesPart(String chain) {
		this.twoDatabases.withUserConfiguration(Chains.class).run((context) -> {
			context.getBean(EventOutbox.class).flush(SECONDS);
			TransactionTemplate both = transaction(context, chain);
			both.executeWithoutResult((status) -> context.getBean(EventOutbox.class).store("session-1", booking(1)));
			assertThatIllegalStateException().isThrownBy(() -> both.executeWithoutResult((status) -> {
				context.getBean(EventOutbox.class).store("session-1", booking(2));
				throw new IllegalStateException();
			}));
			flushed(context, 1);
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
	static class TwoManagers extends TwoDatabases {

		@Bean
		PlatformTransactionManager eventTransactions(DataSource events) {
			return new JdbcTransactionManager(events);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@SuppressWarnings("deprecation")
	static class Chains {

		@Bean
		JdbcTransactionManager eventTransactions(@Qualifier("events") DataSource events) {
			return new JdbcTransactionManager(events);
		}

		@Bean
		ChainedTransactionManager eventsFirst(
				@Qualifier("eventTransactions") PlatformTransactionManager eventTransactions,
				@Qualifier("bookingTransactions") PlatformTransactionManager bookingTransactions) {
			return new ChainedTransactionManager(eventTransactions, bookingTransactions);
		}

		@Bean
		ChainedTransactionManager bookingsFirst(
				@Qualifier("eventTransactions") PlatformTransactionManager eventTransactions,
				@Qualifier("bookingTransactions") PlatformTransactionManager bookingTransactions) {
			return new ChainedTransactionManager(bookingTransactions, eventTransactions);
		}

	}

}
