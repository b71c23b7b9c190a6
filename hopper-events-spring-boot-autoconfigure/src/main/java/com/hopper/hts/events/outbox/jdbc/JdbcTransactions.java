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

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Decides in whose transaction the outbox writes: in the caller's, on the connection that
 * is bound to the data source, whoever has bound it; in one of its own only if there is
 * none; and never in one that does not know of the caller's.
 */
final class JdbcTransactions {

	private static final int ATTEMPTS = 5;

	private static final String JPA_PROPERTIES = "entityManagerFactory.properties";

	/**
	 * Settings of Hibernate that choose a database or a schema.
	 */
	private static final List<String> TENANTS = List.of("hibernate.multi_tenant_connection_provider",
			"hibernate.multi_tenant.schema_mapper");

	private static final DefaultTransactionDefinition MANDATORY = new DefaultTransactionDefinition(
			TransactionDefinition.PROPAGATION_MANDATORY);

	private final DataSource dataSource;

	/**
	 * Knows whether a transaction of JDBC's manager runs on the data source.
	 */
	private final DataSourceTransactionManager manager;

	private final String name;

	private final JdbcDialect dialect;

	/**
	 * Managers that bind no connection: the data source enlists itself (JTA).
	 */
	private final List<PlatformTransactionManager> enlisting;

	/**
	 * Whether the pool's connections have another isolation than READ COMMITTED, which is
	 * set then.
	 */
	private final boolean isolate;

	/**
	 * Whether connections commit by themselves where no transaction is. If they do not,
	 * they look the same in a global transaction that does not know of them.
	 */
	private final boolean autoCommit;

	/**
	 * Says where a connection finds the table.
	 */
	private final Work<List<@Nullable String>> placeOf;

	/**
	 * Where the outbox looks for events, or {@code null} if nothing leads elsewhere.
	 */
	private final @Nullable List<@Nullable String> place;

	JdbcTransactions(DataSource dataSource, String name, List<PlatformTransactionManager> managers,
			Connection connection, JdbcDialect dialect, Work<List<@Nullable String>> placeOf) throws SQLException {
		this.dataSource = dataSource;
		this.manager = manager(dataSource);
		this.name = name;
		this.dialect = dialect;
		this.enlisting = managers.stream()
			.filter((manager) -> !(manager instanceof ResourceTransactionManager))
			.toList();
		this.isolate = connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED;
		this.autoCommit = connection.getAutoCommit();
		boolean choosing = isChoosing(dataSource) || managers.stream().anyMatch(JdbcTransactions::isChoosing);
		this.placeOf = placeOf;
		this.place = choosing ? placeOf.execute(connection) : null;
		managers.forEach((manager) -> CommittedTransaction.watch(manager, null));
	}

	/**
	 * Write in the caller's transaction, or in one of its own if there is none.
	 */
	<T extends @Nullable Object> T write(Work<T> work) throws SQLException {
		DataSource joined = joined();
		if (joined == null) {
			return own(inPlace(work));
		}
		return on(joined, inPlace((connection) -> {
			if (connection.isReadOnly()) {
				throw readOnly();
			}
			if (!this.dialect.isInTransaction(connection)) {
				throw new RefusedException("a transaction is active in which the data source '" + this.name
						+ "' has no part: its connections commit by themselves, so that they are not enlisted in the "
						+ "global transaction. Use an XA data source, or the transaction manager of this data source");
			}
			T result = work.execute(connection);
			if (!this.autoCommit) {
				LateCommit.register(joined);
			}
			return result;
		}));
	}

	/**
	 * Return whether a manager uses a connection of the current tenant: that of JPA takes
	 * it for one of its data source, and others have a data source that chooses.
	 */
	private static boolean isChoosing(PlatformTransactionManager manager) {
		DataSource managed = JdbcOutboxBeans.dataSource(manager);
		return (managed != null && isChoosing(managed))
				|| (JdbcOutboxBeans.property(manager, JPA_PROPERTIES) instanceof Map<?, ?> properties
						&& TENANTS.stream().anyMatch(properties::containsKey));
	}

