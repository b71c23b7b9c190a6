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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.springframework.util.FileSystemUtils;

/**
 * A certificate that signs itself, made anew for each run by the JDK's own tool.
 *
 * @param directory where the files are
 */
record Certificate(Path directory) implements AutoCloseable {

	/**
	 * Nothing is kept from anyone who can read this.
	 */
	static final String PASSWORD = "benchmark";

	static Certificate create() throws IOException {
		Certificate certificate = new Certificate(Files.createTempDirectory("certificate"));
		keytool("-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext",
				"san=ip:127.0.0.1", "-storetype", "PKCS12", "-keystore", certificate.keyStore(), "-storepass",
				PASSWORD);
		keytool("-exportcert", "-rfc", "-alias", "server", "-keystore", certificate.keyStore(), "-storepass", PASSWORD,
				"-file", certificate.pem());
		return certificate;
	}

	private static void keytool(String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
		command.addAll(List.of(arguments));
		Child.runToEnd(command);
	}

	/**
	 * For the server.
	 */
	String keyStore() {
		return this.directory.resolve("server.p12").toString();
	}

	/**
	 * For the clients.
	 */
	String pem() {
		return this.directory.resolve("server.pem").toString();
	}

	@Override
	public void close() throws IOException {
		FileSystemUtils.deleteRecursively(this.directory);
	}

}
