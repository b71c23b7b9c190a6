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
package com.hopper.hts.events.outbox;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.opentest4j.TestAbortedException;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The PostgreSQL of the operating system, where it has one:
 * {@code apt-get install postgresql}.
 */
final class InstalledPostgres {

	private final Path binaries;

	private final Path directory;

	private final boolean root = "root".equals(System.getProperty("user.name"));

	private final int port;

	/**
	 * Start a server.
	 * @throws TestAbortedException if none is installed
	 */
	InstalledPostgres() throws Exception {
		this.binaries = find();
		this.directory = Files.createTempDirectory("installed-postgres");
		try (ServerSocket socket = new ServerSocket(0)) {
			this.port = socket.getLocalPort();
		}
		if (this.root) {
			run(List.of("chown", "postgres", this.directory.toString()));
		}
		run("initdb", "-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
		run("pg_ctl", "-D", data(), "-w", "-l", this.directory.resolve("log").toString(), "-o", "-p " + this.port
				+ " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c timezone=Asia/Karachi",
				"start");
	}

	private static Path find() throws IOException {
		List<Path> candidates = new ArrayList<>(
				Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
					.map(Path::of)
					.toList());
		Path debian = Path.of("/usr/lib/postgresql");
		if (Files.isDirectory(debian)) {
			try (Stream<Path> versions = Files.list(debian)) {
				versions.sorted(Comparator.reverseOrder()).forEach((version) -> candidates.add(version.resolve("bin")));
			}
		}
		return candidates.stream()
			.filter((candidate) -> Files.isExecutable(candidate.resolve("initdb"))
					&& Files.isExecutable(candidate.resolve("pg_ctl")))
			.findFirst()
			.orElseThrow(() -> new TestAbortedException(
					"There is no PostgreSQL on this machine; apt-get install postgresql brings it"));
	}

	private void run(String program, String... arguments) throws Exception {
		List<String> command = new ArrayList<>();
		if (this.root) {
			// PostgreSQL refuses to run as root
			command.addAll(List.of("runuser", "-u", "postgres", "--"));
		}
		command.add(this.binaries.resolve(program).toString());
		command.addAll(List.of(arguments));
		run(command);
	}

	private static void run(List<String> command) throws Exception {
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
		assertThat(process.exitValue()).as("what %s returns", command).isZero();
	}

	private String data() {
		return this.directory.resolve("data").toString();
	}

	String url() {
		return "jdbc:postgresql://127.0.0.1:" + this.port + "/postgres";
	}

	void stop() throws Exception {
		run("pg_ctl", "-D", data(), "-m", "immediate", "stop");
		FileSystemUtils.deleteRecursively(this.directory);
	}

}
