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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An engine that does what a test says, and writes down what the relay asks of it.
 */
class ScriptedStore implements EventStore {

	/**
	 * What the relay has asked for, in its order.
	 */
	final List<String> calls = new CopyOnWriteArrayList<>();

	final List<Integer> claims = new CopyOnWriteArrayList<>();

	final List<List<Outcome>> settled = new CopyOnWriteArrayList<>();

	final Queue<StoredEvent> waiting = new ConcurrentLinkedQueue<>();

	final List<StoredEvent> lost = new CopyOnWriteArrayList<>();

	private final boolean blocking;

	volatile Thread thread;

	volatile Instant nextDue;

	volatile EventOutboxState.Pause pause;

	volatile RuntimeException claimFailure;

	volatile RuntimeException settleFailure;

	volatile RuntimeException tendFailure;

	volatile RuntimeException unsentFailure;

	volatile Duration pollingInterval = Duration.ofDays(1);

	volatile Callback relay;

	ScriptedStore(boolean blocking) {
		this.blocking = blocking;
	}

	@Override
	public String description() {
		return "in a script";
	}

	@Override
	public boolean isBlocking() {
		return this.blocking;
	}

	@Override
	public Duration pollingInterval() {
		return this.pollingInterval;
	}

	@Override
	public void connect(Callback relay) {
		this.relay = relay;
	}

	@Override
	public void open() {
		this.calls.add("open");
	}

	@Override
	public void closing() {
		this.calls.add("closing");
	}

	@Override
	public void close() {
		this.calls.add("close");
	}

	@Override
	public void append(List<StoredEvent> events) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void committed(List<StoredEvent> events) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void rolledBack(List<StoredEvent> events) {
		throw new UnsupportedOperationException();
	}

	@Override
	public List<StoredEvent> claim(int max) {
		this.thread = Thread.currentThread();
		this.claims.add(max);
		fail(this.claimFailure);
		List<StoredEvent> events = new ArrayList<>();
		while (events.size() < max && !this.waiting.isEmpty()) {
			events.add(this.waiting.remove());
		}
		return events;
	}

	@Override
	public void settle(List<Outcome> outcomes) {
		this.calls.add("settle");
		fail(this.settleFailure);
		this.settled.add(outcomes);
	}

	@Override
	public void tend() {
		this.calls.add("tend");
		fail(this.tendFailure);
	}

	@Override
	public Instant nextDue() {
		return this.nextDue;
	}

	@Override
	public boolean hasUnsent() {
		fail(this.unsentFailure);
		return !this.waiting.isEmpty();
	}

	@Override
	public boolean isEmpty() {
		return this.waiting.isEmpty();
	}

	@Override
	public List<StoredEvent> abandon() {
		return this.lost;
	}

	@Override
	public Counts counts() {
		return new Counts(Map.of(), Map.of(), null);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, UUID after, int limit) {
		return List.of();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return Optional.empty();
	}

	@Override
	public List<StoredEvent> replay(List<DeadLetter> letters, Instant now) {
		return List.of();
	}

	@Override
	public List<StoredEvent> discard(List<DeadLetter> letters) {
		return List.of();
	}

	@Override
	public boolean pause(EventOutboxState.Pause pause) {
		this.pause = pause;
		return true;
	}

	@Override
	public boolean resume() {
		this.pause = null;
		return true;
	}

	@Override
	public EventOutboxState.Pause pause() {
		return this.pause;
	}

	List<Outcome> outcomes() {
		return this.settled.stream().flatMap(List::stream).toList();
	}

	private static void fail(RuntimeException failure) {
		if (failure != null) {
			throw failure;
		}
	}

}