	/**
	 * Return whether a data source chooses its connections. Those that log statements,
	 * for example, are no proxies of Spring, but say what they wrap.
	 */
	private static boolean isChoosing(DataSource dataSource) {
		try {
			return dataSource.isWrapperFor(AbstractRoutingDataSource.class);
		}
		catch (SQLException | RuntimeException ex) {
			return false;
		}
	}

	/**
	 * Refuse to write where the outbox does not look, such as in the schema of the
	 * current tenant: the outbox looks where the data source leads without one.
	 */
	private <T extends @Nullable Object> Work<T> inPlace(Work<T> work) {
		List<@Nullable String> place = this.place;
		return (place == null) ? work : (connection) -> {
			if (!place.equals(this.placeOf.execute(connection))) {
				throw new RefusedException("the data source '" + this.name + "' has chosen another database or schema "
						+ "than the one in which the outbox looks for events. Let hopper.outbox.jdbc.data-source name a "
						+ "data source that leads to one database, and store events in a transaction of that data source "
						+ "or when the transaction is over");
			}
			return work.execute(connection);
		};
	}

	/**
	 * Read what the caller would read.
	 */
	<T extends @Nullable Object> T read(Work<T> work) throws SQLException {
		DataSource bound = isActive() ? bound() : null;
		return (bound != null) ? on(bound, inPlace(work)) : own(inPlace(work));
	}

