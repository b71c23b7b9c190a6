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
package com.hopper.hts.events.booking;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * Remembers what became of the latest events of this instance.
 */
@Component
class Timeline implements EventDeliveryListener {

	private static final int MAX_EVENTS = 60;

	private final Map<UUID, Entry> entries = new LinkedHashMap<>();

	private long stored;

	private long delivered;

	private long version;

	@Override
	public synchronized void stored(StoredEvent event) {
		this.stored++;
		// The relay may have been faster than this thread
		if (!this.entries.containsKey(event.id())) {
			put(event, State.WAITING, null, null);
		}
		this.version++;
	}

	@Override
	public synchronized void delivered(StoredEvent event, EventReceipt receipt) {
		this.delivered++;
		// Nothing but 204 is a receipt
		put(event, State.DELIVERED, Instant.now(), "204");
	}

	@Override
	public synchronized void retrying(StoredEvent event, Instant nextAttempt) {
		put(event, State.WAITING, nextAttempt, null);
	}

	@Override
	public synchronized void dead(DeadLetter deadLetter) {
		put(deadLetter.event(), State.DEAD, deadLetter.deadSince(), null);
	}

	@Override
	public synchronized void discarded(StoredEvent event, DiscardReason reason) {
		put(event, State.DISCARDED, Instant.now(), null);
	}

	@Override
	public synchronized void replayed(StoredEvent event) {
		put(event, State.WAITING, null, null);
	}

	private void put(StoredEvent event, State state, @Nullable Instant time, @Nullable String detail) {
		this.entries.put(event.id(), new Entry(event, state, time, detail));
		if (this.entries.size() > MAX_EVENTS) {
			this.entries.remove(this.entries.keySet().iterator().next());
		}
		this.version++;
	}

	/**
	 * Return a number that grows whenever something happens.
	 */
	synchronized long version() {
		return this.version;
	}

	synchronized long stored() {
		return this.stored;
	}

	synchronized long delivered() {
		return this.delivered;
	}

	/**
	 * Return the latest failure of an event that still waits.
	 */
	synchronized Optional<StoredEvent.Failure> lastFailure() {
		return this.entries.values()
			.stream()
			.filter((entry) -> entry.state() == State.WAITING)
			.flatMap((entry) -> entry.event().failures().stream())
			.max(Comparator.comparing(StoredEvent.Failure::failedAt));
	}

	/**
	 * Return the events, those that were stored last first.
	 */
	synchronized List<Event> events() {
		return this.entries.values()
			.stream()
			.map(Timeline::describe)
			.sorted(Comparator.comparing(Event::storedAt).reversed())
			.toList();
	}

	private static Event describe(Entry entry) {
		StoredEvent event = entry.event();
		List<Step> steps = new ArrayList<>();
		steps.add(new Step("stored", "Stored", event.storedAt(), null));
		steps.addAll(attempts(event));
		if (event.replayedAt() != null) {
			steps.add(new Step("replayed", "Replayed", event.replayedAt(), null));
			steps.sort(Comparator.comparing(Step::at));
		}
		Instant time = entry.time();
		switch (entry.state()) {
			case WAITING -> {
				if (time != null) {
					steps.add(new Step("next", "Attempt " + (event.attempts() + 1), time, null));
				}
			}
			case DELIVERED -> {
				steps.add(new Step("delivered", "Delivered, attempt " + (event.attempts() + 1),
						(time != null) ? time : Instant.now(), entry.detail()));
			}
			case DEAD -> steps.add(new Step("dead", "Dead letter", (time != null) ? time : Instant.now(), null));
			case DISCARDED ->
				steps.add(new Step("discarded", "Discarded", (time != null) ? time : Instant.now(), null));
		}
		return new Event(event.id(), event.type(), reference(event), event.storedAt(), entry.state(), steps);
	}

	/**
	 * Describe the failed attempts. An event keeps the first failure and the latest ones,
	 * and a replay counts its attempts anew.
	 */
	private static List<Step> attempts(StoredEvent event) {
		List<Step> steps = new ArrayList<>();
		List<StoredEvent.Failure> failures = event.failures();
		for (int i = 0; i < failures.size(); i++) {
			StoredEvent.Failure failure = failures.get(i);
			int number = event.attempts() - (failures.size() - 1 - i);
			String name = (event.replayedAt() != null) ? "Attempt" : "Attempt " + ((i == 0) ? 1 : number);
			String answer = (failure.statusCode() != null) ? String.valueOf(failure.statusCode())
					: failure.kind().replace('_', ' ');
			steps.add(new Step("failed", name, failure.failedAt(), answer));
		}
		return steps;
	}

	static @Nullable String reference(StoredEvent event) {
		return (event.event() instanceof BookingConfirmed booking) ? booking.bookingReferences().get("cfar") : null;
	}

	/**
	 * How an event stands.
	 */
	enum State {

		WAITING, DELIVERED, DEAD, DISCARDED

	}

	private record Entry(StoredEvent event, State state, @Nullable Instant time, @Nullable String detail) {

	}

	/**
	 * An event for the page.
	 *
	 * @param id the id
	 * @param type the type
	 * @param reference the reference of the booking, or {@code null}
	 * @param storedAt when it was stored
	 * @param state how it stands
	 * @param steps what happened, in that order
	 */
	record Event(UUID id, String type, @Nullable String reference, Instant storedAt, State state, List<Step> steps) {

	}

	/**
	 * Something that happened to an event, or will happen.
	 *
	 * @param kind the kind
	 * @param name what happened
	 * @param at when
	 * @param answer the API's answer, or {@code null}
	 */
	record Step(String kind, String name, Instant at, @Nullable String answer) {

	}

}
