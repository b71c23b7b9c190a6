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
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Shows and changes what is in the {@link EventStore} of a relay. Instances are safe for
 * use by many threads.
 */
class DefaultEventOutboxOperations implements EventOutboxOperations {

	private static final int PAGE = 500;

	private static final Log logger = LogFactory.getLog(DefaultEventOutboxOperations.class);

	private final OutboxRelay relay;

	private final EventStore store;

	DefaultEventOutboxOperations(OutboxRelay relay) {
		this.relay = relay;
		this.store = relay.store();
	}

	@Override
	public EventOutboxState state() {
		EventStore.Counts counts = this.store.counts();
		EventOutboxState.Pause pause = this.store.pause();
		return new EventOutboxState(counts.pending(), counts.dead(), counts.oldestPending(), this.relay.isRunning(),
				this.relay.inProgress(), (pause != null) ? pause : this.relay.pause());
	}

	@Override
	public void pause(String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		EventOutboxState.Pause pause = new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR,
				this.relay.clock().instant(), reason, null);
		if (this.store.pause(pause)) {
			this.relay.logPause(pause);
		}
	}

	@Override
	public void resume() {
		if (this.store.resume()) {
			logger.info("Stored events are delivered again: resumed by an operator");
		}
		whenCommitted(List.of(), (none) -> this.relay.resume());
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		return this.store.deadLetters(filter, after, limit);
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return this.store.deadLetter(id);
	}

	@Override
	public List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		return this.store.delivered(filter, after, limit);
	}

	@Override
	public boolean replay(UUID id) {
		return deadLetter(id).filter((letter) -> replay(List.of(letter)) > 0).isPresent();
	}

	@Override
	public long replayAll(DeadLetter.Filter filter) {
		return forEachPage(filter, this::replay);
	}

	@Override
	public long replay(List<DeadLetter> letters) {
		List<StoredEvent> events = this.store.replay(letters, this.relay.clock().instant());
		whenCommitted(events, (committed) -> {
			committed.forEach(this.relay.listeners()::replayed);
			this.relay.wakeUp();
		});
		return events.size();
	}

	@Override
	public boolean discard(UUID id, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return deadLetter(id).filter((letter) -> discard(List.of(letter), reason) > 0).isPresent();
	}

	@Override
	public long discardAll(DeadLetter.Filter filter, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return forEachPage(filter, (letters) -> discard(letters, reason));
	}

	@Override
	public long discard(List<DeadLetter> letters, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		List<StoredEvent> events = this.store.discard(letters);
		whenCommitted(events, (committed) -> committed.forEach((event) -> {
			logger.info("%s was discarded by an operator: %s".formatted(event, reason));
			this.relay.listeners().discarded(event, EventDeliveryListener.DiscardReason.OPERATOR);
		}));
		return events.size();
	}

	private long forEachPage(DeadLetter.Filter filter, ToLongFunction<List<DeadLetter>> action) {
		long count = 0;
		UUID last = null;
		List<DeadLetter> page;
		do {
			page = deadLetters(filter, last, PAGE);
			if (!page.isEmpty()) {
				last = page.get(page.size() - 1).event().id();
				count += action.applyAsLong(page);
			}
		}
		while (page.size() == PAGE);
		return count;
	}

	private void whenCommitted(List<StoredEvent> events, Consumer<List<StoredEvent>> action) {
		if (this.store.isTransactional() && Transactions.active()) {
			Transactions.whenOver(new Object(), events, action, (undone) -> {
			});
		}
		else {
			action.accept(events);
		}
	}

}
