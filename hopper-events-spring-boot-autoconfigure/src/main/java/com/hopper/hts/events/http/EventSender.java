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
package com.hopper.hts.events.http;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import reactor.core.publisher.Mono;

import org.springframework.aop.SpringProxy;

/**
 * Makes one attempt to send an event that was checked and written before. For callers
 * that repeat attempts themselves, such as the relay of the outbox, and wait as long as
 * the API asks.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface EventSender {

	/**
	 * Send an event once.
	 * @param event the event
	 * @return the receipt, or a {@link com.hopper.hts.events.HopperApiException}
	 */
	Mono<EventReceipt> send(PreparedEvent event);

	/**
	 * Return the sender of a publisher. A publisher that the application has written or
	 * advised is not bypassed: events are parsed and published with it.
	 * @param publisher the publisher
	 * @return the sender
	 */
	static EventSender of(EventPublisher publisher) {
		if (publisher instanceof WebClientEventPublisher ours && !(publisher instanceof SpringProxy)) {
			return ours.sender();
		}
		return (prepared) -> {
			HopperEvent event = EventCodec.decode(prepared.body());
			String sessionId = prepared.sessionId();
			if (sessionId != null) {
				return publisher.publish(sessionId, event);
			}
			// The event was stored without a session, so the session of this thread must
			// not be used
			return publisher.publish(event).contextWrite(HopperSessionContext.none().toReactorContext());
		};
	}

}
