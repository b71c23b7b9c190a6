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
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * {@link EventOutboxOperations} that takes the place of the real ones when
 * {@code hopper.enabled=false}: there is nothing to see and to do. What was stored before
 * stays where it is.
 */
class DisabledEventOutboxOperations implements EventOutboxOperations {

	@Override
	public EventOutboxState state() {
		return new EventOutboxState(Map.of(), Map.of(), null, false, 0, null);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		return List.of();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return Optional.empty();
	}

	@Override
	public boolean replay(UUID id) {
		return false;
	}

	@Override
	public long replayAll(DeadLetter.Filter filter) {
		return 0;
	}

	@Override
	public boolean discard(UUID id, String reason) {
		return false;
	}

	@Override
	public long discardAll(DeadLetter.Filter filter, String reason) {
		return 0;
	}

	@Override
	public void pause(String reason) {
		// Nothing is delivered anyway
	}

	@Override
	public void resume() {
		// Only hopper.enabled=true makes deliveries go on
	}

}
