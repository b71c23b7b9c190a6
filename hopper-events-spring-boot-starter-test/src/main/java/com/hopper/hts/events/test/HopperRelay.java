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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState.Pause;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the relay of the outbox step by step: stored events wait until a test lets the
 * relay run once. Import it:
 *
 * <pre class="code">
 * &#064;SpringBootTest
 * &#064;Import({ FakeHopperApiConfiguration.class, HopperTime.class, HopperRelay.class })
 * class BookingTests {
 * </pre>
 *
 * Between steps the outbox is paused as if by an operator. This works with the engines in
 * memory and in a database. The engine in Kafka does not say when nothing is due.
 *
 * @since 0.1.0
 */
public final class HopperRelay implements EventDeliveryListener, SmartLifecycle {

	private static final String REASON = "HopperRelay runs it step by step";

	/**
	 * Starts before the outbox, and stops after it.
	 */
	private static final int PHASE = Integer.MAX_VALUE / 2 - 4096 - 1;

	private final ObjectProvider<EventOutboxOperations> operations;

	private final Object monitor = new Object();

	private final List<StoredEvent> delivered = Collections.synchronizedList(new ArrayList<>());

	private final List<StoredEvent> retrying = Collections.synchronizedList(new ArrayList<>());

	private final List<DeadLetter> dead = Collections.synchronizedList(new ArrayList<>());

	private final List<StoredEvent> discarded = Collections.synchronizedList(new ArrayList<>());

	/**
	 * How long to wait, in real time, until a step is over.
	 */
	private Duration timeout = Duration.ofSeconds(10);

	private volatile boolean running;

	HopperRelay(ObjectProvider<EventOutboxOperations> operations) {
		this.operations = operations;
	}

	/**
	 * Attempt every event that is due, once. A pause of the relay ends first, as if an
	 * operator had resumed it. A pause that the relay makes during the step holds the
	 * other events until the next step.
	 * @return what happened
	 * @throws AssertionError if the attempts are not over within ten seconds
	 */
	public Step runOnce() {
		EventOutboxOperations outbox = this.operations.getObject();
		synchronized (this.monitor) {
			List.of(this.delivered, this.retrying, this.dead, this.discarded).forEach(List::clear);
			Pause pause;
			outbox.resume();
			try {
				awaitRest(outbox);
				pause = outbox.state().pause();
			}
			finally {
				outbox.pause(REASON);
			}
			return new Step(this.delivered, this.retrying, this.dead, this.discarded, pause);
		}
	}

	void timeout(Duration timeout) {
		this.timeout = timeout;
	}

	private void awaitRest(EventOutboxOperations outbox) {
		long start = System.nanoTime();
		for (int quiet = 0; quiet < 2;) {
			int inProgress = outbox.state().inProgress();
			quiet = (inProgress == 0) ? quiet + 1 : 0;
			if (System.nanoTime() - start > this.timeout.toNanos()) {
				throw new AssertionError("The step is not over after %s, stored events that are still being sent: %s"
					.formatted(Descriptions.time(this.timeout), inProgress));
			}
			LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
		}
	}

	@Override
	public void delivered(StoredEvent event, EventReceipt receipt) {
		this.delivered.add(event);
	}

	@Override
	public void retrying(StoredEvent event, Instant nextAttempt) {
		this.retrying.add(event);
	}

	@Override
	public void dead(DeadLetter deadLetter) {
		this.dead.add(deadLetter);
	}

	@Override
	public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		this.discarded.add(event);
	}

	@Override
	public void start() {
		this.operations.getObject().pause(REASON);
		this.running = true;
	}

	@Override
	public void stop() {
		// With a database the pause would outlive the test
		this.operations.getObject().resume();
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	/**
	 * What happened in one step.
	 *
	 * @param delivered the events that the API has confirmed
	 * @param retrying the events that will be sent again; the last of their failures is
	 * the reason
	 * @param dead the events that were given up
	 * @param discarded the events that were dropped
	 * @param pause why the relay has stopped on its own, so that what is left is held, or
	 * {@code null}
	 */
	public record Step(List<StoredEvent> delivered, List<StoredEvent> retrying, List<DeadLetter> dead,
			List<StoredEvent> discarded, @Nullable Pause pause) {

		/**
		 * Create an instance.
		 * @param delivered the events that the API has confirmed
		 * @param retrying the events that will be sent again
		 * @param dead the events that were given up
		 * @param discarded the events that were dropped
		 * @param pause why the relay has stopped on its own, or {@code null}
		 */
		public Step {
			delivered = List.copyOf(delivered);
			retrying = List.copyOf(retrying);
			dead = List.copyOf(dead);
			discarded = List.copyOf(discarded);
		}

	}

}
