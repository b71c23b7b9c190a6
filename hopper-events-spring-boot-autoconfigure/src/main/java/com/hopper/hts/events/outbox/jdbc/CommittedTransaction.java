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

import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Remembers that a transaction was committed while Spring still calls it active: what is
 * written in {@link TransactionSynchronization#afterCommit()} would join it, and nobody
 * would commit again.
 */
final class CommittedTransaction implements TransactionSynchronization {

	private boolean committed;

	private CommittedTransaction() {
	}

	/**
	 * Remember the commits of a transaction manager.
	 * @param transactionManager the transaction manager
	 * @param outside the data source of an outbox that has no part in the transactions,
	 * or {@code null} if it has
	 */
	static void watch(PlatformTransactionManager transactionManager, @Nullable DataSource outside) {
		if (transactionManager instanceof ConfigurableTransactionManager configurable) {
			// Replaces the list instead of changing it, because running transactions may
			// be reading it
			List<TransactionExecutionListener> listeners = new ArrayList<>(
					configurable.getTransactionExecutionListeners());
			listeners.add(new Listener(outside));
			configurable.setTransactionExecutionListeners(listeners);
		}
	}

	/**
	 * Return whether the transaction of the calling thread was committed already.
	 */
	static boolean isCurrent() {
		if (!TransactionSynchronizationManager.isSynchronizationActive()) {
			// Synchronizations are gone but the transaction is active: Spring is calling
			// the listeners after completion
			return TransactionSynchronizationManager.isActualTransactionActive();
		}
		for (TransactionSynchronization candidate : TransactionSynchronizationManager.getSynchronizations()) {
			if (candidate instanceof CommittedTransaction transaction && transaction.committed) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Return whether the transaction of the calling thread belongs to a manager that is
	 * not the outbox's. It may run within one that is, whose connection is still bound.
	 * @param dataSource the data source of the outbox; contexts with one parent can have
	 * several
	 */
	static boolean isCurrentElsewhere(DataSource dataSource) {
		return TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.getSynchronizations()
					.stream()
					.anyMatch((candidate) -> candidate instanceof TransactionElsewhere transaction
							&& transaction.outside == dataSource);
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public void afterCommit() {
		this.committed = true;
	}

	/**
	 * Marks the transactions of a manager that is not the outbox's.
	 *
	 * @param outside the data source of the outbox
	 */
	private record TransactionElsewhere(DataSource outside) implements TransactionSynchronization {

	}

	/**
	 * Registers a synchronization that hears of the commit before all others. What JPA
	 * writes last can still join the transaction.
	 *
	 * @param outside the data source of an outbox that has no part in the transactions
	 */
	private record Listener(@Nullable DataSource outside) implements TransactionExecutionListener {

		@Override
		public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
			if (this.outside != null && beginFailure == null) {
				register(transaction, new TransactionElsewhere(this.outside));
			}
		}

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			register(transaction, new CommittedTransaction());
		}

		private static void register(TransactionExecution transaction, TransactionSynchronization synchronization) {
			if (transaction.isNewTransaction() && TransactionSynchronizationManager.isSynchronizationActive()) {
				TransactionSynchronizationManager.registerSynchronization(synchronization);
			}
		}

	}

}
