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

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Sends the page what it shows: the whole of it whenever something has happened, and once
 * a second. A page that was away for a while therefore misses nothing.
 */
@Component
class LivePage {

	private static final int SAMPLES = 180;

	private static final int MAX_DEAD_LETTERS = 20;

	private final Timeline timeline;

	private final EventOutboxOperations operations;

	private final HopperDiagnosis diagnosis;

	private final Simulator simulator;

	private final List<SseEmitter> viewers = new CopyOnWriteArrayList<>();

	private final Deque<Sample> samples = new ArrayDeque<>();

	private volatile boolean closed;

	private long sentVersion = -1;

	private Instant sampledAt = Instant.EPOCH;

	LivePage(Timeline timeline, EventOutboxOperations operations, HopperDiagnosis diagnosis, Simulator simulator) {
		this.timeline = timeline;
		this.operations = operations;
		this.diagnosis = diagnosis;
		this.simulator = simulator;
	}

	SseEmitter view() {
		SseEmitter viewer = new SseEmitter(0L);
		viewer.onCompletion(() -> this.viewers.remove(viewer));
		viewer.onError((ex) -> this.viewers.remove(viewer));
		this.viewers.add(viewer);
		if (this.closed) {
			viewer.complete();
		}
		changed();
		return viewer;
	}

	/**
	 * Let the page be sent soon.
	 */
	synchronized void changed() {
		this.sentVersion = -1;
	}

	@Scheduled(fixedDelay = 200)
	void refresh() {
		Snapshot snapshot = nextSnapshot();
		if (snapshot == null) {
			return;
		}
		this.viewers.removeIf((viewer) -> !send(viewer, snapshot));
	}

	private static boolean send(SseEmitter viewer, Snapshot snapshot) {
		try {
			viewer.send(snapshot, MediaType.APPLICATION_JSON);
			return true;
		}
		catch (IOException | IllegalStateException ex) {
			// The page was closed
			return false;
		}
	}

	private synchronized @Nullable Snapshot nextSnapshot() {
		long version = this.timeline.version();
		Instant now = Instant.now();
		boolean due = !now.isBefore(this.sampledAt.plusSeconds(1));
		if (!due && (version == this.sentVersion || this.viewers.isEmpty())) {
			return null;
		}
		EventOutboxState state = this.operations.state();
		if (due) {
			this.sampledAt = now;
			this.samples.add(new Sample(now, state.pendingCount(), state.deadCount()));
			if (this.samples.size() > SAMPLES) {
				this.samples.remove();
			}
		}
		if (this.viewers.isEmpty()) {
			return null;
		}
		this.sentVersion = version;
		return snapshot(now, state);
	}

	private Snapshot snapshot(Instant now, EventOutboxState state) {
		List<Letter> letters = (state.deadCount() > 0)
				? this.operations.deadLetters(DeadLetter.Filter.all(), null, MAX_DEAD_LETTERS)
					.stream()
					.map(Letter::of)
					.toList()
				: List.of();
		Optional<StoredEvent.Failure> lastFailure = this.timeline.lastFailure();
		OptionalLong accepted = this.simulator.accepted();
		return new Snapshot(now, Diagnosis.of(state, lastFailure, this.diagnosis), this.simulator.mode(),
				!state.running(), state.pendingCount(), state.deadCount(), state.oldestPending(),
				this.timeline.stored(), this.timeline.delivered(), accepted.isPresent() ? accepted.getAsLong() : null,
				this.timeline.events(), letters, List.copyOf(this.samples));
	}

	/**
	 * End the streams, which the web server would wait for.
	 */
	@EventListener(ContextClosedEvent.class)
	void close() {
		this.closed = true;
		this.viewers.forEach(SseEmitter::complete);
	}

	/**
	 * What the page shows.
	 */
	record Snapshot(Instant now, Diagnosis diagnosis, Simulator.Mode api, boolean stopped, long pending, long dead,
			@Nullable Instant oldestPending, long stored, long delivered, @Nullable Long accepted,
			List<Timeline.Event> events, List<Letter> deadLetters, List<Sample> backlog) {

	}

	record Sample(Instant at, long pending, long dead) {

	}

	/**
	 * A dead letter for the page, without the payload.
	 */
	record Letter(UUID id, String type, @Nullable String reference, DeadLetter.Reason reason, Instant deadSince,
			String message) {

		static Letter of(DeadLetter letter) {
			List<StoredEvent.Failure> failures = letter.event().failures();
			return new Letter(letter.event().id(), letter.event().type(), Timeline.reference(letter.event()),
					letter.reason(), letter.deadSince(),
					failures.isEmpty() ? "" : failures.get(failures.size() - 1).message());
		}

	}

}
