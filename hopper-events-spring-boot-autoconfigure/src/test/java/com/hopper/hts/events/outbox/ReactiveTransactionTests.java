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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.json.EventCodec;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.Ordered;
import org.springframework.transaction.reactive.TransactionContextManager;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for events that are stored in a {@link ReactiveTransaction}.
 */
class ReactiveTransactionTests extends OutboxRelayFixture {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	@Test
	void branchesThatStoreAtOnceShareOneSynchronization() throws Exception {
		CompletableFuture<TransactionSynchronizationManager> begun = new CompletableFuture<>();
		CompletableFuture<ReactiveTransaction> current = new CompletableFuture<>();
		inTransaction((manager, transaction) -> {
			begun.complete(manager);
			current.complete(transaction);
			return Mono.empty();
		}).block(TIMEOUT);
		TransactionSynchronizationManager manager = begun.join();
		List<StoredEvent> committed = new ArrayList<>();
		Runnable store = () -> current.join().whenOver(this, List.of(event()), committed::addAll, (undone) -> {
		}, Schedulers.immediate());
		Thread first = new Thread(store);
		Thread second = new Thread(store);
		CountDownLatch looking = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		for (int i = 0; i < 2; i++) {
			manager.registerSynchronization(new Sorted(() -> {
				if (Thread.currentThread() == first) {
					looking.countDown();
					awaitLatch(goOn);
				}
			}));
		}
		first.start();
		awaitLatch(looking);
		second.start();
		await().until(() -> second.getState() == Thread.State.BLOCKED || !second.isAlive());
		goOn.countDown();
		first.join(TIMEOUT.toMillis());
		second.join(TIMEOUT.toMillis());
		List<TransactionSynchronization> all = List.copyOf(manager.getSynchronizations());
		assertThat(all).hasSize(3);
		Flux.fromIterable(all)
			.concatMap((one) -> one.afterCompletion(TransactionSynchronization.STATUS_COMMITTED))
			.blockLast(TIMEOUT);
		assertThat(committed).hasSize(2);
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			assertThat(latch.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void eventThatIsStoredWhenTheTransactionIsOverIsRolledBack() {
		List<StoredEvent> rolledBack = new CopyOnWriteArrayList<>();
		Mono<Object> stored = inTransaction((manager, transaction) -> {
			create(new ScriptedStore(false) {

				@Override
				public void append(List<StoredEvent> events) {
					// Another branch has failed meanwhile
					manager.clearSynchronization();
				}

				@Override
				public void rolledBack(List<StoredEvent> events) {
					rolledBack.addAll(events);
				}

			});
			return new DefaultEventOutbox(this.relay, new EventCodec(false), ObservationRegistry.NOOP, () -> true)
				.storeReactively("session-1", OffersDisplayed.occurredAt(Instant.EPOCH))
				.cast(Object.class);
		});
		assertThatIllegalStateException().isThrownBy(() -> stored.block(TIMEOUT));
		assertThat(rolledBack).hasSize(1);
	}

	private static <T> Mono<T> inTransaction(Work<T> work) {
		return TransactionSynchronizationManager.forCurrentTransaction().flatMap((manager) -> {
			manager.initSynchronization();
			manager.setActualTransactionActive(true);
			return ReactiveTransaction.current()
				.map(Optional::orElseThrow)
				.flatMap((transaction) -> work.in(manager, transaction));
		})
			.contextWrite(TransactionContextManager.getOrCreateContext())
			.contextWrite(TransactionContextManager.getOrCreateContextHolder());
	}

	/**
	 * Tells when synchronizations are looked at, which sorts them.
	 */
	private static final class Sorted implements TransactionSynchronization, Ordered {

		private final Runnable whenLookedAt;

		Sorted(Runnable whenLookedAt) {
			this.whenLookedAt = whenLookedAt;
		}

		@Override
		public int getOrder() {
			this.whenLookedAt.run();
			return 0;
		}

	}

	/**
	 * What is done in a transaction.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	private interface Work<T> {

		Mono<T> in(TransactionSynchronizationManager manager, ReactiveTransaction transaction);

	}

}
