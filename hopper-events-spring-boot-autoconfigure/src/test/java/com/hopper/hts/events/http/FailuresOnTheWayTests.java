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
package com.hopper.hts.events.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.resolver.NoopAddressResolverGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.transport.ProxyProvider.Proxy;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests that a failure on the way to the API is judged by its cause, and that its message
 * names who is to blame and the property to look at.
 */
class FailuresOnTheWayTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final SessionRequest SESSION = SessionRequest.purchase("US", "en");

	private static final String HOST = "airlines-api.example";

	private static final String[] CLIENT = { "hopper.auth.token=", "hopper.auth.client-id=id",
			"hopper.auth.client-secret=secret" };

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final ScriptedServer proxy = new ScriptedServer();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=https://" + HOST + "/v1", "hopper.auth.token=test-token",
				"hopper.retry.initial-interval=1ms", "hopper.retry.max-attempts=3", "hopper.auth.preflight=off");

	private final ApplicationContextRunner proxied = this.contextRunner.withPropertyValues(
			"hopper.base-url=https://" + HOST + "/v1", "hopper.client.proxy.host=127.0.0.1",
			"hopper.client.proxy.port=" + this.proxy.port());

	@AfterEach
	void close() throws Exception {
		this.proxy.close();
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 403, 404, 405, 407, 302 })
	void refusalByTheProxyIsAMistakeToCorrect(int status) {
		answerConnect(status);
		for (String scheme : new String[] { "https", "http" }) {
			this.proxied.withPropertyValues("hopper.base-url=" + scheme + "://" + HOST + "/v1")
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
					.isInstanceOf(HopperApiException.ConnectionFailed.class)
					.satisfies((ex) -> assertThat(ex.getMessage()).contains("127.0.0.1:" + this.proxy.port(),
							"answered " + status, HOST, "hopper.client.proxy."))
					.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("TLS", "later"))
					.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.UNREACHABLE))
					.satisfies((ex) -> assertThat(ex.isDeliveryUnknown()).isFalse())
					.satisfies((ex) -> assertThat(ex.getAttempts()).isEqualTo(1)));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 429, 500, 502, 503, 504 })
	void failureOfTheProxyPasses(int status) {
		answerConnect(status);
		for (String scheme : new String[] { "https", "http" }) {
			this.proxied.withPropertyValues("hopper.base-url=" + scheme + "://" + HOST + "/v1")
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
					.isInstanceOf(HopperApiException.ConnectionFailed.class)
					.satisfies((ex) -> assertThat(ex.getMessage()).contains("127.0.0.1:" + this.proxy.port(),
							"answered " + status, HOST))
					.hasMessageNotContaining("TLS")
					.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.CONNECTION_FAILED))
					.satisfies((ex) -> assertThat(ex.isDeliveryUnknown()).isFalse())
					.satisfies((ex) -> assertThat(ex.getAttempts()).isEqualTo(3)));
		}
	}

	@Test
	void proxyThatWantsAPasswordIsToldByItsProperties() {
		answerConnect(407);
		this.proxied
			.withPropertyValues("hopper.client.proxy.host=localhost", "hopper.client.proxy.username=canary",
					"hopper.client.proxy.password=canary")
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("localhost:" + this.proxy.port(),
						"hopper.client.proxy.username", "hopper.client.proxy.password"))
				.hasMessageNotContaining("canary"));
	}

	@Test
	void proxyThatHangsUpIsNamed() {
		for (int i = 0; i < 3; i++) {
			this.proxy.then(ScriptedServer.Exchange::end);
		}
		this.proxied.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains("the proxy 127.0.0.1:" + this.proxy.port(),
					"hopper.client.proxy."))
			.hasMessageNotContaining("TLS")
			.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.CONNECTION_FAILED)));
	}

	@Test
	void refusalByTheProxyIsNamedToSignInSessionsAndOtherUsersOfTheClient() {
		answerConnect(407);
		this.proxied.run((context) -> {
			assertThat(catchThrowableOfType(HopperApiException.class,
					() -> context.getBean(HopperSessions.class).create(SESSION).block(TIMEOUT)))
				.hasMessageContaining("hopper.client.proxy.username")
				.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.UNREACHABLE));
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> context.getBean("hopperWebClient", WebClient.class)
					.get()
					.uri("/things")
					.retrieve()
					.toBodilessEntity()
					.block(TIMEOUT))
				.withMessageContaining("hopper.client.proxy.username")
				.withCauseInstanceOf(ConnectException.class);
		});
		this.proxied.withPropertyValues(CLIENT)
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.isInstanceOf(HopperApiException.SignInFailed.class)
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("127.0.0.1:" + this.proxy.port(), "407",
						"hopper.client.proxy.username"))
				.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.SIGN_IN_REFUSED)));
	}

	@Test
	void failureOfTheProxyWhileSigningInPasses() {
		answerConnect(503);
		this.proxied.withPropertyValues(CLIENT)
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("127.0.0.1:" + this.proxy.port(), "503"))
				.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.SIGN_IN_FAILED)));
	}

	@Test
	void proxyThatCannotBeReachedIsNamed() throws Exception {
		int port = unusedPort();
		this.proxied.withPropertyValues("hopper.client.proxy.port=" + port)
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("the proxy 127.0.0.1:" + port,
						"hopper.client.proxy.port"))
				.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.CONNECTION_FAILED)));
	}

	@Test
	void proxyWhoseNameCannotBeResolvedIsNamed() {
		for (String[] auth : new String[][] { {}, CLIENT }) {
			this.proxied.withPropertyValues("hopper.client.proxy.host=proxy.invalid")
				.withPropertyValues(auth)
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
					.satisfies((ex) -> assertThat(ex.getMessage()).contains("proxy.invalid", "hopper.client.proxy.host",
							"could not be resolved"))
					.satisfies((ex) -> assertThat(ex.isTransient()).isFalse()));
		}
	}

	@ParameterizedTest
	@CsvSource({ "2, false", "8, false", "1, true", "4, true", "5, true" })
	void socksProxyThatRefusesIsNamed(int reply, boolean passes) throws Exception {
		try (ServerSocket socks = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
			Thread thread = new Thread(() -> {
				while (!socks.isClosed()) {
					try (Socket socket = socks.accept()) {
						socket.getInputStream().readNBytes(3);
						socket.getOutputStream().write(new byte[] { 5, 0 });
						socket.getInputStream().readNBytes(5);
						socket.getOutputStream().write(new byte[] { 5, (byte) reply, 0, 1, 0, 0, 0, 0, 0, 0 });
						socket.getInputStream().readAllBytes();
					}
					catch (IOException ex) {
						// The client is gone
					}
				}
			});
			thread.setDaemon(true);
			thread.start();
			this.contextRunner
				.withBean(ReactorClientHttpConnectorBuilder.class,
						() -> ClientHttpConnectorBuilder.reactor()
							.withHttpClientCustomizer((client) -> client
								.proxy((proxy) -> proxy.type(Proxy.SOCKS5).host("127.0.0.1").port(socks.getLocalPort()))
								.resolver(NoopAddressResolverGroup.INSTANCE)))
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
					.satisfies((ex) -> assertThat(ex.getMessage())
						.contains("the proxy 127.0.0.1:" + socks.getLocalPort(), HOST))
					.hasMessageNotContaining("TLS")
					.satisfies((ex) -> assertThat(ex.isTransient()).isEqualTo(passes))
					.satisfies((ex) -> assertThat(ex.isDeliveryUnknown()).isFalse())
					.satisfies((ex) -> assertThat(ex.getAttempts()).isEqualTo(passes ? 3 : 1)));
		}
	}

	@Test
	void hostThatIsUnknownOrSilentIsNamed() throws Exception {
		int port = unusedPort();
		for (String host : new String[] { "airlines-api.invalid:8443", "127.0.0.1:" + port }) {
			this.contextRunner.withPropertyValues("hopper.base-url=https://" + host + "/v1").run((context) -> {
				assertThat(publish(context.getBean(EventPublisher.class))).hasMessageContaining(host);
				assertThat(catchThrowableOfType(HopperApiException.class,
						() -> context.getBean(HopperSessions.class).create(SESSION).block(TIMEOUT)))
					.hasMessageContaining(host);
			});
			this.contextRunner.withPropertyValues("hopper.base-url=https://" + host + "/v1")
				.withPropertyValues(CLIENT)
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
					.isInstanceOf(HopperApiException.SignInFailed.class)
					.satisfies((ex) -> assertThat(ex.getMessage()).contains("https://" + host + "/v1/auth",
							"hopper.base-url")));
		}
	}

	@Test
	void addressWithNothingBehindItIsShown() {
		String url = "http://127.0.0.1:" + this.proxy.port() + "/wrong";
		this.proxy.thenStatus(404).thenStatus(404).thenStatus(302).thenStatus(404);
		this.contextRunner.withPropertyValues("hopper.base-url=" + url).run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			assertThat(publish(publisher))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("404", url + "/events", "hopper.base-url"));
			assertThat(catchThrowableOfType(HopperApiException.class,
					() -> context.getBean(HopperSessions.class).create(SESSION).block(TIMEOUT)))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("404", url + "/sessions", "hopper.base-url"));
			assertThat(publish(publisher))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("302", url + "/events", "hopper.base-url"));
		});
		this.contextRunner.withPropertyValues("hopper.base-url=" + url)
			.withPropertyValues(CLIENT)
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies((ex) -> assertThat(ex.getMessage()).contains("404", url + "/auth", "hopper.base-url")));
	}

	@Test
	void secretsInTheAddressAreNotShown() throws Exception {
		URI tokenUri = URI.create("http://user:canary@127.0.0.1:" + unusedPort() + "/token?key=canary");
		HopperConnectionDetails details = new HopperConnectionDetails() {

			@Override
			public URI getBaseUrl() {
				return FailuresOnTheWayTests.this.proxy.baseUrl();
			}

			@Override
			public String getClientId() {
				return "id";
			}

			@Override
			public String getClientSecret() {
				return "canary";
			}

			@Override
			public URI getTokenUri() {
				return tokenUri;
			}

		};
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withBean(HopperConnectionDetails.class, () -> details)
			.withPropertyValues("hopper.retry.max-attempts=1", "hopper.auth.preflight=off")
			.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies((ex) -> assertThat(ex.getMessage())
					.contains("http://127.0.0.1:" + tokenUri.getPort() + "/token", "hopper.auth.token-uri"))
				.hasMessageNotContaining("canary"));
	}

	@Test
	void certificateThatIsNotAcceptedIsNoFailureThatPasses() throws Exception {
		X509Bundle authority = new CertificateBuilder().subject("CN=authority")
			.setIsCertificateAuthority(true)
			.buildSelfSigned();
		CertificateBuilder certificate = new CertificateBuilder().subject("CN=test");
		String trusted = authority.getCertificatePathPEM();
		assertNotAccepted(
				certificate.copy().addSanIpAddress("127.0.0.1").setIsCertificateAuthority(true).buildSelfSigned(),
				trusted);
		assertNotAccepted(certificate.copy().addSanIpAddress("127.9.9.9").buildIssuedBy(authority), trusted);
		assertNotAccepted(certificate.copy()
			.addSanIpAddress("127.0.0.1")
			.notBefore(Instant.now().minus(Duration.ofDays(20)))
			.notAfter(Instant.now().minus(Duration.ofDays(10)))
			.buildIssuedBy(authority), trusted);
	}

	private void assertNotAccepted(X509Bundle certificate, String trusted) throws Exception {
		try (ScriptedServer api = new ScriptedServer(sslContext(certificate))) {
			String host = "127.0.0.1:" + api.port();
			ApplicationContextRunner runner = this.contextRunner
				.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + api.baseUrl(),
						"spring.ssl.bundle.pem.airline.truststore.certificate=" + trusted,
						"hopper.client.ssl.bundle=airline");
			runner.run((context) -> assertThat(publish(context.getBean(EventPublisher.class)))
				.satisfies(
						(ex) -> assertThat(ex.getMessage()).contains(host, "certificate", "hopper.client.ssl.bundle"))
				.hasMessageNotContaining("later")
				.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.UNREACHABLE))
				.satisfies((ex) -> assertThat(ex.getAttempts()).isEqualTo(1)));
			runner.withPropertyValues(CLIENT)
				.run((context) -> assertThat(publish(context.getBean(EventPublisher.class))).satisfies(
						(ex) -> assertThat(ex.getMessage()).contains(host, "certificate", "hopper.client.ssl.bundle"))
					.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(FailureKind.SIGN_IN_REFUSED)));
		}
	}

	private static SSLContext sslContext(X509Bundle certificate) throws Exception {
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(certificate.toKeyStore("password".toCharArray()), "password".toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keyManagers.getKeyManagers(), null, null);
		return context;
	}

	private static int unusedPort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			return socket.getLocalPort();
		}
	}

	private void answerConnect(int status) {
		for (int i = 0; i < 10; i++) {
			this.proxy.thenStatus(status);
		}
	}

	private static HopperApiException publish(EventPublisher publisher) {
		return catchThrowableOfType(HopperApiException.class, () -> publisher.publishAndWait("session", OFFERS));
	}

}
