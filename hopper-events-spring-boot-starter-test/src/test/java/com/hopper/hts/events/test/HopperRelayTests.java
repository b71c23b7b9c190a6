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

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HopperRelay}.
 */
@Tag("compatibility")
@Timeout(180)
class HopperRelayTests {

	private ConfigurableApplicationContext context;

	private FakeHopperApi api;

	private HopperTime time;

	private HopperRelay relay;

	private EventOutbox outbox;

	@AfterEach
	void close() {
		this.context.close();
	}

	private void start(String type) {
		this.context = new SpringApplicationBuilder(Application.class, FakeHopperApiConfiguration.class,
				HopperTime.class, HopperRelay.class)
			.web(WebApplicationType.NONE)
			.properties("hopper.outbox.type=" + type, "hopper.outbox.retry.initial-interval=10s")
			.run();
		this.api = this.context.getBean(FakeHopperApi.class);
		this.time = this.context.getBean(HopperTime.class);
		this.relay = this.context.getBean(HopperRelay.class);
		this.outbox = this.context.getBean(EventOutbox.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void nothingIsSentBetweenStepsAndEveryEventOnceInAStep(String type) {
		start(type);
		UUID id = this.outbox.store("session-1", booking());
		this.time.advanceBy(Duration.ofHours(1));
		assertThat(this.api.requests()).isEmpty();
		this.api.failNext(1, Fault.status(503));
		assertThat(this.relay.runOnce().retrying()).extracting(StoredEvent::id).containsExactly(id);
		HopperRelay.Step nothingDue = this.relay.runOnce();
		assertThat(nothingDue).isEqualTo(new HopperRelay.Step(List.of(), List.of(), List.of(), List.of(), null));
		assertThat(this.api.requests()).hasSize(1);
		this.time.advanceBy(Duration.ofSeconds(11));
		assertThat(this.api.requests()).hasSize(1);
		assertThat(this.relay.runOnce().delivered()).extracting(StoredEvent::id).containsExactly(id);
		assertThat(this.api.received()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void stepsSayWhatIsDeadAndWhyTheRestIsHeld(String type) {
		start(type);
		this.api.failNext(1, Fault.status(422));
		this.outbox.store("session-1", booking());
		assertThat(this.relay.runOnce().dead()).hasSize(1);
		IntStream.range(0, 60).forEach((i) -> this.outbox.store("session-1", booking()));
		this.api.failAll(Fault.status(401));
		HopperRelay.Step refused = this.relay.runOnce();
		assertThat(refused.pause().reason()).isEqualTo(EventOutboxState.PauseReason.UNAUTHORIZED);
		assertThat(refused.delivered()).isEmpty();
		this.api.recover();
		HopperRelay.Step step = this.relay.runOnce();
		assertThat(step.pause()).isNull();
		assertThat(step.delivered()).hasSize(60);
		assertThat(this.context.getBean(EventOutboxOperations.class).state().pendingCount()).isZero();
	}

	@Test
	void stepThatDoesNotEndIsReported() {
		start("memory");
		this.api.hold();
		this.outbox.store("session-1", booking());
		this.relay.timeout(Duration.ofMillis(50));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(this.relay::runOnce)
			.withMessage("The step is not over after 50 ms, stored events that are still being sent: 1");
		this.api.release();
		this.relay.timeout(Duration.ofSeconds(10));
		this.api.awaitDelivered(1);
	}

	private BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(this.time.now()).withCfarContractId("contract-1");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
