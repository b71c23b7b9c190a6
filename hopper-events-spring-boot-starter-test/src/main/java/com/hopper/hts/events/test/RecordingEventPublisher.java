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

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.test.Recording.Reason;
import com.hopper.hts.events.test.Recording.Unpublished;
import reactor.core.publisher.Mono;

/**
 * {@link EventPublisher} that refuses the events that the real one refuses, and records
 * all others.
 */
final class RecordingEventPublisher implements EventPublisher {

	private static final Mono<HopperSessionContext> NO_CONTEXT = Mono.just(HopperSessionContext.none());

	private final HopperEventsRecorder recorder;

	private final EventCodec codec;

	RecordingEventPublisher(HopperEventsRecorder recorder, EventCodec codec) {
		this.recorder = recorder;
		this.codec = codec;
	}

	@Override
	public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
		return publish(new SessionEvent(sessionId, event), NO_CONTEXT,
				(context) -> this.codec.prepare(sessionId, event));
	}

	@Override
	public Mono<EventReceipt> publish(HopperEvent event) {
		return publish(HopperSessionContext.current().complete(event), HopperSessionContext.currentReactively(),
				(context) -> this.codec.prepare(context.complete(event)));
	}

	private Mono<EventReceipt> publish(SessionEvent event, Mono<HopperSessionContext> currentContext,
			Consumer<HopperSessionContext> validation) {
		Recording caller = this.recorder.ofThisThread();
		List<Recording> called = this.recorder.causedBy(caller);
		Unpublished notSubscribed = new Unpublished(Reason.NOT_SUBSCRIBED, event.sessionId(), event.event());
		called.forEach((recording) -> recording.add(notSubscribed));
		return currentContext.map((context) -> {
			called.forEach((recording) -> recording.remove(notSubscribed));
			List<Recording> recordings = this.recorder.causedBy(caller);
			validate(recordings, () -> validation.accept(context));
			record(recordings,
					(currentContext != NO_CONTEXT) ? PublishedHopperEvent.inContext(context, event.event(), false)
							: new PublishedHopperEvent<>(event.sessionId(), event.event(), false),
					caller != null || this.recorder.ofThisThread() != null);
			return new EventReceipt(event.event().type(), EventReceipt.Outcome.DELIVERED, Map.of(), 1, Duration.ZERO);
		});
	}

	static void validate(List<Recording> recordings, Runnable validation) {
		try {
			validation.run();
		}
		catch (HopperApiException.InvalidEvent ex) {
			Unpublished refused = new Unpublished(Reason.REFUSED, () -> String.valueOf(ex.getMessage()));
			recordings.forEach((recording) -> recording.add(refused));
			throw ex;
		}
	}

	static void record(List<Recording> recordings, PublishedHopperEvent<?> event, boolean ofThisTest) {
		if (recordings.size() > 1) {
			recordings.forEach((recording) -> recording.addUnclear(event, recordings.size()));
		}
		else {
			recordings.forEach((recording) -> recording.add(event, ofThisTest));
		}
	}

}
