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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the start and the end of {@link OutboxRelay}.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(180)
class OutboxRelayEndTests extends OutboxRelayFixture {

	private static final HopperApiException.Details DETAILS = HopperApiException.Details.of("It failed.");

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void startAndEndHappenOnceEach(boolean blocking, CapturedOutput output) {
		create(blocking, this.listener);
		this.relay.stop();
		assertThat(this.store.calls).isEmpty();
		assertThat(this.relay.isRunning()).isFalse();
		this.relay.start();
		this.relay.start();
		assertThat(this.relay.isRunning()).isTrue();
		assertThat(output).containsOnlyOnce("Stored events are kept in a script and delivered from there");
		this.relay.stop();
		this.relay.stop();
		assertThat(this.relay.isRunning()).isFalse();
		assertThat(this.store.calls).containsExactly("open", "closing", "close");
		this.relay.start();
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
		assertThat(this.store.calls).contains("open", "closing", "close", "open");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void nothingIsClaimedBeforeTheStartAndAfterTheEnd(boolean blocking) {
		create(blocking, this.listener);
		this.store.waiting.add(event());
		this.relay.wakeUp();
		assertThat(this.relay.inProgress()).isZero();
		assertThat(this.store.claims).isEmpty();
		this.relay.start();
		await().until(() -> this.listener.delivered.size() == 1);
		this.relay.stop();
		this.store.claims.clear();
		this.store.waiting.add(event());
		this.relay.wakeUp();
		assertThat(this.relay.inProgress()).isZero();
		assertThat(this.store.claims).isEmpty();
	}

	@Test
	void threadOfTheRelayKeepsNoApplicationAliveAndEndsWithTheRelay() {
		start(true);
		look();
		Thread thread = this.store.thread;
		assertThat(thread.getName()).startsWith("hopper-outbox-");
		assertThat(thread.isDaemon()).isTrue();
		this.relay.stop();
		await().until(() -> !thread.isAlive());
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void endWaitsForWhatIsOnItsWay(boolean blocking) throws Exception {
		Sinks.One<EventReceipt> sent = Sinks.one();
		this.answer = sent.asMono();
		start(blocking);
		look(event());
		await().until(() -> this.relay.inProgress() == 1);
		CompletableFuture<Void> end = CompletableFuture.runAsync(this.relay::stop);
		await().until(() -> this.store.calls.contains("closing"));
		assertThat(this.relay.isRunning()).isTrue();
		sent.tryEmitValue(receipt(EventReceipt.Outcome.DELIVERED));
		end.get(20, TimeUnit.SECONDS);
		assertThat(this.store.outcomes()).singleElement().isInstanceOf(EventStore.Outcome.Delivered.class);
		assertThat(this.listener.delivered).hasSize(1);
		assertThat(this.store.calls).endsWith("close");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void endWaitsForWhatIsBeingClaimed(boolean blocking) throws Exception {
		CountDownLatch claimed = new CountDownLatch(1);
		CountDownLatch asked = new CountDownLatch(3);
		create(new ScriptedStore(blocking) {

			@Override
			public List<StoredEvent> claim(int max) {
				List<StoredEvent> events = super.claim(max);
				if (!events.isEmpty()) {
					claimed.countDown();
					await(asked);
				}
				return events;
			}

			@Override
			public boolean hasUnsent() {
				if (claimed.getCount() == 0) {
					asked.countDown();
				}
				return super.hasUnsent();
			}

		}, this.listener);
		this.relay.start();
		this.store.waiting.add(event());
		CompletableFuture<Void> look = CompletableFuture.runAsync(this.relay::wakeUp);
		await(claimed);
		this.relay.stop();
		assertThat(asked.getCount()).isZero();
		look.get(20, TimeUnit.SECONDS);
		assertThat(this.store.outcomes()).singleElement().isInstanceOf(EventStore.Outcome.Delivered.class);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatIsStillOnItsWayIsCutOffAndHeld(boolean blocking) {
		AtomicInteger cancelled = new AtomicInteger();
		Mono<EventReceipt> never = Mono.never();
		this.answer = never.doOnCancel(cancelled::incrementAndGet);
		this.shutdownTimeout = Duration.ofMillis(50);
		start(blocking);
		StoredEvent event = event();
		look(event);
		await().until(() -> this.relay.inProgress() == 1);
		this.relay.stop();
		assertThat(cancelled).hasValue(1);
		assertThat(this.store.outcomes()).containsExactly(new EventStore.Outcome.Held(event));
		assertThat(this.store.calls).endsWith("settle", "close");
		assertThat(this.relay.inProgress()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatTheEngineHandsOutAtTheEndIsDelivered(boolean blocking) {
		create(new ScriptedStore(blocking) {

			@Override
			public void closing() {
				this.waiting.add(event());
				super.closing();
			}

		}, this.listener);
		this.relay.start();
		this.relay.stop();
		assertThat(this.listener.delivered).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void endDoesNotWaitForEventsThatAnOperatorHolds(boolean blocking) {
		create(new ScriptedStore(blocking) {

			@Override
			public List<StoredEvent> claim(int max) {
				return List.of();
			}

		});
		this.relay.start();
		this.store.waiting.add(event());
		this.store.pause = new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR, Instant.EPOCH, "", null);
		this.relay.stop();
		assertThat(this.relay.isRunning()).isFalse();
	}

	@Test
	void endDoesNotWaitForAnApiThatIsNotThereIfTheDatabaseKeepsTheEvents() {
		start(true);
		this.answer = Mono.error(new HopperApiException.Forbidden(DETAILS));
		look(event());
		await().until(() -> this.relay.pause() != null);
		this.store.waiting.add(event());
		this.relay.stop();
		assertThat(this.relay.isRunning()).isFalse();
		assertThat(this.listener.delivered).isEmpty();
	}

	@Test
	void endWaitsForTheApiIfNothingElseKeepsTheEvents() throws Exception {
		start(false);
		this.answer = Mono.error(new HopperApiException.Forbidden(DETAILS));
		look(event());
		await().until(() -> this.relay.pause() != null);
		awaitIdle();
		this.store.waiting.add(event());
		this.answer = Mono.just(receipt(EventReceipt.Outcome.DELIVERED));
		CompletableFuture<Void> end = CompletableFuture.runAsync(this.relay::stop);
		await().until(() -> this.store.calls.contains("closing"));
		this.relay.resume();
		end.get(20, TimeUnit.SECONDS);
		assertThat(this.listener.delivered).hasSize(1);
	}

	@Test
	void endDoesNotWaitForADatabaseThatIsGone(CapturedOutput output) {
		create(new ScriptedStore(true) {

			@Override
			public List<StoredEvent> claim(int max) {
				return List.of();
			}

		});
		this.relay.start();
		this.store.waiting.add(event());
		this.store.unsentFailure = new IllegalStateException("gone");
		this.relay.stop();
		assertThat(this.relay.isRunning()).isFalse();
		assertThat(output).contains("are not delivered at the moment").contains("gone");
	}

	@Test
	void outcomesThatCannotBeWrittenDownAtTheEndAreLogged(CapturedOutput output) {
		this.shutdownTimeout = Duration.ofMillis(50);
		this.answer = Mono.never();
		start(true);
		look(event());
		await().until(() -> this.relay.inProgress() == 1);
		this.store.settleFailure = new IllegalStateException("gone");
		this.relay.stop();
		assertThat(this.relay.isRunning()).isFalse();
		assertThat(output).contains("What came of the last events could not be written down in a script")
			.contains("gone");
		assertThat(this.store.calls).endsWith("settle", "close");
	}

	@Test
	void failuresThatWereOnlyCountedAreLoggedAtTheEnd(CapturedOutput output) {
		start(false);
		for (int i = 0; i < 200; i++) {
			this.store.relay.dropped(event(), EventDeliveryListener.DiscardReason.OVERFLOW);
		}
		assertThat(output).doesNotContain("more events were dropped");
		this.relay.stop();
		assertThat(output).contains("more events were dropped (OVERFLOW)");
	}

	@Test
	void threadThatEndsTheRelayStaysInterrupted() {
		this.answer = Mono.never();
		start(true);
		look(event());
		await().until(() -> this.relay.inProgress() == 1);
		Thread.currentThread().interrupt();
		this.relay.stop();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.relay.isRunning()).isFalse();
	}

	@Test
	void storeThatKeepsTheRelayWaitingIsClosedWhenItHasAnswered() throws Exception {
		CountDownLatch goOn = hold();
		stopWithoutWaiting();
		assertThat(this.store.calls).doesNotContain("close");
		goOn.countDown();
		await().until(() -> this.store.calls.contains("close"));
		this.store.thread.join(Duration.ofSeconds(20).toMillis());
		assertThat(this.store.calls).containsOnlyOnce("close");
	}

	@Test
	void storeThatIsOpenAgainIsNotClosedByTheThreadOfBefore() throws Exception {
		CountDownLatch goOn = hold();
		Thread before = this.store.thread;
		stopWithoutWaiting();
		this.relay.start();
		goOn.countDown();
		before.join(Duration.ofSeconds(20).toMillis());
		assertThat(before.isAlive()).isFalse();
		assertThat(this.store.calls).doesNotContain("close");
		look(event());
		await().until(() -> this.listener.delivered.size() == 1);
	}

	/**
	 * Have the relay look, and keep it waiting.
	 */
	private CountDownLatch hold() {
		CountDownLatch claiming = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		create(new ScriptedStore(true) {

			@Override
			public List<StoredEvent> claim(int max) {
				List<StoredEvent> events = super.claim(max);
				if (claiming.getCount() > 0) {
					claiming.countDown();
					await(goOn);
				}
				return events;
			}

		}, this.listener);
		this.relay.start();
		await(claiming);
		return goOn;
	}

	private void stopWithoutWaiting() {
		Thread.currentThread().interrupt();
		this.relay.stop();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.relay.isRunning()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(ints = { 10, 11 })
	void eventsThatDoNotSurviveTheEndAreLoggedAndAnnounced(int number, CapturedOutput output) {
		create(false, this.listener);
		this.store.lost.addAll(IntStream.range(0, number).mapToObj((i) -> event()).toList());
		this.relay.abandon();
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.SHUTDOWN))
			.containsExactlyElementsOf(this.store.lost);
		assertThat(output).contains(number + " events were lost because they were not delivered")
			.contains("{offers_displayed=" + number + "}");
		assertThat(output.getAll().contains("the first of them ")).isEqualTo(number > 10);
		assertThat(this.store.lost.stream().filter((event) -> output.getAll().contains(event.id().toString())))
			.hasSize(10);
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void endWithoutLossIsNoNews(CapturedOutput output) {
		create(false, this.listener);
		this.relay.abandon();
		assertThat(output).doesNotContain("were lost");
	}

}
