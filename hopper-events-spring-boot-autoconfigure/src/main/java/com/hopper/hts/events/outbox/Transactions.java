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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

import reactor.core.publisher.Mono;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * The caller's transaction, if there is one, seen from an outbox. Works without
 * spring-tx.
 */
final class Transactions {

	private static final boolean PRESENT = ClassUtils.isPresent(
			"org.springframework.transaction.support.TransactionSynchronizationManager",
			Transactions.class.getClassLoader());

	private static final StackWalker STACK = StackWalker.getInstance();

	private Transactions() {
	}

	/**
	 * Return whether the calling thread is in a transaction.
	 */
	static boolean active() {
		return PRESENT && Spring.active();
	}

	/**
	 * Return the reactive transaction in the context of the subscriber.
	 */
	static Mono<Optional<ReactiveTransaction>> reactive() {
		return PRESENT ? ReactiveTransaction.current() : Mono.just(Optional.empty());
	}

	/**
	 * Return whether the caller runs within an operator of a reactive library. Its
	 * context, where a transaction would be, cannot be seen from here.
	 */
	static boolean isCallerReactive() {
		return STACK.walk((frames) -> frames.map(StackWalker.StackFrame::getClassName)
			.anyMatch((name) -> name.startsWith("reactor.core.publisher.") || name.startsWith("kotlinx.coroutines.")
					|| name.startsWith("io.reactivex.") || name.startsWith("io.smallrye.mutiny.")));
	}

	/**
	 * Tell what becomes of events when the transaction of the calling thread is over.
	 * @param owner the outbox
	 * @param events the events
	 * @param committed is given those that were committed
	 * @param rolledBack is given those that were rolled back
	 */
	static void whenOver(Object owner, List<StoredEvent> events, Consumer<List<StoredEvent>> committed,
			Consumer<List<StoredEvent>> rolledBack) {
		Spring.whenOver(owner, events, committed, rolledBack);
	}

	private static final class Spring {

		static boolean active() {
			return TransactionSynchronizationManager.isSynchronizationActive()
					&& TransactionSynchronizationManager.isActualTransactionActive();
		}

		static void whenOver(Object owner, List<StoredEvent> events, Consumer<List<StoredEvent>> committed,
				Consumer<List<StoredEvent>> rolledBack) {
			for (TransactionSynchronization candidate : TransactionSynchronizationManager.getSynchronizations()) {
				if (candidate instanceof StoredInTransaction stored && stored.owner == owner) {
					stored.events.addAll(events);
					return;
				}
			}
			StoredInTransaction stored = new StoredInTransaction(owner, committed, rolledBack);
			stored.events.addAll(events);
			TransactionSynchronizationManager.registerSynchronization(stored);
		}

	}

	/**
	 * The events that were stored in one transaction.
	 */
	private static final class StoredInTransaction implements TransactionSynchronization {

		private final Object owner;

		private final Consumer<List<StoredEvent>> committed;

		private final Consumer<List<StoredEvent>> rolledBack;

		private final List<StoredEvent> events = new ArrayList<>();

		private final Map<Object, Integer> savepoints = new HashMap<>();

		StoredInTransaction(Object owner, Consumer<List<StoredEvent>> committed,
				Consumer<List<StoredEvent>> rolledBack) {
			this.owner = owner;
			this.committed = committed;
			this.rolledBack = rolledBack;
		}

		@Override
		public void savepoint(Object savepoint) {
			this.savepoints.put(savepoint, this.events.size());
		}

		@Override
		public void savepointRollback(Object savepoint) {
			// An unknown savepoint was created before the first event was stored, so all
			// events are undone
			List<StoredEvent> undone = this.events.subList(this.savepoints.getOrDefault(savepoint, 0),
					this.events.size());
			List<StoredEvent> copy = List.copyOf(undone);
			undone.clear();
			this.rolledBack.accept(copy);
		}

		@Override
		public void afterCompletion(int status) {
			// STATUS_UNKNOWN is left behind by a commit that failed, and then there is
			// most often no booking
			((status == STATUS_COMMITTED) ? this.committed : this.rolledBack).accept(List.copyOf(this.events));
		}

	}

}
