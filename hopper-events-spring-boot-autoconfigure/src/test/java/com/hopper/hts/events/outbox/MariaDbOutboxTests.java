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

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the outbox on a MariaDB that lives in another time zone, where the operating
 * system has one: {@code apt-get install mariadb-server}.
 */
class MariaDbOutboxTests extends AbstractJdbcOutboxTests {

	private static Process server;

	private static String url;

	@TempDir
	static Path directory;

	MariaDbOutboxTests() {
		super("mariadb");
	}

	@BeforeAll
	static void startServer() throws Exception {
		String daemon = find("mariadbd");
		String installer = find("mariadb-install-db");
		Path data = Files.createDirectory(directory.resolve("data"));
		String user = "--user=" + System.getProperty("user.name");
		run(installer, "--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal",
				"--skip-test-db", user)
			.waitFor(2, TimeUnit.MINUTES);
		int port = freePort();
		server = run(daemon, "--no-defaults", "--datadir=" + data, user, "--bind-address=127.0.0.1", "--port=" + port,
				"--socket=" + directory.resolve("s"), "--pid-file=" + directory.resolve("pid"),
				"--default-time-zone=+05:00", "--innodb-flush-log-at-trx-commit=0");
		url = "jdbc:mariadb://127.0.0.1:" + port + "/";
		await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(() -> {
			assertThat(server.isAlive()).as(() -> log()).isTrue();
			try (var connection = DriverManager.getConnection(url, "root", "");
					var statement = connection.createStatement()) {
				statement.execute("create database if not exists hopper");
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

	private static Process run(String... command) throws IOException {
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
			.start();
	}

	private static String log() {
		try {
			return Files.readString(directory.resolve("log"));
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

	@AfterAll
	static void stopServer() throws InterruptedException {
		if (server != null) {
			server.destroy();
			server.waitFor();
		}
	}

	@Override
	HikariDataSource dataSource() {
		HikariDataSource dataSource = new HikariDataSource();
		// Three time zones at a time: the JVM's, the connection's and the server's
		dataSource.setJdbcUrl(url + "hopper?connectionTimeZone=America/New_York&preserveInstants=true");
		dataSource.setUsername("root");
		dataSource.setPassword("");
		return dataSource;
	}

	@Test
	void tableIsCreatedInANamedSchemaAndRolledBackEventDoesNotExist() {
		try (FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start()) {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class,
						WebClientAutoConfiguration.class, HopperEventsAutoConfiguration.class,
						HopperOutboxAutoConfiguration.class, DataSourceAutoConfiguration.class,
						DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.auth.token=" + TestPublishers.TOKEN,
						"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always",
						"hopper.outbox.jdbc.table-name=hopper.another_outbox", "spring.datasource.url=" + url,
						"spring.datasource.username=root")
				.run((context) -> {
					EventOutbox outbox = context.getBean(EventOutbox.class);
					context.getBean(TransactionTemplate.class).executeWithoutResult((status) -> {
						outbox.store("session-1", booking(1));
						status.setRollbackOnly();
					});
					outbox.store("session-1", booking(2));
					assertThat(outbox.flush(SECONDS)).isTrue();
					assertThat(api.requests()).singleElement()
						.satisfies((request) -> assertThat(request.body()).contains("contract-2"));
				});
		}
	}

}
