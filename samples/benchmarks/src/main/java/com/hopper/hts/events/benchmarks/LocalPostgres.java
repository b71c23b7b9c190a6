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
package com.hopper.hts.events.benchmarks;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * An installed PostgreSQL with a cluster of its own and its default settings, which means
 * that a commit is on the disk before it returns.
 */
final class LocalPostgres implements AutoCloseable {

	private final Path binaries;

	private final Path directory;

	private final boolean root;

	private final int port;

	private LocalPostgres(Path binaries) throws IOException {
		this.binaries = binaries;
		this.root = "root".equals(System.getProperty("user.name"));
		this.directory = Files.createTempDirectory("postgres");
		try (ServerSocket socket = new ServerSocket(0)) {
			this.port = socket.getLocalPort();
		}
		if (this.root) {
			Child.runToEnd(List.of("chown", "postgres", this.directory.toString()));
		}
		run("initdb", "-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8");
		run("pg_ctl", "-D", data(), "-w", "-l", this.directory.resolve("log").toString(), "-o",
				"-p " + this.port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=", "start");
	}

	/**
	 * Start a server.
	 * @return the server, or {@code null} if PostgreSQL is not installed
	 */
	static @Nullable LocalPostgres start() throws IOException {
		Path binaries = find();
		return (binaries != null) ? new LocalPostgres(binaries) : null;
	}

	private static @Nullable Path find() throws IOException {
		List<Path> candidates = new ArrayList<>();
		for (String directory : System.getenv("PATH").split(java.io.File.pathSeparator, -1)) {
			candidates.add(Path.of(directory));
		}
		Path debian = Path.of("/usr/lib/postgresql");
		if (Files.isDirectory(debian)) {
			try (Stream<Path> versions = Files.list(debian)) {
				versions.sorted(Comparator.reverseOrder()).forEach((version) -> candidates.add(version.resolve("bin")));
			}
		}
		return candidates.stream()
			.filter((directory) -> Files.isExecutable(directory.resolve("pg_ctl")))
			.findFirst()
			.orElse(null);
	}

	String jdbcUrl() {
		return "jdbc:postgresql://127.0.0.1:" + this.port + "/postgres";
	}

	private String data() {
		return this.directory.resolve("data").toString();
	}

	private void run(String program, String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		if (this.root) {
			// PostgreSQL refuses to run as root
			command.addAll(List.of("runuser", "-u", "postgres", "--"));
		}
		command.add(this.binaries.resolve(program).toString());
		command.addAll(List.of(arguments));
		Child.runToEnd(command);
	}

	@Override
	public void close() throws IOException {
		run("pg_ctl", "-D", data(), "-m", "immediate", "stop");
		FileSystemUtils.deleteRecursively(this.directory);
	}

}
