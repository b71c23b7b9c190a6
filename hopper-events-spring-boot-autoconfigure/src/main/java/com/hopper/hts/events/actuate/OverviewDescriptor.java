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
package com.hopper.hts.events.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.outbox.EventOutboxState;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * Whether events are flowing, and what is in the way if not.
 *
 * @param state whether stored events are delivered
 * @param message why nothing more is known, or {@code null}
 * @param diagnosis what is wrong and who mends it, in sentences, the most urgent first
 * @param engine where stored events are kept, or {@code null} without an outbox
 * @param instance the process that answers
 * @param pause why nothing is delivered, or {@code null}
 * @param pending what waits, or {@code null} if that is not known
 * @param dead the dead letters, or {@code null} if that is not known
 * @param oldestPending when the oldest event that waits was stored, or {@code null}
 * @param oldestAge how long ago that was, or {@code null}
 * @param inProgress how many events the relay of this instance works on
 * @param failures the failures of this instance since its start, the latest first
 * @param token whether the application is signed in
 */
record OverviewDescriptor(State state, @Nullable String message, List<String> diagnosis, @Nullable String engine,
		String instance, @Nullable Pause pause, @Nullable Backlog pending, @Nullable Backlog dead,
		@Nullable Instant oldestPending, @Nullable Duration oldestAge, @Nullable Integer inProgress,
		List<RecentFailures.Failure> failures, Token token) implements OperationResponseBody {

	/**
	 * Whether stored events are delivered.
	 */
	enum State {

		/**
		 * They are, or there are none.
		 */
		FLOWING,

		/**
		 * Not at the moment.
		 */
		PAUSED,

		/**
		 * The relay of this instance has not started, or has ended.
		 */
		STOPPED,

		/**
		 * {@code hopper.enabled} is {@code false}.
		 */
		DISABLED,

		/**
		 * There is no outbox, or more than one.
		 */
		NONE,

		/**
		 * The outbox says nothing.
		 */
		UNKNOWN,

		/**
		 * The outbox cannot answer.
		 */
		UNAVAILABLE

	}

	/**
	 * Why nothing is delivered.
	 *
	 * @param reason the reason
	 * @param since when it began
	 * @param message what happened
	 * @param nextTry when the relay tries again, or {@code null} if somebody has to
	 * resume
	 */
	record Pause(EventOutboxState.PauseReason reason, Instant since, String message, @Nullable Instant nextTry) {

		static @Nullable Pause of(EventOutboxState.@Nullable Pause pause) {
			return (pause != null) ? new Pause(pause.reason(), pause.since(), pause.message(), pause.nextProbe())
					: null;
		}

	}

	/**
	 * How many events there are.
	 *
	 * @param count how many
	 * @param types how many of each type
	 */
	record Backlog(long count, Map<String, Long> types) {

	}

	/**
	 * Whether the application is signed in, without the token.
	 *
	 * @param state {@code valid}, {@code none}, {@code given} if it is not ours to judge
	 * @param expiresAt when the token expires, or {@code null} if that is not known
	 * @param failedAt when signing in failed, or {@code null}
	 * @param failure why signing in failed, or {@code null}
	 */
	record Token(String state, @Nullable Instant expiresAt, @Nullable Instant failedAt, @Nullable String failure) {

	}

}
