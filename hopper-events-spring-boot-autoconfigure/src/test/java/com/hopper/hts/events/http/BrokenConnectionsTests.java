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
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import com.hopper.hts.events.testing.ScriptedServer.Request;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for connections that cannot be made or break, and what is known of the event
 * then.
 */
@Tag("compatibility")
class BrokenConnectionsTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private static final String SESSION = "9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f";

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(TIME);

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(TIME)
		.withCfarContractId("canary-contract")
		.withCfarOfferIds("canary-offer")
		.withBookingReference("cfar", "CANARYPNR");

	private static final URI UNKNOWN = URI.create("http://hopper.invalid");

	private final ScriptedServer server = new ScriptedServer();

	private final EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3));

	@AfterEach
	void close() throws IOException {
		this.server.close();
	}

	@Test
	void cancellationAbortsTheRequestInFlight() {
		this.server.then(ScriptedServer.Exchange::hang);
		AtomicBoolean released = new AtomicBoolean();
		WebClient webClient = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(
					HttpClient.newConnection().doOnDisconnected((connection) -> released.set(true))))
			.build();
		EventPublisher publisher = new HopperApiBuilder(webClient, this.server.baseUrl())
			.retryPolicy(Publishers.retryPolicy(3))
			.publisher();
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> this.server.requests().size() == 1);
		subscription.dispose();
		await().untilTrue(released);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void connectionResetBeforeAnAnswerIsRetried() {
		this.server.then(ScriptedServer.Exchange::reset).then(ScriptedServer.Exchange::end);
		EventReceipt receipt = this.publisher.publishAndWait(SESSION, BOOKING);
		assertThat(receipt.attempts()).isEqualTo(3);
		assertThat(this.server.requests()).extracting(Request::text).containsOnly(this.server.requests().get(0).text());
	}

	@Test
	void halfAnAnswerIsRetried() {
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 20");
			exchange.end();
		}).then((exchange) -> {
			exchange.send("HTTP/1.1 204 No Content\r\nExpires: 0\r\n");
			exchange.end();
		});
		assertThat(this.publisher.publishAndWait(SESSION, BOOKING).attempts()).isEqualTo(3);
	}

	@Test
	void resetIsReportedAsConnectionFailureOfUnknownDelivery() {
		this.server.then(ScriptedServer.Exchange::reset)
			.then(ScriptedServer.Exchange::reset)
			.then(ScriptedServer.Exchange::reset);
		HopperApiException exception = failure(SESSION, BOOKING);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.isTransient()).isTrue();
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(exception.getAttempts()).isEqualTo(3);
		assertThat(exception.getStatusCode()).isNull();
		assertThat(exception).hasMessageContaining("may have been counted");
		assertCarriesNoSecret(exception);
	}

	@Test
	void transportNeverRepeatsARequestByItself() {
		EventPublisher once = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1));
		this.server.then(ScriptedServer.Exchange::reset);
		assertThat(failure(once, SESSION, OFFERS)).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void refusedConnectionIsRetriedAndDeliveryIsKnownToHaveFailed() throws IOException {
		URI nobody;
		try (ServerSocket socket = new ServerSocket(0)) {
			nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
		}
		HopperApiException exception = failure(Publishers.create(nobody, Publishers.retryPolicy(3)), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.getAttempts()).isEqualTo(3);
		assertThat(exception.isTransient()).isTrue();
		assertThat(exception.isDeliveryUnknown()).isFalse();
		assertThat(exception).hasMessageContaining("refused");
		assertCarriesNoSecret(exception);
	}

	@Test
	void unknownHostIsAMistakeInTheConfigurationUntilTheApiWasReached() throws IOException {
		try (DatagramSocket nameServer = nameServer("NXDOMAIN")) {
			HopperApiException exception = failure(publisherFor(UNKNOWN, nameServer, "NXDOMAIN"), SESSION, OFFERS);
			assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
			assertThat(exception.getAttempts()).isEqualTo(1);
			assertThat(exception.isTransient()).isFalse();
			assertThat(exception).hasMessageContaining("could not be resolved").hasMessageContaining("hopper.base-url");
		}
	}

	@ParameterizedTest
	@CsvSource({ "NXDOMAIN, 1", "SERVFAIL, 3", ", 3" })
	void hostIsUnknownOnlyIfANameServerSaysSo(@Nullable String answer, int attempts) throws IOException {
		try (DatagramSocket nameServer = nameServer(answer)) {
			HopperApiException exception = failure(publisherFor(UNKNOWN, nameServer, answer), SESSION, OFFERS);
			assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class)
				.hasMessageContaining("could not be resolved");
			assertThat(exception.getAttempts()).isEqualTo(attempts);
			assertThat(exception.isTransient()).isEqualTo(attempts > 1);
			assertThat(exception.isDeliveryUnknown()).isFalse();
		}
	}

	private static EventPublisher publisherFor(URI baseUrl, DatagramSocket nameServer, @Nullable String answer) {
		Duration timeout = Duration.ofMillis((answer != null) ? 60_000 : 100);
		HttpClient client = HttpClient.newConnection()
			.resolver((resolver) -> resolver.queryTimeout(timeout)
				.dnsAddressResolverGroupProvider((builder) -> new DnsAddressResolverGroup(
						builder.nameServerProvider(new SingletonDnsServerAddressStreamProvider(
								(InetSocketAddress) nameServer.getLocalSocketAddress())))));
		return new HopperApiBuilder(WebClient.builder().clientConnector(new ReactorClientHttpConnector(client)).build(),
				baseUrl)
			.retryPolicy(Publishers.retryPolicy(3))
			.publisher();
	}

	/**
	 * Return a server that answers each question with a code, or not at all.
	 */
	private static DatagramSocket nameServer(@Nullable String answer) throws IOException {
		DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
		Thread thread = new Thread(() -> {
			DatagramPacket packet = new DatagramPacket(new byte[512], 512);
			try {
				while (answer != null) {
					socket.receive(packet);
					ByteBuffer message = ByteBuffer.wrap(packet.getData());
					int code = answer.equals("SERVFAIL") ? 2 : 3;
					// The question, as an answer without records
					message.putShort(2, (short) (0x8180 | code)).putShort(6, (short) 0).putInt(8, 0);
					socket.send(packet);
					packet.setLength(512);
				}
			}
			catch (IOException ex) {
				// The test has ended
			}
		});
		thread.setDaemon(true);
		thread.start();
		return socket;
	}

	@Test
	void unknownHostIsRetriedOnceTheApiWasReached() {
		AttemptFailure failure = AttemptFailure.of(new java.net.UnknownHostException("api"), URI.create("http://api"),
				true, false);
		assertThat(failure.isRetryable(true)).isTrue();
	}

	@Test
	void connectionThatClosedBeforeTheRequestWasSentIsRetriedAndNothingWasCounted() {
		AttemptFailure failure = AttemptFailure.of(AbortedException.beforeSend(), URI.create("http://api"), true,
				false);
		assertThat(failure.isRetryable(true)).isTrue();
		assertThat(failure.isDeliveryUnknown()).isFalse();
	}

	@Test
	void requestThatWaitsForAConnectionWhenTheyAreClosedMayBeSentAgain() {
		ConnectionProvider pool = ConnectionProvider.create("one", 1);
		EventPublisher publisher = new HopperApiBuilder(
				WebClient.builder().clientConnector(new ReactorClientHttpConnector(HttpClient.create(pool))).build(),
				this.server.baseUrl())
			.retryPolicy(Publishers.retryPolicy(1))
			.publisher();
		this.server.then(ScriptedServer.Exchange::hang);
		publisher.publish(SESSION, OFFERS).onErrorComplete().subscribe();
		await().until(() -> this.server.requests().size() == 1);
		CompletableFuture<EventReceipt> waiting = publisher.publish(SESSION, OFFERS).toFuture();
		pool.dispose();
		assertThat(waiting).failsWithin(Duration.ofSeconds(60))
			.withThrowableThat()
			.havingCause()
			.isInstanceOfSatisfying(HopperApiException.ConnectionFailed.class, (failure) -> {
				assertThat(failure.isTransient()).isTrue();
				assertThat(failure.isDeliveryUnknown()).isFalse();
			});
	}

	@Test
	void answerThatIsNotHttpIsNotRetried() {
		this.server.thenAnswer("SSH-2.0-OpenSSH_9.2\r\n\r\n");
		HopperApiException exception = failure(SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception.isTransient()).isFalse();
	}

	@Test
	void cancellationInFlightCountsAsUnknown() {
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1),
				(builder) -> builder.metrics(metrics));
		this.server.then(ScriptedServer.Exchange::hang);
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> this.server.requests().size() == 1);
		subscription.dispose();
		assertThat(metrics.unknown).hasSize(1);
		assertThat(metrics.finished).containsExactly("offers_displayed 1 cancelled");
	}

	private HopperApiException failure(String sessionId, HopperEvent event) {
		return failure(this.publisher, sessionId, event);
	}

	private static HopperApiException failure(EventPublisher publisher, String sessionId, HopperEvent event) {
		HopperApiException exception = catchThrowableOfType(HopperApiException.class,
				() -> publisher.publishAndWait(sessionId, event));
		assertThat(exception).isNotNull();
		return exception;
	}

	private static void assertCarriesNoSecret(Throwable exception) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			assertThat(cause.toString()).doesNotContain(Publishers.TOKEN, SESSION, "canary", "CANARY");
			assertThat(cause.getClass().getName()).doesNotStartWith("org.springframework.web.reactive");
		}
	}

}
