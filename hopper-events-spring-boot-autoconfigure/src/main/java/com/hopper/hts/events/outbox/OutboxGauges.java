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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

import com.hopper.hts.events.observation.HopperMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Gauges of what is in the outbox. All that are read together see the same state, which
 * may be a second old: counting may take a database some time. A database that fails is
 * not asked once for each of them.
 */
class OutboxGauges implements MeterBinder {

	private static final Log logger = LogFactory.getLog(OutboxGauges.class);

	private static final Duration MAX_AGE = Duration.ofSeconds(1);

	private final @Nullable EventOutboxOperations operations;

	private final Clock clock;

	private @Nullable EventOutboxState state;

	private Instant readAt = Instant.MIN;

	/**
	 * Create an instance.
	 * @param operations the outbox, or {@code null} if there is nothing to measure
	 * @param clock the clock that the outbox has
	 */
	OutboxGauges(@Nullable EventOutboxOperations operations, Clock clock) {
		this.operations = operations;
		this.clock = clock;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		if (this.operations == null) {
			return;
		}
		try {
			register(registry);
		}
		catch (Throwable ex) {
			logger.debug("Meters could not be registered", ex);
		}
	}

	private void register(MeterRegistry registry) {
		for (String type : HopperMetrics.EVENT_TYPES) {
			gauge(HopperMetrics.Meters.PENDING,
					(current) -> current.pending().containsKey(EventOutboxState.ALL_TYPES) ? Double.NaN
							: current.pending().getOrDefault(type, 0L))
				.tag(HopperMetrics.EVENT_TYPE, type)
				.register(registry);
			gauge(HopperMetrics.Meters.DEAD_LETTERS, (current) -> current.dead().getOrDefault(type, 0L))
				.tag(HopperMetrics.EVENT_TYPE, type)
				.register(registry);
		}
		gauge(HopperMetrics.Meters.BACKLOG, EventOutboxState::pendingCount).register(registry);
		gauge(HopperMetrics.Meters.OLDEST_AGE, this::age).register(registry);
		for (EventOutboxState.PauseReason reason : EventOutboxState.PauseReason.values()) {
			gauge(HopperMetrics.Meters.PAUSED,
					(current) -> (current.pause() != null && current.pause().reason() == reason) ? 1 : 0)
				.tag(HopperMetrics.REASON, reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
		gauge(HopperMetrics.Meters.IN_PROGRESS, EventOutboxState::inProgress).register(registry);
	}

	private Gauge.Builder<OutboxGauges> gauge(HopperMetrics.Meters meter, ToDoubleFunction<EventOutboxState> value) {
		return Gauge.builder(meter.getName(), this, (gauges) -> {
			EventOutboxState current = gauges.state();
			return (current != null) ? value.applyAsDouble(current) : Double.NaN;
		}).description(meter.getDescription()).baseUnit(meter.getBaseUnit()).strongReference(true);
	}

	private double age(EventOutboxState current) {
		Instant since = current.oldestPending();
		return (since != null) ? Duration.between(since, this.clock.instant()).toMillis() / 1000.0 : 0;
	}

	/**
	 * Return the state, or {@code null} from a mock, or if it could not be read just now.
	 */
	private synchronized @Nullable EventOutboxState state() {
		Instant now = this.clock.instant();
		if (this.operations != null && (now.isBefore(this.readAt) || now.isAfter(this.readAt.plus(MAX_AGE)))) {
			this.state = null;
			try {
				this.state = this.operations.state();
			}
			finally {
				this.readAt = this.clock.instant();
			}
		}
		return this.state;
	}

}
