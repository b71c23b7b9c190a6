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

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.observation.HopperObservationDocumentation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.test.FakeHopperApi;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the metrics of publications, and for applications that have none.
 */
class PublicationMetricsTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final AutoConfigurations AUTO_CONFIGURATIONS = AutoConfigurations.of(
			HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class, HttpClientAutoConfiguration.class,
			ReactiveHttpClientAutoConfiguration.class, SslAutoConfiguration.class);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AUTO_CONFIGURATIONS)
		.withPropertyValues("hopper.auth.token=test-token");

	@Test
	void worksWithoutAMeterRegistry() throws Exception {
		assertDelivers(this.contextRunner, (context) -> {
		});
	}

	@Test
	void worksWithoutMicrometerMetricsOnTheClassPath() throws Exception {
		assertDelivers(this.contextRunner.withClassLoader(new FilteredClassLoader("io.micrometer.core")), (context) -> {
		});
	}

	@Test
	void metersAreRecordedWithBootsMetrics() throws Exception {
		assertDelivers(
				this.contextRunner.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class,
						MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
						SimpleMetricsExportAutoConfiguration.class, WebClientObservationAutoConfiguration.class)),
				(registry) -> {
					assertThat(registry.get("hopper.events.publish")
						.tags("event.type", "offers_displayed", "outcome", "delivered", "status", "204")
						.timer()
						.count()).isEqualTo(1);
					assertThat(registry.get("hopper.events.publish.attempts").summary().totalAmount()).isEqualTo(1);
					assertThat(registry.get("hopper.events.publish.in.flight").gauge().value()).isZero();
					// WebClient records it when the answer has been handed on
					await().untilAsserted(
							() -> assertThat(registry.get("http.client.requests").tag("status", "204").timer().count())
								.isEqualTo(1));
				});
	}

	@Test
	void severalMeterRegistriesWithoutAPrimaryOneDoNoHarm() {
		this.contextRunner.withBean("one", SimpleMeterRegistry.class)
			.withBean("two", SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasSingleBean(EventPublisher.class)
				.doesNotHaveBean(HopperMetrics.class));
	}

	@Test
	void conventionIsReplaceable() throws Exception {
		TestObservationRegistry registry = TestObservationRegistry.create();
		EventPublishObservationConvention convention = new DefaultEventPublishObservationConvention() {

			@Override
			public String getName() {
				return "airline.events";
			}

		};
		assertDelivers(
				this.contextRunner.withBean(TestObservationRegistry.class, () -> registry)
					.withBean(EventPublishObservationConvention.class, () -> convention),
				(context) -> TestObservationRegistryAssert.assertThat(registry)
					.hasObservationWithNameEqualTo("airline.events"));
	}

	private void assertDelivers(ApplicationContextRunner runner, Consumer<MeterRegistry> assertions) {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			runner.withPropertyValues("hopper.base-url=" + api.baseUrl()).run((context) -> {
				assertThat(context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).delivered())
					.isTrue();
				assertThat(api.received()).hasSize(1);
				assertions.accept(context.getBeanProvider(MeterRegistry.class).getIfAvailable());
			});
		}
	}

	@Test
	void disabledPublisherDropsQuietlyAndCounts() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withBean(MeterRegistry.class, () -> registry)
			.withPropertyValues("hopper.enabled=false", "hopper.base-url=nonsense")
			.run((context) -> {
				EventPublisher publisher = context.getBean(EventPublisher.class);
				EventReceipt receipt = publisher.publishAndWait("session", OFFERS);
				assertThat(receipt.delivered()).isFalse();
				assertThat(receipt.outcome()).isEqualTo(EventReceipt.Outcome.DISCARDED);
				assertThat(receipt.attempts()).isZero();
				assertThat(publisher.publish(null, null).block(Duration.ofSeconds(60)).delivered()).isFalse();
				assertThat(publisher.publishAndWait(BookingConfirmed.occurredAt(Instant.EPOCH)).delivered()).isFalse();
				assertThat(publisher
					.publishAll(Flux.just(new SessionEvent(null, CustomEvent.occurredAt("x", Instant.EPOCH))), 1)
					.blockLast()
					.error()).isNull();
				assertThat(registry.get("hopper.events.discarded")
					.tags("reason", "disabled", "event.type", "offers_displayed")
					.counter()
					.count()).isEqualTo(1);
			});
	}

	@Test
	void disabledPublisherWorksWithoutAMeterRegistry() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withPropertyValues("hopper.enabled=false")
			.run((context) -> assertThat(context.getBean(EventPublisher.class).publishAndWait("s", OFFERS).delivered())
				.isFalse());
	}

}
