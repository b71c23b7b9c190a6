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

import java.io.IOException;
import java.time.Instant;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
 * Tests for the spans of requests for a token.
 */
class SignInSpansTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final SpanTrees trees = new SpanTrees();

	private final ScriptedServer api = new ScriptedServer();

	private final ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
		.web(WebApplicationType.NONE)
		.initializers((context) -> context.getBeanFactory()
			.registerSingleton("spanProcessor", SimpleSpanProcessor.create(this.trees)))
		.run("--management.tracing.sampling.probability=1", "--hopper.base-url=" + this.api.baseUrl(),
				"--hopper.auth.client-id=client", "--hopper.auth.client-secret=secret", "--hopper.auth.preflight=off");

	@AfterEach
	void close() throws IOException {
		this.context.close();
		this.api.close();
	}

	@Test
	void requestForATokenBelongsToThePublicationThatWaitsForIt() {
		this.api.thenAnswer(token("first"));
		this.context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
		assertTrees("""
				hopper publish offers_displayed
				  http post (CLIENT) 204
				  http post (CLIENT) 200
				""");
	}

	@Test
	void requestForAnotherTokenBelongsToTheRequestThatWasRefused() {
		this.api.thenAnswer(token("first")).thenStatus(401).thenAnswer(token("second"));
		this.context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
		assertTrees("""
				hopper publish offers_displayed
				  http post (CLIENT) 204
				    http post (CLIENT) 200
				  http post (CLIENT) 200
				""");
	}

	private static String token(String token) {
		return ScriptedServer.response(200, "{\"access_token\":\"" + token + "\",\"expires_in\":3600}",
				"Content-Type: application/json");
	}

	private void assertTrees(String trees) {
		await().untilAsserted(() -> assertThat(this.trees).hasToString(trees));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

		// The exporter is no bean: Spring Boot would give it every span once more

	}

}
