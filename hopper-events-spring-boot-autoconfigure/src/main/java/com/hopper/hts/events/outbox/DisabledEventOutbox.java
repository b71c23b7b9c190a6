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
import java.util.Collection;
import java.util.List;
import java.util.UUID;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.observation.HopperMetrics;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.StringUtils;

/**
 * {@link EventOutbox} that takes the place of the real one when
 * {@code hopper.enabled=false}. It drops every event, valid or not, and counts it; what
 * was stored before stays where it is.
 */
final class DisabledEventOutbox implements EventOutbox {

	private final HopperMetrics metrics;

	DisabledEventOutbox(HopperMetrics metrics) {
		this.metrics = metrics;
	}

	@Override
	public UUID store(String sessionId, HopperEvent event) {
		return discard(event);
	}

	@Override
	public UUID store(HopperEvent event) {
		return discard(event);
	}

	@Override
	public List<UUID> storeAll(Collection<SessionEvent> events) {
		return (events != null)
				? events.stream().map((event) -> discard((event != null) ? event.event() : null)).toList() : List.of();
	}

	@Override
	public Mono<UUID> storeReactively(String sessionId, HopperEvent event) {
		return Mono.fromSupplier(() -> store(sessionId, event));
	}

	@Override
	public Mono<UUID> storeReactively(HopperEvent event) {
		return Mono.fromSupplier(() -> store(event));
	}

	@Override
	public Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events) {
		return Mono.fromSupplier(() -> storeAll(events));
	}

	@Override
	public boolean flush(Duration timeout) {
		return true;
	}

	@SuppressWarnings("NullAway") // Drops quietly also what callers without null checks
									// give
	private UUID discard(@Nullable HopperEvent event) {
		this.metrics.discarded((event != null && StringUtils.hasText(event.type())) ? event.type() : "none",
				"disabled");
		return UUID.randomUUID();
	}

}
