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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import org.jspecify.annotations.Nullable;

/**
 * Records events instead of sending them, for unit tests without an application context:
 *
 * <pre class="code">
 * HopperEventsRecorder published = new HopperEventsRecorder();
 *
 * BookingService service = new BookingService(published.publisher());
 * </pre>
 *
 * With {@link AutoConfigureHopperEvents} the bean of type {@link PublishedHopperEvents}
 * is a recorder. A recorder that a test creates shows everything that was published since
 * then, on any thread. Safe for use by many threads.
 *
 * @since 0.1.0
 */
public final class HopperEventsRecorder implements PublishedHopperEvents {

	private final EventPublisher publisher;

	private final EventOutbox outbox;

	/**
	 * The tests that run on this thread. JUnit's worker threads may begin another test
	 * while one waits.
	 */
	private final ThreadLocal<Deque<Recording>> onThisThread = ThreadLocal.withInitial(ArrayDeque::new);

	private final List<Recording> running = new ArrayList<>();

	private final EarlierTests earlierTests = new EarlierTests();

	private final Recording outsideOfTests = new Recording(this.earlierTests);

	/**
	 * Create a recorder that accepts the events that the API accepts.
	 */
	public HopperEventsRecorder() {
		this(false);
	}

	/**
	 * Create a recorder.
	 * @param requireSession whether every event needs a session id, as with
	 * {@code hopper.require-session}
	 */
	public HopperEventsRecorder(boolean requireSession) {
		this(requireSession, Stream::empty, () -> false);
	}

	HopperEventsRecorder(boolean requireSession, Supplier<Stream<EventDeliveryListener>> listeners,
			BooleanSupplier reactiveTransactions) {
		EventCodec codec = new EventCodec(requireSession);
		this.publisher = new RecordingEventPublisher(this, codec);
		this.outbox = new RecordingEventOutbox(this, codec, new RecordingListeners(this, listeners),
				reactiveTransactions);
	}

	/**
	 * Return a publisher that records. It refuses what the real one refuses, as
	 * {@link com.hopper.hts.events.HopperApiException.InvalidEvent}, and confirms
	 * everything else at once.
	 * @return the publisher
	 */
	public EventPublisher publisher() {
		return this.publisher;
	}

	/**
	 * Return an outbox that records. An event counts as published when its transaction
	 * commits, or at once if there is no transaction. It never counts as published after
	 * a rollback.
	 * @return the outbox
	 */
	public EventOutbox outbox() {
		return this.outbox;
	}

	@Override
	public List<PublishedHopperEvent<?>> all() {
		return current().all();
	}

	@Override
	public <E extends HopperEvent> List<PublishedHopperEvent<E>> ofType(Class<E> type) {
		return current().ofType(type);
	}

	@Override
	public void clear() {
		current().clear();
	}

	/**
	 * Called by AssertJ.
	 * @return the assertions
	 * @deprecated in favour of AssertJ's {@code assertThat(published)}
	 */
	@Override
	@Deprecated(since = "0.1.0", forRemoval = false)
	public PublishedHopperEventsAssert assertThat() {
		return new PublishedHopperEventsAssert(current());
	}

	/**
	 * A test begins on this thread.
	 */
	Recording begin() {
		Recording recording = new Recording(this.earlierTests);
		synchronized (this.running) {
			if (this.running.isEmpty()) {
				this.outsideOfTests.reset();
			}
			this.running.add(recording);
		}
		this.onThisThread.get().push(recording);
		return recording;
	}

	/**
	 * A test that began on this thread is over.
	 */
	void end(Recording recording) {
		this.onThisThread.get().remove(recording);
		if (this.onThisThread.get().isEmpty()) {
			this.onThisThread.remove();
		}
		synchronized (this.running) {
			this.running.remove(recording);
		}
		this.earlierTests.add(recording.began(), Instant.now());
	}

	/**
	 * Run a task on this thread on behalf of a test that runs on another thread.
	 * @param recordings the tests that may have caused the task
	 */
	void runFor(List<Recording> recordings, Runnable task) {
		if (recordings.size() != 1) {
			task.run();
			return;
		}
		this.onThisThread.get().push(recordings.get(0));
		try {
			task.run();
		}
		finally {
			this.onThisThread.remove();
		}
	}

	/**
	 * Return the test that runs on this thread.
	 */
	@Nullable Recording ofThisThread() {
		Recording recording = this.onThisThread.get().peek();
		if (recording == null) {
			this.onThisThread.remove();
		}
		return recording;
	}

	/**
	 * Find the tests that may have caused an event.
	 * @param caller the test on whose thread it began, or {@code null}
	 * @return the tests that may have caused it, more than one if that is not known
	 */
	List<Recording> causedBy(@Nullable Recording caller) {
		Recording own = ofThisThread();
		if (own != null) {
			return List.of(own);
		}
		if (caller != null) {
			return List.of(caller);
		}
		synchronized (this.running) {
			return this.running.isEmpty() ? List.of(this.outsideOfTests) : List.copyOf(this.running);
		}
	}

	private Recording current() {
		List<Recording> candidates = causedBy(null);
		if (candidates.size() > 1) {
			throw new IllegalStateException(("%s tests run in this application context, and the thread '%s' belongs to "
					+ "none of them: take PublishedHopperEvents as a parameter of the test method, which can be "
					+ "asked on any thread")
				.formatted(candidates.size(), Thread.currentThread().getName()));
		}
		return candidates.get(0);
	}

}
