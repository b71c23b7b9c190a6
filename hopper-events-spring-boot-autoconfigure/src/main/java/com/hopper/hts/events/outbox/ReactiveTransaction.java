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
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

/**
 * The reactive transaction of a subscriber. Not to be loaded without spring-tx.
 */
final class ReactiveTransaction {

	private final TransactionSynchronizationManager synchronizations;

	private ReactiveTransaction(TransactionSynchronizationManager synchronizations) {
		this.synchronizations = synchronizations;
	}

	static Mono<Optional<ReactiveTransaction>> current() {
		return TransactionSynchronizationManager.forCurrentTransaction()
			.filter((manager) -> manager.isSynchronizationActive() && manager.isActualTransactionActive())
			.map((manager) -> Optional.of(new ReactiveTransaction(manager)))
			.onErrorResume(NoTransactionException.class, (ex) -> Mono.empty())
			.defaultIfEmpty(Optional.empty());
	}

	/**
	 * Tell what becomes of events when the transaction is over.
	 * @param owner the outbox
	 * @param events the events
	 * @param committed is given those that were committed
	 * @param rolledBack is given those that were rolled back
	 * @param scheduler where both are called
	 * @throws IllegalStateException if the transaction is over
	 */
	void whenOver(Object owner, List<StoredEvent> events, Consumer<List<StoredEvent>> committed,
			Consumer<List<StoredEvent>> rolledBack, Scheduler scheduler) {
		// Locked, because branches of one reactive chain may store on several threads at
		// a time
		synchronized (owner) {
			for (TransactionSynchronization candidate : this.synchronizations.getSynchronizations()) {
				if (candidate instanceof StoredInTransaction stored && stored.owner == owner) {
					stored.events.addAll(events);
					return;
				}
			}
			StoredInTransaction stored = new StoredInTransaction(owner, committed, rolledBack, scheduler);
			stored.events.addAll(events);
			this.synchronizations.registerSynchronization(stored);
		}
	}

	/**
	 * The events that were stored in one transaction.
	 */
	private static final class StoredInTransaction implements TransactionSynchronization {

		private final Object owner;

		private final Consumer<List<StoredEvent>> committed;

		private final Consumer<List<StoredEvent>> rolledBack;

		private final Scheduler scheduler;

		private final List<StoredEvent> events = new ArrayList<>();

		StoredInTransaction(Object owner, Consumer<List<StoredEvent>> committed, Consumer<List<StoredEvent>> rolledBack,
				Scheduler scheduler) {
			this.owner = owner;
			this.committed = committed;
			this.rolledBack = rolledBack;
			this.scheduler = scheduler;
		}

		@Override
		public Mono<Void> afterCompletion(int status) {
			return Mono
				.<Void>fromRunnable(() -> ((status == STATUS_COMMITTED) ? this.committed : this.rolledBack)
					.accept(List.copyOf(this.events)))
				.subscribeOn(this.scheduler);
		}

	}

}
