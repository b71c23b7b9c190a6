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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.micrometer.tracing.exporter.FinishedSpan;
import io.micrometer.tracing.exporter.SpanReporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.logging.LoggingSystemProperty;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what a whole application writes to its log about stored events.
 */
@ExtendWith(OutputCaptureExtension.class)
class StructuredLogTests {

	private static final String SESSION = "0123456789-session-of-a-customer";

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@AfterEach
	void stop() {
		this.api.close();
	}

	@AfterAll
	static void writePlainLinesAgain() {
		// Spring Boot keeps what it has found in the first application of a JVM
		for (LoggingSystemProperty property : LoggingSystemProperty.values()) {
			System.clearProperty(property.getEnvironmentVariableName());
		}
		new SpringApplicationBuilder(Nothing.class).web(WebApplicationType.NONE).run().close();
	}

	@ParameterizedTest
	@CsvSource({ "ecs,memory", "ecs,jdbc", "logstash,jdbc" })
	void deadLetterIsOneLineWithItsKeysInTheTraceOfItsLastAttempt(String format, String type, CapturedOutput output) {
		this.api.failNext(1, Fault.status(422));
		this.api.expectViolations();
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.run("--logging.structured.format.console=" + format, "--hopper.outbox.type=" + type,
					"--hopper.base-url=" + this.api.baseUrl(), "--hopper.auth.token=test-token",
					"--management.tracing.sampling.probability=1")) {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			outbox.store(SESSION, OffersDisplayed.occurredAt(Instant.now()));
			assertThat(outbox.flush(Duration.ofSeconds(20))).isTrue();
			outbox.store(SESSION, OffersDisplayed.occurredAt(Instant.now()));
			assertThat(outbox.flush(Duration.ofSeconds(20))).isTrue();
			Spans spans = context.getBean(Spans.class);
			await().until(() -> spans.deliveries().size() == 2);
			FinishedSpan failed = spans.deliveries().get(0);
			List<Map<String, String>> lines = lines(output).stream()
				.filter((line) -> line.values().stream().anyMatch((value) -> value.contains("is now a dead letter")))
				.toList();
			assertThat(lines).hasSize(1);
			assertThat(lines.get(0)).containsEntry("hopper.event.type", "offers_displayed")
				.containsEntry("hopper.event.id", failed.getTags().get("event.id"))
				.containsEntry("hopper.session", "0123***")
				.containsEntry("hopper.failure.kind", "rejected")
				.containsEntry("hopper.failure.status", "422")
				.containsEntry("hopper.attempts", "1")
				.containsEntry("hopper.reason", "rejected")
				.containsEntry("traceId", failed.getTraceId())
				.containsEntry("spanId", failed.getSpanId());
			assertThat(output).doesNotContain(SESSION).doesNotContain("test-token");
			// What succeeds is no line
			assertThat(lines(output))
				.noneMatch((line) -> line.containsKey("traceId") && !line.get("traceId").equals(failed.getTraceId()));
		}
	}

	private static List<Map<String, String>> lines(CapturedOutput output) {
		return output.getOut()
			.lines()
			.filter((line) -> line.startsWith("{"))
			.map((line) -> flatten("", JsonMapper.shared().readTree(line), new LinkedHashMap<>()))
			.toList();
	}

	private static Map<String, String> flatten(String name, JsonNode node, Map<String, String> values) {
		if (node.isObject()) {
			node.forEachEntry((key, value) -> flatten(name.isEmpty() ? key : name + "." + key, value, values));
		}
		else {
			values.put(name, node.isString() ? node.stringValue() : node.toString());
		}
		return values;
	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

		@Bean
		Spans spans() {
			return new Spans();
		}

	}

	static class Spans implements SpanReporter {

		private final List<FinishedSpan> spans = new CopyOnWriteArrayList<>();

		@Override
		public void report(FinishedSpan span) {
			this.spans.add(span);
		}

		@Override
		public void close() {
			// Spans are looked at until the end
		}

		List<FinishedSpan> deliveries() {
			return this.spans.stream().filter((span) -> span.getName().startsWith("hopper deliver")).toList();
		}

	}

}
