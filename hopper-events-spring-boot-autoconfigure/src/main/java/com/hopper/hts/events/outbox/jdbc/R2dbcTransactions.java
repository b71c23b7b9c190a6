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

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.outbox.jdbc.JdbcTransactions.RefusedException;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.r2dbc.connection.DelegatingConnectionFactory;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.connection.lookup.AbstractRoutingConnectionFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/**
 * The reactive transactions of R2DBC. Not to be loaded without it.
 */
final class R2dbcTransactions {

	private static final DefaultTransactionDefinition MANDATORY = new DefaultTransactionDefinition(
			TransactionDefinition.PROPAGATION_MANDATORY);

	private static final DefaultTransactionDefinition REQUIRES_NEW = new DefaultTransactionDefinition(
			TransactionDefinition.PROPAGATION_REQUIRES_NEW);

	private static final Duration PROOF_TIMEOUT = Duration.ofSeconds(5);

	private static final Pattern ARGUMENT = Pattern.compile("\\?");

	private static final String SAVEPOINT = "hopper_outbox";

	private static final Log logger = LogFactory.getLog(R2dbcTransactions.class);

	private final ListableBeanFactory beanFactory;

	/**
	 * Connection factories that lead to the table of the outbox.
	 */
	private final Set<ConnectionFactory> proven = ConcurrentHashMap.newKeySet();

	R2dbcTransactions(ListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	private Collection<ConnectionFactory> connectionFactories() {
		return BeanFactoryUtils.beansOfTypeIncludingAncestors(this.beanFactory, ConnectionFactory.class).values();
	}

	/**
	 * Find out which connection factories lead to the table of the outbox. Blocks.
	 * @param trial is given a test for a row, and returns what it says of one that is
	 * there
	 */
	void prove(Predicate<RowTest> trial) {
		connectionFactories().forEach((factory) -> isProven(factory, trial, Context.empty()));
	}

	/**
	 * Write in the subscriber's transaction, all or nothing.
	 * @param sql the statement, in the form of JDBC
	 * @param executions what is bound for each execution
	 * @param trial is given a test for a row, and returns what it says of one that is
	 * there
	 * @return completes when that is written, or fails with an {@link SQLException} or a
	 * {@link RefusedException}
	 */
	Mono<Void> write(String sql, List<@Nullable Object[]> executions, Predicate<RowTest> trial) {
		return current()
			.switchIfEmpty(refused("the caller's reactive transaction runs on no R2DBC ConnectionFactory that is a "
					+ "bean. Declare the one of its transaction manager as a bean"))
			.filterWhen((factory) -> isReadOnly().map((readOnly) -> !readOnly))
			.switchIfEmpty(refused("the reactive transaction is read-only. Store the event in one that may write"))
			.filterWhen((factory) -> Mono
				.deferContextual((context) -> Mono.fromCallable(() -> isProven(factory, trial, context)))
				.subscribeOn(Schedulers.boundedElastic()))
			.switchIfEmpty(refused("the ConnectionFactory of the caller's reactive transaction does not lead to that "
					+ "table. Let spring.r2dbc.url lead to the database and the schema of spring.datasource.url, or let "
					+ "hopper.outbox.jdbc.data-source name the data source of that database"))
			.flatMap((factory) -> execute(factory, sql, executions))
			.onErrorMap((ex) -> {
				R2dbcException cause = AttemptFailure.find(ex, R2dbcException.class);
				return (cause != null) ? new SQLException(cause.getMessage(), cause.getSqlState(), cause.getErrorCode())
						: ex;
			});
	}

	private static Mono<ConnectionFactory> refused(String reason) {
		return Mono.error(() -> new RefusedException(reason + ", store the event when the transaction is over, use a "
				+ "blocking transaction on the data source of the outbox, or hopper.outbox.type=memory"));
	}

	/**
	 * Return the connection factory on whose connection the subscriber's transaction
	 * runs.
	 * @return the connection factory, or empty if that transaction is not one of R2DBC,
	 * or one on a connection factory that is no bean
	 */
	private Mono<ConnectionFactory> current() {
		return Flux.fromIterable(connectionFactories())
			.expand((factory) -> (factory instanceof DelegatingConnectionFactory delegating)
					? Mono.just(delegating.getTargetConnectionFactory()) : Mono.empty())
			.filterWhen(R2dbcTransactions::isCurrent)
			.next();
	}

	/**
	 * Return whether the bound connection takes part in the transaction. Spring also
	 * binds connections just to reuse them within a transaction that does not commit
	 * them; the manager tells its own.
	 */
	private static Mono<Boolean> isCurrent(ConnectionFactory connectionFactory) {
		// PROPAGATION_MANDATORY only joins, so there is nothing to commit or roll back
		return new R2dbcTransactionManager(connectionFactory).getReactiveTransaction(MANDATORY)
			.map((transaction) -> true)
			.onErrorReturn(IllegalTransactionStateException.class, false);
	}

	private static Mono<Boolean> isReadOnly() {
		return TransactionSynchronizationManager.forCurrentTransaction()
			.map(TransactionSynchronizationManager::isCurrentTransactionReadOnly);
	}

	private boolean isProven(ConnectionFactory connectionFactory, Predicate<RowTest> trial, ContextView context) {
		if (this.proven.contains(connectionFactory)) {
			return true;
		}
		try {
			// A transaction of its own, because the isolation of the caller's may hide
			// the row
			TransactionalOperator another = TransactionalOperator.create(new R2dbcTransactionManager(connectionFactory),
					REQUIRES_NEW);
			boolean found = trial.test((sql,
					id) -> Boolean.TRUE.equals(bind(DatabaseClient.create(connectionFactory), sql, id).fetch()
						.first()
						.hasElement()
						.as(another::transactional)
						.contextWrite(context)
						.block(PROOF_TIMEOUT)));
			// A routing factory may choose another database the next time, so it is
			// proven each time
			if (found && !(connectionFactory instanceof AbstractRoutingConnectionFactory)) {
				this.proven.add(connectionFactory);
			}
			return found;
		}
		catch (RuntimeException ex) {
			logger.debug("An R2DBC connection factory does not lead to the table of the outbox", ex);
			return false;
		}
	}

	private static Mono<Void> execute(ConnectionFactory connectionFactory, String sql,
			List<@Nullable Object[]> executions) {
		DatabaseClient client = DatabaseClient.create(connectionFactory);
		Mono<Void> all = Flux.fromIterable(executions)
			.concatMap((arguments) -> bind(client, sql, arguments).then())
			.then();
		if (executions.size() == 1) {
			return all;
		}
		return client.inConnection((connection) -> Mono.from(connection.createSavepoint(SAVEPOINT))
			.then(all)
			.onErrorResume((ex) -> Mono.from(connection.rollbackTransactionToSavepoint(SAVEPOINT))
				.onErrorComplete()
				.then(Mono.error(ex))));
	}

	private static DatabaseClient.GenericExecuteSpec bind(DatabaseClient client, String sql,
			@Nullable Object... arguments) {
		int[] count = { 0 };
		String named = ARGUMENT.matcher(sql).replaceAll((match) -> Matcher.quoteReplacement(":p" + count[0]++));
		DatabaseClient.GenericExecuteSpec statement = client.sql(named);
		for (int i = 0; i < arguments.length; i++) {
			Object argument = arguments[i];
			statement = (argument != null) ? statement.bind("p" + i, argument)
					: statement.bindNull("p" + i, String.class);
		}
		return statement;
	}

	/**
	 * Looks for a row.
	 */
	@FunctionalInterface
	interface RowTest {

		boolean finds(String sql, Object id);

	}

}
