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
package com.hopper.hts.events.startup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for the jar, which was processed ahead of time without credentials, as the JVM
 * runs it.
 */
class StartUpApplicationTests {

	private final FakeHopperApi api = FakeHopperApi.builder().client("client", "secret").start();

	@TempDir
	private Path directory;

	private Path jar;

	@BeforeEach
	void findJar() throws Exception {
		try (Stream<Path> files = Files.list(Path.of("target"))) {
			this.jar = files.filter((file) -> file.getFileName().toString().matches("start-up-.*\\.jar"))
				.findFirst()
				.orElseThrow();
		}
	}

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void publishesAndStoresFromCodeThatWasGeneratedAheadOfTime() throws Exception {
		String output = run(java(System.getProperty("java.home")), "-Dspring.aot.enabled=true", "-jar",
				this.jar.toString());
		assertThat(output).contains("Starting AOT-processed StartUpApplication");
		assertDelivered(output);
	}

	@Test
	void classDataSharingIsTrainedWithoutCredentialsAndRequests() throws Exception {
		train(System.getProperty("java.home"), "-XX:ArchiveClassesAtExit=", "-XX:SharedArchiveFile=");
	}

	@Test
	void aotCacheIsTrainedWithoutCredentialsAndRequests() throws Exception {
		String home = (Runtime.version().feature() >= 25) ? System.getProperty("java.home")
				: System.getenv("JAVA_HOME_25");
		assumeThat(home).as("JAVA_HOME_25, the JDK that has AOT caches").isNotNull();
		train(home, "-XX:AOTCacheOutput=", "-XX:AOTCache=");
	}

	private void train(String home, String write, String read) throws Exception {
		run(java(home), "-Djarmode=tools", "-jar", this.jar.toString(), "extract", "--destination",
				this.directory.resolve("application").toString());
		String extracted = this.directory.resolve("application").resolve(this.jar.getFileName()).toString();
		Path cache = this.directory.resolve("cache");
		String training = run(java(home), write + cache, "-Dspring.context.exit=onRefresh", "-Dspring.aot.enabled=true",
				"-jar", extracted);
		assertThat(training).contains("Threads: [").doesNotContain("hopper-", "EventReceipt");
		assertThat(this.api.requests()).isEmpty();
		assertThat(cache).isNotEmptyFile();
		Path classes = this.directory.resolve("classes.txt");
		assertDelivered(run(java(home), read + cache, "-Xlog:class+load:file=" + classes, "-Dspring.aot.enabled=true",
				"-jar", extracted));
		assertThat(classes).content().contains("HopperEventsAutoConfiguration source: shared objects file");
	}

	private void assertDelivered(String output) {
		assertThat(output).contains("outcome=DELIVERED").contains("Stored and delivered: true");
		assertThat(this.api.received()).extracting((received) -> received.event().type())
			.containsExactly("offers_displayed", "booking_confirmed");
	}

	private static String java(String home) {
		return Path.of(home, "bin", "java").toString();
	}

	/**
	 * Run a command to its end, with credentials unless it is a training.
	 */
	private String run(String... command) throws IOException, InterruptedException {
		List<String> arguments = new ArrayList<>(List.of(command));
		arguments.add(1, "-Xmx256m");
		Path output = Files.createTempFile(this.directory, "output", ".txt");
		ProcessBuilder builder = new ProcessBuilder(arguments).redirectErrorStream(true)
			.redirectOutput(output.toFile());
		builder.environment().put("HOPPER_BASE_URL", this.api.baseUrl());
		if (!arguments.contains("-Dspring.context.exit=onRefresh")) {
			builder.environment().put("HOPPER_AUTH_CLIENT_ID", "client");
			builder.environment().put("HOPPER_AUTH_CLIENT_SECRET", "secret");
		}
		Process process = builder.start();
		try {
			assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended").isTrue();
			String text = Files.readString(output);
			assertThat(process.exitValue()).as(text).isZero();
			return text;
		}
		finally {
			process.destroyForcibly();
		}
	}

}
