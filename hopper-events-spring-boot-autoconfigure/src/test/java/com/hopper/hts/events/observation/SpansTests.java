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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Tests for the spans of a whole application, as its exporter gets them.
 */
@ParameterizedClass(name = "{0}, context propagation {1}, outbox {2}")
@CsvSource({ "SERVLET, limited, memory", "SERVLET, limited, jdbc", "SERVLET, auto, memory", "REACTIVE, limited, memory",
		"REACTIVE, auto, jdbc" })
class SpansTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final SpanTrees TREES = new SpanTrees();

	private static ScriptedServer api;

	private static ConfigurableApplicationContext context;

	@Parameter(0)
	private WebApplicationType type;

	@Parameter(1)
	private String contextPropagation;

	@Parameter(2)
	private String outbox;

	@BeforeParameterizedClassInvocation
	static void start(WebApplicationType type, String contextPropagation, String outbox) {
		api = new ScriptedServer();
		context = new SpringApplicationBuilder(Application.class).web(type)
			.run("--server.port=0", "--management.tracing.sampling.probability=1",
					"--spring.reactor.context-propagation=" + contextPropagation, "--hopper.base-url=" + api.baseUrl(),
					"--hopper.auth.token=token", "--hopper.retry.initial-interval=1ms",
					"--hopper.outbox.type=" + outbox, "--hopper.outbox.retry.initial-interval=20ms",
					"--hopper.outbox.jdbc.polling-interval=20ms");
	}

	@AfterParameterizedClassInvocation
	static void stop() throws IOException {
		context.close();
		api.close();
		Hooks.disableAutomaticContextPropagation();
	}

	@BeforeEach
	@AfterEach
	void reset() {
		TREES.reset();
	}

	@Test
	void requestsAreChildrenOfThePublication() throws Exception {
		api.thenStatus(503);
		get("/publish");
		assertTrees("""
				http get /publish (SERVER)
				  hopper publish offers_displayed
				    http post (CLIENT) 503
				    http post (CLIENT) 204
				""");
	}

	@Test
	void requestsAreChildrenOfThePublicationThatTheThreadWaitsFor() throws Exception {
		assumeTrue(this.type == WebApplicationType.SERVLET, "May block");
		api.thenStatus(503);
		get("/publish-and-wait");
		assertTrees("""
				http get /publish-and-wait (SERVER)
				  hopper publish offers_displayed
				    http post (CLIENT) 503
				    http post (CLIENT) 204
				""");
	}

	@Test
	void failedPublicationIsAFailedSpan() {
		api.thenStatus(422);
		assertThatExceptionOfType(HopperApiException.Rejected.class)
			.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
		assertTrees("""
				hopper publish offers_displayed failed
				  http post (CLIENT) 422
				""");
	}

	@Test
	void publicationWithoutAParentBeginsATrace() {
		api.thenStatus(503);
		context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
		assertTrees("""
				hopper publish offers_displayed
				  http post (CLIENT) 503
				  http post (CLIENT) 204
				""");
	}

	@Test
	void publicationIsAChildOfTheJobThatPublishes() {
		api.thenStatus(503);
		Observation.createNotStarted("job", context.getBean(ObservationRegistry.class))
			.observe(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
		assertTrees("""
				job
				  hopper publish offers_displayed
				    http post (CLIENT) 503
				    http post (CLIENT) 204
				""");
	}

	@Test
	void deliveriesBeginTracesLinkedToTheStore() throws Exception {
		assumeTrue(this.type == WebApplicationType.SERVLET, "May block");
		api.thenStatus(503);
		get("/store");
		assertTrees("""
				http get /store (SERVER)
				  hopper store offers_displayed (PRODUCER)
				hopper deliver offers_displayed (CONSUMER) failed -> hopper store offers_displayed
				  hopper publish offers_displayed failed
				    http post (CLIENT) 503
				hopper deliver offers_displayed (CONSUMER) -> hopper store offers_displayed
				  hopper publish offers_displayed
				    http post (CLIENT) 204
				""");
	}

	@Test
	void deliveriesBeginTracesLinkedToTheReactiveStore() throws Exception {
		api.thenStatus(503);
		get("/store-reactively");
		assertTrees("""
				http get /store-reactively (SERVER)
				  hopper store offers_displayed (PRODUCER)
				hopper deliver offers_displayed (CONSUMER) failed -> hopper store offers_displayed
				  hopper publish offers_displayed failed
				    http post (CLIENT) 503
				hopper deliver offers_displayed (CONSUMER) -> hopper store offers_displayed
				  hopper publish offers_displayed
				    http post (CLIENT) 204
				""");
	}

	@Test
	void requestsAreChildrenOfTheCreationOfASession() throws Exception {
		api.thenStatus(503).thenAnswer(ScriptedServer.response(201, "{\"id\":\"session\"}"));
		get("/create-session");
		assertTrees("""
				http get /create-session (SERVER)
				  hopper create session
				    http post (CLIENT) 503
				    http post (CLIENT) 201
				""");
	}

	@Test
	void storeWithoutAParentBeginsATrace() {
		context.getBean(EventOutbox.class).store("session", OFFERS);
		assertTrees("""
				hopper store offers_displayed (PRODUCER)
				hopper deliver offers_displayed (CONSUMER) -> hopper store offers_displayed
				  hopper publish offers_displayed
				    http post (CLIENT) 204
				""");
	}

	private void get(String path) throws Exception {
		HttpClient.newHttpClient()
			.send(HttpRequest
				.newBuilder(URI.create(
						"http://localhost:" + context.getEnvironment().getRequiredProperty("local.server.port") + path))
				.build(), BodyHandlers.discarding());
	}

	private static void assertTrees(String trees) {
		await().untilAsserted(() -> assertThat(TREES).hasToString(trees));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

		@Bean
		SpanProcessor spanProcessor() {
			return SimpleSpanProcessor.create(TREES);
		}

		@Bean
		Controller controller(EventPublisher publisher, EventOutbox outbox, HopperSessions sessions) {
			return new Controller(publisher, outbox, sessions);
		}

	}

	@RestController
	static class Controller {

		private final EventPublisher publisher;

		private final EventOutbox outbox;

		private final HopperSessions sessions;

		Controller(EventPublisher publisher, EventOutbox outbox, HopperSessions sessions) {
			this.publisher = publisher;
			this.outbox = outbox;
			this.sessions = sessions;
		}

		@GetMapping("/publish")
		Mono<Void> publish() {
			return this.publisher.publish("session", OFFERS).then();
		}

		@GetMapping("/publish-and-wait")
		void publishAndWait() {
			this.publisher.publishAndWait("session", OFFERS);
		}

		@GetMapping("/create-session")
		Mono<Void> createSession() {
			return this.sessions.create(SessionRequest.purchase("US", "en")).then();
		}

		@GetMapping("/store")
		void store() {
			this.outbox.store("session", OFFERS);
		}

		@GetMapping("/store-reactively")
		Mono<Void> storeReactively() {
			return this.outbox.storeReactively("session", OFFERS).then();
		}

	}

}
