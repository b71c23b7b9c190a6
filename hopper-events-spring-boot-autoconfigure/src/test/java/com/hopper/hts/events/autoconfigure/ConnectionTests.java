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

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.reactor.netty.autoconfigure.ReactorNettyConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link HopperHttpConnector} over real connections: pool and timeouts.
 */
@Tag("compatibility")
class ConnectionTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

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
	void connectionsAreReused() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			run(server, this.contextRunner, (publisher) -> {
				for (int i = 0; i < 50; i++) {
					publisher.publishAndWait("session", OFFERS);
				}
				// An answer is known a moment before its connection is back in the pool
				assertThat(server.connectionsAccepted()).isLessThanOrEqualTo(10);
			});
		}
	}

	@Test
	void answerWithTheManyHeadersOfGatewaysIsRead() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer("HTTP/1.1 204 No Content\r\nContent-Security-Policy: " + "x".repeat(60_000) + "\r\n\r\n");
			run(server, this.contextRunner, (publisher) -> {
				assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isOne();
				assertThat(server.requests()).hasSize(1);
			});
		}
	}

	@Test
	void connectionsAreClosedWithTheContext() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			run(server, this.contextRunner, (publisher) -> {
				publisher.publishAndWait("session", OFFERS);
				assertThat(server.connectionsOpen()).isEqualTo(1);
			});
			await().until(() -> server.connectionsOpen() == 0);
		}
	}

	@Test
	void idleConnectionIsDroppedBeforeThePeerDropsIt() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			run(server, this.contextRunner.withPropertyValues("hopper.client.pool.max-idle-time=100ms"),
					(publisher) -> {
						publisher.publishAndWait("session", OFFERS);
						await().until(() -> server.connectionsOpen() == 0);
						assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
						assertThat(server.connectionsAccepted()).isEqualTo(2);
					});
		}
	}

	@Test
	void connectionInUseIsGivenUpAfterItsLifeTimeSoThatAChangedAddressIsNoticed() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			run(server,
					this.contextRunner.withPropertyValues("hopper.client.pool.max-life-time=200ms",
							"hopper.client.pool.max-idle-time=1h", "hopper.retry.max-attempts=1"),
					(publisher) -> await().pollInterval(Duration.ofMillis(20)).until(() -> {
						publisher.publishAndWait("session", OFFERS);
						return server.connectionsAccepted() >= 4;
					}));
		}
	}

	@Test
	void connectionThatThePeerClosedWhileIdleFailsNoEvent() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				exchange.send(ScriptedServer.NO_CONTENT);
				exchange.end();
			});
			CountDownLatch closed = new CountDownLatch(1);
			ReactorClientHttpConnectorBuilder client = ClientHttpConnectorBuilder.reactor()
				.withHttpClientCustomizer((http) -> http.doOnChannelInit((observer, channel,
						address) -> channel.closeFuture().addListener((future) -> closed.countDown())));
			run(server, this.contextRunner.withPropertyValues("hopper.retry.max-attempts=1")
				.withBean(ReactorClientHttpConnectorBuilder.class, () -> client), (publisher) -> {
					publisher.publishAndWait("session", OFFERS);
					// The client learns of it by the FIN
					assertThat(closed.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
					assertThat(publisher.publishAndWait("session", OFFERS).delivered()).isTrue();
				});
		}
	}

	@Test
	void transportDoesNotRepeatAPostOnAReusedConnection() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenStatus(204).then(ScriptedServer.Exchange::reset);
			run(server, this.contextRunner.withPropertyValues("hopper.retry.max-attempts=1"), (publisher) -> {
				publisher.publishAndWait("session", OFFERS);
				assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
					.isThrownBy(() -> publisher.publishAndWait("session", OFFERS));
				assertThat(server.requests()).hasSize(2);
			});
		}
	}

	@Test
	void redirectIsNotFollowed() throws Exception {
		try (ScriptedServer server = new ScriptedServer(); ScriptedServer other = new ScriptedServer()) {
			server.thenStatus(307, "Location: " + other.baseUrl());
			run(server, this.contextRunner.withPropertyValues("spring.http.clients.redirects=follow"),
					(publisher) -> assertThatExceptionOfType(HopperApiException.UnexpectedResponse.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS)));
			assertThat(other.connectionsAccepted()).isZero();
		}
	}

	@Test
	void poolBoundsConnectionsAndWaiters() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			CountDownLatch refused = new CountDownLatch(6);
			for (int i = 0; i < 4; i++) {
				server.then((exchange) -> {
					refused.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
					exchange.send(ScriptedServer.NO_CONTENT);
				});
			}
			run(server,
					this.contextRunner.withPropertyValues("hopper.client.pool.max-connections=2",
							"hopper.client.pool.max-pending-acquires=2", "hopper.retry.max-attempts=1"),
					(publisher) -> {
						List<Object> results = Flux.range(0, 10)
							.flatMap((i) -> publisher.publish("session", OFFERS)
								.cast(Object.class)
								.onErrorResume((failure) -> {
									refused.countDown();
									return Mono.just(failure);
								}))
							.collectList()
							.block(TIMEOUT);
						assertThat(results).filteredOn(EventReceipt.class::isInstance).hasSize(4);
						assertThat(results).filteredOn(HopperApiException.Overloaded.class::isInstance)
							.hasSize(6)
							.allSatisfy((failure) -> {
								assertThat((Throwable) failure).hasMessageContaining("hopper.client.pool");
								assertThat(((HopperApiException) failure).isDeliveryUnknown()).isFalse();
							});
						assertThat(server.connectionsAccepted()).isEqualTo(2);
					});
		}
	}

	@Test
	void connectionThatIsNotAcceptedEndsWithTheConnectTimeout() throws Exception {
		List<Socket> queue = new ArrayList<>();
		try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			// Nobody accepts, so that after a few the kernel leaves connections
			// unanswered
			try {
				for (int i = 0; i < 64; i++) {
					Socket socket = new Socket();
					queue.add(socket);
					socket.connect(full.getLocalSocketAddress(), 200);
				}
			}
			catch (SocketTimeoutException ex) {
				// It is full
			}
			this.contextRunner
				.withPropertyValues("hopper.base-url=http://127.0.0.1:" + full.getLocalPort(),
						"hopper.client.connect-timeout=200ms", "hopper.client.response-timeout=1h",
						"hopper.retry.timeout=1d")
				.run((context) -> assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS))
					.withMessageContaining("no connection could be made")
					.satisfies((ex) -> {
						assertThat(ex.getAttempts()).isEqualTo(2);
						assertThat(ex.isDeliveryUnknown()).isFalse();
					}));
		}
		finally {
			for (Socket socket : queue) {
				socket.close();
			}
		}
	}

	@Test
	void ipv6IsSpoken() throws Exception {
		assumeThat(NetworkInterface.networkInterfaces()
			.flatMap(NetworkInterface::inetAddresses)
			.anyMatch((address) -> address instanceof Inet6Address && address.isLoopbackAddress()))
			.as("this machine has IPv6")
			.isTrue();
		// Contexts that end take the global event loops with them
		LoopResources eventLoops = LoopResources.create("test-server");
		DisposableServer server = HttpServer.create()
			.runOn(eventLoops)
			.host("::1")
			.handle((request, response) -> request.receive().then(response.status(204).send()))
			.bindNow();
		try {
			this.contextRunner.withPropertyValues("hopper.base-url=http://[::1]:" + server.port())
				.run((context) -> assertThat(
						context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).attempts())
					.isEqualTo(1));
		}
		finally {
			server.disposeNow(Duration.ofMinutes(1));
			eventLoops.dispose();
		}
	}

	@Test
	void silenceEndsWithTheReadTimeout() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
			run(server,
					this.contextRunner.withPropertyValues("hopper.client.read-timeout=200ms",
							"hopper.client.response-timeout=1h", "hopper.retry.timeout=1h"),
					(publisher) -> assertThatExceptionOfType(HopperApiException.Timeout.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS)));
		}
	}

	@Test
	void readTimeoutOfTheApplicationsClientsApplies() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
			run(server,
					this.contextRunner.withPropertyValues("spring.http.clients.read-timeout=200ms",
							"hopper.client.response-timeout=1h", "hopper.retry.timeout=1h"),
					(publisher) -> assertThatExceptionOfType(HopperApiException.Timeout.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS)));
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

}
