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
package com.hopper.hts.events;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

import reactor.core.publisher.Mono;

import org.springframework.lang.CheckReturnValue;

/**
 * Takes events and delivers them in the background, however long that takes.
 * <p>
 * <em>Store</em> means: it will get there. {@code store} returns as soon as the event is
 * in the outbox; a relay sends it with {@code POST /events} and repeats that until the
 * API has confirmed it. Called within a Spring-managed transaction, the event belongs to
 * the transaction: it is delivered right after the commit, and after a rollback it does
 * not exist. How well a stored event survives the end of the application depends on
 * {@code hopper.outbox.type}.
 * <p>
 * Reactive applications use {@code storeReactively}: a reactive transaction is in the
 * Reactor context, which {@code store} cannot see.
 * <p>
 * Delivery is at least once and in no particular order: the API has no idempotency key,
 * so an event whose answer was lost is sent again, and every event carries its own time.
 * An event that the API refuses for good is kept as a dead letter.
 * <p>
 * Implementations are safe for use by many threads.
 *
 * @since 0.1.0
 */
public interface EventOutbox {

	/**
	 * Store an event of a session.
	 * @param sessionId the id of the session, sent as {@code HC-Session-ID}: visible
	 * ASCII characters
	 * @param event the event
	 * @return the id under which the event is stored, for logs and for support
	 * @throws HopperApiException.InvalidEvent if the API would refuse the session id or
	 * the event; nothing is stored
	 * @throws EventNotStoredException if the event could not be stored, because the
	 * outbox is full or stopped, or its database or broker failed
	 * @throws IllegalStateException if this outbox writes to a database or broker and the
	 * calling thread must not be blocked, because it is an event loop or another thread
	 * of a non-blocking scheduler; or if it is called from a reactive chain in an
	 * application with a reactive transaction manager
	 */
	UUID store(String sessionId, HopperEvent event);

	/**
	 * Store an event of the current session, which the {@code HopperSessionContext} of
	 * the calling thread has. The event keeps that session, whenever it is delivered.
	 * <p>
	 * A confirmed booking needs no session if it names the offers shown, from which the
	 * API recovers the session. If it names none, those of the context are taken. With
	 * {@code hopper.require-session=true} a booking without a session is refused.
	 * @param event the event
	 * @return the id under which the event is stored
	 * @throws HopperApiException.InvalidEvent if there is no session or the API would
	 * refuse the event
	 * @throws EventNotStoredException if the event could not be stored
	 * @throws IllegalStateException if the calling thread must not be blocked
	 * @see #store(String, HopperEvent)
	 */
	UUID store(HopperEvent event);

	/**
	 * Store several events, all of them or, if one of them cannot be stored, none. The
	 * Kafka engine cannot promise that: if the broker fails halfway, some of them may
	 * have been stored. The current session plays no part: the events may belong to many
	 * customers.
	 * @param events the events
	 * @return the ids under which the events are stored, in the same order
	 * @throws HopperApiException.InvalidEvent if the API would refuse one of the events
	 * @throws EventNotStoredException if the events could not be stored
	 * @throws IllegalStateException if the calling thread must not be blocked
	 * @see #store(String, HopperEvent)
	 */
	List<UUID> storeAll(Collection<SessionEvent> events);

	/**
	 * Store an event of a session without blocking, in the transaction of the subscriber:
	 * the reactive one in its context, or else that of the subscribing thread. In a
	 * reactive transaction the event is delivered after the commit, and after a rollback
	 * it does not exist; a rollback to a savepoint is seen by the JDBC outbox only. That
	 * one stores in transactions of R2DBC on its own database and refuses all others.
	 * <p>
	 * Nothing happens without a subscription, and each one stores the event once more.
	 * @param sessionId the id of the session
	 * @param event the event
	 * @return the id under which the event is stored, or the exception that
	 * {@link #store(String, HopperEvent)} throws
	 * @see #store(String, HopperEvent)
	 */
	@CheckReturnValue
	Mono<UUID> storeReactively(String sessionId, HopperEvent event);

	/**
	 * Store an event of the current session without blocking, in the transaction of the
	 * subscriber. The session is that of the {@code HopperSessionContext} in the Reactor
	 * context, or else of the calling thread.
	 * @param event the event
	 * @return the id under which the event is stored, or the exception that
	 * {@link #store(HopperEvent)} throws
	 * @see #storeReactively(String, HopperEvent)
	 */
	@CheckReturnValue
	Mono<UUID> storeReactively(HopperEvent event);

	/**
	 * Store several events without blocking, in the transaction of the subscriber.
	 * @param events the events
	 * @return the ids under which the events are stored, in the same order, or the
	 * exception that {@link #storeAll(Collection)} throws
	 * @see #storeReactively(String, HopperEvent)
	 */
	@CheckReturnValue
	Mono<List<UUID>> storeAllReactively(Collection<SessionEvent> events);

	/**
	 * Wait until no event waits for its delivery, for tests and for batch jobs. Events
	 * that other instances of the application or other threads store in the meantime are
	 * waited for too.
	 * @param timeout how long to wait at the most
	 * @return whether every event was delivered, or given up as a dead letter, in time
	 * @throws IllegalStateException if the calling thread must not be blocked
	 */
	boolean flush(Duration timeout);

}
