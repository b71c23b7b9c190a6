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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.test.RecordingEventOutbox.Stored;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The caller's transaction, as the real outboxes see it. This class needs spring-tx.
 */
final class RecordingTransactions {

	private RecordingTransactions() {
	}

	static boolean active() {
		return TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.isActualTransactionActive();
	}

	static void whenOver(RecordingEventOutbox owner, List<Stored> events) {
		for (TransactionSynchronization candidate : TransactionSynchronizationManager.getSynchronizations()) {
			if (candidate instanceof StoredInTransaction stored && stored.owner == owner) {
				stored.events.addAll(events);
				return;
			}
		}
		StoredInTransaction stored = new StoredInTransaction(owner);
		stored.events.addAll(events);
		TransactionSynchronizationManager.registerSynchronization(stored);
	}

	/**
	 * The events that were stored in one transaction.
	 */
	private static final class StoredInTransaction implements TransactionSynchronization {

		private final RecordingEventOutbox owner;

		private final List<Stored> events = new ArrayList<>();

		private final Map<Object, Integer> savepoints = new HashMap<>();

		StoredInTransaction(RecordingEventOutbox owner) {
			this.owner = owner;
		}

		@Override
		public void savepoint(Object savepoint) {
			this.savepoints.put(savepoint, this.events.size());
		}

		@Override
		public void savepointRollback(Object savepoint) {
			// A savepoint that is not known was created before the first event was stored
			List<Stored> undone = this.events.subList(this.savepoints.getOrDefault(savepoint, 0), this.events.size());
			undone.forEach(Stored::rolledBack);
			undone.clear();
		}

		@Override
		public void afterCompletion(int status) {
			if (status == STATUS_COMMITTED) {
				this.owner.committed(this.events);
			}
			else {
				this.events.forEach(Stored::rolledBack);
			}
		}

	}

}
