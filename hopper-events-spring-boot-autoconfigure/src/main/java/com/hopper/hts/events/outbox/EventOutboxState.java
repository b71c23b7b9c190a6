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

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What is in the outbox and whether the relay is at work, for health checks and metrics.
 *
 * @param pending how many events wait for their delivery, by type; types that this
 * version does not know are counted as {@code custom}. The Kafka engine only knows how
 * many wait altogether, and reports them as {@value #ALL_TYPES}
 * @param dead how many dead letters there are, by type
 * @param oldestPending when the oldest event that waits was stored, or {@code null} if
 * none waits
 * @param running whether the relay was started and not stopped
 * @param inProgress how many events the relay of this instance is sending or writing
 * back, and one more while it looks for others: while this is zero, nothing happens until
 * time passes or somebody does something
 * @param pause why the relay sends nothing at the moment, or {@code null} if it does
 * @since 0.1.0
 */
public record EventOutboxState(Map<String, Long> pending, Map<String, Long> dead, @Nullable Instant oldestPending,
		boolean running, int inProgress, @Nullable Pause pause) {

	/**
	 * The type under which an engine counts events whose type it does not know.
	 */
	public static final String ALL_TYPES = "all";

	/**
	 * Create an instance.
	 * @param pending how many events wait, by type
	 * @param dead how many dead letters there are, by type
	 * @param oldestPending when the oldest event that waits was stored, or {@code null}
	 * @param running whether the relay is running
	 * @param inProgress how many events the relay of this instance works on
	 * @param pause why the relay sends nothing, or {@code null}
	 */
	public EventOutboxState {
		pending = Map.copyOf(pending);
		dead = Map.copyOf(dead);
	}

	/**
	 * Return how many events wait for their delivery.
	 * @return the number of events of all types
	 */
	public long pendingCount() {
		return this.pending.values().stream().mapToLong(Long::longValue).sum();
	}

	/**
	 * Return how many dead letters there are.
	 * @return the number of dead letters of all types
	 */
	public long deadCount() {
		return this.dead.values().stream().mapToLong(Long::longValue).sum();
	}

	/**
	 * Why and since when the relay sends nothing.
	 *
	 * @param reason the reason
	 * @param since when the pause began
	 * @param message what happened and what to do next
	 * @param nextProbe when the relay finds out whether it can go on, or {@code null} if
	 * an operator has to resume it
	 */
	public record Pause(PauseReason reason, Instant since, String message, @Nullable Instant nextProbe) {

	}

	/**
	 * Why the relay sends nothing for a while. All but {@link #OPERATOR} end by
	 * themselves: one event is sent from time to time to find out.
	 */
	public enum PauseReason {

		/**
		 * {@link EventOutboxOperations#pause} was called.
		 */
		OPERATOR,

		/**
		 * No bearer token could be obtained.
		 */
		SIGN_IN_FAILED,

		/**
		 * The API did not accept the bearer token: {@code 401}.
		 */
		UNAUTHORIZED,

		/**
		 * The client lacks the permission to send events: {@code 403}.
		 */
		FORBIDDEN,

		/**
		 * Nothing gets through because of {@code 404} or answers that the API never
		 * gives. Most often {@code hopper.base-url} is wrong.
		 */
		NOT_FOUND,

		/**
		 * No connection can be made until somebody changes something: an untrusted
		 * certificate, or a host name that does not exist.
		 */
		CONNECTION_FAILED,

		/**
		 * The API asked to wait: {@code 429} with {@code Retry-After}.
		 */
		RATE_LIMITED,

		/**
		 * The API is down or cannot be reached.
		 */
		API_UNAVAILABLE

	}

}
