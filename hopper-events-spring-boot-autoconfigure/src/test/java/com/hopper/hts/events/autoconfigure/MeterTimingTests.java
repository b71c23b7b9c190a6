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
package com.hopper.hts.events.autoconfigure;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.observation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationFilter;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationPredicate;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationRegistryCustomizer;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.ClientRequestObservationConvention;
import org.springframework.web.reactive.function.client.DefaultClientRequestObservationConvention;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link MeterTiming}: that meters are what they are when publications are
 * observed, and that publications are observed as soon as anybody may take notice.
 */
class MeterTimingTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ScriptedServer server = new ScriptedServer();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, HttpClientAutoConfiguration.class,
				ReactiveHttpClientAutoConfiguration.class, SslAutoConfiguration.class, WebClientAutoConfiguration.class,
				ObservationAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class,
				WebClientObservationAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.server.baseUrl(), "hopper.auth.token=test-token",
				"hopper.retry.initial-interval=1ms", "hopper.retry.max-attempts=2");

	@AfterEach
	void close() throws IOException {
		this.server.close();
	}

	@Test
	void metersAreThoseOfObservationsButForLongTaskTimers() throws Exception {
		Set<String> meters = everythingThatHappens(this.contextRunner);
		Set<String> observed = everythingThatHappens(
				this.contextRunner.withBean(ObservationHandler.class, Bystander::new));
		assertThat(meters).hasSizeGreaterThan(16).isEqualTo(observed);
	}

	/**
	 * Return the timers of events that end in all kinds of ways, and how often they
	 * timed.
	 */
	private static Set<String> everythingThatHappens(ApplicationContextRunner runner) throws Exception {
		Set<String> result = new TreeSet<>();
		try (ScriptedServer server = new ScriptedServer()) {
			runner.withPropertyValues("hopper.base-url=" + server.baseUrl())
				.run((context) -> result.addAll(everythingThatHappens(context, server)));
		}
		return result;
	}

	private static Set<String> everythingThatHappens(AssertableApplicationContext context, ScriptedServer server) {
		EventPublisher publisher = context.getBean(EventPublisher.class);
		publish(publisher, "session", OFFERS);
		for (int status : new int[] { 422, 401, 404, 200, 302, 599 }) {
			server.thenStatus(status);
			publish(publisher, "session", OFFERS);
		}
		for (int status : new int[] { 503, 429 }) {
			server.thenStatus(status).thenStatus(status);
			publish(publisher, "session", OFFERS);
		}
		server.thenStatus(503);
		publish(publisher, "session", CustomEvent.occurredAt("seat_chosen", Instant.EPOCH));
		publish(publisher, "session", CustomEvent.occurredAt("meal_chosen", Instant.EPOCH));
		publish(publisher, "bad\n", OFFERS);
		server.then(ScriptedServer.Exchange::reset).then(ScriptedServer.Exchange::reset);
		publish(publisher, "session", OFFERS);
		int requests = server.requests().size();
		server.then(ScriptedServer.Exchange::hang);
		Disposable cancelled = publisher.publish("session", OFFERS).subscribe();
		await().until(() -> server.requests().size() > requests);
		cancelled.dispose();
		MeterRegistry registry = context.getBean(MeterRegistry.class);
		// An observation ends a moment after the caller has heard of it
		await().untilAsserted(() -> assertThat(
				registry.get("http.client.requests").tags("status", "CLIENT_ERROR", "error", "none").timer().count())
			.isEqualTo(1));
		await().untilAsserted(
				() -> assertThat(registry.get("http.client.requests").timers().stream().mapToDouble(Timer::count).sum())
					.isEqualTo(registry.get("hopper.events.publish.attempts")
						.summaries()
						.stream()
						.mapToDouble(DistributionSummary::totalAmount)
						.sum()));
		return Stream.of("http.client.requests", "hopper.events.publish")
			.flatMap((name) -> registry.get(name).timers().stream())
			.map((timer) -> timer.getId() + " " + timer.count() + " " + (timer.totalTime(TimeUnit.NANOSECONDS) > 0))
			.collect(Collectors.toSet());
	}

	@Test
	void unreachableApiIsTimedAsObserved() throws Exception {
		int port;
		try (ServerSocket socket = new ServerSocket(0)) {
			port = socket.getLocalPort();
		}
		this.contextRunner.withPropertyValues("hopper.base-url=http://127.0.0.1:" + port).run((context) -> {
			publish(context.getBean(EventPublisher.class), "session", OFFERS);
			assertThat(context.getBean(MeterRegistry.class)
				.get("http.client.requests")
				.tags("client.name", "127.0.0.1", "exception", "WebClientRequestException", "status", "CLIENT_ERROR",
						"outcome", "UNKNOWN", "error", "WebClientRequestException", "method", "POST", "uri", "none")
				.timer()
				.count()).isEqualTo(2);
		});
	}

	@Test
	void answerThatDoesNotComeIsTimedAsGivenUp() {
		this.server.then(ScriptedServer.Exchange::hang);
		this.contextRunner
			.withPropertyValues("hopper.client.response-timeout=200ms", "hopper.client.read-timeout=10s",
					"hopper.retry.max-attempts=1")
			.run((context) -> {
				publish(context.getBean(EventPublisher.class), "session", OFFERS);
				Timer timer = context.getBean(MeterRegistry.class)
					.get("http.client.requests")
					.tags("exception", "none", "status", "CLIENT_ERROR", "outcome", "UNKNOWN", "error", "none")
					.timer();
				assertThat(timer.count()).isEqualTo(1);
				assertThat(timer.max(TimeUnit.MILLISECONDS)).isGreaterThanOrEqualTo(199);
			});
	}

	@Test
	void propertiesOfObservationsApply() {
		this.contextRunner
			.withPropertyValues("management.observations.key-values.region=eu",
					"management.observations.http.client.requests.name=outgoing")
			.run((context) -> {
				publish(context.getBean(EventPublisher.class), "session", OFFERS);
				assertThat(
						context.getBean(MeterRegistry.class).get("hopper.events.publish").tag("region", "eu").timer())
					.isNotNull();
				assertThat(context.getBean(MeterRegistry.class).get("outgoing").tag("region", "eu").timer())
					.isNotNull();
				assertNotObserved(context);
			});
		this.contextRunner.withPropertyValues("management.observations.enable.hopper.events=false").run((context) -> {
			publish(context.getBean(EventPublisher.class), "session", OFFERS);
			assertThat(names(context)).contains("http.client.requests").doesNotContain("hopper.events.publish");
		});
		this.contextRunner.withPropertyValues("management.observations.enable.http=false").run((context) -> {
			publish(context.getBean(EventPublisher.class), "session", OFFERS);
			assertThat(names(context)).contains("hopper.events.publish").doesNotContain("http.client.requests");
		});
	}

	@Test
	void requestsAreNotTimedWhereTheyWouldNotBeObserved() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
					ObservationAutoConfiguration.class, MetricsAutoConfiguration.class,
					CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class))
			.withPropertyValues("hopper.base-url=" + this.server.baseUrl(), "hopper.auth.token=test-token")
			.run((context) -> {
				publish(context.getBean(EventPublisher.class), "session", OFFERS);
				assertThat(names(context)).contains("hopper.events.publish").doesNotContain("http.client.requests");
				assertNotObserved(context);
			});
	}

	@Test
	void meterFilterThatFailsHarmsNoEvent() {
		MeterFilter filter = new MeterFilter() {

			@Override
			public MeterFilterReply accept(Meter.Id id) {
				if (id.getName().equals("hopper.events.publish") || id.getName().equals("http.client.requests")) {
					throw new IllegalStateException("telemetry");
				}
				return MeterFilterReply.NEUTRAL;
			}

		};
		this.contextRunner.withBean(MeterFilter.class, () -> filter).run((context) -> {
			this.server.thenStatus(503);
			assertThat(context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).attempts()).isEqualTo(2);
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("hopper.events.publish.in.flight").gauge().value()).isZero();
			assertThat(registry.get("hopper.events.publish.attempts").summary().totalAmount()).isEqualTo(2);
		});
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("participants")
	void publicationsAreObservedAsSoonAsAnybodyMayTakeNotice(String name, Class<?> configuration) {
		this.contextRunner.withUserConfiguration(configuration).run((context) -> {
			publish(context.getBean(EventPublisher.class), "session", OFFERS);
			assertThat(names(context)).contains("hopper.events.publish.active");
		});
	}

	@Test
	void participantsOfAParentCount() {
		new ApplicationContextRunner().withUserConfiguration(Handler.class)
			.run((parent) -> this.contextRunner.withParent(parent).run((context) -> {
				publish(context.getBean(EventPublisher.class), "session", OFFERS);
				assertThat(names(context)).contains("hopper.events.publish.active");
			}));
	}

	private static Stream<Arguments> participants() {
		return Stream
			.of(Handler.class, SecondMeterHandler.class, Predicate.class, Filter.class, GlobalConvention.class,
					Convention.class, RequestConvention.class, RegistryCustomizer.class, ClientCustomizer.class,
					HopperClientCustomizer.class, OwnRegistry.class, OwnWebClient.class)
			.map((configuration) -> Arguments.of(configuration.getSimpleName(), configuration));
	}

	private static void assertNotObserved(AssertableApplicationContext context) {
		assertThat(names(context)).noneMatch((name) -> name.endsWith(".active"));
	}

	private static Set<String> names(AssertableApplicationContext context) {
		return context.getBean(MeterRegistry.class)
			.getMeters()
			.stream()
			.map(Meter::getId)
			.map(Meter.Id::getName)
			.collect(Collectors.toSet());
	}

	private static void publish(EventPublisher publisher, String sessionId, HopperEvent event) {
		publisher.publish(sessionId, event)
			.onErrorResume(HopperApiException.class, (ex) -> Mono.empty())
			.block(Duration.ofSeconds(20));
	}

	static class Bystander implements ObservationHandler<Observation.Context> {

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Handler {

		@Bean
		Bystander bystander() {
			return new Bystander();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SecondMeterHandler {

		@Bean
		DefaultMeterObservationHandler secondHandler(MeterRegistry registry) {
			return new DefaultMeterObservationHandler(registry);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Predicate {

		@Bean
		ObservationPredicate predicate() {
			return (name, context) -> true;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Filter {

		@Bean
		ObservationFilter filter() {
			return (context) -> context.addLowCardinalityKeyValue(KeyValue.of("key", "value"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class GlobalConvention {

		@Bean
		GlobalObservationConvention<Observation.Context> globalConvention() {
			return (context) -> false;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Convention {

		@Bean
		EventPublishObservationConvention convention() {
			return new DefaultEventPublishObservationConvention();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class RequestConvention {

		@Bean
		ClientRequestObservationConvention requestConvention() {
			return new DefaultClientRequestObservationConvention();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class RegistryCustomizer {

		@Bean
		ObservationRegistryCustomizer<ObservationRegistry> customizer() {
			return (registry) -> registry.observationConfig().observationHandler(new Bystander());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ClientCustomizer {

		@Bean
		WebClientCustomizer customizer() {
			return (builder) -> {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class HopperClientCustomizer {

		@Bean
		HopperWebClientCustomizer customizer() {
			return (builder) -> {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistry {

		@Bean
		ObservationRegistry observationRegistry() {
			ObservationRegistry registry = ObservationRegistry.create();
			registry.observationConfig().observationHandler(new Bystander());
			return registry;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnWebClient {

		@Bean
		WebClient hopperWebClient(BearerTokenProvider tokenProvider) {
			return WebClient.create();
		}

	}

}
