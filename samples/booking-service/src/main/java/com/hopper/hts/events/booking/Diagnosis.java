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
package com.hopper.hts.events.booking;

import java.time.Instant;
import java.util.Optional;

import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import com.hopper.hts.events.outbox.StoredEvent;
import org.jspecify.annotations.Nullable;

/**
 * What is going on, in words.
 *
 * @param level how good it is
 * @param title the short answer
 * @param text what happened and what to do
 * @param paused whether the relay sends nothing
 * @param nextTry when the relay tries next, or {@code null}
 */
record Diagnosis(Level level, String title, String text, boolean paused, @Nullable Instant nextTry) {

	static Diagnosis of(EventOutboxState state, Optional<StoredEvent.Failure> lastFailure, HopperDiagnosis hopper) {
		if (!state.running()) {
			return new Diagnosis(Level.STOPPED, "The relay is stopped",
					"Nothing is delivered before it is started again. Other instances would go on.", true, null);
		}
		EventOutboxState.Pause pause = state.pause();
		if (pause != null) {
			boolean operator = pause.reason() == EventOutboxState.PauseReason.OPERATOR;
			return new Diagnosis(operator ? Level.STOPPED : Level.TROUBLE, title(pause.reason()),
					hopper.describe(pause), true, pause.nextProbe());
		}
		long pending = state.pendingCount();
		if (pending > 0 && lastFailure.isPresent()) {
			return new Diagnosis(Level.WAITING, events(pending) + " for the next attempt", words(lastFailure.get()),
					false, null);
		}
		if (pending > 0) {
			return new Diagnosis(Level.OK, "Events are flowing", events(pending) + " for the API's answer.", false,
					null);
		}
		if (state.deadCount() > 0) {
			String letters = (state.deadCount() == 1) ? "1 event was" : state.deadCount() + " events were";
			return new Diagnosis(Level.WAITING, letters + " refused",
					"Everything else is delivered. Replay what was refused once its cause is gone, or discard it.",
					false, null);
		}
		return new Diagnosis(Level.OK, "Everything is delivered", "Nothing waits, and nothing was given up.", false,
				null);
	}

	private static String words(StoredEvent.Failure failure) {
		String what = (failure.statusCode() != null) ? "The API answered " + failure.statusCode()
				: "The last attempt failed (" + failure.kind().replace('_', ' ') + ")";
		return what + ". The relay tries again, with growing waits, until the API takes it.";
	}

	private static String events(long count) {
		return (count == 1) ? "1 event waits" : count + " events wait";
	}

	private static String title(EventOutboxState.PauseReason reason) {
		return switch (reason) {
			case OPERATOR -> "An operator has paused the relay";
			case SIGN_IN_FAILED -> "Signing in fails";
			case UNAUTHORIZED -> "The API does not accept our token";
			case FORBIDDEN -> "We may not send events";
			case NOT_FOUND -> "Nobody answers at the API's address";
			case CONNECTION_FAILED -> "The API cannot be connected to";
			case RATE_LIMITED -> "The API asks us to wait";
			case API_UNAVAILABLE -> "The API is down";
		};
	}

	/**
	 * How good it is.
	 */
	enum Level {

		OK, WAITING, TROUBLE, STOPPED

	}

}
