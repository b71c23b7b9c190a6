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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

import org.springframework.util.FileSystemUtils;

/**
 * A broker of Kafka in a JVM of its own, with its default settings otherwise.
 */
final class LocalBroker implements AutoCloseable {

	private static final String CONFIGURATION = """
			process.roles=broker,controller
			node.id=1
			controller.quorum.voters=1@localhost:%2$s
			listeners=PLAINTEXT://localhost:%1$s,CONTROLLER://localhost:%2$s
			advertised.listeners=PLAINTEXT://localhost:%1$s
			listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
			controller.listener.names=CONTROLLER
			log.dirs=%3$s
			offsets.topic.replication.factor=1
			offsets.topic.num.partitions=1
			transaction.state.log.replication.factor=1
			transaction.state.log.min.isr=1
			group.initial.rebalance.delay.ms=0
			""";

	private final Path directory;

	private final String address;

	private final Process process;

	private LocalBroker() throws IOException {
		this.directory = Files.createTempDirectory("kafka");
		int port = freePort();
		this.address = "localhost:" + port;
		Path configuration = this.directory.resolve("server.properties");
		Files.writeString(configuration,
				CONFIGURATION.formatted(port, freePort(), this.directory.resolve("data").toUri().getPath()));
		Files.writeString(this.directory.resolve("logback.xml"), "<configuration><root level='OFF'/></configuration>");
		Child.runToEnd(command("kafka.tools.StorageTool", "format", "-t", Uuid.randomUuid().toString(), "-c",
				configuration.toString()));
		this.process = new ProcessBuilder(command("kafka.Kafka", configuration.toString())).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		// Nothing else ends it when the benchmark is interrupted
		Runtime.getRuntime().addShutdownHook(new Thread(this.process::destroyForcibly));
	}

	static LocalBroker start() throws IOException, InterruptedException {
		LocalBroker broker = new LocalBroker();
		try (Admin admin = Admin
			.create(Map.of("bootstrap.servers", broker.address, "default.api.timeout.ms", "180000"))) {
			admin.describeCluster().nodes().get();
			return broker;
		}
		catch (ExecutionException ex) {
			broker.close();
			throw new IOException("The broker does not start", ex);
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private List<String> command(String... mainAndArguments) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(Child.JVM_OPTIONS);
		command.addAll(List.of("-Dlogback.configurationFile=" + this.directory.resolve("logback.xml"), "-cp",
				System.getProperty("java.class.path")));
		command.addAll(List.of(mainAndArguments));
		return command;
	}

	String address() {
		return this.address;
	}

	@Override
	public void close() throws IOException {
		this.process.destroyForcibly().onExit().join();
		FileSystemUtils.deleteRecursively(this.directory);
	}

}
