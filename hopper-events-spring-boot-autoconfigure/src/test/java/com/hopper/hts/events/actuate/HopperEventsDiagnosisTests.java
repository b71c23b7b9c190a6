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
package com.hopper.hts.events.actuate;

import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.Mockito;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the diagnosis of the endpoint, which is that of the health and of the log.
 */
@ExtendWith(OutputCaptureExtension.class)
class HopperEventsDiagnosisTests {

	private final FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ObservationAutoConfiguration.class, HopperEventsAutoConfiguration.class,
						HopperOutboxAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=canary-token",
				"hopper.health.cache-time-to-live=1ms", "hopper.outbox.shutdown-timeout=50ms",
				"management.endpoints.web.exposure.include=*");

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void pauseIsTheSameInEndpointHealthAndLog(CapturedOutput output) {
		this.contextRunner.run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			assertThat(outbox.flush(Duration.ofSeconds(20))).isTrue();
			assertThat(diagnosis(context)).singleElement().asString().startsWith("Events are flowing");
			this.api.revokeToken("canary-token");
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			await().until(() -> context.getBean(EventOutboxOperations.class).state().pause() != null);
			String text = diagnosis(context).get(0);
			assertThat(text).startsWith("Paused since ").contains("401", "hopper.auth.token was accepted until ");
			HopperEventsEndpoint endpoint = context.getBean(HopperEventsEndpoint.class);
			assertThat(endpoint.overview().diagnosis()).containsExactlyElementsOf(diagnosis(context));
			assertThat(endpoint.diagnosis().state()).isEqualTo(OverviewDescriptor.State.PAUSED);
			await().untilAsserted(() -> assertThat(health(context)).isEqualTo(diagnosis(context)));
			await().untilAsserted(() -> assertThat(output).contains(text));
			assertThat(output).doesNotContain("canary");
		});
	}

	@Test
	void lastFailureOfAnApplicationThatOnlyPublishesIsSaid() {
		this.contextRunner.withPropertyValues("hopper.retry.max-attempts=1").run((context) -> {
			this.api.failNext(1, Fault.status(503));
			publish(context);
			assertThat(diagnosis(context)).singleElement()
				.asString()
				.startsWith("The last attempt to send an event failed at ")
				.contains("503");
			assertThat(health(context)).isEqualTo(diagnosis(context));
			publish(context);
			assertThat(diagnosis(context)).singleElement().asString().startsWith("Events are flowing");
		});
	}

	@Test
	void whatCannotBeReadIsSaid() {
		EventOutboxOperations operations = Mockito.mock(EventOutboxOperations.class);
		Mockito.when(operations.state()).thenThrow(new IllegalStateException("canary", new ConnectException()));
		this.contextRunner.withBean(EventOutboxOperations.class, () -> operations)
			.run((context) -> assertThat(diagnosis(context)).singleElement()
				.asString()
				.contains("the outbox cannot be read (ConnectException)"));
		this.contextRunner.withBean(EventOutboxOperations.class, () -> Mockito.mock(EventOutboxOperations.class))
			.run((context) -> assertThat(diagnosis(context)).singleElement()
				.asString()
				.startsWith("Nothing is known to be wrong"));
	}

	@Test
	void offIsSaid() {
		this.contextRunner.withPropertyValues("hopper.enabled=false")
			.run((context) -> assertThat(diagnosis(context)).singleElement()
				.asString()
				.contains("hopper.enabled is false"));
	}

	@Test
	void overHttpAndJmxItIsTheSame() {
		this.contextRunner.withPropertyValues("management.endpoints.jmx.exposure.include=*", "spring.jmx.enabled=true")
			.run((context) -> {
				HopperEventsEndpointWebExtension web = context.getBean(HopperEventsEndpointWebExtension.class);
				DiagnosisDescriptor expected = context.getBean(HopperEventsEndpoint.class).diagnosis();
				assertThat(web.list("diagnosis", null, null, null, null, null, null, null).getBody())
					.isEqualTo(expected);
				assertThat(context.getBean(HopperEventsEndpointJmxExtension.class).diagnosis()).isEqualTo(expected);
			});
	}

	private static List<String> diagnosis(ApplicationContext context) {
		return context.getBean(HopperEventsEndpoint.class).diagnosis().diagnosis();
	}

	private static Object health(ApplicationContext context) {
		return context.getBean("hopperHealthContributor", HealthIndicator.class).health().getDetails().get("diagnosis");
	}

	private static void publish(ApplicationContext context) {
		context.getBean(EventPublisher.class)
			.publish("session-1", OffersDisplayed.occurredAt(Instant.now()))
			.onErrorComplete()
			.block(Duration.ofSeconds(60));
	}

}
