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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.json.PreparedEvent;
import com.hopper.hts.events.observation.HopperObservationDocumentation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishObservationContext;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import com.hopper.hts.events.session.HopperSessionContext;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * {@link EventPublisher} on top of a {@code WebClient}. Not final, so that a bean can be
 * advised.
 */
class WebClientEventPublisher extends ApiLifecycle implements EventPublisher {

	private static final EventPublishObservationConvention DEFAULT_CONVENTION = new DefaultEventPublishObservationConvention();

	private static final String NO_TYPE = "none";

	private final URI uri;

	private final EventCodec codec;

	private final ObservationRegistry observationRegistry;

	private final @Nullable EventPublishObservationConvention observationConvention;

	private final HopperMetrics metrics;

	WebClientEventPublisher(ApiClient client, URI uri, boolean requireSession, ObservationRegistry observationRegistry,
			@Nullable EventPublishObservationConvention observationConvention, HopperMetrics metrics) {
		super(client);
		this.uri = uri;
		this.codec = new EventCodec(requireSession);
		this.observationRegistry = observationRegistry;
		this.observationConvention = observationConvention;
		this.metrics = metrics;
	}

	/**
	 * Return what makes one attempt for each event and does not limit how many are sent
	 * at a time.
	 */
	EventSender sender() {
		ApiClient once = client().withoutRetries();
		return (event) -> ApiCall.mono(once, this.uri,
				() -> new Publication(this, event.type(), event.sessionId(), () -> event));
	}

	@Override
	public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
		return publish(event, sessionId, () -> this.codec.prepare(sessionId, event));
	}

	@Override
	public Mono<EventReceipt> publish(HopperEvent event) {
		return HopperSessionContext.currentReactively().flatMap((context) -> publish(context.complete(event)));
	}

	private Mono<EventReceipt> publish(SessionEvent sessionEvent) {
		return publish(sessionEvent.event(), sessionEvent.sessionId(), () -> this.codec.prepare(sessionEvent));
	}

	@SuppressWarnings("NullAway") // Callers without null checks get a clear error
	private Mono<EventReceipt> publish(HopperEvent event, @Nullable String sessionId,
			Supplier<PreparedEvent> preparation) {
		String type = (event != null && event.type() != null) ? event.type() : NO_TYPE;
		return ApiCall.mono(client(), this.uri, () -> new Publication(this, type, sessionId, preparation));
	}

	@Override
	public Flux<EventResult> publishAll(Publisher<SessionEvent> events, int concurrency) {
		return EventPublisher.super.publishAll(events, Math.min(concurrency, client().maxCalls));
	}

	/**
	 * One publication of one event.
	 */
	private static final class Publication extends ApiRequest<EventReceipt> {

		private final WebClientEventPublisher publisher;

		private final String eventType;

		private final @Nullable String sessionId;

		private final Supplier<PreparedEvent> preparation;

		Publication(WebClientEventPublisher publisher, String eventType, @Nullable String sessionId,
				Supplier<PreparedEvent> preparation) {
			this.publisher = publisher;
			this.eventType = eventType;
			this.sessionId = sessionId;
			this.preparation = preparation;
		}

		@Override
		String subject() {
			return EventCodec.subject(eventType());
		}

		@Override
		String failed() {
			return "was not delivered";
		}

		@Override
		String unknown() {
			return "The event may have been counted although this was not confirmed.";
		}

		@Override
		@Nullable String eventType() {
			return this.eventType.equals(NO_TYPE) ? null : this.eventType;
		}

		@Override
		@Nullable String sessionId() {
			return this.sessionId;
		}

		@Override
		byte[] prepare() {
			return this.preparation.get().body();
		}

		@Override
		@Nullable Mono<EventReceipt> success(ClientResponse response, int attempts, Duration elapsed) {
			if (response.statusCode().value() != 204) {
				return null;
			}
			Map<String, List<String>> headers = new LinkedHashMap<>();
			response.headers().asHttpHeaders().forEach(headers::put);
			// A 204 has no body, so there is nothing to read
			return Mono
				.just(new EventReceipt(this.eventType, EventReceipt.Outcome.DELIVERED, headers, attempts, elapsed));
		}

		@Override
		Observation observation() {
			return HopperObservationDocumentation.EVENT_PUBLISH.observation(this.publisher.observationConvention,
					DEFAULT_CONVENTION, () -> new EventPublishObservationContext(this.eventType),
					this.publisher.observationRegistry);
		}

		@Override
		void observe(Observation observation, EventReceipt receipt) {
			((EventPublishObservationContext) observation.getContext()).setReceipt(receipt);
		}

		@Override
		void started() {
			this.publisher.metrics.started();
		}

		@Override
		void retrying(String reason) {
			this.publisher.metrics.retrying(this.eventType, reason);
		}

		@Override
		void deliveryUnknown() {
			this.publisher.metrics.deliveryUnknown(this.eventType);
		}

		@Override
		void finished(int attempts, @Nullable EventReceipt receipt, @Nullable HopperApiException exception) {
			this.publisher.metrics.finished(this.eventType, attempts, receipt, exception);
		}

	}

}
