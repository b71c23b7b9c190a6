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

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.outbox.memory.MemoryStores;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what happens to an {@link OutboxRelay} in between: threads that meet in the
 * moments in which events change hands, and failures that nobody expects.
 */
@Timeout(60)
class OutboxRelayRaceTests extends OutboxRelayFixture {

	private volatile Thread end;

	OutboxRelayRaceTests() {
		// A relay that has lost count waits for as long
		this.shutdownTimeout = Duration.ofSeconds(2);
	}

	@Test
	void endWaitsForWhatIsPutBackWhileItLooks() {
		Sinks.One<EventReceipt> sent = Sinks.one();
		this.answer = sent.asMono();
		AtomicInteger looks = new AtomicInteger();
		EventStore memory = MemoryStores.create(10, 100_000, "REJECT", Duration.ZERO, SchedulerClock.of(this.time));
		EventStore store = (EventStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { EventStore.class }, (proxy, method, arguments) -> {
					Object result = method.invoke(memory, arguments);
					if (method.getName().equals("hasUnsent")) {
						if (looks.getAndIncrement() == 0) {
							this.answer = Mono.just(receipt(EventReceipt.Outcome.DELIVERED));
							sent.tryEmitError(
									new HopperApiException.ServerError(HopperApiException.Details.of("test")));
						}
						else {
							this.time.advanceTimeBy(Duration.ofSeconds(2));
						}
					}
					return result;
				});
		RelayPolicy policy = new RelayPolicy(CONCURRENCY, Duration.ofDays(3), Duration.ofSeconds(1),
				Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(30));
		OutboxRelay relay = new OutboxRelay(store, (event) -> this.answer, policy, new OutboxListeners(List.of()),
				ObservationRegistry.NOOP, this.time, () -> 0, HopperDiagnosis.ofNothing());
		relay.start();
		List<StoredEvent> events = List.of(event());
		store.append(events);
		store.committed(events);
		relay.wakeUp();
		relay.stop();
		assertThat(memory.abandon()).isEmpty();
		assertThat(looks).hasValueGreaterThan(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void eventThatIsClaimedAgainWhileItIsSentIsCountedTwice(boolean blocking) {
		Sinks.One<EventReceipt> sent = Sinks.one();
		this.answer = sent.asMono();
		start(blocking);
		StoredEvent event = event();
		look(event);
		look(event);
		await().until(() -> this.relay.inProgress() == 2);
		sent.tryEmitValue(receipt(EventReceipt.Outcome.DELIVERED));
		awaitIdle();
		assertThat(this.store.outcomes()).hasSize(2).hasOnlyElementsOfType(EventStore.Outcome.Delivered.class);
	}

	@Test
	void whatEndsWhileOutcomesAreWrittenDownStillTakesItsPlace() {
		Queue<Sinks.One<EventReceipt>> sent = new ConcurrentLinkedQueue<>();
		this.answer = Mono.defer(() -> {
			Sinks.One<EventReceipt> one = Sinks.one();
			sent.add(one);
			return one.asMono();
		});
		create(new ScriptedStore(true) {

			@Override
			public void settle(List<Outcome> outcomes) {
				if (this.settled.isEmpty()) {
					sent.remove().tryEmitValue(receipt(EventReceipt.Outcome.DELIVERED));
				}
				super.settle(outcomes);
			}

		}, this.listener);
		this.relay.start();
		awaitIdle();
		look(Stream.generate(OutboxRelayFixture::event).limit(CONCURRENCY + 2).toArray(StoredEvent[]::new));
		await().until(() -> sent.size() == CONCURRENCY);
		this.store.claims.clear();
		sent.remove().tryEmitValue(receipt(EventReceipt.Outcome.DELIVERED));
		await().until(() -> this.store.waiting.isEmpty());
		assertThat(this.store.claims).containsOnly(1);
	}

	@Test
	void endWaitsForWhatIsBeingWrittenDown() {
		CountDownLatch settling = new CountDownLatch(1);
		this.shutdownTimeout = Duration.ofMillis(1);
		create(new ScriptedStore(false) {

			@Override
			public void settle(List<Outcome> outcomes) {
				settling.countDown();
				awaitCutOff();
				super.settle(outcomes);
			}

		}, this.listener);
		assertThatEndComesLast(settling);
		assertThat(this.listener.delivered).hasSize(1);
	}

	@Test
	void whatIsClaimedInTheLastMomentIsCutOffToo() {
		CountDownLatch claimed = new CountDownLatch(1);
		this.answer = Mono.never();
		this.shutdownTimeout = Duration.ofMillis(1);
		create(new ScriptedStore(false) {

			@Override
			public List<StoredEvent> claim(int max) {
				List<StoredEvent> events = super.claim(max);
				if (!events.isEmpty()) {
					claimed.countDown();
					awaitCutOff();
				}
				return events;
			}

		}, this.listener);
		assertThatEndComesLast(claimed);
		assertThat(this.store.outcomes()).singleElement().isInstanceOf(EventStore.Outcome.Held.class);
	}

	private void assertThatEndComesLast(CountDownLatch begun) {
		this.relay.start();
		awaitIdle();
		this.store.waiting.add(event());
		CompletableFuture<Void> look = CompletableFuture.runAsync(this.relay::wakeUp);
		await(begun);
		Thread end = new Thread(this.relay::stop);
		this.end = end;
		end.start();
		look.join();
		await().until(() -> !end.isAlive());
		awaitIdle();
		assertThat(this.store.calls).containsExactly("open", "closing", "settle", "close");
	}

	/**
	 * Wait until the end has cut off what is still on its way.
	 */
	private void awaitCutOff() {
		await().until(() -> {
			Thread current = this.end;
			return current != null && !this.relay.isRunning()
					&& (current.getState() == Thread.State.TIMED_WAITING || !current.isAlive());
		});
	}

	@Test
	void callThatMeetsTheStartIsAnswered() {
		CountDownLatch asked = new CountDownLatch(1);
		CountDownLatch started = new CountDownLatch(1);
		Thread early = new Thread(() -> this.relay.wakeUp());
		create(new ScriptedStore(true) {

			@Override
			public boolean isBlocking() {
				if (Thread.currentThread() == early) {
					asked.countDown();
					await(started);
				}
				return super.isBlocking();
			}

		}, this.listener);
		early.start();
		await(asked);
		this.store.waiting.add(event());
		this.relay.start();
		started.countDown();
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorOfTheEngineIsOneOfManyFailures(boolean blocking) {
		AtomicInteger errors = new AtomicInteger();
		create(new ScriptedStore(blocking) {

			@Override
			public List<StoredEvent> claim(int max) {
				List<StoredEvent> events = super.claim(max);
				if (errors.incrementAndGet() < 3 * CONCURRENCY) {
					throw new NoClassDefFoundError("test");
				}
				return events;
			}

			@Override
			public void tend() {
				throw new NoClassDefFoundError("test");
			}

		}, this.listener);
		this.store.pollingInterval = Duration.ofMillis(2);
		this.relay.start();
		await().until(() -> {
			if (!blocking) {
				this.relay.wakeUp();
			}
			return errors.get() >= 3 * CONCURRENCY;
		});
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorOfTheSenderIsAFailureOfTheEvent(boolean blocking) {
		start(blocking);
		this.answer = Mono.fromCallable(() -> {
			throw new NoClassDefFoundError("test");
		});
		for (int i = 0; i < CONCURRENCY + 1; i++) {
			look(event());
		}
		awaitIdle();
		assertThat(this.store.outcomes()).hasSize(CONCURRENCY + 1)
			.hasOnlyElementsOfType(EventStore.Outcome.Retry.class);
		this.answer = Mono.just(receipt(EventReceipt.Outcome.DELIVERED));
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorOfTelemetryHarmsNoEvent(boolean blocking) {
		ObservationRegistry observations = ObservationRegistry.create();
		observations.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStart(Observation.Context context) {
				throw new NoSuchMethodError("test");
			}

			@Override
			public void onScopeOpened(Observation.Context context) {
				throw new NoSuchMethodError("test");
			}

			@Override
			public void onStop(Observation.Context context) {
				throw new NoSuchMethodError("test");
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		this.store = new ScriptedStore(blocking);
		RelayPolicy policy = new RelayPolicy(CONCURRENCY, Duration.ofDays(3), Duration.ofSeconds(1),
				Duration.ofSeconds(1), Duration.ofSeconds(30), this.shutdownTimeout);
		this.relay = new OutboxRelay(this.store, (event) -> this.answer, policy,
				new OutboxListeners(List.of(this.listener)), observations, this.time, () -> 0,
				HopperDiagnosis.ofNothing());
		this.relay.start();
		awaitIdle();
		look(event(), event());
		await().until(() -> this.listener.delivered.size() == 2);
		awaitIdle();
		assertThat(this.store.outcomes()).hasSize(2);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorOfAListenerChangesNothing(boolean blocking) {
		create(blocking, new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				throw new Error("test");
			}

		}, this.listener);
		this.relay.start();
		awaitIdle();
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
		awaitIdle();
		assertThat(this.store.outcomes()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void outcomeThatCannotBeLoggedIsAnnouncedOnce(boolean blocking) {
		create(blocking, this.listener);
		this.answer = Mono.error(new IllegalArgumentException("test"));
		LoggerContext logs = (LoggerContext) LoggerFactory.getILoggerFactory();
		AtomicInteger lines = new AtomicInteger();
		TurboFilter filter = new TurboFilter() {

			@Override
			public FilterReply decide(Marker marker, Logger logger, Level level, String format, Object[] parameters,
					Throwable failure) {
				if (logger.getName().equals(TerminalFailureLog.class.getName()) && lines.incrementAndGet() == 2) {
					throw new IllegalStateException("test");
				}
				return FilterReply.NEUTRAL;
			}

		};
		logs.addTurboFilter(filter);
		try {
			this.relay.start();
			awaitIdle();
			look(event(), event(), event());
			await().until(() -> {
				this.relay.wakeUp();
				return this.listener.dead.size() >= 3;
			});
			awaitIdle();
		}
		finally {
			logs.getTurboFilterList().remove(filter);
		}
		assertThat(lines).hasValueGreaterThan(1);
		assertThat(this.listener.dead).hasSize(3).doesNotHaveDuplicates();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
