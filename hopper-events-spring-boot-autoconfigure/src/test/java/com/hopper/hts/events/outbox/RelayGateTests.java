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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.testing.MutableClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RelayGate}.
 */
class RelayGateTests {

	private final MutableClock clock = new MutableClock();

	private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	private final RelayGate gate = new RelayGate(
			new RelayPolicy(8, Duration.ofHours(72), Duration.ofSeconds(1), Duration.ofMinutes(5),
					Duration.ofSeconds(30), Duration.ofSeconds(20)),
			this.clock, this.scheduler, () -> 0.0, HopperDiagnosis.ofNothing());

	@BeforeEach
	void open() {
		this.gate.open();
	}

	@Test
	void givesAsManyPermitsAsConfigured() {
		assertThat(acquireAll()).hasSize(8);
		this.gate.close();
		assertThat(this.gate.tryAcquire()).isNull();
	}

	@Test
	void growsFromOneAfterAPause() {
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		assertThat(this.gate.tryAcquire()).isNull();
		advance(Duration.ofSeconds(1));
		RelayGate.Permit probe = this.gate.tryAcquire();
		assertThat(probe.probe()).isTrue();
		assertThat(this.gate.tryAcquire()).isNull();
		this.gate.delivered(probe);
		for (int expected : new int[] { 1, 2, 4, 8, 8 }) {
			Deque<RelayGate.Permit> permits = acquireAll();
			assertThat(permits).hasSize(expected);
			permits.forEach(this.gate::delivered);
		}
	}

