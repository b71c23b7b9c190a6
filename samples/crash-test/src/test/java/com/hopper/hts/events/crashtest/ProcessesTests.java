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
package com.hopper.hts.events.crashtest;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Processes}.
 */
class ProcessesTests {

	@TempDir
	private Path directory;

	@Test
	void processesEndWithTheOneThatHasStartedThemEvenIfItIsKilled() throws Exception {
		Process parent = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), Parent.class.getName(), this.directory.resolve("log").toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		try (BufferedReader output = parent.inputReader(StandardCharsets.UTF_8)) {
			Optional<ProcessHandle> child = ProcessHandle.of(Long.parseLong(output.readLine()));
			assertThat(child).hasValueSatisfying((handle) -> assertThat(handle.isAlive()).isTrue());
			await().atMost(Duration.ofMinutes(1))
				.until(() -> Files.readString(this.directory.resolve("log")).contains("up"));
			parent.destroyForcibly().waitFor();
			assertThat(child.orElseThrow().onExit().get(60, TimeUnit.SECONDS).isAlive()).isFalse();
		}
		finally {
			parent.destroyForcibly();
		}
	}

	static final class Parent {

		public static void main(String[] args) throws Exception {
			System.out.println(Processes.start("sleeper", "32m", Path.of(args[0]), Sleeper.class.getName()).pid());
			new Sleeper().sleep();
		}

	}

	static final class Sleeper {

		public static void main(String[] args) throws Exception {
			System.out.println("up");
			new Sleeper().sleep();
		}

		synchronized void sleep() throws InterruptedException {
			while (true) {
				wait();
			}
		}

	}

}
