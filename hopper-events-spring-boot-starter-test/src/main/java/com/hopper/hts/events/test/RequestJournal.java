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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.json.EventCodec;
import org.jspecify.annotations.Nullable;
import reactor.util.Logger;
import reactor.util.Loggers;

/**
 * Keeps what a {@link FakeHopperApi} has received, and lets tests wait for it. Safe for
 * use by many threads.
 */
final class RequestJournal {

	private static final Logger logger = Loggers.getLogger(FakeHopperApi.class);

	/**
	 * How many events or requests a message lists.
	 */
	private static final int MAX_LISTED = 30;

	/**
	 * How many violations a message lists. Each needs several lines.
	 */
	private static final int MAX_VIOLATIONS = 10;

	private final boolean keepRequests;

	private final Consumer<ReceivedRequest> listener;

	private final InstantSource clock;

	private final Object monitor = new Object();

	private final List<ReceivedRequest> requests = new ArrayList<>();

	private final List<ReceivedEvent> received = new ArrayList<>();

	private final List<ContractViolation> violations = new ArrayList<>();

	private final Map<String, Integer> attempts = new HashMap<>();

	private final EarlierTests earlierTests = new EarlierTests();

	/**
	 * Requests that an earlier test has left.
	 */
	private final Set<ReceivedRequest> left = Collections.newSetFromMap(new IdentityHashMap<>());

	private volatile int test;

	private Instant testBegan = Instant.EPOCH;

	private int heldRequests;

	private boolean violationsExpected;

	RequestJournal(boolean keepRequests, Consumer<ReceivedRequest> listener, InstantSource clock) {
		this.keepRequests = keepRequests;
		this.listener = listener;
		this.clock = clock;
	}

	List<ReceivedRequest> requests() {
		synchronized (this.monitor) {
			return List.copyOf(this.requests);
		}
	}

	List<ReceivedEvent> received() {
		synchronized (this.monitor) {
			return List.copyOf(this.received);
		}
	}

	List<ContractViolation> violations() {
		synchronized (this.monitor) {
			return List.copyOf(this.violations);
		}
	}

	/**
	 * Record a request.
	 * @param status the status of the answer, zero if there is none
	 * @param eventType the type of the event that was accepted, or {@code null}
	 */
	ReceivedRequest record(IncomingRequest request, int status, @Nullable String eventType) {
		ReceivedRequest received = request.toReceivedRequest(status, eventType);
		if (this.keepRequests) {
			synchronized (this.monitor) {
				keep(received, request.test());
			}
		}
		try {
			this.listener.accept(received);
		}
		catch (Throwable ex) {
			logger.warn("The listener failed for " + received, ex);
		}
		return received;
	}

	private void keep(ReceivedRequest request, int test) {
		this.requests.add(request);
		if (test != this.test) {
			this.left.add(request);
		}
		String sessionId = request.header("HC-Session-ID");
		int attempt = this.attempts.merge(sessionId + "\n" + request.body(), 1, Integer::sum);
		if (request.accepted()) {
			HopperEvent event = EventCodec.decode(request.body().getBytes(StandardCharsets.UTF_8));
			this.received.add(new ReceivedEvent(event, sessionId, attempt, request));
			if (this.earlierTests.include(event.occurredAt(), this.testBegan)) {
				this.left.add(request);
			}
		}
		this.monitor.notifyAll();
	}

	/**
	 * Record a request that the API refuses.
	 */
	void record(IncomingRequest request, Refusal refusal) {
		ContractViolation violation = refusal.violation(record(request, refusal.status(), null));
		if (violation != null) {
			logger.warn("The Hopper API would refuse a request: " + violation);
			if (this.keepRequests) {
				synchronized (this.monitor) {
					this.violations.add(violation);
				}
			}
		}
	}

	void countHeld(int change) {
		synchronized (this.monitor) {
			this.heldRequests += change;
			this.monitor.notifyAll();
		}
	}

	void awaitDelivered(int count, Duration timeout) {
		await(this.received::size, count, timeout, "event", " to be delivered", "delivered");
	}

	void awaitRequests(int count, Duration timeout) {
		await(this.requests::size, count, timeout, "request", " to be made", "made");
	}

	void awaitHeld(int count, Duration timeout) {
		await(() -> this.heldRequests, count, timeout, "event", " to be held", "held");
	}

