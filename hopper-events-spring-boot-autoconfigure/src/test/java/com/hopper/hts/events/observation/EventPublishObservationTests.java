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
package com.hopper.hts.events.observation;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.tck.TestObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

import org.springframework.web.reactive.function.client.WebClient;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the observation and the meters of published events.
 */
class EventPublishObservationTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ScriptedServer server = new ScriptedServer();

	private final TestObservationRegistry observations = TestObservationRegistry.create();

	private final MeterRegistry meters = new SimpleMeterRegistry();

	private final List<Observation.ContextView> parentsOfRequests = new CopyOnWriteArrayList<>();

	private final EventPublisher publisher = publisher(this.server.baseUrl());

	@BeforeEach
	void setUp() {
		this.observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(this.meters));
		this.observations.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStart(Observation.Context context) {
				if ("http.client.requests".equals(context.getName()) && context.getParentObservation() != null) {
					EventPublishObservationTests.this.parentsOfRequests
						.add(context.getParentObservation().getContextView());
				}
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
	}

	@AfterEach
	void close() throws Exception {
		// A handler that fails leaves its scope to the thread
		this.observations.setCurrentObservationScope(null);
		this.server.close();
	}

	private EventPublisher publisher(URI baseUrl) {
		WebClient webClient = WebClient.builder()
			.observationRegistry(this.observations)
			.filter(BearerTokenProvider.filter(baseUrl, BearerTokenProvider.of("token")))
			.build();
		return new HopperApiBuilder(webClient, baseUrl).retry(2, Duration.ofSeconds(20), 10)
			.backoff(Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1))
			.observationRegistry(this.observations)
			.metrics(HopperMetrics.of(this.meters))
			.publisher();
	}

	@Test
	void deliveredEventIsTimedWithItsAttempts() {
		this.server.thenStatus(503);
		this.publisher.publishAndWait("session", OFFERS);
		assertThat(this.observations).hasObservationWithNameEqualTo("hopper.events.publish")
			.that()
			.hasBeenStarted()
			.hasBeenStopped()
			.hasContextualNameEqualTo("hopper publish offers_displayed")
			.hasLowCardinalityKeyValue("event.type", "offers_displayed")
			.hasLowCardinalityKeyValue("outcome", "delivered")
			.hasLowCardinalityKeyValue("status", "204")
			.hasHighCardinalityKeyValue("attempts", "2")
			.hasHighCardinalityKeyValue("event.sent.type", "offers_displayed")
			.doesNotHaveError();
		assertThat(this.meters.get("hopper.events.publish")
			.tags("event.type", "offers_displayed", "outcome", "delivered", "status", "204", "error", "none")
			.timer()
			.count()).isEqualTo(1);
		assertThat(this.meters.get("hopper.events.publish.attempts")
			.tags("event.type", "offers_displayed", "outcome", "delivered")
			.summary()
			.totalAmount()).isEqualTo(2);
		assertThat(this.meters.get("hopper.events.publish.retries")
			.tags("event.type", "offers_displayed", "reason", "server_error")
			.counter()
			.count()).isEqualTo(1);
	}

	@Test
	void eachAttemptIsAChildOfThePublicationWhichIsAChildOfTheCaller() {
		this.server.thenStatus(503);
		Observation caller = Observation.start("caller", this.observations);
		this.publisher.publish("session", OFFERS)
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, caller))
			.block(Duration.ofSeconds(60));
		assertThat(this.observations).hasObservationWithNameEqualTo("hopper.events.publish")
			.that()
			.hasParentObservationEqualTo(caller);
		assertThat(this.observations).hasNumberOfObservationsWithNameEqualTo("http.client.requests", 2);
		assertThat(this.parentsOfRequests).hasSize(2)
			.allSatisfy((parent) -> assertThat(parent.getName()).isEqualTo("hopper.events.publish"));
	}

	@Test
	void requestsAreChildrenOfTheCallerIfPublicationsAreNotObserved() {
		this.observations.observationConfig().observationPredicate((name, context) -> !name.startsWith("hopper."));
		this.server.thenStatus(503);
		Observation caller = Observation.start("caller", this.observations);
		this.publisher.publish("session", OFFERS)
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, caller))
			.block(Duration.ofSeconds(60));
		assertThat(this.parentsOfRequests).hasSize(2)
			.allSatisfy((parent) -> assertThat(parent.getName()).isEqualTo("caller"));
	}

	@ParameterizedTest
	@CsvSource({ "400,rejected,Rejected", "401,unauthorized,Unauthorized", "403,forbidden,Forbidden",
			"404,not_found,NotFound", "422,rejected,Rejected", "429,rate_limited,RateLimited",
			"503,server_error,ServerError", "200,unexpected_response,UnexpectedResponse", "408,timeout,Timeout" })
	void outcomeIsTheKindOfError(int status, String outcome, String error) {
		this.server.thenStatus(status).thenStatus(status);
		publishQuietly("session", OFFERS);
		assertThat(this.meters.get("hopper.events.publish")
			.tags("outcome", outcome, "status", String.valueOf(status), "error", error)
			.timer()
			.count()).isEqualTo(1);
		assertThat(this.meters.get("hopper.events.publish.attempts").tag("outcome", outcome).summary().count())
			.isEqualTo(1);
	}

	@Test
	void invalidEventAndLostConnectionHaveNoStatus() {
		publishQuietly("bad\n", OFFERS);
		assertOutcome("invalid_event");
		this.server.then(ScriptedServer.Exchange::reset).then(ScriptedServer.Exchange::reset);
		publishQuietly("session", OFFERS);
		assertOutcome("connection_failed");
		assertThat(this.meters.get("hopper.events.publish.unknown").counter().count()).isEqualTo(2);
	}

	@Test
	void cancelledPublicationIsStoppedOnceAndLeavesTheGauge() {
		this.server.then(ScriptedServer.Exchange::hang);
		Disposable subscription = this.publisher.publish("session", OFFERS).subscribe();
		await().until(() -> this.server.requests().size() == 1);
		assertThat(inFlight()).isEqualTo(1);
		assertThat(this.meters.get("hopper.events.publish.active").longTaskTimer().activeTasks()).isEqualTo(1);
		subscription.dispose();
		assertThat(inFlight()).isZero();
		assertOutcome("cancelled");
	}

	@ParameterizedTest
	@CsvSource({ "onStart,false", "onStop,false", "onError,false", "onScopeOpened,false", "onScopeClosed,false",
			"onStart,true", "onStop,true", "onError,true", "onScopeOpened,true", "onScopeClosed,true" })
	void telemetryThatFailsHarmsNoEvent(String method, boolean error) {
		this.observations.observationConfig()
			.observationHandler(FailingHandler.of(EventPublishObservationContext.class::isInstance, method, error));
		assertThat(this.publisher.publishAndWait("session", OFFERS).delivered()).isTrue();
		this.server.thenStatus(422);
		assertThatExceptionOfType(HopperApiException.Rejected.class)
			.isThrownBy(() -> this.publisher.publishAndWait("session", OFFERS));
		assertThat(inFlight()).isZero();
		// What this thread does next is no part of the publication
		assertThat(this.observations.getCurrentObservationScope()).isNull();
	}

	@Test
	void scopesOfOtherTelemetryAreClosedWhenTelemetryFails() {
		List<String> scopes = new CopyOnWriteArrayList<>();
		this.observations.observationConfig()
			.observationHandler(new ScopeRecorder(scopes))
			.observationHandler(
					FailingHandler.of(EventPublishObservationContext.class::isInstance, "onScopeOpened", false));
		this.publisher.publishAndWait("session", OFFERS);
		assertThat(scopes).contains("opened");
		assertThat(Collections.frequency(scopes, "closed")).isEqualTo(Collections.frequency(scopes, "opened"));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void meterFilterThatFailsHarmsNoEvent(boolean error) {
		this.meters.config().meterFilter(new MeterFilter() {

			@Override
			public MeterFilterReply accept(Meter.Id id) {
				if (id.getName().startsWith("hopper.") && error) {
					throw new NoSuchMethodError("telemetry");
				}
				if (id.getName().startsWith("hopper.")) {
					throw new IllegalStateException("telemetry");
				}
				return MeterFilterReply.NEUTRAL;
			}

		});
		this.server.thenStatus(503);
		assertThat(this.publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(2);
		assertThat(inFlight()).isZero();
	}

	@Test
	void customTypesShareOneTag() {
		for (int i = 0; i < 20; i++) {
			this.publisher.publishAndWait("session", CustomEvent.occurredAt("type_" + i, Instant.EPOCH));
		}
		assertThat(this.meters.get("hopper.events.publish").tag("event.type", "custom").timer().count()).isEqualTo(20);
		assertThat(this.meters.get("hopper.events.publish").timers()).hasSize(1);
	}

	@Test
	void documentationNamesWhatTheConventionSets() {
		this.publisher.publishAndWait("session", OFFERS);
		assertThat(this.observations).hasObservationWithNameEqualTo("hopper.events.publish")
			.that()
			.hasOnlyKeys("event.type", "outcome", "status", "attempts", "event.sent.type");
		assertThat(HopperObservationDocumentation.EVENT_PUBLISH.getLowCardinalityKeyNames()).hasSize(3);
		assertThat(HopperObservationDocumentation.EVENT_PUBLISH.getHighCardinalityKeyNames()).hasSize(2);
	}

	private void publishQuietly(String sessionId, HopperEvent event) {
		try {
			this.publisher.publishAndWait(sessionId, event);
		}
		catch (HopperApiException ex) {
			// Expected
		}
	}

	private void assertOutcome(String outcome) {
		assertThat(this.meters.get("hopper.events.publish").tags("outcome", outcome, "status", "none").timer().count())
			.isEqualTo(1);
	}

	private double inFlight() {
		return this.meters.get("hopper.events.publish.in.flight").gauge().value();
	}

	/**
	 * Opens and closes scopes of its own, as tracing does.
	 *
	 * @param scopes what happened to them
	 */
	private record ScopeRecorder(List<String> scopes) implements ObservationHandler<Observation.Context> {

		@Override
		public void onScopeOpened(Observation.Context context) {
			this.scopes.add("opened");
		}

		@Override
		public void onScopeClosed(Observation.Context context) {
			this.scopes.add("closed");
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return context instanceof EventPublishObservationContext;
		}

	}

}
