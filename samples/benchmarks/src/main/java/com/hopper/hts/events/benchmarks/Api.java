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
import java.util.Arrays;
import java.util.List;

/**
 * The {@link Server} as its parent sees it.
 *
 * @param certificate the certificate of the server
 * @param child the JVM of the server
 * @param ports the ports for HTTP and for HTTPS
 */
record Api(Certificate certificate, Child child, List<Integer> ports) implements AutoCloseable {

	static final int MAX_IN_FLIGHT = 1000;

	static Api start() throws IOException {
		Certificate certificate = Certificate.create();
		return start(certificate, 0);
	}

	private static Api start(Certificate certificate, int port) throws IOException {
		Child child = Child.start("server", Server.class, String.valueOf(port), certificate.keyStore());
		return new Api(certificate, child,
				Arrays.stream(child.readLine().split(" ", -1)).map(Integer::valueOf).toList());
	}

	/**
	 * Start again what was closed, at the same port for HTTP.
	 */
	Api again() throws IOException {
		return start(Certificate.create(), this.ports.get(0));
	}

	String http(String path) {
		return "http://127.0.0.1:" + this.ports.get(0) + path;
	}

	String https(String path) {
		return "https://127.0.0.1:" + this.ports.get(1) + path;
	}

	@Override
	public void close() throws IOException {
		this.child.close();
		this.certificate.close();
	}

}
