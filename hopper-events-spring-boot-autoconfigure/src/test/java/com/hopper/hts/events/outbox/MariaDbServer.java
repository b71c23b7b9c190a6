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
import java.sql.DriverManager;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import org.opentest4j.TestAbortedException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A MariaDB that lives in another time zone, where the operating system has one:
 * {@code apt-get install mariadb-server}.
 */
final class MariaDbServer {

	private final Path directory;

	private final Process process;

	private final String url;

	/**
	 * Start a server with the database {@code hopper}, whose tables do not hold all texts
	 * by default.
	 * @param directory where it keeps its files
	 * @throws TestAbortedException if none is installed
	 */
	MariaDbServer(Path directory) throws Exception {
		this.directory = directory;
		String daemon = find("mariadbd");
		String installer = find("mariadb-install-db");
		Path data = Files.createDirectory(directory.resolve("data"));
		String user = "--user=" + System.getProperty("user.name");
		run(installer, "--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal",
				"--skip-test-db", user)
			.waitFor(2, TimeUnit.MINUTES);
		int port = freePort();
		this.process = run(daemon, "--no-defaults", "--datadir=" + data, user, "--bind-address=127.0.0.1",
				"--port=" + port, "--socket=" + directory.resolve("s"), "--pid-file=" + directory.resolve("pid"),
				"--default-time-zone=+05:00", "--innodb-flush-log-at-trx-commit=0");
		this.url = "jdbc:mariadb://127.0.0.1:" + port + "/";
		await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(() -> {
			assertThat(this.process.isAlive()).as(this::log).isTrue();
			try (var connection = DriverManager.getConnection(this.url, "root", "");
					var statement = connection.createStatement()) {
				statement.execute("create database if not exists hopper character set latin1");
			}
		});
	}

	private static String find(String name) {
		return Stream
			.concat(Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
					Stream.of("/usr/sbin", "/usr/bin"))
			.map((directory) -> Path.of(directory, name))
			.filter(Files::isExecutable)
			.map(Path::toString)
			.findFirst()
			.orElseThrow(() -> new TestAbortedException(
					"There is no %s on this machine; apt-get install mariadb-server brings it".formatted(name)));
	}

	private Process run(String... command) throws IOException {
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(this.directory.resolve("log").toFile()))
			.start();
	}

	private String log() {
		try {
			return Files.readString(this.directory.resolve("log"));
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
	}

	String url() {
		return this.url;
	}

	HikariDataSource dataSource() {
		HikariDataSource dataSource = new HikariDataSource();
		// Three time zones at a time: the JVM's, the connection's and the server's
		dataSource.setJdbcUrl(this.url + "hopper?connectionTimeZone=America/New_York&preserveInstants=true");
		dataSource.setUsername("root");
		dataSource.setPassword("");
		return dataSource;
	}

	void stop() throws InterruptedException {
		this.process.destroy();
		this.process.waitFor();
	}

}
