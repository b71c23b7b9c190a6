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

import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what a collector of OpenTelemetry gets from a whole application.
 */
class OtlpTracesTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void deliveriesBeginTracesThatAreLinkedToTheStore(String type) throws Exception {
		try (ScriptedServer api = api(); OtlpReceiver receiver = new OtlpReceiver()) {
			deliver(api, receiver, "--hopper.outbox.type=" + type);
			OtlpReceiver.Span store = only(receiver, "hopper store offers_displayed");
			assertThat(store.kind()).isEqualTo(OtlpReceiver.Span.PRODUCER);
			assertThat(store.parentId()).isEmpty();
			List<OtlpReceiver.Span> deliveries = spans(receiver, "hopper deliver offers_displayed");
			assertThat(deliveries).hasSize(2).allSatisfy((delivery) -> {
				assertThat(delivery.kind()).isEqualTo(OtlpReceiver.Span.CONSUMER);
				assertThat(delivery.parentId()).isEmpty();
				assertThat(delivery.links()).containsExactly(store.traceId() + "/" + store.spanId());
				List<OtlpReceiver.Span> attempts = below(receiver, only(below(receiver, delivery)));
				assertThat(attempts).isNotEmpty()
					.allSatisfy((attempt) -> assertThat(attempt.kind()).isEqualTo(OtlpReceiver.Span.CLIENT));
			});
			assertThat(deliveries).extracting(OtlpReceiver.Span::traceId)
				.doesNotHaveDuplicates()
				.doesNotContain(store.traceId());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void deliveriesContinueTheTraceOfTheStoreIfTheyAreAskedTo(String type) throws Exception {
		try (ScriptedServer api = api(); OtlpReceiver receiver = new OtlpReceiver()) {
			deliver(api, receiver, "--hopper.outbox.type=" + type, "--hopper.tracing.delivery=parent");
			OtlpReceiver.Span store = only(receiver, "hopper store offers_displayed");
			assertThat(spans(receiver, "hopper deliver offers_displayed")).hasSize(2).allSatisfy((delivery) -> {
				assertThat(delivery.traceId()).isEqualTo(store.traceId());
				assertThat(delivery.parentId()).isEqualTo(store.spanId());
				assertThat(delivery.links()).isEmpty();
			});
		}
	}

	@Test
	void noSecretIsExported() throws Exception {
		try (ScriptedServer api = api(); OtlpReceiver receiver = new OtlpReceiver()) {
			deliver(api, receiver);
			assertThat(receiver.spans()).extracting(OtlpReceiver.Span::name).contains("http post");
			assertThat(receiver.raw()).contains("offers_displayed")
				.doesNotContain("s3cr3t-of-the-client")
				.doesNotContain("t0ken-of-the-api")
				.doesNotContain("session-of-a-customer");
		}
	}

	private static ScriptedServer api() {
		return new ScriptedServer().thenAnswer(ScriptedServer.response(200,
				"{\"access_token\":\"t0ken-of-the-api\",\"expires_in\":3600}", "Content-Type: application/json"))
			.thenStatus(503);
	}

	private static void deliver(ScriptedServer api, OtlpReceiver receiver, String... properties) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.properties("management.tracing.sampling.probability=1", "hopper.base-url=" + api.baseUrl(),
					"hopper.auth.client-id=client", "hopper.auth.client-secret=s3cr3t-of-the-client",
					"hopper.auth.preflight=off", "hopper.outbox.retry.initial-interval=20ms",
					"management.opentelemetry.tracing.export.otlp.endpoint=" + receiver.endpoint())
			.run(properties)) {
			context.getBean(EventOutbox.class).store("session-of-a-customer", OFFERS);
			await().until(() -> api.requests().size() == 3);
		}
		// The end of the application has flushed the spans
	}

	private static OtlpReceiver.Span only(OtlpReceiver receiver, String name) {
		return only(spans(receiver, name));
	}

	private static OtlpReceiver.Span only(List<OtlpReceiver.Span> spans) {
		assertThat(spans).hasSize(1);
		return spans.get(0);
	}

	private static List<OtlpReceiver.Span> spans(OtlpReceiver receiver, String name) {
		return receiver.spans().stream().filter((span) -> span.name().equals(name)).toList();
	}

	private static List<OtlpReceiver.Span> below(OtlpReceiver receiver, OtlpReceiver.Span parent) {
		return receiver.spans()
			.stream()
			.filter((span) -> span.traceId().equals(parent.traceId()) && span.parentId().equals(parent.spanId()))
			.toList();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

	}

}
