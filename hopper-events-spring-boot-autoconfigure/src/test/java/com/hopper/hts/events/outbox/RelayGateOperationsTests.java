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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.outbox.EventOutboxState.PauseReason;
import com.hopper.hts.events.testing.MutableClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what every operation of {@link RelayGate} leaves behind.
 */
@ExtendWith(OutputCaptureExtension.class)
class RelayGateOperationsTests {

	private final MutableClock clock = new MutableClock();

	private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	private final AtomicInteger calls = new AtomicInteger();

	private double random;

	private final RelayGate gate = new RelayGate(
			new RelayPolicy(2, Duration.ofHours(72), Duration.ofSeconds(1), Duration.ofMinutes(5),
					Duration.ofSeconds(30), Duration.ofSeconds(20)),
			this.clock, this.scheduler, () -> this.random, HopperDiagnosis.ofNothing());

	@BeforeEach
	void listen() {
		this.gate.onAvailable(this.calls::incrementAndGet);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "open", "release", "delivered", "refused", "failed", "failedForAll", "notFound", "resume" })
	void whoWaitsForPermitsIsCalledOnceAndFindsTheGateFree(String name) throws Exception {
		if (!name.equals("open")) {
			this.gate.open();
		}
		RelayGate.Permit permit = this.gate.tryAcquire();
		this.calls.set(0);
		operations(permit).get(name).run();
		assertThat(this.calls).hasValue(1);
		assertFree();
	}

	@Test
	void permitThatWasNotNeededIsGivenBackWithoutACall() throws Exception {
		this.gate.open();
		RelayGate.Permit permit = this.gate.tryAcquire();
		assertThat(this.gate.tryAcquire()).isNotNull();
		assertThat(this.gate.tryAcquire()).isNull();
		this.calls.set(0);
		this.gate.giveBack(permit);
		assertThat(this.calls).hasValue(0);
		assertFree();
		assertThat(this.gate.tryAcquire()).isNotNull();
	}

	@Test
	void closedGateGivesNoPermitsAndTakesThemBack() throws Exception {
		this.gate.open();
		RelayGate.Permit permit = this.gate.tryAcquire();
		this.gate.close();
		assertFree();
		this.gate.release(permit);
		assertThat(this.gate.tryAcquire()).isNull();
		this.gate.open();
		assertThat(this.gate.tryAcquire()).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "UNAUTHORIZED", "API_UNAVAILABLE", "NOT_FOUND" })
	void pauseIsAnnouncedOnceForEachReason(PauseReason reason, CapturedOutput output) {
		this.gate.open();
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.FORBIDDEN, "test", null);
		Instant since = this.gate.pause().since();
		for (int i = 0; i < 3; i++) {
			advance(Duration.ofMinutes(1));
			fail(this.gate.tryAcquire(), reason);
			assertThat(this.gate.pause().reason()).isEqualTo(reason);
			assertThat(this.gate.pause().since()).isEqualTo(since.plusSeconds(60));
		}
		assertThat(output.getOut().split("not delivered at the moment \\(" + reason + "\\)", -1)).hasSize(2);
		advance(Duration.ofMinutes(1));
		this.gate.delivered(this.gate.tryAcquire());
		assertThat(output).contains("delivered again after a pause (" + reason + ")");
	}

	private void fail(RelayGate.Permit permit, PauseReason reason) {
		switch (reason) {
			case NOT_FOUND -> this.gate.notFound(permit, UUID.randomUUID(), "test");
			case API_UNAVAILABLE -> this.gate.failed(permit, "test", null);
			default -> this.gate.failedForAll(permit, reason, "test", null);
		}
	}

	@Test
	void pauseThatHasEndedCallsNobodyLater() {
		this.gate.open();
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.UNAUTHORIZED, "test", null);
		this.gate.resume();
		this.calls.set(0);
		advance(Duration.ofMinutes(1));
		assertThat(this.calls).hasValue(0);
	}

	@Test
	void timerOfAnEarlierProbeCallsNobody() {
		this.gate.open();
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.UNAUTHORIZED, "test", null);
		// The clock is ahead of the timer
		this.clock.advance(Duration.ofSeconds(1));
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.UNAUTHORIZED, "test", Duration.ofHours(1));
		this.calls.set(0);
		this.scheduler.advanceTimeBy(Duration.ofMinutes(59));
		assertThat(this.calls).hasValue(0);
		assertThat(this.gate.tryAcquire()).isNull();
	}

	@Test
	void upToAFifthOfTheTimeToAProbeIsTakenOff() {
		this.random = 1;
		this.gate.open();
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.UNAUTHORIZED, "test", null);
		assertThat(this.gate.pause().nextProbe()).isEqualTo(this.clock.instant().plusMillis(800));
		this.random = 0.5;
		advance(Duration.ofMillis(800));
		this.gate.failedForAll(this.gate.tryAcquire(), PauseReason.UNAUTHORIZED, "test", null);
		assertThat(this.gate.pause().nextProbe()).isEqualTo(this.clock.instant().plusMillis(1800));
	}

	@Test
	void deliveryIsRememberedByItsTime() throws Exception {
		this.gate.open();
		assertThat(this.gate.deliveredSince(Instant.EPOCH)).isFalse();
		this.gate.delivered(this.gate.tryAcquire());
		assertThat(this.gate.deliveredSince(this.clock.instant().minusNanos(1))).isTrue();
		assertThat(this.gate.deliveredSince(this.clock.instant())).isFalse();
		assertFree();
	}

	private Map<String, Runnable> operations(RelayGate.Permit permit) {
		Map<String, Runnable> operations = new LinkedHashMap<>();
		operations.put("open", this.gate::open);
		operations.put("release", () -> this.gate.release(permit));
		operations.put("delivered", () -> this.gate.delivered(permit));
		operations.put("refused", () -> this.gate.refused(permit));
		operations.put("failed", () -> this.gate.failed(permit, "test", null));
		operations.put("failedForAll", () -> this.gate.failedForAll(permit, PauseReason.UNAUTHORIZED, "test", null));
		operations.put("notFound", () -> this.gate.notFound(permit, UUID.randomUUID(), "test"));
		operations.put("resume", this.gate::resume);
		return operations;
	}

	/**
	 * Another thread can use the gate.
	 */
	private void assertFree() throws Exception {
		CompletableFuture.runAsync(this.gate::pause).get(20, TimeUnit.SECONDS);
	}

	private void advance(Duration duration) {
		this.clock.advance(duration);
		this.scheduler.advanceTimeBy(duration);
	}

}
