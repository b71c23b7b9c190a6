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

import java.net.URI;
import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

class IncompleteEventPublishTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private final EventPublisher publisher = Publishers.create(URI.create("http://localhost:1"),
			Publishers.retryPolicy(1));

	@Test
	void publisherReportsWhatIsMissing() {
		verifyInvalid(this.publisher.publish("session", OffersDisplayed.occurredAt((Instant) null)));
		verifyInvalid(this.publisher.publish("session", CustomEvent.occurredAt(null, TIME)));
		verifyInvalid(this.publisher.publish(null, OffersDisplayed.occurredAt(TIME)));
		verifyInvalid(this.publisher.publish("session", null));
		verifyInvalid(this.publisher.publish(null));
		verifyInvalid(this.publisher.publishAll(null, 1).then(Mono.empty()));
	}

	@Test
	void eventThatIsMissingIsOneResultAmongOthers() {
		Flux<EventResult> results = this.publisher.publishAll(Flux.just(SessionEvent.of("session", null),
				SessionEvent.of("session", CustomEvent.occurredAt(null, TIME))), 1);
		StepVerifier.create(results.map(EventResult::error))
			.assertNext((error) -> assertThat(error).isInstanceOf(HopperApiException.InvalidEvent.class))
			.assertNext((error) -> assertThat(error).isInstanceOf(HopperApiException.InvalidEvent.class))
			.expectComplete()
			.verify(Duration.ofSeconds(10));
	}

	@Test
	void nullOfAForeignPublisherEndsTheStreamAfterTheOthers() {
		Publisher<SessionEvent> foreign = (subscriber) -> subscriber.onSubscribe(new Subscription() {
			private boolean emitted;

			@Override
			public void request(long n) {
				if (!this.emitted) {
					this.emitted = true;
					subscriber.onNext(SessionEvent.of("session", null));
					subscriber.onNext(null);
				}
			}

			@Override
			public void cancel() {
			}
		});
		StepVerifier.create(this.publisher.publishAll(foreign, 4).map(EventResult::error))
			.assertNext((error) -> assertThat(error).isInstanceOf(HopperApiException.InvalidEvent.class))
			.expectErrorSatisfies((error) -> assertThat(error).isInstanceOf(HopperApiException.InvalidEvent.class)
				.hasMessageContaining("event 2"))
			.verify(Duration.ofSeconds(10));
	}

	private static void verifyInvalid(Mono<?> publication) {
		StepVerifier.create(publication)
			.expectError(HopperApiException.InvalidEvent.class)
			.verify(Duration.ofSeconds(10));
	}

}
