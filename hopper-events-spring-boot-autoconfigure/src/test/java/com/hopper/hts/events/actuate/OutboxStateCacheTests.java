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
package com.hopper.hts.events.actuate;

import java.time.Duration;
import java.util.Map;

import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.testing.MutableClock;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link OutboxStateCache}.
 */
class OutboxStateCacheTests {

	@Test
	void stateIsReadAgainAfterAnError() {
		EventOutboxState state = new EventOutboxState(Map.of(), Map.of(), null, true, 0, null);
		EventOutboxOperations operations = mock();
		given(operations.state()).willThrow(new StackOverflowError("test")).willReturn(state);
		MutableClock clock = new MutableClock();
		OutboxStateCache cache = new OutboxStateCache(operations, Duration.ofSeconds(10), clock);
		await().untilAsserted(() -> assertThat(cache.get().failure()).isInstanceOf(StackOverflowError.class));
		clock.advance(Duration.ofMinutes(1));
		await().untilAsserted(() -> assertThat(cache.get().state()).isSameAs(state));
		assertThat(cache.get().failure()).isNull();
	}

}
