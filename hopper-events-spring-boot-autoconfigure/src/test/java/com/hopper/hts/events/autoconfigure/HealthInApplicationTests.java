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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
 * Tests for what a load balancer is told while Hopper has a problem.
 */
class HealthInApplicationTests {

	private static final String ALONE = "--management.health.defaults.enabled=false";

	private final FakeHopperApi api = FakeHopperApi.builder().token("token").start();

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void applicationIsReadyWhenItHasJustBeenStartedAndStaysReadyWhileEventsWait() throws Exception {
		try (ConfigurableApplicationContext context = run()) {
			assertThat(status(context, "", 200)).isEqualTo("UP");
			assertThat(status(context, "/hopper", 200)).isEqualTo("UNKNOWN");
			assertThat(status(context, "/readiness", 200)).isEqualTo("UP");
			assertThat(status(context, "/events", 200)).isEqualTo("UNKNOWN");
			pause(context);
			assertThat(status(context, "/hopper", 200)).isEqualTo("DEGRADED");
			assertThat(status(context, "", 200)).isEqualTo("UP");
			assertThat(status(context, "/readiness", 200)).isEqualTo("UP");
			assertThat(status(context, "/liveness", 200)).isEqualTo("UP");
			assertThat(status(context, "/events", 200)).isEqualTo("DEGRADED");
			assertThat(status(context, "/both", 200)).isEqualTo("UP");
			JsonNode details = get(context, "/hopper", 200).path("details");
			assertThat(details.path("diagnosis").path(0).stringValue()).startsWith("Paused since ")
				.contains("the answer was 401", "hopper.auth.token was accepted until ");
			resume(context);
			assertThat(status(context, "/hopper", 200)).isEqualTo("UP");
			assertThat(get(context, "/hopper", 200).path("details").path("diagnosis").path(0).stringValue())
				.startsWith("Events are flowing: ");
		}
	}

	@Test
	void degradedAloneIsStillTwoHundred() throws Exception {
		try (ConfigurableApplicationContext context = run(ALONE, "--management.health.hopper.enabled=true")) {
			pause(context);
			assertThat(get(context, "", 200).path("components").propertyNames()).contains("hopper")
				.doesNotContain("diskSpace", "db");
			assertThat(status(context, "/hopper", 200)).isEqualTo("DEGRADED");
			assertThat(status(context, "/readiness", 200)).isEqualTo("UP");
		}
	}

	@Test
	void operatorCanAskForDown() throws Exception {
		try (ConfigurableApplicationContext context = run("--hopper.health.down-on=sign-in-failed,dead-letters")) {
			assertThat(status(context, "", 200)).isEqualTo("UP");
			pause(context);
			assertThat(status(context, "/hopper", 503)).isEqualTo("DOWN");
			assertThat(status(context, "", 503)).isEqualTo("DOWN");
			assertThat(status(context, "/both", 503)).isEqualTo("DOWN");
			assertThat(status(context, "/readiness", 200)).isEqualTo("UP");
			resume(context);
			assertThat(status(context, "", 200)).isEqualTo("UP");
			context.getBean(EventOutboxOperations.class).pause("maintenance");
			await().untilAsserted(() -> assertThat(status(context, "/hopper", 200)).isEqualTo("DEGRADED"));
		}
	}

	@ParameterizedTest
	@CsvSource({ "'', DEGRADED", "paused, DOWN" })
	void groupInTheDocumentAnswersWith503WhateverIsWrong(String downOn, String status, @TempDir Path directory)
			throws Exception {
		String document = Files.readString(Path.of("docs/observability.md"));
		Matcher example = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(document);
		assertThat(example.find()).isTrue();
		Path file = Files.writeString(directory.resolve("application.yml"), example.group(1));
		try (ConfigurableApplicationContext context = run("--spring.config.additional-location=" + file.toUri(),
				"--hopper.health.down-on=" + downOn)) {
			assertThat(status(context, "/events", 200)).isEqualTo("UNKNOWN");
			pause(context);
			assertThat(status(context, "/events", 503)).isEqualTo(status);
		}
	}

	private void pause(ConfigurableApplicationContext context) {
		EventOutbox outbox = context.getBean(EventOutbox.class);
		outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		assertThat(outbox.flush(Duration.ofSeconds(60))).isTrue();
		this.api.revokeToken("token");
		outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		await().until(() -> context.getBean(EventOutboxOperations.class).state().pause() != null);
		await().until(() -> get(context, "/hopper", 0).path("details").has("paused"));
	}

	private void resume(ConfigurableApplicationContext context) {
		this.api.acceptToken("token");
		context.getBean(EventOutboxOperations.class).resume();
		this.api.awaitDelivered(2);
		await().until(() -> !get(context, "/hopper", 0).path("details").has("paused"));
	}

	private String status(ConfigurableApplicationContext context, String path, int code) throws Exception {
		return get(context, path, code).path("status").stringValue();
	}

	private static JsonNode get(ConfigurableApplicationContext context, String path, int code)
			throws IOException, InterruptedException {
		URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port")
				+ "/actuator/health" + path);
		HttpResponse<String> response = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
		if (code != 0) {
			assertThat(response.statusCode()).as(response.body()).isEqualTo(code);
		}
		return JsonMapper.builder().build().readTree(response.body());
	}

	private ConfigurableApplicationContext run(String... more) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--hopper.base-url=" + this.api.baseUrl(),
				"--hopper.auth.token=token", "--hopper.health.cache-time-to-live=1ms",
				"--hopper.outbox.shutdown-timeout=50ms", "--management.endpoint.health.show-details=always",
				"--management.endpoint.health.probes.enabled=true",
				"--management.endpoint.health.group.events.include=hopper",
				"--management.endpoint.health.group.both.include=readinessState,hopper",
				"--management.endpoint.health.group.events.status.order=down,degraded,up,unknown"));
		arguments.addAll(List.of(more));
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET)
			.run(arguments.toArray(String[]::new));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

	}

}
