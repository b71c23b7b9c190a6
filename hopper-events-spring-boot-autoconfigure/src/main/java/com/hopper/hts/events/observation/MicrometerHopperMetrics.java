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
package com.hopper.hts.events.observation;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import static java.util.concurrent.TimeUnit.SECONDS;

/**
 * {@link HopperMetrics} on top of a {@link MeterRegistry}.
 */
class MicrometerHopperMetrics implements HopperMetrics {

	private static final Log logger = LogFactory.getLog(MicrometerHopperMetrics.class);

	private final MeterRegistry registry;

	private final LongAdder inFlight = new LongAdder();

	private final Meter.MeterProvider<DistributionSummary> attempts;

	private final Meter.MeterProvider<Counter> retries;

	private final Meter.MeterProvider<Counter> unknown;

	private final Meter.MeterProvider<Counter> discarded;

	private final Meter.MeterProvider<Counter> tokenRequests;

	MicrometerHopperMetrics(MeterRegistry registry) {
		this.registry = registry;
		guard(() -> Gauge
			.builder(Meters.PUBLISH_IN_FLIGHT.getName(), this.inFlight, (adder) -> Math.max(0, adder.sum()))
			.description(Meters.PUBLISH_IN_FLIGHT.getDescription())
			.register(registry));
		this.attempts = DistributionSummary.builder(Meters.PUBLISH_ATTEMPTS.getName())
			.description(Meters.PUBLISH_ATTEMPTS.getDescription())
			.withRegistry(registry);
		this.retries = Meters.PUBLISH_RETRIES.counter(registry);
		this.unknown = Meters.PUBLISH_UNKNOWN.counter(registry);
		this.discarded = Meters.EVENTS_DISCARDED.counter(registry);
		this.tokenRequests = Meters.TOKEN_REQUESTS.counter(registry);
	}

	@Override
	public void started() {
		this.inFlight.increment();
	}

	@Override
	public void retrying(String eventType, String reason) {
		guard(() -> this.retries.withTags(EVENT_TYPE, HopperMetrics.eventType(eventType), REASON, reason).increment());
	}

	@Override
	public void deliveryUnknown(String eventType) {
		guard(() -> this.unknown.withTag(EVENT_TYPE, HopperMetrics.eventType(eventType)).increment());
	}

	@Override
	public void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception) {
		this.inFlight.decrement();
		guard(() -> this.attempts
			.withTags(EVENT_TYPE, HopperMetrics.eventType(eventType), "outcome",
					HopperMetrics.outcome(receipt, exception))
			.record(attempts));
	}

	@Override
	public void discarded(String eventType, String reason) {
		guard(() -> this.discarded.withTags(EVENT_TYPE, HopperMetrics.eventType(eventType), REASON, reason)
			.increment());
	}

	@Override
	public void tokenRequested(String outcome) {
		guard(() -> this.tokenRequests.withTag("outcome", outcome).increment());
	}

	@Override
	public void bindTokenExpiry(DoubleSupplier seconds) {
		guard(() -> TimeGauge.builder(Meters.TOKEN_EXPIRY.getName(), seconds::getAsDouble, SECONDS)
			.description(Meters.TOKEN_EXPIRY.getDescription())
			.register(this.registry));
	}

	/**
	 * Keep failures, of a filter of the application's registry for example, away from the
	 * events.
	 */
	private static void guard(Runnable count) {
		try {
			count.run();
		}
		catch (Throwable ex) {
			logger.debug("A meter failed", ex);
		}
	}

}