	@Test
	void probesAreSpacedFurtherAndFurther() {
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.SIGN_IN_FAILED, "test", null);
		for (int seconds : new int[] { 1, 2, 4, 8, 16, 30, 30 }) {
			advance(Duration.ofSeconds(seconds).minusMillis(1));
			assertThat(this.gate.tryAcquire()).isNull();
			advance(Duration.ofMillis(1));
			RelayGate.Permit probe = this.gate.tryAcquire();
			assertThat(probe).isNotNull();
			this.gate.failedForAll(probe, EventOutboxState.PauseReason.SIGN_IN_FAILED, "test", null);
		}
	}

	@Test
	void whatWasSentBeforeThePauseDoesNotProlongIt() {
		Deque<RelayGate.Permit> permits = acquireAll();
		permits.forEach(
				(permit) -> this.gate.failedForAll(permit, EventOutboxState.PauseReason.UNAUTHORIZED, "test", null));
		advance(Duration.ofSeconds(1));
		assertThat(this.gate.tryAcquire()).isNotNull();
	}

	@Test
	void fewFailuresAreNotAnOutage() {
		for (int i = 0; i < 99; i++) {
			RelayGate.Permit permit = this.gate.tryAcquire();
			if (i % 9 == 8) {
				this.gate.delivered(permit);
			}
			else {
				this.gate.failed(permit, "test", null);
			}
			assertThat(this.gate.pause()).isNull();
		}
		for (int i = 0; i < 10; i++) {
			this.gate.failed(this.gate.tryAcquire(), "test", null);
		}
		assertThat(this.gate.pause().reason()).isEqualTo(EventOutboxState.PauseReason.API_UNAVAILABLE);
	}

	@Test
	void oneUnknownSessionIsNoReasonToPause() {
		UUID event = UUID.randomUUID();
		for (int i = 0; i < 20; i++) {
			this.gate.notFound(this.gate.tryAcquire(), event, "test");
		}
		assertThat(this.gate.pause()).isNull();
		this.gate.notFound(this.gate.tryAcquire(), UUID.randomUUID(), "test");
		this.gate.notFound(this.gate.tryAcquire(), UUID.randomUUID(), "test");
		assertThat(this.gate.pause().reason()).isEqualTo(EventOutboxState.PauseReason.NOT_FOUND);
	}

	@Test
	void refusedEventProvesThatTheApiIsBack() {
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		advance(Duration.ofSeconds(1));
		this.gate.refused(this.gate.tryAcquire());
		assertThat(this.gate.pause()).isNull();
		assertThat(this.gate.deliveredSince(this.clock.instant().minusSeconds(1))).isFalse();
	}

	@Test
	void operatorWhoResumesEndsThePauseCarefully() {
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		assertThat(this.gate.pause()).isNotNull();
		this.gate.resume();
		assertThat(this.gate.pause()).isNull();
		// What has piled up in the meantime is not sent all at once
		assertThat(acquireAll()).hasSize(1);
	}

	@Test
	void permitThatIsGivenBackTwiceCountsOnce() {
		Deque<RelayGate.Permit> permits = acquireAll();
		RelayGate.Permit cancelledWhileItEnded = permits.pop();
		this.gate.delivered(cancelledWhileItEnded);
		this.gate.release(cancelledWhileItEnded);
		assertThat(acquireAll()).hasSize(1);
	}

	@Test
	void answerToAnEarlierRequestDoesNotShortenTheTimeThatTheApiHasAskedFor() {
		RelayGate.Permit earlier = this.gate.tryAcquire();
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.RATE_LIMITED, "test",
				Duration.ofMinutes(1));
		this.gate.delivered(earlier);
		assertThat(this.gate.pause().reason()).isEqualTo(EventOutboxState.PauseReason.RATE_LIMITED);
		advance(Duration.ofSeconds(59));
		assertThat(this.gate.tryAcquire()).isNull();
		advance(Duration.ofSeconds(1));
		this.gate.delivered(this.gate.tryAcquire());
		assertThat(this.gate.pause()).isNull();
		assertThat(acquireAll()).hasSize(1);
	}

	@Test
	void answerToAnEarlierRequestEndsAnyOtherPause() {
		RelayGate.Permit earlier = this.gate.tryAcquire();
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		this.gate.delivered(earlier);
		assertThat(this.gate.pause()).isNull();
	}

	/**
	 * A pause may end, and another begin, while a probe of the first is still on its way.
	 */
	@Test
	void probeOfAnEarlierPauseDoesNotEndTheNextOne() {
		RelayGate.Permit probe = probeOfAnEarlierPause();
		this.gate.delivered(probe);
		assertPausedForAMinute();
	}

	@Test
	void probeOfAnEarlierPauseThatFailsDoesNotShortenTheNextOne() {
		RelayGate.Permit probe = probeOfAnEarlierPause();
		this.gate.failed(probe, "test", null);
		assertPausedForAMinute();
	}

	private void assertPausedForAMinute() {
		assertThat(this.gate.pause().reason()).isEqualTo(EventOutboxState.PauseReason.RATE_LIMITED);
		advance(Duration.ofSeconds(59));
		assertThat(this.gate.tryAcquire()).isNull();
		advance(Duration.ofSeconds(1));
		assertThat(this.gate.tryAcquire()).isNotNull();
	}

	@Test
	void probeOfAnEarlierPauseKeepsNoOtherFromBeingSent() {
		RelayGate.Permit earlier = probeOfAnEarlierPause();
		advance(Duration.ofMinutes(1));
		RelayGate.Permit probe = this.gate.tryAcquire();
		assertThat(probe).isNotNull();
		this.gate.release(earlier);
		assertThat(this.gate.tryAcquire()).isNull();
		this.gate.delivered(probe);
		assertThat(this.gate.pause()).isNull();
	}

	private RelayGate.Permit probeOfAnEarlierPause() {
		RelayGate.Permit first = this.gate.tryAcquire();
		RelayGate.Permit second = this.gate.tryAcquire();
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		advance(Duration.ofSeconds(1));
		RelayGate.Permit probe = this.gate.tryAcquire();
		this.gate.delivered(first);
		assertThat(this.gate.pause()).isNull();
		this.gate.failedForAll(second, EventOutboxState.PauseReason.RATE_LIMITED, "test", Duration.ofMinutes(1));
		return probe;
	}

	@Test
	void clockThatIsSetBackDoesNotProlongAPause() {
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.UNAUTHORIZED, "test", null);
		this.clock.advance(Duration.ofHours(-1));
		this.scheduler.advanceTimeBy(Duration.ofMillis(999));
		assertThat(this.gate.tryAcquire()).isNull();
		this.scheduler.advanceTimeBy(Duration.ofMillis(2));
		assertThat(this.gate.tryAcquire()).isNotNull();
	}

	@Test
	void wakesUpWhenAProbeIsDue() {
		AtomicInteger calls = new AtomicInteger();
		this.gate.failedForAll(this.gate.tryAcquire(), EventOutboxState.PauseReason.RATE_LIMITED, "test",
				Duration.ofMinutes(7));
		this.gate.onAvailable(calls::incrementAndGet);
		advance(Duration.ofMinutes(7).minusMillis(1));
		assertThat(calls).hasValue(0);
		advance(Duration.ofMillis(2));
		assertThat(calls).hasValue(1);
	}

	private Deque<RelayGate.Permit> acquireAll() {
		Deque<RelayGate.Permit> permits = new ArrayDeque<>();
		for (RelayGate.Permit permit = this.gate.tryAcquire(); permit != null; permit = this.gate.tryAcquire()) {
			permits.add(permit);
		}
		return permits;
	}

	private void advance(Duration duration) {
		this.clock.advance(duration);
		this.scheduler.advanceTimeBy(duration);
	}

}
