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
import java.util.List;
import java.util.Locale;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.observation.HopperMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Counts what becomes of stored events. For every type of event, the events stored are
 * those delivered, those discarded, except the rolled back ones, which were never stored,
 * and those that are pending or dead letters at the moment.
 */
class MicrometerOutboxMetrics implements EventDeliveryListener {

	private static final Log logger = LogFactory.getLog(MicrometerOutboxMetrics.class);

	private final Meter.MeterProvider<Counter> stored;

	private final Meter.MeterProvider<Timer> delivered;

	private final Meter.MeterProvider<Counter> retries;

	private final Meter.MeterProvider<Counter> dead;

	private final Meter.MeterProvider<Counter> discarded;

	private final Meter.MeterProvider<Counter> replayed;

	private final Clock clock;

	MicrometerOutboxMetrics(MeterRegistry registry, Clock clock) {
		this.clock = clock;
		this.stored = HopperMetrics.Meters.STORED.counter(registry);
		this.delivered = Timer.builder(HopperMetrics.Meters.DELIVERED.getName())
			.description(HopperMetrics.Meters.DELIVERED.getDescription())
			.withRegistry(registry);
		this.retries = HopperMetrics.Meters.RETRIES.counter(registry);
		this.dead = HopperMetrics.Meters.DEAD.counter(registry);
		this.discarded = HopperMetrics.Meters.DISCARDED.counter(registry);
		this.replayed = HopperMetrics.Meters.REPLAYED.counter(registry);
		try {
			HopperMetrics.EVENT_TYPES.forEach(this::register);
		}
		catch (Throwable ex) {
			logger.debug("Meters could not be registered", ex);
		}
	}

	/**
	 * Register the meters with zero: the first increase of a counter that did not exist
	 * before cannot be seen, and missing meters break sums.
	 */
	private void register(String type) {
		this.stored.withTag(HopperMetrics.EVENT_TYPE, type);
		this.delivered.withTag(HopperMetrics.EVENT_TYPE, type);
		this.replayed.withTag(HopperMetrics.EVENT_TYPE, type);
		for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
			counter(this.dead, type, reason);
		}
		for (EventDeliveryListener.DiscardReason reason : EventDeliveryListener.DiscardReason.values()) {
			counter(this.discarded, type, reason);
		}
	}

	private static Counter counter(Meter.MeterProvider<Counter> counters, String type, Enum<?> reason) {
		return counters.withTags(HopperMetrics.EVENT_TYPE, type, HopperMetrics.REASON,
				reason.name().toLowerCase(Locale.ROOT));
	}

	@Override
	public void stored(StoredEvent event) {
		this.stored.withTag(HopperMetrics.EVENT_TYPE, event.countedType()).increment();
	}

	@Override
	public void delivered(StoredEvent event, EventReceipt receipt) {
		Duration age = Duration.between(event.storedAt(), this.clock.instant());
		// A timer does not count negative times, as there are when the clock of the
		// instance that stored the event is ahead, or was set back since
		this.delivered.withTag(HopperMetrics.EVENT_TYPE, event.countedType())
			.record(age.isNegative() ? Duration.ZERO : age);
	}

	@Override
	public void retrying(StoredEvent event, Instant nextAttempt) {
		List<StoredEvent.Failure> failures = event.failures();
		this.retries
			.withTags(HopperMetrics.EVENT_TYPE, event.countedType(), HopperMetrics.REASON,
					failures.get(failures.size() - 1).kind())
			.increment();
	}

	@Override
	public void dead(DeadLetter deadLetter) {
		counter(this.dead, deadLetter.event().countedType(), deadLetter.reason()).increment();
	}

	@Override
	public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		counter(this.discarded, event.countedType(), reason).increment();
	}

	@Override
	public void replayed(StoredEvent event) {
		this.replayed.withTag(HopperMetrics.EVENT_TYPE, event.countedType()).increment();
	}

}
