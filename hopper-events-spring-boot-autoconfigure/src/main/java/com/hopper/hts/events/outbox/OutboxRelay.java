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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.observation.ObservationRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Delivers what is in an {@link EventStore}. One loop claims what is due, as much as the
 * gate allows, and writes down what came of it; a claimed event takes a subscription and
 * no thread. Instances are safe for use by many threads.
 */
final class OutboxRelay implements EventStore.Callback {

	/**
	 * How many lost events are named in the log.
	 */
	private static final int NAMED = 10;

	/**
	 * How long the end waits for the database, and for attempts that end at the same
	 * moment.
	 */
	private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * How long an outcome may wait for others, to be written down together with them.
	 */
	private static final long GATHER_MILLIS = 4;

	private static final Log logger = LogFactory.getLog(OutboxRelay.class);

	private final EventStore store;

	private final RelayPolicy policy;

	private final OutboxListeners listeners;

	private final ObservationRegistry observationRegistry;

	private final Clock clock;

	private final Scheduler timers;

	private final HopperDiagnosis diagnosis;

	private final RelayGate gate;

	private final DeliveryAttempt attempt;

	private final TerminalFailureLog failures;

	/**
	 * Attempts that are over and not written down yet.
	 */
	private final Queue<Sending> ended = new ConcurrentLinkedQueue<>();

	/**
	 * Attempts that are not over. There may be two for an event that was taken away and
	 * claimed again.
	 */
	private final Set<Sending> sending = ConcurrentHashMap.newKeySet();

	/**
	 * Events that were claimed and whose outcome is not written down yet.
	 */
	private final AtomicInteger claimed = new AtomicInteger();

	/**
	 * How many wake-ups the loop has not answered yet.
	 */
	private final AtomicInteger calls = new AtomicInteger();

	private final ReentrantLock lifecycle = new ReentrantLock();

	private final Disposable.Swap timer = Disposables.swap();

	private volatile @Nullable ScheduledExecutorService worker;

	private volatile boolean running;

	/**
	 * Whether the last claim has left something behind. Only the loop uses it.
	 */
	private boolean backlog;

	private boolean gathering;

	private volatile boolean gathered;

	private boolean failing;

	OutboxRelay(EventStore store, EventSender sender, RelayPolicy policy, OutboxListeners listeners,
			ObservationRegistry observationRegistry, Scheduler scheduler, DoubleSupplier random,
			HopperDiagnosis diagnosis) {
		this.store = store;
		this.policy = policy;
		this.listeners = listeners;
		this.observationRegistry = observationRegistry;
		this.clock = SchedulerClock.of(scheduler);
		this.timers = scheduler;
		this.diagnosis = diagnosis;
		this.gate = new RelayGate(policy, this.clock, scheduler, random, diagnosis);
		this.attempt = new DeliveryAttempt(sender, policy, this.gate, this.clock, random);
		this.failures = new TerminalFailureLog(scheduler);
		this.gate.onAvailable(this::wakeUp);
		store.connect(this);
	}

	EventStore store() {
		return this.store;
	}

	OutboxListeners listeners() {
		return this.listeners;
	}

	TerminalFailureLog failures() {
		return this.failures;
	}

	Clock clock() {
		return this.clock;
	}

	/**
	 * Have the loop look for what is due. Called by many threads; one of them, or the
	 * thread of the relay, does the work for all.
	 */
	@Override
	public void wakeUp() {
		if (this.calls.getAndIncrement() != 0) {
			return;
		}
		ScheduledExecutorService current = this.worker;
		if (!this.store.isBlocking()) {
			work();
		}
		else if (current != null) {
			try {
				current.execute(this::work);
			}
			catch (RejectedExecutionException ex) {
				notRunning();
			}
		}
		else {
			notRunning();
		}
	}

	/**
	 * Drop a wake-up. If others came meanwhile, look again, because the relay may have
	 * been started since.
	 */
	private void notRunning() {
		if (this.calls.getAndSet(0) > 1) {
			wakeUp();
		}
	}

	private void work() {
		int answered;
		do {
			answered = this.calls.get();
			try {
				round();
				this.failing = false;
			}
			catch (Throwable ex) {
				// Even an Error must not end the loop: no other thread takes over
				failed(ex);
			}
		}
		while (this.calls.addAndGet(-answered) != 0);
	}

	private void poll() {
		try {
			this.store.tend();
		}
		catch (Throwable ex) {
			// Even an Error must not end the scheduled task, which would never run again
			failed(ex);
		}
		wakeUp();
	}

