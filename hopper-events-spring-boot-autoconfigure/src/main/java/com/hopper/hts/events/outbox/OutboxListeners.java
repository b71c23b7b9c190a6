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
import java.util.List;
import java.util.function.Consumer;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * All listeners as one that never fails.
 */
final class OutboxListeners implements EventDeliveryListener {

	private static final Log logger = LogFactory.getLog(OutboxListeners.class);

	private final List<EventDeliveryListener> listeners;

	OutboxListeners(List<EventDeliveryListener> listeners) {
		this.listeners = List.copyOf(listeners);
	}

	/**
	 * Return whether a listener may block, which the application's may.
	 */
	boolean mayBlock() {
		return this.listeners.stream().anyMatch((listener) -> !(listener instanceof MicrometerOutboxMetrics));
	}

	@Override
	public void stored(StoredEvent event) {
		forEach(event, (listener) -> listener.stored(event));
	}

	@Override
	public void delivered(StoredEvent event, EventReceipt receipt) {
		forEach(event, (listener) -> listener.delivered(event, receipt));
	}

	@Override
	public void retrying(StoredEvent event, Instant nextAttempt) {
		forEach(event, (listener) -> listener.retrying(event, nextAttempt));
	}

	@Override
	public void dead(DeadLetter deadLetter) {
		forEach(deadLetter.event(), (listener) -> listener.dead(deadLetter));
	}

	@Override
	public void discarded(StoredEvent event, EventDeliveryListener.DiscardReason reason) {
		forEach(event, (listener) -> listener.discarded(event, reason));
	}

	@Override
	public void replayed(StoredEvent event) {
		forEach(event, (listener) -> listener.replayed(event));
	}

	/**
	 * Call the listeners in the session of the event, because the thread may have that of
	 * another customer.
	 */
	private void forEach(StoredEvent event, Consumer<EventDeliveryListener> call) {
		String sessionId = event.sessionId();
		HopperSessionContext context = (sessionId != null && SessionEvent.findSessionIdProblem(sessionId) == null)
				? HopperSessionContext.of(sessionId) : HopperSessionContext.none();
		context.run(() -> forEach(call));
	}

	private void forEach(Consumer<EventDeliveryListener> call) {
		for (EventDeliveryListener listener : this.listeners) {
			try {
				call.accept(listener);
			}
			catch (Throwable ex) {
				logger.warn("The listener of type %s failed; the event is not affected"
					.formatted(listener.getClass().getName()), ex);
			}
		}
	}

}
