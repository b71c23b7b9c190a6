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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.SessionEvent;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.transaction.ReactiveTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link HopperEventsRecorder} in reactive chains, whose transactions a
 * blocking call cannot see.
 */
class RecorderInReactiveChainsTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(Instant.EPOCH).withCfarOfferIds("o");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RecordingHopperEventsAutoConfiguration.class));

	@Test
	void storeIsRefusedAsTheRealOutboxRefusesIt() {
		this.contextRunner.withBean(ReactiveTransactionManager.class, () -> mock(ReactiveTransactionManager.class))
			.run((context) -> {
				EventOutbox outbox = context.getBean(EventOutbox.class);
				assertRefused(() -> outbox.store("session-1", BOOKING));
				assertRefused(() -> outbox.store(BOOKING));
				assertRefused(() -> outbox.storeAll(List.of(SessionEvent.of(BOOKING))));
				assertThat(outbox.storeReactively("session-1", BOOKING).block(SECONDS)).isNotNull();
				assertThat(outbox.store("session-1", BOOKING)).isNotNull();
			});
	}

	@Test
	void withoutReactiveTransactionsAnyChainMayStore() {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			assertThat(Mono.fromCallable(() -> outbox.store("session-1", BOOKING)).block(SECONDS)).isNotNull();
		});
	}

	private static void assertRefused(Callable<?> store) {
		assertThatIllegalStateException().isThrownBy(() -> Mono.fromCallable(store).block(SECONDS))
			.withMessageContaining("storeReactively");
	}

}
