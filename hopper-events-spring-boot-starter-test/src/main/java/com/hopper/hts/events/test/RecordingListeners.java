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
package com.hopper.hts.events.test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.test.RecordingEventOutbox.Stored;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Tells the application's listeners that events were stored and delivered. It calls them
 * on a thread of its own, as the real outboxes do, because the caller's thread still has
 * the transaction that was just committed. The caller waits for them, so that a test need
 * not wait.
 */
final class RecordingListeners {

	private static final Log logger = LogFactory.getLog(RecordingListeners.class);

	/**
	 * How long the caller waits for listeners. They may wait for something that the
	 * caller holds.
	 */
	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private final HopperEventsRecorder recorder;

	private final Supplier<Stream<EventDeliveryListener>> listeners;

	RecordingListeners(HopperEventsRecorder recorder, Supplier<Stream<EventDeliveryListener>> listeners) {
		this.recorder = recorder;
		this.listeners = listeners;
	}

	/**
	 * Tell the listeners about events.
	 * @param events the events that were stored together, one or more
	 */
	void delivered(List<Stored> events) {
		List<EventDeliveryListener> listeners = this.listeners.get().toList();
		if (listeners.isEmpty()) {
			return;
		}
		List<StoredEvent> storedEvents = events.stream().map(Stored::toStoredEvent).toList();
		Thread thread = new Thread(
				() -> this.recorder.runFor(events.get(0).recordings(), () -> tell(listeners, storedEvents)),
				"hopper-recording-outbox");
		thread.setDaemon(true);
		thread.start();
		try {
			thread.join(TIMEOUT.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		if (thread.isAlive()) {
			logger.warn("The listeners of type EventDeliveryListener have not returned yet; the test goes on");
		}
	}

	private static void tell(List<EventDeliveryListener> listeners, List<StoredEvent> events) {
		for (StoredEvent event : events) {
			forEach(listeners, event, (listener) -> listener.stored(event));
		}
		for (StoredEvent event : events) {
			EventReceipt receipt = new EventReceipt(event.type(), EventReceipt.Outcome.DELIVERED, Map.of(), 1,
					Duration.ZERO);
			forEach(listeners, event, (listener) -> listener.delivered(event, receipt));
		}
	}

	/**
	 * Call the listeners in the session of the event.
	 */
	private static void forEach(List<EventDeliveryListener> listeners, StoredEvent event,
			Consumer<EventDeliveryListener> call) {
		String sessionId = event.sessionId();
		HopperSessionContext context = (sessionId != null) ? HopperSessionContext.of(sessionId)
				: HopperSessionContext.none();
		context.run(() -> forEach(listeners, call));
	}

	private static void forEach(List<EventDeliveryListener> listeners, Consumer<EventDeliveryListener> call) {
		for (EventDeliveryListener listener : listeners) {
			try {
				call.accept(listener);
			}
			catch (Exception | LinkageError | AssertionError ex) {
				logger.warn("The listener of type %s failed; the event is not affected"
					.formatted(listener.getClass().getName()), ex);
			}
		}
	}

}