	private void await(IntSupplier actual, int expected, Duration timeout, String what, String expectation,
			String done) {
		if (!this.keepRequests) {
			throw new IllegalStateException("Requests are not kept, so they cannot be awaited");
		}
		long end = System.nanoTime() + timeout.toNanos();
		synchronized (this.monitor) {
			while (actual.getAsInt() < expected) {
				long remaining = end - System.nanoTime();
				if (remaining <= 0) {
					throw new AssertionError("Expected %s%s within %s, but %s %s.%n%s".formatted(
							counted(expected, what), expectation, Descriptions.time(timeout),
							wereCounted(actual.getAsInt(), what), done, describe()));
				}
				try {
					TimeUnit.NANOSECONDS.timedWait(this.monitor, remaining);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
					throw new AssertionError(
							"Interrupted while waiting for %s%s".formatted(counted(expected, what), expectation), ex);
				}
			}
		}
	}

	private static String counted(int count, String what) {
		return count + " " + what + ((count == 1) ? "" : "s");
	}

	private static String wereCounted(int count, String what) {
		return (count == 0) ? "none was" : counted(count, what) + ((count == 1) ? " was" : " were");
	}

	private String describe() {
		StringBuilder text = new StringBuilder();
		list(text, "Delivered",
				this.received.stream().map((event) -> event + leftFromEarlierTest(event.request())).toList());
		list(text, "All requests",
				this.requests.stream().map((request) -> request + leftFromEarlierTest(request)).toList());
		list(text, "What the API would refuse", this.violations);
		if (this.heldRequests > 0) {
			text.append("Held at the moment: ").append(this.heldRequests).append(System.lineSeparator());
		}
		CallersTransaction transaction = CallersTransaction.current();
		if (transaction != CallersTransaction.NONE) {
			text.append("What was stored on this thread may wait for the commit of ")
				.append(transaction.words())
				.append('.')
				.append(System.lineSeparator())
				.append(transaction.advice());
		}
		return text.toString().stripTrailing();
	}

	private String leftFromEarlierTest(ReceivedRequest request) {
		synchronized (this.monitor) {
			return this.left.contains(request) ? EarlierTests.LEFT : "";
		}
	}

	private static void list(StringBuilder text, String title, List<?> elements) {
		if (elements.isEmpty()) {
			text.append(title).append(": none").append(System.lineSeparator());
			return;
		}
		text.append(title).append(':').append(System.lineSeparator());
		int first = Math.max(0, elements.size() - MAX_LISTED);
		if (first > 0) {
			text.append("(the latest ").append(MAX_LISTED).append(')').append(System.lineSeparator());
		}
		for (int i = first; i < elements.size(); i++) {
			text.append(i + 1).append(". ").append(elements.get(i)).append(System.lineSeparator());
		}
	}

	void assertNoViolations() {
		List<ContractViolation> found = violations();
		if (!found.isEmpty()) {
			StringBuilder text = new StringBuilder("The Hopper API would refuse %s:"
				.formatted((found.size() == 1) ? "a request of this test" : found.size() + " requests of this test"));
			for (int i = 0; i < Math.min(found.size(), MAX_VIOLATIONS); i++) {
				text.append("%n%n%s. %s%s".formatted(i + 1, found.get(i), leftFromEarlierTest(found.get(i).request())));
			}
			if (found.size() > MAX_VIOLATIONS) {
				text.append("%n%n... and %s more".formatted(found.size() - MAX_VIOLATIONS));
			}
			text.append("%n%nA test that means to do this calls expectViolations().".formatted());
			throw new AssertionError(text.toString());
		}
	}

	void expectViolations() {
		synchronized (this.monitor) {
			this.violationsExpected = true;
		}
	}

	/**
	 * Return the number of the running test.
	 */
	int test() {
		return this.test;
	}

	/**
	 * A test begins.
	 */
	void beginTest() {
		synchronized (this.monitor) {
			this.test++;
			this.testBegan = this.clock.instant();
		}
	}

	/**
	 * A test is over. It fails if it has sent what the API would refuse, unless it
	 * expects that.
	 */
	void endTest() {
		boolean expected;
		synchronized (this.monitor) {
			this.earlierTests.add(this.testBegan, this.clock.instant());
			expected = this.violationsExpected;
		}
		if (!expected) {
			assertNoViolations();
		}
	}

	void clear() {
		synchronized (this.monitor) {
			this.requests.clear();
			this.received.clear();
			this.attempts.clear();
			this.left.clear();
			this.violations.clear();
			this.violationsExpected = false;
		}
	}

}