	private void failed(Throwable ex) {
		if (!this.failing) {
			logger.warn("Events that are kept " + this.store.description()
					+ " are not delivered at the moment, which is tried again: "
					+ ((ex instanceof RuntimeException) ? ex.getMessage() : ex.toString()));
		}
		this.failing = true;
	}

	private void round() {
		boolean more;
		do {
			if (isWorthGathering()) {
				return;
			}
			this.gathering = false;
			this.gathered = false;
			// Settled before more is claimed, so that a kill repeats no more events than
			// are on their way
			settle();
			more = this.running && claim();
		}
		while (more);
	}

	/**
	 * Claim what is due, as much as the gate allows, and send it.
	 * @return whether there may be more
	 */
	private boolean claim() {
		List<RelayGate.Permit> permits = permits();
		boolean blocked = permits.isEmpty();
		List<StoredEvent> events = blocked ? List.of() : claim(permits);
		boolean more = !blocked && events.size() == permits.size();
		this.backlog = more || (blocked && this.backlog);
		for (int i = 0; i < permits.size(); i++) {
			if (i < events.size()) {
				send(events.get(i), permits.get(i));
			}
			else {
				this.gate.giveBack(permits.get(i));
			}
		}
		if (!more) {
			wakeUpWhenDue(blocked);
		}
		return more;
	}

	/**
	 * Return whether to wait a few milliseconds. With a backlog there will be more to
	 * write down and more to claim then, so that one round trip to the database serves
	 * many events.
	 */
	private boolean isWorthGathering() {
		int flying = this.sending.size();
		ScheduledExecutorService current = this.worker;
		if (!this.store.isBlocking() || !this.backlog || this.gathered || current == null
				|| this.ended.size() * 3 >= flying) {
			return false;
		}
		if (!this.gathering) {
			this.gathering = true;
			ScheduledFuture<?> unused = current.schedule(() -> {
				this.gathered = true;
				wakeUp();
			}, GATHER_MILLIS, TimeUnit.MILLISECONDS);
		}
		return true;
	}

	private List<RelayGate.Permit> permits() {
		// An engine in memory is asked for one event at a time, because asking costs
		// nothing. With others, an attempt that has ended since the outcomes were written
		// down still takes its place, because a kill repeats its event
		int room = this.store.isBlocking() ? this.policy.concurrency() - this.claimed.get() : 1;
		List<RelayGate.Permit> permits = new ArrayList<>();
		RelayGate.Permit permit = (room > 0) ? this.gate.tryAcquire() : null;
		while (permit != null) {
			permits.add(permit);
			permit = (permits.size() < room) ? this.gate.tryAcquire() : null;
		}
		return permits;
	}

	private List<StoredEvent> claim(List<RelayGate.Permit> permits) {
		try {
			return this.store.claim(permits.size());
		}
		catch (Throwable ex) {
			permits.forEach(this.gate::giveBack);
			throw ex;
		}
	}

	private void send(StoredEvent event, RelayGate.Permit permit) {
		OutboxObservation observation = OutboxObservation.ofDelivery(this.observationRegistry, event);
		Sending attempt = new Sending(event, observation);
		this.claimed.incrementAndGet();
		this.sending.add(attempt);
		Mono<EventStore.Outcome> outcome = this.attempt.deliver(event, permit, observation);
		if (!this.store.isBlocking() && this.listeners.mayBlock()) {
			outcome = outcome.publishOn(Schedulers.boundedElastic());
		}
		try {
			attempt.subscription.update(outcome.subscribe((result) -> ended(attempt, result)));
		}
		catch (Throwable ex) {
			// Reactor rethrows errors that it takes for fatal, such as a
			// NoClassDefFoundError
			ended(attempt, this.attempt.broken(event, permit, observation, ex));
		}
	}

	private void ended(Sending attempt, EventStore.Outcome outcome) {
		if (!this.sending.remove(attempt)) {
			// The stop has cut the attempt off just as it ended, and has its outcome
			return;
		}
		attempt.outcome = outcome;
		if (this.store.isBlocking()) {
			this.ended.add(attempt);
		}
		else {
			// Settled on this thread, which listeners may block, and not on that of a
			// booking
			settle(List.of(attempt));
		}
		wakeUp();
	}

	private void settle() {
		List<Sending> gathered = List.copyOf(this.ended);
		if (!gathered.isEmpty()) {
			settle(gathered);
		}
	}

