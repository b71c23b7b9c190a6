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

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.EventReceipt;

/**
 * Remembers everything that it hears, and counts it.
 */
class RecordingListener implements EventDeliveryListener {

	final List<StoredEvent> stored = new CopyOnWriteArrayList<>();

	final List<StoredEvent> delivered = new CopyOnWriteArrayList<>();

	final List<StoredEvent> retrying = new CopyOnWriteArrayList<>();

	final List<Instant> nextAttempts = new CopyOnWriteArrayList<>();

	final List<DeadLetter> dead = new CopyOnWriteArrayList<>();

	final Map<EventDeliveryListener.DiscardReason, List<StoredEvent>> discarded = new ConcurrentHashMap<>();

	final AtomicInteger replayed = new AtomicInteger();

	@Override
	public void stored(StoredEvent event) {
		this.stored.add(event);
	}

	@Override
	public void delivered(StoredEvent event, EventReceipt receipt) {
		this.delivered.add(event);
	}

	@Override
	public void retrying(StoredEvent event, Instant nextAttempt) {
		this.retrying.add(event);
		this.nextAttempts.add(nextAttempt);
	}

	@Override
	public void dead(DeadLetter deadLetter) {
		this.dead.add(deadLetter);
	}

	@Override
	public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		this.discarded.computeIfAbsent(reason, (key) -> new CopyOnWriteArrayList<>()).add(event);
	}

	@Override
	public void replayed(StoredEvent event) {
		this.replayed.incrementAndGet();
	}

	List<StoredEvent> discarded(EventDeliveryListener.DiscardReason reason) {
		return this.discarded.getOrDefault(reason, new ArrayList<>());
	}

}
