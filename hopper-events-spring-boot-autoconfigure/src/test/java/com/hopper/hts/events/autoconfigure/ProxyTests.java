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
package com.hopper.hts.events.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.ReactorNettyConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.util.StreamUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HopperHttpConnector} with a proxy that tunnels.
 */
@Tag("compatibility")
class ProxyTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				SslAutoConfiguration.class))
		// Without the event loops of a server, which would end with each context
		.withClassLoader(new FilteredClassLoader(ReactorNettyConfigurations.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.retry.initial-interval=1ms",
				"hopper.retry.max-attempts=2");

	@Test
	void proxyWithoutPasswordIsUsed() throws Exception {
		try (ScriptedServer server = new ScriptedServer(); ForwardProxy proxy = new ForwardProxy(null)) {
			run(server, this.contextRunner.withPropertyValues("hopper.client.proxy.host=127.0.0.1",
					"hopper.client.proxy.port=" + proxy.port()), (publisher) -> {
						publisher.publishAndWait("session", OFFERS);
						assertThat(proxy.targets).containsExactly("127.0.0.1:" + server.port());
					});
		}
	}

	@Test
	void proxyOfTheSystemPropertiesIsTheFallback() throws Exception {
		try (ScriptedServer server = new ScriptedServer(); ForwardProxy proxy = new ForwardProxy("user:secret")) {
			System.setProperty("http.proxyHost", "127.0.0.1");
			System.setProperty("http.proxyPort", String.valueOf(proxy.port()));
			System.setProperty("http.proxyUser", "user");
			System.setProperty("http.proxyPassword", "secret");
			System.setProperty("http.nonProxyHosts", "none.invalid");
			run(server, this.contextRunner, (publisher) -> {
				publisher.publishAndWait("session", OFFERS);
				assertThat(proxy.targets).containsExactly("127.0.0.1:" + server.port());
			});
		}
		finally {
			for (String property : new String[] { "proxyHost", "proxyPort", "proxyUser", "proxyPassword",
					"nonProxyHosts" }) {
				System.clearProperty("http." + property);
			}
		}
	}

	@Test
	void tokenRequestsGoThroughTheProxyToo() throws Exception {
		try (FakeHopperApi api = FakeHopperApi.builder().client("id", "secret").start();
				ForwardProxy proxy = new ForwardProxy("user:secret")) {
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.auth.client-id=id",
						"hopper.auth.client-secret=secret", "hopper.client.proxy.host=127.0.0.1",
						"hopper.client.proxy.port=" + proxy.port(), "hopper.client.proxy.username=user",
						"hopper.client.proxy.password=secret")
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.requests()).extracting(ReceivedRequest::path)
						.containsExactly("/airline/v1.1/auth", "/airline/v1.1/events");
					assertThat(proxy.targets).isNotEmpty().containsOnly("127.0.0.1:" + api.port());
				});
		}
	}

	@Test
	void proxyIsUsedAndSignedInTo() throws Exception {
		try (ScriptedServer server = new ScriptedServer(); ForwardProxy proxy = new ForwardProxy("user:secret")) {
			run(server,
					this.contextRunner.withPropertyValues("hopper.client.proxy.host=127.0.0.1",
							"hopper.client.proxy.port=" + proxy.port(), "hopper.client.proxy.username=user",
							"hopper.client.proxy.password=secret"),
					(publisher) -> {
						assertThat(publisher.publishAndWait("session", OFFERS).delivered()).isTrue();
						assertThat(proxy.targets).containsExactly("127.0.0.1:" + server.port());
					});
		}
	}

	private void run(ScriptedServer server, ApplicationContextRunner runner, Assertions assertions) {
		runner.withPropertyValues("hopper.base-url=" + server.baseUrl())
			.run((context) -> assertions.on(context.getBean(EventPublisher.class)));
	}

	@FunctionalInterface
	interface Assertions {

		void on(EventPublisher publisher) throws Exception;

	}

	/**
	 * A forward proxy that tunnels with CONNECT and asks for a password.
	 */
	static final class ForwardProxy implements AutoCloseable {

		final List<String> targets = new CopyOnWriteArrayList<>();

		private final ServerSocket serverSocket;

		private final String credentials;

		ForwardProxy(String credentials) throws IOException {
			this.credentials = (credentials != null)
					? "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes()) : null;
			this.serverSocket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
			daemon(() -> {
				while (true) {
					Socket client = this.serverSocket.accept();
					daemon(() -> tunnel(client));
				}
			});
		}

		int port() {
			return this.serverSocket.getLocalPort();
		}

		private void tunnel(Socket client) throws IOException {
			StringBuilder head = new StringBuilder();
			while (head.indexOf("\r\n\r\n") == -1) {
				head.append((char) client.getInputStream().read());
			}
			if (this.credentials != null && !head.toString()
				.toLowerCase()
				.contains("proxy-authorization: " + this.credentials.toLowerCase())) {
				client.getOutputStream()
					.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n".getBytes());
				client.close();
				return;
			}
			String target = head.toString().split(" ")[1];
			this.targets.add(target);
			Socket upstream = new Socket(target.substring(0, target.indexOf(':')),
					Integer.parseInt(target.substring(target.indexOf(':') + 1)));
			client.getOutputStream().write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes());
			daemon(() -> StreamUtils.copy(upstream.getInputStream(), client.getOutputStream()));
			StreamUtils.copy(client.getInputStream(), upstream.getOutputStream());
			upstream.close();
		}

		private static void daemon(Task task) {
			Thread thread = new Thread(() -> {
				try {
					task.run();
				}
				catch (IOException ex) {
					// One of the sides is gone
				}
			});
			thread.setDaemon(true);
			thread.start();
		}

		@Override
		public void close() throws IOException {
			this.serverSocket.close();
		}

		@FunctionalInterface
		interface Task {

			void run() throws IOException;

		}

	}

}
