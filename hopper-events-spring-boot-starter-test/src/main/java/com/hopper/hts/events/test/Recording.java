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
package com.hopper.hts.events.test;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import com.hopper.hts.events.HopperEvent;
import org.jspecify.annotations.Nullable;

/**
 * The events that one test has published or has tried to publish.
 */
final class Recording implements PublishedHopperEvents {

	private final EarlierTests earlierTests;

	private final Instant began = Instant.now();

	private final List<PublishedHopperEvent<?>> published = new ArrayList<>();

	private final Set<PublishedHopperEvent<?>> left = Collections.newSetFromMap(new IdentityHashMap<>());

	private final List<Unpublished> unpublished = new ArrayList<>();

	private final List<String> unclear = new ArrayList<>();

	Recording(EarlierTests earlierTests) {
		this.earlierTests = earlierTests;
	}

	Instant began() {
		return this.began;
	}

	/**
	 * Add an event.
	 * @param event the event
	 * @param ofThisTest whether it is certain that this test has caused it
	 */
	synchronized void add(PublishedHopperEvent<?> event, boolean ofThisTest) {
		this.published.add(event);
		if (!ofThisTest && this.earlierTests.include(event.event().occurredAt(), this.began)) {
			this.left.add(event);
		}
	}

	/**
	 * Return whether an earlier test has left an event, so that it arrived in this one.
	 */
	synchronized boolean isLeft(PublishedHopperEvent<?> event) {
		return this.left.contains(event);
	}

	synchronized void add(Unpublished event) {
		this.unpublished.add(event);
	}

	synchronized void remove(Unpublished event) {
		this.unpublished.removeIf((candidate) -> candidate == event);
	}

	/**
	 * Note an event that another test may have caused just as well.
	 */
	synchronized void addUnclear(PublishedHopperEvent<?> event, int tests) {
		this.unclear
			.add("%s, on thread '%s' while %s tests ran".formatted(event, Thread.currentThread().getName(), tests));
	}

	@Override
	public synchronized List<PublishedHopperEvent<?>> all() {
		if (!this.unclear.isEmpty()) {
			throw new IllegalStateException(("It is not known which test has published these events, because they were "
					+ "published on a thread of no test while several tests ran in parallel in one application "
					+ "context:\n  - %s\nRun these tests one after another, for example with @ResourceLock or "
					+ "@Execution(SAME_THREAD).")
				.formatted(String.join("\n  - ", this.unclear)));
		}
		return List.copyOf(this.published);
	}

	@Override
	public <E extends HopperEvent> List<PublishedHopperEvent<E>> ofType(Class<E> type) {
		return ofType(all(), type);
	}

	@SuppressWarnings("unchecked")
	static <E extends HopperEvent> List<PublishedHopperEvent<E>> ofType(List<PublishedHopperEvent<?>> events,
			Class<E> type) {
		return events.stream()
			.filter((candidate) -> type.isInstance(candidate.event()))
			.map((candidate) -> (PublishedHopperEvent<E>) candidate)
			.toList();
	}

	synchronized List<Unpublished> unpublished() {
		return List.copyOf(this.unpublished);
	}

	@Override
	public synchronized void clear() {
		this.published.clear();
		this.left.clear();
		this.unclear.clear();
		this.unpublished.removeIf((event) -> event.reason() == Reason.ROLLED_BACK || event.reason() == Reason.REFUSED);
	}

	synchronized void reset() {
		clear();
		this.unpublished.clear();
	}

	/**
	 * Called by AssertJ.
	 * @return the assertions
	 * @deprecated in favour of AssertJ's {@code assertThat(published)}
	 */
	@Override
	@Deprecated(since = "0.1.0", forRemoval = false)
	public PublishedHopperEventsAssert assertThat() {
		return new PublishedHopperEventsAssert(this);
	}

	/**
	 * An event that was not published. Failed assertions mention it, because the test may
	 * expect that it was published.
	 */
	static final class Unpublished {

		private final Reason reason;

		private final Supplier<String> description;

		private final @Nullable PublishedHopperEvent<?> event;

		private final CallersTransaction transaction;

		/**
		 * Create an event that waits for the commit of its transaction.
		 */
		Unpublished(PublishedHopperEvent<?> event, CallersTransaction transaction) {
			this.reason = Reason.NOT_COMMITTED;
			this.description = () -> Descriptions.of(event.sessionId(), event.event());
			this.event = event;
			this.transaction = transaction;
		}

		Unpublished(Reason reason, @Nullable String sessionId, @Nullable HopperEvent event) {
			this(reason, () -> Descriptions.of(sessionId, event));
		}

		Unpublished(Reason reason, Supplier<String> description) {
			this.reason = reason;
			this.description = description;
			this.event = null;
			this.transaction = CallersTransaction.NONE;
		}

		/**
		 * Return the event if it waits for the commit of the test's transaction.
		 */
		@Nullable PublishedHopperEvent<?> waitsForTest() {
			return this.transaction.isOfTest() ? this.event : null;
		}

		String advice() {
			// Only the thread of the test knows whether the test will commit now
			CallersTransaction current = CallersTransaction.current();
			return (this.transaction.isOfTest() && current.isOfTest()) ? current.advice() : this.transaction.advice();
		}

		Reason reason() {
			return this.reason;
		}

		@Override
		public String toString() {
			return this.description.get();
		}

	}

	/**
	 * Why an event was not published.
	 */
	enum Reason {

		NOT_SUBSCRIBED("Not published, because nobody subscribed to the Mono that publish returned:"),

		NOT_COMMITTED("Not published yet, because the transaction is not committed:"),

		ROLLED_BACK("Not published, because the transaction was rolled back:"),

		REFUSED("Refused, because the API would refuse it:");

		private final String heading;

		Reason(String heading) {
			this.heading = heading;
		}

		String heading() {
			return this.heading;
		}

	}

}
