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

/**
 * Counts what becomes of stored events. For every type of event, the events stored are
 * those delivered, those discarded, except the rolled back ones, which were never stored,
 * and those that are pending or dead letters at the moment.
 */
class MicrometerOutboxMetrics implements EventDeliveryListener {

	private final Meter.MeterProvider<Counter> stored;

	private final Meter.MeterProvider<Timer> delivered;

	private final Meter.MeterProvider<Counter> retries;

	private final Meter.MeterProvider<Counter> dead;

	private final Meter.MeterProvider<Counter> discarded;

	private final Meter.MeterProvider<Counter> replayed;

	private final Clock clock;

	/**
	 * Create an instance.
	 * @param registry the registry to register the meters with
	 * @param clock the clock that the outbox has
	 */
	MicrometerOutboxMetrics(MeterRegistry registry, Clock clock) {
		this.clock = clock;
		this.stored = Counter.builder("hopper.outbox.stored")
			.description("Events stored, after the commit of their transaction")
			.withRegistry(registry);
		this.delivered = Timer.builder("hopper.outbox.delivered")
			.description("Time from storing an event to its confirmation by the API")
			.withRegistry(registry);
		this.retries = Counter.builder("hopper.outbox.retries")
			.description("Attempts to deliver an event that failed and will be repeated")
			.withRegistry(registry);
		this.dead = Counter.builder("hopper.outbox.dead").description("Events given up").withRegistry(registry);
		this.discarded = Counter.builder("hopper.outbox.discarded")
			.description("Events dropped")
			.withRegistry(registry);
		this.replayed = Counter.builder("hopper.outbox.replayed")
			.description("Dead letters that are to be delivered after all")
			.withRegistry(registry);
	}

	@Override
	public void stored(StoredEvent event) {
		this.stored.withTag(HopperMetrics.EVENT_TYPE, event.countedType()).increment();
	}

	@Override
	public void delivered(StoredEvent event, EventReceipt receipt) {
		this.delivered.withTag(HopperMetrics.EVENT_TYPE, event.countedType())
			.record(Duration.between(event.storedAt(), this.clock.instant()));
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
		this.dead
			.withTags(HopperMetrics.EVENT_TYPE, deadLetter.event().countedType(), HopperMetrics.REASON,
					deadLetter.reason().name().toLowerCase(Locale.ROOT))
			.increment();
	}

	@Override
	public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		this.discarded
			.withTags(HopperMetrics.EVENT_TYPE, event.countedType(), HopperMetrics.REASON,
					reason.name().toLowerCase(Locale.ROOT))
			.increment();
	}

	@Override
	public void replayed(StoredEvent event) {
		this.replayed.withTag(HopperMetrics.EVENT_TYPE, event.countedType()).increment();
	}

}
