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

import java.util.function.DoubleSupplier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;

import static java.util.concurrent.TimeUnit.SECONDS;

/**
 * {@link TokenMetrics} on top of a {@link MeterRegistry}.
 *
 * @since 0.1.0
 */
public class MicrometerTokenMetrics implements TokenMetrics {

	private final MeterRegistry registry;

	private final Meter.MeterProvider<Counter> requests;

	/**
	 * Create an instance.
	 * @param registry the registry to register the meters with
	 */
	public MicrometerTokenMetrics(MeterRegistry registry) {
		this.registry = registry;
		this.requests = Counter.builder("hopper.auth.token.requests")
			.description("Requests for a token")
			.withRegistry(registry);
	}

	@Override
	public void requested(String outcome) {
		this.requests.withTag("outcome", outcome).increment();
	}

	@Override
	public void bindExpiry(DoubleSupplier seconds) {
		TimeGauge.builder("hopper.auth.token.expiry", seconds::getAsDouble, SECONDS)
			.description("Time for which the token is still valid")
			.register(this.registry);
	}

}
