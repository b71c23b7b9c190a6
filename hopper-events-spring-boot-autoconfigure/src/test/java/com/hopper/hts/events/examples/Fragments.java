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
package com.hopper.hts.events.examples;

import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeliveredEvent;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.Session;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.session.UserInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Examples of a few lines in the documents.
 */
class Fragments {

	private static final Logger logger = LoggerFactory.getLogger(Fragments.class);

	Mono<EventReceipt> withoutSession(EventPublisher publisher, Instant time) {
		return publisher.publish(BookingConfirmed.occurredAt(time).withCfarOfferIds("offer-1", "offer-2"));
	}

	Mono<Session> session(HopperSessions sessions) {
		Mono<Session> session = sessions.create(SessionRequest.purchase("US", "en"));
		return session;
	}

	void sessionAndEvent(HopperSessions sessions, EventPublisher publisher, Instant time) {
		Session session = sessions
			.create(SessionRequest.purchase("US", "en").withUserInfo(new UserInfo("user-1", null, null)))
			.block();
		if (session != null) {
			publisher.publishAndWait(session.id(), OffersDisplayed.occurredAt(time));
		}
	}

	void several(EventPublisher publisher, Flux<SessionEvent> events) {
		publisher.publishAll(events, 32) // Flux<SessionEvent>, 32 in flight
			.filter((result) -> !result.delivered())
			.subscribe((result) -> logger.warn("Not delivered: {}", result.sessionEvent(), result.error()));
	}

	Mono<EventReceipt> unknownType(EventPublisher publisher, String sessionId, Instant time) {
		return publisher.publish(sessionId,
				CustomEvent.occurredAt("seat_selected", time).withAttribute("seat_class", "economy"));
	}

	void operate(EventOutboxOperations operations) {
		operations.deadLetters(DeadLetter.Filter.all().withType("booking_confirmed"), null, 50)
			.forEach((letter) -> logger.info("{} {}", letter.event(), letter.event().failures()));
		operations.replayAll(DeadLetter.Filter.all().withReason(DeadLetter.Reason.EXPIRED));
	}

	void prove(EventOutboxOperations operations, String sessionId) {
		operations.delivered(DeliveredEvent.Filter.all().withSession(sessionId), null, 50)
			.forEach((delivered) -> logger.info("{} at {}", delivered.event().type(), delivered.deliveredAt()));
	}

}