	/**
	 * Write down what came of events, and then tell the listeners.
	 */
	private void settle(List<Sending> attempts) {
		this.store.settle(attempts.stream().map(Sending::outcome).toList());
		attempts.forEach((attempt) -> {
			// Removed first, so that it is announced and counted once even if a listener
			// fails
			this.ended.remove(attempt);
			try {
				attempt.observation.run(() -> announce(attempt.outcome()));
			}
			finally {
				this.claimed.decrementAndGet();
			}
		});
	}

	private void wakeUpWhenDue(boolean blocked) {
		Instant due = (this.running && !blocked) ? this.store.nextDue() : null;
		if (due == null) {
			// The gate or the next poll wakes the loop up
			this.timer.update(Disposables.single());
			return;
		}
		long wait = Math.max(Duration.between(this.clock.instant(), due).toMillis(), 0) + 1;
		this.timer.update(this.timers.schedule(this::wakeUp, wait, TimeUnit.MILLISECONDS));
	}

	@Override
	public void dropped(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		if (reason == EventDeliveryListener.DiscardReason.OVERFLOW) {
			this.failures.dropped(event, reason);
		}
		this.listeners.discarded(event, reason);
	}

	/**
	 * Return how many events are being sent or written back, and one more while the loop
	 * looks for others.
	 */
	int inProgress() {
		// Reads calls before claimed: an event that the loop claims in between is then in
		// claimed
		int looking = (this.calls.get() != 0) ? 1 : 0;
		return this.claimed.get() + looking;
	}

	/**
	 * Return whether no event is pending at this very moment, and the listeners have been
	 * called.
	 */
	boolean isDrained() {
		// Counted again, because an event that left the store meanwhile may not be
		// announced yet
		return this.claimed.get() == 0 && this.store.isEmpty() && this.claimed.get() == 0;
	}

	void start() {
		this.lifecycle.lock();
		try {
			if (this.running) {
				return;
			}
			this.store.open();
			if (this.store.isBlocking()) {
				CustomizableThreadFactory threads = new CustomizableThreadFactory("hopper-outbox-");
				// Daemon threads, so that a command line application can end
				threads.setDaemon(true);
				ScheduledExecutorService created = Executors.newSingleThreadScheduledExecutor(threads);
				long poll = this.store.pollingInterval().toNanos();
				ScheduledFuture<?> unused = created.scheduleWithFixedDelay(this::poll, poll, poll,
						TimeUnit.NANOSECONDS);
				this.worker = created;
			}
			this.running = true;
			logger.info("Stored events are kept " + this.store.description() + " and delivered from there");
			logPauseIfAny();
		}
		finally {
			this.lifecycle.unlock();
		}
		this.gate.open();
	}

	private void logPauseIfAny() {
		try {
			EventOutboxState.Pause pause = this.store.pause();
			if (pause != null) {
				logPause(pause);
			}
		}
		catch (RuntimeException ex) {
			logger.debug("It is not known whether an operator has paused", ex);
		}
	}

	/**
	 * Say that an operator has paused, maybe in another instance or before this start.
	 */
	void logPause(EventOutboxState.Pause pause) {
		logger.warn("Stored events are not delivered at the moment. " + this.diagnosis.describe(pause));
	}

