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
package com.hopper.hts.events;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.lang.CheckReturnValue;
import org.springframework.util.Assert;

/**
 * Sends events to Hopper with {@code POST /events}, one request for each event.
 * <p>
 * <em>Publish</em> means: Hopper has confirmed it. A publication ends with an
 * {@link EventReceipt} once the API has answered {@code 204}, or with one
 * {@link HopperApiException} that says why not and whether sending again can help.
 * Failures that may pass, such as a refused connection or a {@code 503}, are retried as
 * {@code hopper.retry.*} says before they are reported. Because the API has no
 * idempotency key, an event whose answer was lost can be counted twice:
 * {@link HopperApiException#isDeliveryUnknown()} tells when that is possible.
 * <p>
 * Implementations are safe for use by many threads. Results are signalled on an event
 * loop that other events share, so operators downstream must not block.
 *
 * @since 0.1.0
 */
public interface EventPublisher {

	/**
	 * Publish an event of a session. Nothing is sent before the returned {@link Mono} is
	 * subscribed to, each subscription sends once, and cancelling the subscription aborts
	 * the request in flight and all further attempts.
	 * @param sessionId the id of the session, sent as {@code HC-Session-ID}: visible
	 * ASCII characters
	 * @param event the event
	 * @return a {@code Mono} that emits the receipt, or a {@link HopperApiException};
	 * invalid arguments are reported by the {@code Mono} too, as
	 * {@link HopperApiException.InvalidEvent}, and this method itself never throws
	 */
	@CheckReturnValue
	Mono<EventReceipt> publish(String sessionId, HopperEvent event);

	/**
	 * Publish an event of the current session, which the {@code HopperSessionContext} of
	 * the reactive chain or the calling thread has.
	 * <p>
	 * A confirmed booking needs no session if it names the offers shown, from which the
	 * API recovers the session. If it names none, those of the context are taken. With
	 * {@code hopper.require-session=true} a booking without a session is refused.
	 * @param event the event
	 * @return a {@code Mono} as described in {@link #publish(String, HopperEvent)}; it
	 * emits {@link HopperApiException.InvalidEvent} if there is no session
	 */
	@CheckReturnValue
	Mono<EventReceipt> publish(HopperEvent event);

	/**
	 * Publish a stream of events, several at a time, and report each of them. A failed
	 * event is a result like any other and does not end the stream. If {@code events}
	 * itself fails, the results of all events taken until then are emitted before the
	 * failure. Emitting {@code null} counts as such a failure, an
	 * {@link HopperApiException.InvalidEvent}. The current session plays no part: the
	 * events may belong to many customers.
	 * @param events the events, requested no faster than they are sent
	 * @param concurrency how many events are in flight at a time, one or more
	 * @return exactly one result for each event, in the order in which they become known
	 * @throws IllegalArgumentException if {@code concurrency} is less than one
	 */
	@CheckReturnValue
	default Flux<EventResult> publishAll(Publisher<SessionEvent> events, int concurrency) {
		Assert.isTrue(concurrency > 0, "'concurrency' must be greater than 0");
		if (events == null) {
			return Flux.error(new HopperApiException.InvalidEvent(HopperApiException.Details
				.of("The publisher of events is null; use Flux.empty() if there are none. Nothing was sent.")));
		}
		return Flux.from(events).index(EventPublisher::requireEvent).flatMapDelayError((sessionEvent) -> {
			Mono<EventReceipt> publication = publish(sessionEvent);
			return publication.map((receipt) -> new EventResult(sessionEvent, receipt, null))
				.onErrorResume(HopperApiException.class,
						(error) -> Mono.just(new EventResult(sessionEvent, null, error)));
		}, concurrency, 1);
	}

	private static SessionEvent requireEvent(long index, @Nullable SessionEvent sessionEvent) {
		if (sessionEvent == null) {
			throw new HopperApiException.InvalidEvent(HopperApiException.Details
				.of("The publisher of events emitted null as event " + (index + 1) + ", which ends the stream."));
		}
		return sessionEvent;
	}

	private Mono<EventReceipt> publish(SessionEvent sessionEvent) {
		String sessionId = sessionEvent.sessionId();
		// Under this key HopperSessionContext finds the caller's context, and ignores the
		// session in it
		return (sessionId != null) ? publish(sessionId, sessionEvent.event()) : publish(sessionEvent.event())
			.contextWrite((context) -> context.put(SessionEvent.class, context.readOnly()));
	}

	/**
	 * Publish an event of a session and wait for the answer, for code that is not
	 * reactive. The calling thread is held for as long as all attempts and the waits
	 * between them take, {@code hopper.retry.timeout} at the most.
	 * @param sessionId the id of the session
	 * @param event the event
	 * @return the receipt
	 * @throws HopperApiException if the event was not delivered
	 * @throws IllegalStateException if the calling thread must not be blocked, because it
	 * is an event loop or another thread of a non-blocking scheduler
	 */
	default EventReceipt publishAndWait(String sessionId, HopperEvent event) {
		return Waiting.forReceipt(publish(sessionId, event));
	}

	/**
	 * Publish an event of the current session, as {@link #publish(HopperEvent)} does, and
	 * wait for the answer.
	 * @param event the event
	 * @return the receipt
	 * @throws HopperApiException if the event was not delivered
	 * @throws IllegalStateException if the calling thread must not be blocked
	 * @see #publishAndWait(String, HopperEvent)
	 */
	default EventReceipt publishAndWait(HopperEvent event) {
		return Waiting.forReceipt(publish(event));
	}

}