	private static <T extends @Nullable Object> T on(DataSource source, Work<T> work) throws SQLException {
		Connection connection = DataSourceUtils.doGetConnection(source);
		try {
			return work.execute(connection);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, source);
		}
	}

	/**
	 * Run a transaction that nobody else has a part in, again if the database asks for
	 * it.
	 */
	<T extends @Nullable Object> T own(Work<T> work) throws SQLException {
		return own(work, true);
	}

	/**
	 * Run one statement that nobody else has a part in, again if the database asks for
	 * it.
	 */
	<T extends @Nullable Object> T single(Work<T> work) throws SQLException {
		return own(work, false);
	}

	private <T extends @Nullable Object> T own(Work<T> work, boolean several) throws SQLException {
		boolean readOnly = TransactionSynchronizationManager.isCurrentTransactionReadOnly();
		// Spring still says so after the commit of the caller's, and a data source that
		// goes by it would choose a replica
		TransactionSynchronizationManager.setCurrentTransactionReadOnly(false);
		try {
			return repeated(work, several);
		}
		finally {
			TransactionSynchronizationManager.setCurrentTransactionReadOnly(readOnly);
		}
	}

	private <T extends @Nullable Object> T repeated(Work<T> work, boolean several) throws SQLException {
		for (int attempt = 1;; attempt++) {
			try (Connection connection = connection()) {
				return commit(connection, work, several);
			}
			catch (SQLException ex) {
				if (attempt == ATTEMPTS || !JdbcFailures.isWorthRepeating(ex)) {
					throw ex;
				}
				// A random wait keeps the same transactions from colliding again
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ThreadLocalRandom.current().nextInt(1, 10)));
			}
		}
	}

	private Connection connection() throws SQLException {
		try {
			return unaware(this.dataSource).getConnection();
		}
		catch (SQLException ex) {
			// Many pools report an exhausted pool like a failure of the database, so all
			// count as transient
			throw new SQLTransientConnectionException(ex.getMessage(), ex.getSQLState(), ex.getErrorCode(), ex);
		}
	}

	private <T extends @Nullable Object> T commit(Connection connection, Work<T> work, boolean several)
			throws SQLException {
		boolean begin = connection.getAutoCommit() && several;
		boolean commit = begin || !connection.getAutoCommit();
		int isolation = this.isolate ? connection.getTransactionIsolation() : Connection.TRANSACTION_READ_COMMITTED;
		if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		}
		if (begin) {
			connection.setAutoCommit(false);
		}
		boolean rollback = commit;
		try {
			T result = work.execute(connection);
			if (commit) {
				connection.commit();
			}
			rollback = false;
			return result;
		}
		finally {
			restore(connection, rollback, begin, isolation);
		}
	}

	private static void restore(Connection connection, boolean rollback, boolean autoCommit, int isolation) {
		try {
			if (rollback) {
				connection.rollback();
			}
			if (autoCommit) {
				connection.setAutoCommit(true);
			}
			if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
				connection.setTransactionIsolation(isolation);
			}
		}
		catch (SQLException ex) {
			// The connection is broken: the caller gets its first failure, and the pool
			// drops it
		}
	}

	private static boolean isActive() {
		return TransactionSynchronizationManager.isActualTransactionActive() && !CommittedTransaction.isCurrent();
	}

	/**
	 * Return the data source on whose connection the caller's transaction runs.
	 * @return the data source, or {@code null} if no transaction is active or the current
	 * one is over
	 */
	private @Nullable DataSource joined() {
		boolean active = isActive();
		boolean elsewhere = CommittedTransaction.isCurrentElsewhere(this.dataSource);
		boolean none = !TransactionSynchronizationManager.isActualTransactionActive();
		DataSource bound = (active || elsewhere || none) ? bound() : null;
		if (!active && bound == null) {
			return null;
		}
		if (none) {
			throw new RefusedException("a transaction of the data source '" + this.name
					+ "' cannot be seen here: within it another transaction manager has suspended one of its own, and "
					+ "nobody would be told how the outer one ends. Store the event outside of the inner one");
		}
		if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
			throw readOnly();
		}
		// The bound connection is used unless it belongs to an outer transaction, which
		// ends on its own
		if (bound != null && !elsewhere) {
			return bound;
		}
		if (this.enlisting.stream().anyMatch(JdbcTransactions::isExisting)) {
			if (!this.autoCommit) {
				throw new RefusedException("a transaction is active in which the data source '" + this.name
						+ "' has no part that can be seen: its connections never commit by themselves, whether they "
						+ "are enlisted or not. Run the transaction with the transaction manager of this data source, "
						+ "or if it is an XA data source, let its connections have auto-commit");
			}
			return this.dataSource;
		}
		String transaction = TransactionSynchronizationManager.getCurrentTransactionName();
		throw new RefusedException("a transaction " + ((transaction != null) ? "(" + transaction + ") " : "")
				+ "is active in which the data source '" + this.name + "' has no part, so that the event would be sent "
				+ "even if that transaction is rolled back. Run it with the transaction manager of this data source, "
				+ "let hopper.outbox.jdbc.data-source name the data source of the transaction (and "
				+ "hopper.outbox.jdbc.transaction-manager its manager), or store the event when the transaction is over");
	}

	private static RefusedException readOnly() {
		return new RefusedException(
				"the transaction is read-only. Use one that may write: without readOnly = true, and "
						+ "on a connection that is not read-only");
	}

	private @Nullable DataSource bound() {
		for (Object key : TransactionSynchronizationManager.getResourceMap().keySet()) {
			if (key instanceof DataSource candidate && isSame(candidate, this.dataSource)
					&& TransactionSynchronizationManager.getResource(candidate) instanceof ConnectionHolder holder
					&& isTransactional(candidate, holder)) {
				return candidate;
			}
		}
		return null;
	}

	/**
	 * Return whether the bound connection takes part in the transaction. A marked one was
	 * bound by JDBC's manager, which tells its own, or only to be reused in a transaction
	 * that does not commit it. Others, such as JPA's manager, do not mark theirs.
	 */
	private boolean isTransactional(DataSource key, ConnectionHolder holder) {
		return !holder.isSynchronizedWithTransaction()
				|| isExisting((key == this.manager.getDataSource()) ? this.manager : manager(key));
	}

	/**
	 * Make a manager that is only asked. Kafka's manager, and others that do not
	 * synchronize, take the synchronizations of an outer transaction off the thread:
	 * asking must not begin new ones, which nobody would end.
	 */
	private static DataSourceTransactionManager manager(DataSource dataSource) {
		DataSourceTransactionManager manager = new DataSourceTransactionManager(dataSource);
		manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
		return manager;
	}

	private static boolean isExisting(PlatformTransactionManager manager) {
		try {
			// PROPAGATION_MANDATORY only joins, so there is nothing to commit or roll
			// back
			manager.getTransaction(MANDATORY);
			return true;
		}
		catch (IllegalTransactionStateException ex) {
			return false;
		}
	}

	/**
	 * Return whether two data sources are the same behind their proxies.
	 */
	static boolean isSame(DataSource one, DataSource other) {
		DataSource first = target(one);
		DataSource second = target(other);
		return first == second || first.equals(second) || isAround(first, second) || isAround(second, first);
	}

	private static boolean isAround(DataSource outer, DataSource inner) {
		try {
			return outer.isWrapperFor(inner.getClass()) && outer.unwrap(inner.getClass()) == inner;
		}
		catch (SQLException | RuntimeException ex) {
			return false;
		}
	}

	/**
	 * Return the data source behind proxies that give the connection of a transaction.
	 */
	static DataSource target(DataSource dataSource) {
		DataSource next = next(dataSource);
		return (next != null) ? target(next) : dataSource;
	}

	/**
	 * Return the data source behind all proxies that give the connection of a
	 * transaction. Other proxies are kept: they may sign in at the database, for example.
	 */
	private static DataSource unaware(DataSource dataSource) {
		DataSource unaware = dataSource;
		DataSource current = dataSource;
		while (true) {
			DataSource next = next(current);
			if (next == null) {
				return unaware;
			}
			unaware = (current instanceof TransactionAwareDataSourceProxy) ? next : unaware;
			current = next;
		}
	}

	private static @Nullable DataSource next(DataSource dataSource) {
		if (dataSource instanceof DelegatingDataSource delegating) {
			return delegating.getTargetDataSource();
		}
		try {
			return (DataSource) ((dataSource instanceof ScopedObject scoped) ? scoped.getTargetObject()
					: AopProxyUtils.getSingletonTarget(dataSource));
		}
		catch (BeanCreationException ex) {
			// It belongs to a request, for example, and there is none
			return null;
		}
	}

	/**
	 * Commits what was written after the commit. That is known only of managers that are
	 * beans, and a connection that never commits by itself is rolled back in the end.
	 */
	private static final class LateCommit implements TransactionSynchronization {

		private final DataSource source;

		private boolean early;

		private LateCommit(DataSource source) {
			this.source = source;
		}

		static void register(DataSource source) {
			if (TransactionSynchronizationManager.getSynchronizations()
				.stream()
				.noneMatch(
						(candidate) -> candidate instanceof LateCommit late && late.source == source && !late.early)) {
				TransactionSynchronizationManager.registerSynchronization(new LateCommit(source));
			}
		}

		@Override
		public void beforeCommit(boolean readOnly) {
			this.early = true;
		}

		@Override
		public void afterCompletion(int status) {
			if (this.early || status != STATUS_COMMITTED
					|| !TransactionSynchronizationManager.hasResource(this.source)) {
				return;
			}
			try {
				on(this.source, (connection) -> {
					connection.commit();
					return true;
				});
			}
			catch (SQLException ex) {
				throw new IllegalStateException(
						"Events were lost that were stored after a commit: " + JdbcFailures.reason(ex, true));
			}
		}

	}

	/**
	 * Work on a connection.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	interface Work<T extends @Nullable Object> {

		T execute(Connection connection) throws SQLException;

	}

	/**
	 * The caller's transaction is not one in which an event can be stored.
	 */
	static final class RefusedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		RefusedException(String message) {
			super(message);
		}

	}

}