	/**
	 * Deliver what waits, within the shutdown timeout, and let go of the rest.
	 */
	void stop() {
		this.lifecycle.lock();
		try {
			if (!this.running) {
				return;
			}
			this.store.closing();
			wakeUp();
			awaitWhile(this::isDelivering, this.policy.shutdownTimeout());
			this.gate.close();
			this.running = false;
			this.timer.update(Disposables.single());
			CompletableFuture<Void> ended = endWorker();
			awaitWhile(() -> cutOff() && ended.isDone(), END_TIMEOUT);
			// If the database keeps the thread waiting, the thread closes the store later
			// by itself
			CompletableFuture<Void> unused = ended.thenRun(this::settleAtLast);
			this.failures.flush();
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	/**
	 * Cut off what is still on its way. It may have arrived, and is sent again by whoever
	 * goes on.
	 * @return whether other threads are at work, so that there may be more
	 */
	private boolean cutOff() {
		List.copyOf(this.sending).forEach((attempt) -> {
			attempt.subscription.dispose();
			ended(attempt, new EventStore.Outcome.Held(attempt.event));
		});
		return inProgress() > this.ended.size();
	}

	private void settleAtLast() {
		this.lifecycle.lock();
		try {
			if (this.running) {
				// The relay was started again while the old thread was waiting
				return;
			}
			try {
				settle();
			}
			finally {
				this.store.close();
			}
		}
		catch (RuntimeException ex) {
			logger.warn("What came of the last events could not be written down " + this.store.description()
					+ ", so that they are sent again: " + ex.getMessage());
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	/**
	 * End the thread of the relay, and wait for it, but not for ever.
	 * @return the last task of the thread
	 */
	private CompletableFuture<Void> endWorker() {
		ScheduledExecutorService current = this.worker;
		this.worker = null;
		if (current == null) {
			return CompletableFuture.completedFuture(null);
		}
		CompletableFuture<Void> last = CompletableFuture.runAsync(() -> {
		}, current);
		// No interrupt: H2, for example, closes its files when a thread is interrupted
		current.shutdown();
		try {
			if (!current.awaitTermination(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.warn("Events that are kept " + this.store.description() + " may be sent again: after "
						+ END_TIMEOUT.toSeconds() + " seconds, what they are kept in still keeps the outbox waiting");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.calls.set(0);
		return last;
	}

	private static void awaitWhile(BooleanSupplier condition, Duration timeout) {
		long start = System.nanoTime();
		try {
			while (System.nanoTime() - start < timeout.toNanos() && condition.getAsBoolean()) {
				// Polls, because nothing signals that the gate has been shut
				TimeUnit.MILLISECONDS.sleep(20);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private boolean isDelivering() {
		try {
			// Reads hasUnsent first: an event that is claimed in between is then in
			// progress
			boolean unsent = this.store.hasUnsent();
			if (inProgress() > 0) {
				return true;
			}
			return unsent && !(this.gate.pause() != null && this.store.isBlocking()) && this.store.pause() == null;
		}
		catch (RuntimeException ex) {
			// Nothing can be delivered from a database that is gone
			failed(ex);
			return false;
		}
	}

	/**
	 * Give up what does not survive the end of the application.
	 */
	void abandon() {
		List<StoredEvent> lost = this.store.abandon();
		if (lost.isEmpty()) {
			return;
		}
		String named = lost.stream().limit(NAMED).map(StoredEvent::toString).collect(Collectors.joining(", "));
		logger.error(lost.size() + " events were lost because they were not delivered when the application ended: "
				+ lost.stream().collect(Collectors.groupingBy(StoredEvent::countedType, Collectors.counting())) + ", "
				+ ((lost.size() > NAMED) ? "the first of them " : "") + named
				+ ". hopper.outbox.type=jdbc keeps them.");
		lost.forEach((event) -> this.listeners.discarded(event, EventDeliveryListener.DiscardReason.SHUTDOWN));
	}

	boolean isRunning() {
		return this.running;
	}

	/**
	 * Return why this instance sends nothing at the moment.
	 */
	EventOutboxState.@Nullable Pause pause() {
		return this.gate.pause();
	}

	/**
	 * Go on at once, whatever the relay has paused for.
	 */
	void resume() {
		this.gate.resume();
	}

	/**
	 * Tell the listeners what came of an attempt.
	 */
	private void announce(EventStore.Outcome outcome) {
		if (outcome instanceof EventStore.Outcome.Delivered delivered) {
			this.listeners.delivered(delivered.event(), delivered.receipt());
		}
		else if (outcome instanceof EventStore.Outcome.Retry retry) {
			this.listeners.retrying(retry.event(), retry.notBefore());
		}
		else if (outcome instanceof EventStore.Outcome.Dead dead) {
			this.listeners.dead(dead.deadLetter());
			this.failures.dead(dead.deadLetter());
		}
		else if (outcome instanceof EventStore.Outcome.Discarded discarded) {
			this.listeners.discarded(discarded.event(), discarded.reason());
		}
	}

	/**
	 * An event on its way.
	 */
	private static final class Sending {

		private final StoredEvent event;

		private final OutboxObservation observation;

		private final Disposable.Swap subscription = Disposables.swap();

		/**
		 * What came of it. Handed to the loop safely by the queue of ended attempts.
		 */
		private EventStore.@Nullable Outcome outcome;

		Sending(StoredEvent event, OutboxObservation observation) {
			this.event = event;
			this.observation = observation;
		}

		EventStore.Outcome outcome() {
			return Objects.requireNonNull(this.outcome);
		}

	}

}
