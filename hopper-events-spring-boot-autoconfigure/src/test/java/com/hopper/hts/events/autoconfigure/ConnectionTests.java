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
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.SslProvider;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.ReactorNettyConfigurations;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.util.StreamUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link HopperHttpConnector} over real connections: pool, timeouts, TLS,
 * proxy.
 */
class ConnectionTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

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
				assertThat(server.connectionsAccepted()).isLessThanOrEqualTo(3);
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
	void connectionThatThePeerClosedWhileIdleFailsNoEvent() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				exchange.send(ScriptedServer.NO_CONTENT);
				exchange.end();
			});
			run(server, this.contextRunner.withPropertyValues("hopper.retry.max-attempts=1"), (publisher) -> {
				publisher.publishAndWait("session", OFFERS);
				await().until(() -> server.connectionsOpen() == 0);
				// The client learns of it by the FIN, before it takes the connection
				// again
				await()
					.untilAsserted(() -> assertThat(publisher.publishAndWait("session", OFFERS).delivered()).isTrue());
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
			for (int i = 0; i < 4; i++) {
				server.then((exchange) -> {
					exchange.pause(Duration.ofMillis(300));
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
								.onErrorResume(Mono::just))
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
		DisposableServer server = HttpServer.create()
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
			server.disposeNow();
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

	@Test
	void tlsWithABundleThatTrustsTheServer() throws Exception {
		X509Bundle certificate = certificate("127.0.0.1");
		try (ScriptedServer server = new ScriptedServer(sslContext(certificate))) {
			run(server, this.contextRunner.withPropertyValues(trusting(certificate)), (publisher) -> {
				assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
			});
		}
	}

	@Test
	void bundleOfTheApplicationsClientsApplies() throws Exception {
		X509Bundle certificate = certificate("127.0.0.1");
		try (ScriptedServer server = new ScriptedServer(sslContext(certificate))) {
			run(server, this.contextRunner.withPropertyValues(trusting(certificate)[0],
					"spring.http.clients.ssl.bundle=airline"), (publisher) -> {
						assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
					});
		}
	}

	@Test
	void untrustedCertificateIsAMistakeInTheConfiguration() throws Exception {
		try (ScriptedServer server = new ScriptedServer(sslContext(certificate("127.0.0.1")))) {
			run(server, this.contextRunner.withPropertyValues(trusting(certificate("127.0.0.1"))),
					(publisher) -> assertTlsRefused(publisher));
			assertThat(server.requests()).isEmpty();
		}
	}

	@Test
	void certificateOfAnotherHostIsAMistakeInTheConfiguration() throws Exception {
		X509Bundle certificate = certificate("127.9.9.9");
		try (ScriptedServer server = new ScriptedServer(sslContext(certificate))) {
			run(server, this.contextRunner.withPropertyValues(trusting(certificate)),
					(publisher) -> assertTlsRefused(publisher));
			assertThat(server.requests()).isEmpty();
		}
	}

	@Test
	void tlsToAServerThatDoesNotSpeakItIsAMistakeInTheConfiguration() throws Exception {
		try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
			Thread thread = new Thread(() -> {
				try (Socket socket = plain.accept()) {
					socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes());
					socket.getInputStream().readAllBytes();
				}
				catch (IOException ex) {
					// The client is gone
				}
			});
			thread.setDaemon(true);
			thread.start();
			this.contextRunner.withPropertyValues("hopper.base-url=https://127.0.0.1:" + plain.getLocalPort())
				.run((context) -> assertTlsRefused(context.getBean(EventPublisher.class)));
		}
	}

	private static void assertTlsRefused(EventPublisher publisher) {
		assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
			.isThrownBy(() -> publisher.publishAndWait("session", OFFERS))
			.withMessageContaining("TLS")
			.satisfies((ex) -> {
				assertThat(ex.getAttempts()).isEqualTo(1);
				assertThat(ex.isTransient()).isFalse();
				assertThat(ex.isDeliveryUnknown()).isFalse();
			});
	}

	@Test
	void clientCertificateOfTheBundleIsShown() throws Exception {
		X509Bundle server = certificate("127.0.0.1");
		X509Bundle client = certificate("127.0.0.1");
		try (ScriptedServer api = new ScriptedServer(sslContext(server, client), true)) {
			run(api, this.contextRunner.withPropertyValues(trusting(server)).withPropertyValues(identifiedBy(client)),
					(publisher) -> assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1));
		}
	}

	@Test
	void wrongOrNoClientCertificateIsAConnectionFailure() throws Exception {
		X509Bundle server = certificate("127.0.0.1");
		X509Bundle client = certificate("127.0.0.1");
		try (ScriptedServer api = new ScriptedServer(sslContext(server, client), true)) {
			run(api, this.contextRunner.withPropertyValues(trusting(server)),
					(publisher) -> assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS)));
			run(api, this.contextRunner.withPropertyValues(trusting(server))
				.withPropertyValues(identifiedBy(certificate("127.0.0.1"))),
					(publisher) -> assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS)));
			assertThat(api.requests()).isEmpty();
		}
	}

	@Test
	void expiredCertificateIsAMistakeInTheConfiguration() throws Exception {
		X509Bundle authority = certificate("127.0.0.1");
		X509Bundle expired = new CertificateBuilder().subject("CN=test")
			.addSanIpAddress("127.0.0.1")
			.notBefore(Instant.now().minus(Duration.ofDays(20)))
			.notAfter(Instant.now().minus(Duration.ofDays(10)))
			.buildIssuedBy(authority);
		X509Bundle valid = new CertificateBuilder().subject("CN=test")
			.addSanIpAddress("127.0.0.1")
			.buildIssuedBy(authority);
		try (ScriptedServer server = new ScriptedServer(sslContext(expired))) {
			run(server, this.contextRunner.withPropertyValues(trusting(authority)),
					(publisher) -> assertTlsRefused(publisher));
		}
		try (ScriptedServer server = new ScriptedServer(sslContext(valid))) {
			run(server, this.contextRunner.withPropertyValues(trusting(authority)),
					(publisher) -> assertThat(publisher.publishAndWait("session", OFFERS).delivered()).isTrue());
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
	void certificatesOfTheBundleCanChangeWhileTheApplicationRuns() throws Exception {
		X509Bundle old = certificate("127.0.0.1");
		X509Bundle renewed = certificate("127.0.0.1");
		try (ScriptedServer server = new ScriptedServer(sslContext(renewed))) {
			this.contextRunner.withPropertyValues(trusting(old))
				.withPropertyValues("hopper.base-url=" + server.baseUrl())
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					assertTlsRefused(publisher);
					context.getBean(DefaultSslBundleRegistry.class)
						.updateBundle("airline", SslBundle.of(new PemSslStoreBundle(null,
								PemSslStoreDetails.forCertificate(renewed.getCertificatePathPEM()))));
					assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
				});
		}
	}

	@Test
	void http2IsUsedIfItIsWantedAndOffered() throws Exception {
		X509Bundle certificate = certificate("127.0.0.1");
		List<String> protocols = new CopyOnWriteArrayList<>();
		DisposableServer server = HttpServer.create()
			.host("127.0.0.1")
			.protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
			.secure((spec) -> spec.sslContext((SslProvider.GenericSslContextSpec<?>) Http2SslContextSpec
				.forServer(certificate.getKeyPair().getPrivate(), certificate.getCertificatePath())))
			.handle((request, response) -> {
				protocols.add(request.protocol());
				return request.receive().then(response.status(204).send());
			})
			.bindNow();
		try {
			String baseUrl = "hopper.base-url=https://127.0.0.1:" + server.port();
			this.contextRunner.withPropertyValues(trusting(certificate))
				.withPropertyValues(baseUrl, "hopper.client.http2=true")
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
			this.contextRunner.withPropertyValues(trusting(certificate))
				.withPropertyValues(baseUrl)
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
			assertThat(protocols).containsExactly("HTTP/2.0", "HTTP/1.1");
		}
		finally {
			server.disposeNow();
		}
	}

	@Test
	void http2FallsBackWhereItIsNotOffered() throws Exception {
		X509Bundle certificate = certificate("127.0.0.1");
		try (ScriptedServer server = new ScriptedServer(sslContext(certificate))) {
			run(server,
					this.contextRunner.withPropertyValues(trusting(certificate))
						.withPropertyValues("hopper.client.http2=true"),
					(publisher) -> assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1));
		}
		try (ScriptedServer plain = new ScriptedServer()) {
			run(plain, this.contextRunner.withPropertyValues("hopper.client.http2=true"),
					(publisher) -> assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1));
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
	void unknownBundleFailsAtStart() {
		this.contextRunner.withPropertyValues("hopper.client.ssl.bundle=missing")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(NoSuchSslBundleException.class));
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

	private static X509Bundle certificate(String ipAddress) throws Exception {
		return new CertificateBuilder().subject("CN=test")
			.addSanIpAddress(ipAddress)
			.setIsCertificateAuthority(true)
			.buildSelfSigned();
	}

	private static SSLContext sslContext(X509Bundle certificate, X509Bundle trustedClient) throws Exception {
		KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
		trusted.load(null, null);
		trusted.setCertificateEntry("client", trustedClient.getCertificate());
		TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trustManagers.init(trusted);
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(certificate.toKeyStore("password".toCharArray()), "password".toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
		return context;
	}

	private static String[] identifiedBy(X509Bundle certificate) {
		return new String[] {
				"spring.ssl.bundle.pem.airline.keystore.certificate=" + certificate.getCertificatePathPEM(),
				"spring.ssl.bundle.pem.airline.keystore.private-key=" + certificate.getPrivateKeyPEM() };
	}

	private static SSLContext sslContext(X509Bundle certificate) throws Exception {
		KeyStore keyStore = certificate.toKeyStore("password".toCharArray());
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(keyStore, "password".toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keyManagers.getKeyManagers(), null, null);
		return context;
	}

	private static String[] trusting(X509Bundle certificate) {
		return new String[] {
				"spring.ssl.bundle.pem.airline.truststore.certificate=" + certificate.getCertificatePathPEM(),
				"hopper.client.ssl.bundle=airline" };
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
