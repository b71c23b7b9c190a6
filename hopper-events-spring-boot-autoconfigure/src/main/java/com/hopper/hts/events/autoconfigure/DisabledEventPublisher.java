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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.util.Map;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.observation.HopperMetrics;
import reactor.core.publisher.Mono;

import org.springframework.util.StringUtils;

/**
 * {@link EventPublisher} that takes the place of the real one when
 * {@code hopper.enabled=false}. It drops every event, valid or not, and counts it.
 */
class DisabledEventPublisher implements EventPublisher {

	private final HopperMetrics metrics;

	DisabledEventPublisher(HopperMetrics metrics) {
		this.metrics = metrics;
	}

	@Override
	public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
		return discard(event);
	}

	@Override
	public Mono<EventReceipt> publish(HopperEvent event) {
		return discard(event);
	}

	@SuppressWarnings("NullAway") // Drops quietly also what callers without null checks
									// give
	private Mono<EventReceipt> discard(HopperEvent event) {
		return Mono.fromSupplier(() -> {
			String eventType = (event != null && StringUtils.hasText(event.type())) ? event.type() : "none";
			this.metrics.discarded(eventType, "disabled");
			return new EventReceipt(eventType, EventReceipt.Outcome.DISCARDED, Map.of(), 0, Duration.ZERO);
		});
	}

}
