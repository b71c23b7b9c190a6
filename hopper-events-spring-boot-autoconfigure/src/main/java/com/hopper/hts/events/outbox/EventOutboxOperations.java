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

import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * What an operator can see and do. All operations can be repeated without harm and can be
 * used in several instances of the application at the same time. They may read from a
 * database or broker and must not be called on an event loop. With the JDBC outbox they
 * are a part of the caller's transaction, if there is one, and take effect after its
 * commit.
 *
 * @since 0.1.0
 */
public interface EventOutboxOperations {

	/**
	 * Return what is in the outbox and whether the relay is at work. Cheap enough to be
	 * called often: numbers that have to be read from a database or broker may be some
	 * seconds old.
	 * @return the state
	 */
	EventOutboxState state();

	/**
	 * Return dead letters in the order in which they were stored, a page at a time.
	 * @param filter which ones
	 * @param after the id of the last event of the page before, or {@code null} for the
	 * first page
	 * @param limit how many at the most, one or more
	 * @return the dead letters, fewer than {@code limit} if there are no more
	 */
	List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit);

	/**
	 * Return one dead letter.
	 * @param id the id of the event
	 * @return the dead letter, or empty if there is none with this id
	 */
	Optional<DeadLetter> deadLetter(UUID id);

	/**
	 * Deliver a dead letter after all, most often because its cause is gone. Its age
	 * counts anew; its failures are kept.
	 * @param id the id of the event
	 * @return whether there was such a dead letter
	 */
	boolean replay(UUID id);

	/**
	 * Deliver dead letters after all.
	 * @param filter which ones
	 * @return how many
	 */
	long replayAll(DeadLetter.Filter filter);

	/**
	 * Deliver dead letters after all, those of a page for example. Either all of them or
	 * none, unless this outbox can only do one after the other.
	 * @param deadLetters the dead letters
	 * @return how many were still there and found room
	 */
	default long replay(List<DeadLetter> deadLetters) {
		return deadLetters.stream().filter((letter) -> replay(letter.event().id())).count();
	}

	/**
	 * Drop a dead letter for good.
	 * @param id the id of the event
	 * @param reason why, for the log
	 * @return whether there was such a dead letter
	 */
	boolean discard(UUID id, String reason);

	/**
	 * Drop dead letters for good, those of a page for example. Either all of them or
	 * none, unless this outbox can only do one after the other.
	 * @param deadLetters the dead letters
	 * @param reason why, for the log
	 * @return how many were still there
	 */
	default long discard(List<DeadLetter> deadLetters, String reason) {
		return deadLetters.stream().filter((letter) -> discard(letter.event().id(), reason)).count();
	}

	/**
	 * Drop dead letters for good.
	 * @param filter which ones
	 * @param reason why, for the log
	 * @return how many
	 */
	long discardAll(DeadLetter.Filter filter, String reason);

	/**
	 * Return delivered events, as proof of what the API has confirmed, in the order in
	 * which they were stored, a page at a time. Only the JDBC outbox keeps them, for
	 * {@code hopper.outbox.jdbc.keep-delivered}.
	 * @param filter which ones
	 * @param after the id of the last event of the page before, or {@code null} for the
	 * first page
	 * @param limit how many at the most, one or more
	 * @return the events, fewer than {@code limit} if there are no more
	 */
	default List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, @Nullable UUID after, int limit) {
		return List.of();
	}

	/**
	 * Send nothing until {@link #resume()} is called. Events are stored as before, and
	 * those being sent are finished.
	 * @param reason why, for the state and the log
	 */
	void pause(String reason);

	/**
	 * End every pause, an operator's and the relay's own.
	 */
	void resume();

}
