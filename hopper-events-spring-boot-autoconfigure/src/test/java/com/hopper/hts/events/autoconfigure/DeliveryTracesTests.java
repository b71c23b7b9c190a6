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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import brave.Span;
import brave.Tracing;
import brave.handler.MutableSpan;
import brave.handler.SpanHandler;
import brave.propagation.B3Propagation;
import brave.propagation.Propagation;
import brave.propagation.ThreadLocalCurrentTraceContext;
import brave.propagation.TraceContext;
import brave.propagation.aws.AWSPropagation;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.observation.FailingHandler;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.brave.bridge.BraveBaggageManager;
import io.micrometer.tracing.brave.bridge.BraveCurrentTraceContext;
import io.micrometer.tracing.brave.bridge.BravePropagator;
import io.micrometer.tracing.brave.bridge.BraveTracer;
import io.micrometer.tracing.brave.bridge.W3CPropagation;
import io.micrometer.tracing.propagation.Propagator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what a delivery is to the trace in which its event was stored, with Brave and
 * without any tracer.
 */
class DeliveryTracesTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static final String HANDLER = "hopperDeliveryTracingObservationHandler";

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ObservationAutoConfiguration.class, MicrometerTracingAutoConfiguration.class,
						ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
				"hopper.outbox.retry.initial-interval=10ms");

	private final ApplicationContextRunner braveRunner = this.contextRunner.withUserConfiguration(Brave.class);

	@AfterEach
	void stop() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "w3c", "b3", "b3-single" })
	void braveBeginsATraceWithEachDeliveryAndNamesTheStoreInTags(String propagation) {
		this.braveRunner.withPropertyValues("propagation=" + propagation).run((context) -> {
			Spans spans = storeAndDeliverAtTheSecondAttempt(context.getBean(EventOutbox.class),
					context.getBean(Spans.class));
			MutableSpan store = spans.only("hopper store offers_displayed");
			assertThat(store.kind()).isEqualTo(Span.Kind.PRODUCER);
			assertThat(spans.named("hopper deliver offers_displayed")).hasSize(2).allSatisfy((delivery) -> {
				assertThat(delivery.kind()).isEqualTo(Span.Kind.CONSUMER);
				assertThat(delivery.parentId()).isNull();
				assertThat(delivery.traceId()).isNotEqualTo(store.traceId());
				assertThat(delivery.tag("links[0].traceId")).isEqualTo(store.traceId());
				assertThat(delivery.tag("links[0].spanId")).isEqualTo(store.id());
			});
			assertThat(spans.named("hopper publish offers_displayed")).extracting(MutableSpan::parentId)
				.containsExactlyInAnyOrderElementsOf(
						spans.named("hopper deliver offers_displayed").stream().map(MutableSpan::id).toList());
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "--propagation=w3c", "--propagation=aws" })
	void braveContinuesTheTraceIfItIsAskedToOrCannotBeLinked(String argument) {
		String propagation = argument.substring("--propagation=".length());
		String delivery = propagation.equals("aws") ? "link" : "parent";
		this.braveRunner.withPropertyValues("propagation=" + propagation, "hopper.tracing.delivery=" + delivery)
			.run((context) -> {
				Spans spans = storeAndDeliverAtTheSecondAttempt(context.getBean(EventOutbox.class),
						context.getBean(Spans.class));
				MutableSpan store = spans.only("hopper store offers_displayed");
				assertThat(spans.named("hopper deliver offers_displayed")).hasSize(2).allSatisfy((span) -> {
					assertThat(span.traceId()).isEqualTo(store.traceId());
					assertThat(span.parentId()).isEqualTo(store.id());
				});
			});
	}

	@Test
	void valueThatIsNotKnownIsRefusedWithTheNameOfTheProperty() {
		this.braveRunner.withPropertyValues("propagation=w3c", "hopper.tracing.delivery=child")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("hopper.tracing.delivery"));
	}

	@Test
	void nothingOfTracingIsNeeded() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("io.micrometer.tracing")).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(HANDLER);
			assertThat(context.getBean(ObservationRegistry.class)).isNotNull();
			store(context.getBean(EventOutbox.class));
		});
		this.contextRunner.run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(HANDLER).doesNotHaveBean(Tracer.class);
			store(context.getBean(EventOutbox.class));
		});
	}

	@ParameterizedTest
	@CsvSource({ "deliver,onStart", "deliver,onScopeOpened", "deliver,onScopeClosed", "deliver,onError",
			"deliver,onStop", "store,onStart", "store,onScopeOpened", "store,onScopeClosed", "store,onStop" })
	void telemetryThatFailsHarmsNoEvent(String observation, String method) {
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig()
			.observationHandler(FailingHandler
				.of((context) -> ("hopper.outbox." + observation).equals(context.getName()), method, false));
		this.contextRunner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			this.api.failNext(1, Fault.status(503));
			store(context.getBean(EventOutbox.class));
			assertThat(this.api.received()).hasSize(1);
			assertThat(registry.getCurrentObservationScope()).isNull();
		});
	}

	private Spans storeAndDeliverAtTheSecondAttempt(EventOutbox outbox, Spans spans) {
		this.api.failNext(1, Fault.status(503));
		store(outbox);
		await().until(() -> spans.named("hopper publish offers_displayed").size() == 2
				&& spans.named("hopper deliver offers_displayed").size() == 2);
		return spans;
	}

	private static void store(EventOutbox outbox) {
		outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

	@Configuration(proxyBeanMethods = false)
	static class Brave {

		@Bean
		Spans spans() {
			return new Spans();
		}

		@Bean
		Tracing tracing(Spans spans, Environment environment) {
			return Tracing.newBuilder()
				.currentTraceContext(ThreadLocalCurrentTraceContext.newBuilder().build())
				.traceId128Bit(true)
				.supportsJoin(false)
				.propagationFactory(propagation(environment.getRequiredProperty("propagation")))
				.addSpanHandler(spans)
				.build();
		}

		private static Propagation.Factory propagation(String name) {
			return switch (name) {
				case "w3c" -> new W3CPropagation();
				case "b3" -> B3Propagation.newFactoryBuilder()
					.injectFormat(Span.Kind.PRODUCER, B3Propagation.Format.MULTI)
					.injectFormat(B3Propagation.Format.MULTI)
					.build();
				case "b3-single" ->
					B3Propagation.newFactoryBuilder().injectFormat(B3Propagation.Format.SINGLE_NO_PARENT).build();
				default -> AWSPropagation.FACTORY;
			};
		}

		@Bean
		Tracer tracer(Tracing tracing) {
			return new BraveTracer(tracing.tracer(), new BraveCurrentTraceContext(tracing.currentTraceContext()),
					new BraveBaggageManager());
		}

		@Bean
		Propagator propagator(Tracing tracing) {
			return new BravePropagator(tracing);
		}

	}

	static class Spans extends SpanHandler {

		private final List<MutableSpan> ended = new CopyOnWriteArrayList<>();

		@Override
		public boolean end(TraceContext context, MutableSpan span, Cause cause) {
			this.ended.add(span);
			return true;
		}

		List<MutableSpan> named(String name) {
			return this.ended.stream().filter((span) -> name.equals(span.name())).toList();
		}

		MutableSpan only(String name) {
			assertThat(named(name)).hasSize(1);
			return named(name).get(0);
		}

	}

}
