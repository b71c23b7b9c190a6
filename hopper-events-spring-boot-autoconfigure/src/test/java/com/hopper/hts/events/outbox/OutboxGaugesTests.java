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
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.testing.MutableClock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link OutboxGauges}.
 */
class OutboxGaugesTests {

	private final MutableClock clock = new MutableClock();

	private final EventOutboxOperations operations = mock();

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final AtomicInteger reads = new AtomicInteger();

	@Test
	void databaseThatFailsIsAskedOnceForAllGauges() {
		given(this.operations.state()).willAnswer((call) -> {
			this.reads.incrementAndGet();
			this.clock.advance(Duration.ofSeconds(30));
			throw new IllegalStateException("no connection");
		});
		assertThat(readAll()).containsOnly(Double.NaN);
		assertThat(this.reads).hasValue(1);
	}

	@Test
	void databaseThatIsSlowIsAskedOnceForAllGauges() {
		given(this.operations.state()).willAnswer((call) -> {
			this.clock.advance(Duration.ofSeconds(30));
			return state(this.reads.incrementAndGet());
		});
		assertThat(readAll()).doesNotContain(Double.NaN);
		assertThat(this.reads).hasValue(1);
	}

	@Test
	void whatFailedIsAskedForAgainLater() {
		given(this.operations.state()).willThrow(new IllegalStateException("no connection")).willReturn(state(3));
		assertThat(readAll()).containsOnly(Double.NaN);
		this.clock.advance(Duration.ofSeconds(2));
		assertThat(readAll()).doesNotContain(Double.NaN);
		assertThat(this.registry.get(HopperMetrics.Meters.BACKLOG.getName()).gauge().value()).isEqualTo(3);
	}

	@Test
	void registryThatFailsIsNoReasonNotToStart() {
		this.registry.config().meterFilter(new MeterFilter() {

			@Override
			public MeterFilterReply accept(Meter.Id id) {
				throw new IllegalStateException("telemetry");
			}

		});
		assertThatNoException().isThrownBy(() -> new OutboxGauges(this.operations, this.clock).bindTo(this.registry));
	}

	private double[] readAll() {
		if (this.registry.getMeters().isEmpty()) {
			new OutboxGauges(this.operations, this.clock).bindTo(this.registry);
		}
		return this.registry.getMeters().stream().map(Gauge.class::cast).mapToDouble(Gauge::value).toArray();
	}

	private static EventOutboxState state(long pending) {
		return new EventOutboxState(Map.of("custom", pending), Map.of(), null, true, 0, null);
	}

}
