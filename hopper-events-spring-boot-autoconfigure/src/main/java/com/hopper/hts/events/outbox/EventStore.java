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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventReceipt;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * What an engine has to do for a {@link OutboxRelay}: keep events, and hand out those
 * that are due. Implementations are safe for use by many threads; the relay itself calls
 * {@link #claim} and {@link #settle} one after the other.
 *
 * @since 0.1.0
 */
public interface EventStore {

	/**
	 * Return where events are kept, for the log.
	 * @return the place, for example {@code in memory}
	 */
	String description();

	/**
	 * Return whether calls wait for a database, so that the relay needs a thread of its
	 * own, and {@code store} must not be called on an event loop.
	 * @return whether calls may block
	 */
	boolean isBlocking();

	/**
	 * Return whether events are written in the caller's transaction. Otherwise
	 * {@link #committed} keeps them.
	 * @return whether {@link #append} writes in a transaction
	 */
	default boolean isTransactional() {
		return false;
	}

	/**
	 * Return how often to look for events that other instances have stored or left
	 * behind. Events stored by this instance are seen at once.
	 * @return the interval
	 */
	default Duration pollingInterval() {
		return Duration.ofSeconds(1);
	}

	/**
	 * Connect the engine with the outbox. Called once, before everything else.
	 * @param relay what to tell the outbox
	 */
	void connect(Callback relay);

	/**
	 * Get ready to hand out events, again after a {@link #close()}.
	 * @throws RuntimeException if that is impossible until somebody changes something
	 */
	void open();

	/**
	 * Prepare for the end of the application: hand out what waits, and refuse events that
	 * could not be handed out any more.
	 */
	void closing();

	/**
	 * Hand out nothing more. What is kept stays.
	 */
	void close();

	/**
	 * Take events, all or none, as a part of the caller's transaction if there is one.
	 * {@link #committed} or {@link #rolledBack} follows.
	 * @param events the events, one or more
	 * @throws com.hopper.hts.events.EventNotStoredException if they cannot be taken
	 */
	void append(List<StoredEvent> events);

	/**
	 * Take events, all or none, as a part of the subscriber's reactive transaction. Asked
	 * only if {@link #isTransactional()}. {@link #committed} or {@link #rolledBack}
	 * follows.
	 * @param events the events, one or more
	 * @return completes when they are taken, or fails with an
	 * {@link com.hopper.hts.events.EventNotStoredException}
	 */
	default Mono<Void> appendReactively(List<StoredEvent> events) {
		return Mono
			.error(() -> new EventNotStoredException(
					"The event was not stored: this outbox has no part in the "
							+ "reactive transaction of the caller. Store the event when the transaction is over",
					null));
	}

	/**
	 * The transaction in which events were taken was committed, or there was none.
	 * @param events the events
	 */
	void committed(List<StoredEvent> events);

	/**
	 * The transaction in which events were taken was not committed.
	 * @param events the events
	 */
	void rolledBack(List<StoredEvent> events);

	/**
	 * Hand out events that are due. They are the caller's until they are settled.
	 * @param max how many at the most
	 * @return the events, none if an operator has paused the outbox
	 */
	List<StoredEvent> claim(int max);

	/**
	 * Write down what came of claimed events: remove what was delivered, put back what is
	 * to be sent again, keep dead letters.
	 * @param outcomes the outcomes, one or more
	 */
	void settle(List<Outcome> outcomes);

	/**
	 * Renew the claims, and remove what was kept long enough. Called from time to time
	 * while the outbox runs.
	 */
	default void tend() {
	}

	/**
	 * Return when there will be something to claim, as far as is known here.
	 * @return the time, or {@code null} if nothing waits for a certain time
	 */
	@Nullable Instant nextDue();

	/**
	 * Return whether events wait that were stored here and that the end of the
	 * application should wait for. Those that will be {@link Outcome.Retry retried} here
	 * and nowhere else count while they are being sent, too.
	 * @return whether there are such events
	 */
	boolean hasUnsent();

	/**
	 * Return whether nothing waits or is being sent, here or elsewhere.
	 * @return whether there is nothing
	 */
	boolean isEmpty();

	/**
	 * Count what is there.
	 * @return the numbers
	 */
	Counts counts();

	/**
	 * Return dead letters in the order of their ids.
	 * @param filter which ones
	 * @param after the id to start after, or {@code null}
	 * @param limit how many at the most
	 * @return the dead letters, fewer than {@code limit} if there are no more
	 */
	List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit);

	/**
	 * Return one dead letter.
	 * @param id the id
	 * @return the dead letter, or empty if there is none
	 */
	Optional<DeadLetter> deadLetter(UUID id);

	/**
	 * Make dead letters due again.
	 * @param letters the dead letters
	 * @param now the time from which their age counts
	 * @return the events of those that were still there and could be replayed
	 */
	List<StoredEvent> replay(List<DeadLetter> letters, Instant now);

	/**
	 * Remove dead letters.
	 * @param letters the dead letters
	 * @return the events of those that were still there
	 */
	List<StoredEvent> discard(List<DeadLetter> letters);

	/**
	 * Return delivered events that are kept as proof, in the order of their ids.
	 * @param filter which ones
	 * @param after the id to start after, or {@code null}
	 * @param limit how many at the most
	 * @return the events, none if this engine does not keep any
	 */
	default List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, @Nullable UUID after, int limit) {
		return List.of();
	}

	/**
	 * Hand out nothing until {@link #resume()}, in all instances that share the store.
	 * @param pause why
	 * @return whether it was not paused before
	 */
	boolean pause(EventOutboxState.Pause pause);

	/**
	 * Hand out events again.
	 * @return whether it was paused
	 */
	boolean resume();

	/**
	 * Return the pause of the operator.
	 * @return the pause, or {@code null} if there is none
	 */
	EventOutboxState.@Nullable Pause pause();

	/**
	 * Give up everything that does not survive the end of the application.
	 * @return what is lost
	 */
	default List<StoredEvent> abandon() {
		return List.of();
	}

	/**
	 * What a store tells the outbox.
	 */
	interface Callback {

		/**
		 * There may be something to claim.
		 */
		void wakeUp();

		/**
		 * An event is gone.
		 * @param event the event
		 * @param reason why
		 */
		void dropped(StoredEvent event, EventDeliveryListener.DiscardReason reason);

	}

	/**
	 * How many events there are.
	 *
	 * @param pending how many wait or are being sent, by type
	 * @param dead how many dead letters there are, by type
	 * @param oldestPending when the oldest that waits was stored, or {@code null}
	 */
	record Counts(Map<String, Long> pending, Map<String, Long> dead, @Nullable Instant oldestPending) {

	}

	/**
	 * What an attempt to deliver an event means for the event.
	 */
	sealed interface Outcome {

		/**
		 * Return the event, with all its failures.
		 * @return the event
		 */
		StoredEvent event();

		/**
		 * The API has it.
		 *
		 * @param event the event
		 * @param receipt the confirmation
		 */
		record Delivered(StoredEvent event, EventReceipt receipt) implements Outcome {
		}

		/**
		 * To be sent again, not before a certain time.
		 *
		 * @param event the event
		 * @param notBefore the time
		 */
		record Retry(StoredEvent event, Instant notBefore) implements Outcome {
		}

		/**
		 * To be sent again as soon as the relay goes on: the failure was not about the
		 * event.
		 *
		 * @param event the event
		 */
		record Held(StoredEvent event) implements Outcome {
		}

		/**
		 * Given up.
		 *
		 * @param deadLetter the dead letter
		 */
		record Dead(DeadLetter deadLetter) implements Outcome {

			@Override
			public StoredEvent event() {
				return this.deadLetter.event();
			}

		}

		/**
		 * Dropped by the publisher.
		 *
		 * @param event the event
		 * @param reason why
		 */
		record Discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) implements Outcome {
		}

	}

	/**
	 * Creates the store of one kind of outbox. The factory is chosen when the application
	 * runs, and not by AOT processing. An {@link AopInfrastructureBean}, so that advice
	 * on whole packages does not proxy it.
	 */
	interface Factory extends AopInfrastructureBean {

		/**
		 * Return the kind of outbox.
		 * @return the value of {@code hopper.outbox.type}, for example {@code memory}
		 */
		String type();

		/**
		 * Create a store. What it stands on, such as a data source, is looked up when it
		 * starts or is first used.
		 * @param settings what all stores have in common
		 * @return the store, not open
		 */
		EventStore create(Settings settings);

		/**
		 * Return whether a store may hold events when the application starts, of an
		 * earlier run or of other instances. The relay is created with the application
		 * then, and with the first use of the outbox otherwise.
		 * @return whether there may be a backlog
		 */
		default boolean mayHoldBacklog() {
			return true;
		}

		/**
		 * What all stores have in common.
		 *
		 * @param scheduler what waits and says what time it is
		 * @param maxAge the time after which an event that keeps failing is given up
		 * @param shutdownTimeout how long the end of the application waits
		 */
		record Settings(Scheduler scheduler, Duration maxAge, Duration shutdownTimeout) {

		}

	}

}
