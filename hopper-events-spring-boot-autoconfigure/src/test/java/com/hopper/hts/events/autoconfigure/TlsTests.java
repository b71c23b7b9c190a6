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
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.resources.LoopResources;
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
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HopperHttpConnector} with TLS: certificates of both sides, and HTTP/2.
 */
@Tag("compatibility")
class TlsTests {

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

	@ParameterizedTest
	@ValueSource(strings = { "hopper.client.ssl.bundle", "spring.http.clients.ssl.bundle" })
	void certificatesOfTheBundleCanChangeWhileTheApplicationRuns(String property) throws Exception {
		X509Bundle old = certificate("127.0.0.1");
		X509Bundle renewed = certificate("127.0.0.1");
		try (ScriptedServer server = new ScriptedServer(sslContext(renewed))) {
			this.contextRunner.withPropertyValues(trusting(old)[0], property + "=airline")
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
		List<String> protocols = new CopyOnWriteArrayList<>();
		Consumer<HttpServerRequest> first = (request) -> protocols.add(request.protocol());
		ContextConsumer<AssertableApplicationContext> publish = (context) -> context.getBean(EventPublisher.class)
			.publishAndWait("session", OFFERS);
		runWithHttp2(first, publish);
		runWithServerOfHttp2(first, publish);
		assertThat(protocols).containsExactly("HTTP/2.0", "HTTP/1.1");
	}

	@Test
	void interimAnswerOfHttp2IsNotTheAnswer() throws Exception {
		runWithHttp2(
				(request) -> request.withConnection((stream) -> List.of("103", "100", "103")
					.forEach((status) -> stream.channel()
						.pipeline()
						.firstContext()
						.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status(status), false)))),
				(context) -> assertThat(context.getBean(EventPublisher.class).publishAndWait("session", OFFERS))
					.satisfies((receipt) -> assertThat(receipt.attempts()).isOne()));
	}

	@Test
	void http2AnswerWithoutAThreeDigitStatusIsReported() throws Exception {
		runWithHttp2(
				(request) -> request.withConnection((stream) -> stream.channel()
					.pipeline()
					.firstContext()
					.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("2040"), true))),
				(context) -> assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS))
					.matches(HopperApiException::isDeliveryUnknown));
	}

	@Test
	void requestThatHttp2RefusesUnreadIsNotSaidToBePerhapsDelivered() throws Exception {
		assertRefusedUnread((stream) -> stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM)));
		assertRefusedUnread((stream) -> {
			ChannelHandlerContext context = stream.parent().pipeline().context(Http2FrameCodec.class);
			((Http2FrameCodec) context.handler()).goAway(context, 1, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER,
					context.newPromise());
			context.flush();
		});
	}

	private void assertRefusedUnread(Consumer<Channel> refusal) throws Exception {
		runWithHttp2((request) -> request.withConnection((stream) -> refusal.accept(stream.channel())),
				(context) -> assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS))
					.matches((failure) -> failure.isTransient() && !failure.isDeliveryUnknown()));
	}

	private void runWithHttp2(Consumer<HttpServerRequest> first,
			ContextConsumer<AssertableApplicationContext> assertions) throws Exception {
		runWithServerOfHttp2(first, assertions, "hopper.client.http2=true");
	}

	private void runWithServerOfHttp2(Consumer<HttpServerRequest> first,
			ContextConsumer<AssertableApplicationContext> assertions, String... properties) throws Exception {
		X509Bundle certificate = certificate("127.0.0.1");
		// Contexts that end take the global event loops with them
		LoopResources eventLoops = LoopResources.create("test-server");
		DisposableServer server = http2Server(certificate, eventLoops, first);
		try {
			this.contextRunner.withPropertyValues(trusting(certificate))
				.withPropertyValues("hopper.base-url=https://127.0.0.1:" + server.port())
				.withPropertyValues(properties)
				.run(assertions);
		}
		finally {
			server.disposeNow(Duration.ofMinutes(1));
			eventLoops.dispose();
		}
	}

	private static DisposableServer http2Server(X509Bundle certificate, LoopResources eventLoops,
			Consumer<HttpServerRequest> first) {
		return HttpServer.create()
			.runOn(eventLoops)
			.host("127.0.0.1")
			.protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
			.secure((spec) -> spec.sslContext((SslProvider.GenericSslContextSpec<?>) Http2SslContextSpec
				.forServer(certificate.getKeyPair().getPrivate(), certificate.getCertificatePath())))
			.handle((request, response) -> {
				first.accept(request);
				return request.receive().then(response.status(204).send());
			})
			.bindNow();
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
	void unknownBundleFailsAtStart() {
		this.contextRunner.withPropertyValues("hopper.client.ssl.bundle=missing")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("'hopper.client.ssl.bundle' is 'missing'")
				.rootCause()
				.isInstanceOf(NoSuchSslBundleException.class));
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

}
