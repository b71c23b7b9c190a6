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
package com.hopper.hts.events.test;

import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

import com.hopper.hts.events.test.RecordingEventOutbox.Stored;
import reactor.core.publisher.Mono;

import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

/**
 * The subscriber's transaction, as the real outboxes see it. This class needs spring-tx.
 */
final class RecordingReactiveTransactions {

	private RecordingReactiveTransactions() {
	}

	/**
	 * Store events in the reactive transaction of the subscriber.
	 * @return the ids of the events, or empty if there is no transaction
	 */
	static Mono<List<UUID>> store(RecordingEventOutbox owner, Supplier<List<Stored>> events) {
		return TransactionSynchronizationManager.forCurrentTransaction()
			.filter((manager) -> manager.isSynchronizationActive() && manager.isActualTransactionActive())
			.onErrorResume(NoTransactionException.class, (ex) -> Mono.empty())
			.map((manager) -> {
				List<Stored> stored = events.get();
				stored.forEach((event) -> event.await(CallersTransaction.OTHER));
				manager.registerSynchronization(new StoredInTransaction(owner, stored));
				return RecordingEventOutbox.ids(stored);
			});
	}

	/**
	 * The events of one call.
	 */
	private record StoredInTransaction(RecordingEventOutbox owner,
			List<Stored> events) implements TransactionSynchronization {

		@Override
		public Mono<Void> afterCompletion(int status) {
			return Mono.fromRunnable(() -> {
				if (status == STATUS_COMMITTED) {
					this.owner.committed(this.events);
				}
				else {
					this.events.forEach(Stored::rolledBack);
				}
			});
		}

	}

}
