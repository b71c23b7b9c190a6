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
package com.hopper.hts.events.booking;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Tests for the rules and the dashboard in {@code samples/monitoring}, with Prometheus
 * itself.
 */
class MonitoringTests {

	private static final Path MONITORING = Path.of("..", "monitoring").toAbsolutePath().normalize();

	private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

	private final HttpClient http = HttpClient.newHttpClient();

	private final JsonMapper json = new JsonMapper();

	@TempDir
	private Path directory;

	@Test
	void rulesAreRight() throws Exception {
		assumeInstalled("promtool");
		assertThat(run("promtool", "check", "rules", "hopper-events.rules.yml")).contains("SUCCESS");
		assertThat(run("promtool", "check", "config", "prometheus.yml")).contains("SUCCESS");
		assertThat(run("promtool", "test", "rules", "hopper-events.rules-tests.yml")).contains("SUCCESS");
	}

	@Test
	void everyRuleIsTested() throws IOException {
		String tests = Files.readString(MONITORING.resolve("hopper-events.rules-tests.yml"));
		List<String> alerts = ALERT.matcher(rules()).results().map((match) -> match.group(1)).toList();
		assertThat(alerts).hasSizeGreaterThan(5).allSatisfy((alert) -> assertThat(tests).contains(alert));
	}

	@Test
	void everyQueryFindsSomethingInWhatTheApplicationShows() throws Exception {
		assumeInstalled("prometheus");
		try (FakeHopperApi api = FakeHopperApi.builder().client("client", "secret").start();
				ConfigurableApplicationContext application = start(api)) {
			makeHistory(api, application);
			Process prometheus = startPrometheus(application);
			try {
				String address = address();
				SoftAssertions found = new SoftAssertions();
				for (String query : queries()) {
					found
						.assertThatCode(() -> await().atMost(Duration.ofSeconds(60))
							.ignoreExceptions()
							.until(() -> !query(address, query).isEmpty()))
						.as(query)
						.doesNotThrowAnyException();
				}
				found.assertAll();
				assertThat(query(address, "job:hopper_outbox_unaccounted").at("/0/value/1").asString()).isEqualTo("0");
			}
			finally {
				prometheus.destroy();
				prometheus.waitFor(20, TimeUnit.SECONDS);
			}
		}
	}

	private static ConfigurableApplicationContext start(FakeHopperApi api) {
		return SpringApplication.run(BookingServiceApplication.class, "--server.port=0",
				"--booking.simulator-url=http://127.0.0.1:" + api.port(), "--booking.database=mem:" + UUID.randomUUID(),
				"--hopper.auth.token=", "--hopper.auth.client-id=client", "--hopper.auth.client-secret=secret",
				"--hopper.retry.max-attempts=1", "--hopper.outbox.retry.initial-interval=10ms");
	}

	/**
	 * Make everything happen that is counted.
	 */
	private static void makeHistory(FakeHopperApi api, ConfigurableApplicationContext application) {
		api.expireTokens();
		api.failNext(1, Fault.status(503).atSignIn());
		deliver(application, 1);
		api.failNext(1, Fault.status(503));
		deliver(application, 1);
		api.failNext(2, Fault.status(422));
		deliver(application, 2);
		EventOutboxOperations operations = application.getBean(EventOutboxOperations.class);
		UUID refused = operations.deadLetters(DeadLetter.Filter.all(), null, 1).get(0).event().id();
		assertThat(operations.discard(refused, "test")).isTrue();
	}

	private static void deliver(ConfigurableApplicationContext application, int count) {
		EventOutbox outbox = application.getBean(EventOutbox.class);
		for (int i = 0; i < count; i++) {
			outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-" + i));
		}
		assertThat(outbox.flush(Duration.ofSeconds(60))).isTrue();
	}

	private Process startPrometheus(ConfigurableApplicationContext application) throws IOException {
		String config = Files.readString(MONITORING.resolve("prometheus.yml"))
			.replace("15s", "1s")
			.replace("localhost:8080",
					"127.0.0.1:" + application.getEnvironment().getRequiredProperty("local.server.port"))
			.replace("hopper-events.rules.yml", "rules.yml");
		// Compares with seconds ago
		Files.writeString(this.directory.resolve("rules.yml"), rules().replace("15m", "5s"));
		Path file = Files.writeString(this.directory.resolve("prometheus.yml"), config);
		return new ProcessBuilder("prometheus", "--config.file=" + file,
				"--storage.tsdb.path=" + this.directory.resolve("data"), "--web.listen-address=127.0.0.1:0")
			.redirectErrorStream(true)
			.redirectOutput(this.directory.resolve("prometheus.log").toFile())
			.start();
	}

	/**
	 * Return where Prometheus listens.
	 */
	private String address() {
		Pattern listening = Pattern.compile("Listening on.*address=(127\\.0\\.0\\.1:\\d+)");
		return await().atMost(Duration.ofSeconds(60))
			.until(() -> listening.matcher(Files.readString(this.directory.resolve("prometheus.log")))
				.results()
				.map((match) -> match.group(1))
				.findFirst()
				.orElse(""), (address) -> !address.isEmpty());
	}

	/**
	 * Return the queries of all panels, and what the rules look at. An alert itself finds
	 * nothing as long as all is well.
	 */
	private List<String> queries() throws IOException {
		List<String> queries = new ArrayList<>();
		JsonNode dashboard = this.json.readTree(Files.readString(MONITORING.resolve("dashboard.json")));
		dashboard.path("panels")
			.forEach((panel) -> panel.path("targets")
				.forEach((target) -> queries.add(target.path("expr")
					.asString()
					.replace("$job", "booking-service")
					.replace("$__rate_interval", "30s"))));
		assertThat(queries).hasSizeGreaterThan(10);
		Pattern.compile("(?<![:\\w])hopper_[a-z_]+(?:\\{[^}]*\\})?")
			.matcher(rules())
			.results()
			.map((match) -> match.group().replaceAll("\\s+", " "))
			.distinct()
			.forEach(queries::add);
		return queries;
	}

	private static String rules() throws IOException {
		return Files.readString(MONITORING.resolve("hopper-events.rules.yml"));
	}

	private JsonNode query(String address, String query) throws IOException, InterruptedException {
		URI uri = URI
			.create("http://" + address + "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
		HttpResponse<String> response = this.http.send(HttpRequest.newBuilder(uri).build(),
				HttpResponse.BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return this.json.readTree(response.body()).path("data").path("result");
	}

	private static void assumeInstalled(String program) {
		boolean installed = Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((path) -> Files.isExecutable(Path.of(path, program)));
		assumeTrue(installed, program + " is not installed: Debian has it in the package 'prometheus'");
	}

	private String run(String... command) throws IOException, InterruptedException {
		Path output = this.directory.resolve("output.txt");
		Process process = new ProcessBuilder(command).directory(MONITORING.toFile())
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(() -> String.join(" ", command) + ":\n" + read(output)).isZero();
		return read(output);
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

}
