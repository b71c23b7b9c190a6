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

import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for operations in a transaction in which the outbox has no part, so that it
 * cannot undo them.
 */
class OperationsInTransactionsTests extends MemoryOutboxFixture {

	private final TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());

	@Test
	void whatWasReplayedIsDeliveredEvenIfTheTransactionIsRolledBack() {
		this.api.failNext(1, Fault.status(422));
		this.outbox.store("session-1", booking(1));
		await().until(() -> this.listener.dead.size() == 1);
		this.transactions.executeWithoutResult((status) -> {
			assertThat(this.outbox.replayAll(DeadLetter.Filter.all())).isOne();
			status.setRollbackOnly();
		});
		assertThat(this.listener.replayed).hasValue(1);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.listener.delivered).hasSize(1);
	}

	@Test
	void deliveriesGoOnEvenIfTheTransactionOfTheResumeIsRolledBack() {
		this.outbox.pause("maintenance");
		this.outbox.store("session-1", booking(1));
		this.transactions.executeWithoutResult((status) -> {
			this.outbox.resume();
			status.setRollbackOnly();
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.listener.delivered).hasSize(1);
	}

	@Test
	void whatWasDiscardedIsCountedEvenIfTheTransactionIsRolledBack() {
		this.api.failNext(1, Fault.status(422));
		this.outbox.store("session-1", booking(1));
		await().until(() -> this.listener.dead.size() == 1);
		this.transactions.executeWithoutResult((status) -> {
			assertThat(this.outbox.discardAll(DeadLetter.Filter.all(), "test")).isOne();
			status.setRollbackOnly();
		});
		assertThat(this.outbox.state().deadCount()).isZero();
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).hasSize(1);
	}

}
