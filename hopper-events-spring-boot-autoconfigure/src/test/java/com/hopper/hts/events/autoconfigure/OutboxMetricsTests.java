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
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.HopperTime;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what is seen of the outbox from outside: metrics, health and traces.
 */
class OutboxMetricsTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token");

	private final ApplicationContextRunner jdbcContextRunner = this.contextRunner
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
		.withPropertyValues("hopper.outbox.type=jdbc", "spring.datasource.url=jdbc:h2:mem:outbox",
				"spring.datasource.generate-unique-name=true");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void metricsAddUp() {
		this.contextRunner.withBean(MeterRegistry.class, SimpleMeterRegistry::new).run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(registry));
			this.api.failNext(1, Fault.status(422));
			EventOutbox outbox = context.getBean(EventOutbox.class);
			storeAndFlush(outbox);
			storeAndFlush(outbox);
			await().untilAsserted(() -> {
				assertThat(
						registry.get("hopper.outbox.stored").tag("event.type", "booking_confirmed").counter().count())
					.isEqualTo(2);
				assertThat(
						registry.get("hopper.outbox.delivered").tag("event.type", "booking_confirmed").timer().count())
					.isOne();
				assertThat(registry.get("hopper.outbox.dead")
					.tags("event.type", "booking_confirmed", "reason", "rejected")
					.counter()
					.count()).isOne();
				assertThat(registry.get("hopper.outbox.dead.letters")
					.tag("event.type", "booking_confirmed")
					.gauge()
					.value()).isOne();
				assertThat(registry.get("hopper.outbox.pending").tag("event.type", "booking_confirmed").gauge().value())
					.isZero();
				assertThat(registry.get("hopper.outbox.paused").tag("reason", "operator").gauge().value()).isZero();
				assertThat(registry.get("hopper.outbox.oldest.age").gauge().value()).isZero();
			});
		});
	}

	@Test
	void deliveryOfAnEventThatAnInstanceWithAClockAheadHasStoredIsCounted() {
		this.contextRunner.withBean(MeterRegistry.class, SimpleMeterRegistry::new).run((context) -> {
			Instant now = Instant.now();
			context.getBean(EventDeliveryListener.class)
				.delivered(
						StoredEvent.of(UUID.randomUUID(), now.plus(Duration.ofHours(1)), "session-1",
								OffersDisplayed.occurredAt(now)),
						new EventReceipt("offers_displayed", EventReceipt.Outcome.DELIVERED, Map.of(), 1,
								Duration.ZERO));
			Timer delivered = context.getBean(MeterRegistry.class)
				.get("hopper.outbox.delivered")
				.tag("event.type", "offers_displayed")
				.timer();
			assertThat(delivered.count()).isOne();
			assertThat(delivered.totalTime(TimeUnit.SECONDS)).isZero();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void metricsGoByTheTimeOfTheOutbox(String type) {
		this.jdbcContextRunner.withPropertyValues("hopper.outbox.type=" + type)
			.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.withUserConfiguration(HopperTime.class)
			.run((context) -> {
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(registry));
				HopperTime time = context.getBean(HopperTime.class);
				this.api.failAll(Fault.status(503));
				context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(time.now()));
				Gauge age = registry.get("hopper.outbox.oldest.age").gauge();
				assertThat(age.value()).isZero();
				time.advanceBy(Duration.ofHours(1));
				assertThat(age.value()).isEqualTo(3600);
				this.api.recover();
				time.advanceBy(Duration.ofMinutes(6));
				assertThat(age.value()).isZero();
				assertThat(registry.get("hopper.outbox.delivered")
					.tag("event.type", "offers_displayed")
					.timer()
					.totalTime(TimeUnit.MINUTES)).isBetween(60.0, 66.0);
				// Leaves no trace in the ids of another context, whose time is another
				context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(time.now()));
			});
	}

	@Test
	void healthIsDegradedWhileSomebodyHasToHelp() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(HopperActuatorAutoConfiguration.class))
			.withPropertyValues("hopper.outbox.probe-interval=50ms", "hopper.health.cache-time-to-live=1ms")
			.run((context) -> {
				HealthIndicator health = context.getBean("hopperHealthContributor", HealthIndicator.class);
				assertThat(health.health().getStatus()).isEqualTo(Status.UNKNOWN);
				this.api.revokeToken("test-token");
				EventOutbox outbox = context.getBean(EventOutbox.class);
				outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
				await().until(() -> health.health().getDetails().containsKey("paused"));
				assertThat(health.health().getStatus().getCode()).isEqualTo("DEGRADED");
				assertThat(health.health().getDetails()).containsEntry("pending", 1L)
					.containsEntry("paused", EventOutboxState.PauseReason.UNAUTHORIZED);
				this.api.acceptToken("test-token");
				assertThat(outbox.flush(SECONDS)).isTrue();
				await().until(() -> health.health().getStatus().equals(Status.UP));
			});
	}

	@Test
	void deliveryContinuesTheTraceInWhichTheEventWasStored() {
		List<String> log = new CopyOnWriteArrayList<>();
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
			@Override
			public void onStart(Observation.Context context) {
				if (context instanceof SenderContext<?> sender && context.getName().equals("hopper.outbox.store")) {
					inject(sender);
				}
				if (context instanceof ReceiverContext<?> receiver) {
					log.add("deliver " + extract(receiver));
				}
				if (context.getName().equals("hopper.events.publish")) {
					log.add("publish in " + Optional.ofNullable(context.getParentObservation())
						.map((parent) -> parent.getContextView().getName())
						.orElse("nothing"));
				}
			}

			@SuppressWarnings("unchecked")
			private void inject(SenderContext<?> sender) {
				SenderContext<Object> context = (SenderContext<Object>) sender;
				context.getSetter().set(context.getCarrier(), "traceparent", "00-trace-span-01");
			}

			@SuppressWarnings("unchecked")
			private String extract(ReceiverContext<?> receiver) {
				ReceiverContext<Object> context = (ReceiverContext<Object>) receiver;
				return context.getGetter().get(context.getCarrier(), "traceparent");
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}
		});
		this.contextRunner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			storeAndFlush(context.getBean(EventOutbox.class));
			assertThat(log).containsExactly("deliver 00-trace-span-01", "publish in hopper.outbox.deliver");
		});
	}

	private static void storeAndFlush(EventOutbox outbox) {
		outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

}
