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
package com.example.booking;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the application as an IDE does: devtools load its classes with a class loader of
 * their own, and again when a file has changed.
 */
class BookingApplicationTests {

	private static final Duration TIMEOUT = Duration.ofMinutes(2);

	@Test
	void eachStartSendsItsEventsOnce() throws Exception {
		Path changed = Path.of("target/classes/changed.properties");
		try (FakeHopperApi hopper = FakeHopperApi.builder().token("token").start()) {
			ProcessBuilder java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
					BookingApplication.class.getName(), "--spring.main.keep-alive=true",
					"--spring.devtools.livereload.enabled=false", "--hopper.base-url=" + hopper.baseUrl(),
					"--hopper.auth.token=token", "--hopper.client.response-timeout=1m",
					"--hopper.client.read-timeout=1m");
			Process process = java.redirectErrorStream(true).redirectOutput(new File("target/devtools.log")).start();
			try {
				assertThat(hopper.awaitDelivered(2, TIMEOUT)).hasSize(2);
				Files.writeString(changed, "changed=true");
				assertThat(hopper.awaitDelivered(4, TIMEOUT)).extracting((received) -> received.event().type())
					.containsExactly("offers_displayed", "booking_confirmed", "offers_displayed", "booking_confirmed");
				assertThat(hopper.received()).extracting((received) -> received.sessionId())
					.containsOnly("RestartClassLoader");
			}
			finally {
				process.destroy();
				process.waitFor();
				Files.deleteIfExists(changed);
			}
			assertThat(hopper.received()).hasSize(4);
		}
	}

}
