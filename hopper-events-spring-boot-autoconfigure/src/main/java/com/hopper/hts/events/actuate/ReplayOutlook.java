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

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxState;
import org.jspecify.annotations.Nullable;

/**
 * Says whether dead letters can get through if they are replayed now.
 */
final class ReplayOutlook {

	private ReplayOutlook() {
	}

	static List<String> of(ActionDescriptor.Matching matching, @Nullable EventOutboxState state) {
		List<String> sentences = new ArrayList<>();
		EventOutboxState.Pause pause = (state != null) ? state.pause() : null;
		if (pause != null) {
			sentences.add("Deliveries are paused since " + pause.since() + " (" + pause.reason() + "): "
					+ pause.message()
					+ ((pause.nextProbe() != null)
							? " Replayed events wait until that is over; the next try is at " + pause.nextProbe() + "."
							: " Replayed events wait until somebody resumes."));
		}
		else if (state != null && state.running()) {
			sentences.add("Deliveries are flowing; " + state.pendingCount() + " other events wait.");
		}
		for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
			Long count = matching.reasons().get(reason.name());
			if (count != null) {
				sentences.add(count + " " + reason.name().toLowerCase(Locale.ROOT) + ": " + CHANCES.get(reason));
			}
		}
		sentences.add("What fails again becomes a dead letter again and shows when it was replayed and what failed.");
		return sentences;
	}

	private static final Map<DeadLetter.Reason, String> CHANCES = Map.of(DeadLetter.Reason.REJECTED,
			"the API has refused these and refuses them again, unless it has changed since.", DeadLetter.Reason.INVALID,
			"these cannot be sent as they are, and fail again in this version.", DeadLetter.Reason.NOT_FOUND,
			"these get through if the API knows their session by now.", DeadLetter.Reason.EXPIRED,
			"these get through if what kept them is over; their age counts anew.");

}
