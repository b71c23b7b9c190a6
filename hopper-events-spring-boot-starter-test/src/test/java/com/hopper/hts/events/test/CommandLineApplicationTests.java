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
package com.hopper.hts.events.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for applications without a web server, each in a JVM of its own, which has to end
 * by itself.
 */
class CommandLineApplicationTests {

	private static final int EVENTS = 3;

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@TempDir
	private Path directory;

	@AfterEach
	void close() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "jdbc" })
	void storedEventsAreDeliveredBeforeTheEnd(String type) throws Exception {
		// Longer than the default, for busy machines
		Ended ended = run(List.of("work=store", "hopper.outbox.type=" + type, "hopper.outbox.shutdown-timeout=60s"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(this.api.received()).hasSize(EVENTS);
	}

	@Test
	void applicationWhoseApiHangsEndsAndSaysWhatItLoses() throws Exception {
		this.api.hold();
		Ended ended = run(List.of("work=store", "hopper.outbox.type=memory", "hopper.outbox.shutdown-timeout=200ms"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(ended.output()).contains(EVENTS + " events were lost");
	}

	@Test
	void eventsThatAnApplicationLeavesBehindAreDeliveredByTheNextOne() throws Exception {
		this.api.hold();
		Ended ended = run(List.of("work=store", "hopper.outbox.type=jdbc", "hopper.outbox.shutdown-timeout=200ms"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(ended.output()).doesNotContain("lost");
		this.api.release();
		this.api.reset();
		Ended next = run(List.of("work=flush", "hopper.outbox.type=jdbc"));
		assertThat(next.exitCode()).as(next.output()).isZero();
		assertThat(this.api.received()).hasSize(EVENTS);
	}

	@Test
	void subscribedPublicationsAreAwaited() throws Exception {
		Ended ended = run(List.of("work=publish", "hopper.client.shutdown-timeout=60s"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(this.api.received()).hasSize(EVENTS);
	}

	@Test
	void subscribedPublicationsThatAreCutAreCounted() throws Exception {
		this.api.hold();
		Ended ended = run(List.of("work=publish", "hopper.client.shutdown-timeout=200ms"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(ended.output()).contains(EVENTS + " requests to Hopper had not ended");
	}

	@Test
	void trainingRunOfACacheNeedsNoCredentialsAndSendsNothing() throws Exception {
		Ended ended = start(List.of("-Dspring.context.exit=onRefresh"),
				List.of("work=store", "hopper.outbox.type=jdbc", "hopper.base-url=" + this.api.baseUrl()));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void trainingRunOfACacheDoesNotSignIn() throws Exception {
		Ended ended = start(List.of("-Dspring.context.exit=onRefresh"),
				List.of("work=store", "hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=id",
						"hopper.auth.client-secret=secret", "hopper.auth.preflight=fail", "hopper.outbox.type=jdbc"));
		assertThat(ended.exitCode()).as(ended.output()).isZero();
		assertThat(this.api.requests()).isEmpty();
	}

	private Ended run(List<String> properties) throws Exception {
		List<String> all = new ArrayList<>(properties);
		all.add("hopper.base-url=" + this.api.baseUrl());
		all.add("hopper.auth.token=test-token");
		return start(List.of(), all);
	}

	private Ended start(List<String> options, List<String> properties) throws IOException, InterruptedException {
		Path output = this.directory.resolve("output.txt");
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m"));
		command.addAll(options);
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), CommandLineApplication.class.getName()));
		Stream
			.concat(properties.stream(),
					Stream.of("spring.main.web-application-type=none", "spring.main.banner-mode=off",
							"hopper.outbox.jdbc.initialize-schema=always", "spring.datasource.url=jdbc:h2:"
									+ this.directory.resolve("outbox") + ";DB_CLOSE_ON_EXIT=FALSE"))
			.forEach((property) -> command.add("--" + property));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			boolean ended = process.waitFor(5, TimeUnit.MINUTES);
			assertThat(ended).as(() -> "The application goes on:\n" + read(output)).isTrue();
			return new Ended(process.exitValue(), read(output));
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	private record Ended(int exitCode, String output) {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class CommandLineApplication {

		public static void main(String[] args) {
			SpringApplication.run(CommandLineApplication.class, args);
		}

		@Bean
		@ConditionalOnProperty(name = "work", havingValue = "store")
		CommandLineRunner storing(EventOutbox outbox) {
			return (arguments) -> {
				for (int i = 0; i < EVENTS; i++) {
					outbox.store("session-1", booking(i));
				}
			};
		}

		@Bean
		@ConditionalOnProperty(name = "work", havingValue = "publish")
		CommandLineRunner publishing(EventPublisher publisher) {
			return (arguments) -> {
				for (int i = 0; i < EVENTS; i++) {
					publisher.publish("session-1", booking(i)).subscribe();
				}
			};
		}

		@Bean
		@ConditionalOnProperty(name = "work", havingValue = "flush")
		CommandLineRunner flushing(EventOutbox outbox) {
			return (arguments) -> outbox.flush(Duration.ofSeconds(60));
		}

		private static BookingConfirmed booking(int number) {
			return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-" + number);
		}

	}

}
