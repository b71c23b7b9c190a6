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
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.KeyManagerFactory;

import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.tcp.SslProvider;

/**
 * The API that all clients talk to, in a JVM of its own. It does as little as possible:
 * {@code /plain/events} answers at once, {@code /slow/events} after 50 ms,
 * {@code /faulty/events} with a {@code 503} to every hundredth request.
 */
final class Server {

	private static final AtomicInteger requests = new AtomicInteger();

	private Server() {
	}

	/**
	 * Listen until the parent is gone.
	 * @param args the port for HTTP, or 0 for any that is free; the key store
	 */
	public static void main(String[] args) throws Exception {
		System.out.println(http(Integer.parseInt(args[0])).port() + " " + https(Path.of(args[1])).port());
		System.in.transferTo(OutputStream.nullOutputStream());
		System.exit(0);
	}

	private static DisposableServer http(int port) {
		return HttpServer.create().host("127.0.0.1").port(port).handle(Server::handle).bindNow();
	}

	/**
	 * Takes HTTP/2 and HTTP/1.1, and as many requests on a connection as servers usually
	 * do.
	 */
	private static DisposableServer https(Path keyStore) throws Exception {
		SslProvider.GenericSslContextSpec<?> context = Http2SslContextSpec.forServer(keyManagers(keyStore));
		return HttpServer.create()
			.host("127.0.0.1")
			.protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
			.http2Settings((settings) -> settings.maxConcurrentStreams(128))
			.secure((ssl) -> ssl.sslContext(context))
			.handle(Server::handle)
			.bindNow();
	}

	private static KeyManagerFactory keyManagers(Path file) throws IOException, GeneralSecurityException {
		KeyStore keyStore = KeyStore.getInstance("PKCS12");
		try (InputStream content = Files.newInputStream(file)) {
			keyStore.load(content, Certificate.PASSWORD.toCharArray());
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(keyStore, Certificate.PASSWORD.toCharArray());
		return keys;
	}

	private static Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		String path = request.uri();
		Mono<Void> received = request.receive().then();
		if (path.startsWith("/slow/")) {
			return received.then(Mono.delay(Duration.ofMillis(50))).then(answer(response, 204));
		}
		boolean fault = path.startsWith("/faulty/") && requests.incrementAndGet() % 100 == 0;
		return received.then(answer(response, fault ? 503 : 204));
	}

	private static Mono<Void> answer(HttpServerResponse response, int status) {
		return Mono.defer(() -> {
			response.status(status).header("Expires", "0").header("Cache-Control", "no-cache, no-store");
			return ((status == 204) ? response : response.header("Content-Length", "0")).send();
		});
	}

}
