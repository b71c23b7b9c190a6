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
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.TokenRequestException;
import io.netty.channel.ChannelException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.netty.channel.AbortedException;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for how {@link AttemptFailure} judges every failure, without a network.
 */
class ClassificationTests {

	private static final URI EVENTS = URI.create("https://user:secret@api.example:8443/v1/events?secret");

	private static final FailureKind UNREACHABLE = FailureKind.UNREACHABLE;

	private static final FailureKind FAILED = FailureKind.CONNECTION_FAILED;

	/**
	 * The failure, its kind, whether a request that was sent may have arrived, and what
	 * is said.
	 */
	static Stream<Arguments> failures() {
		return Stream.of(
				arguments(new TokenRequestException("no token", true, null, null), FailureKind.SIGN_IN_FAILED, false,
						"signing in failed: no token"),
				arguments(new IllegalStateException(new TokenRequestException("no token", false, null, null)),
						FailureKind.SIGN_IN_REFUSED, false, "signing in failed: no token"),
				arguments(new UnknownHostException("x"), UNREACHABLE, false, "name of its host, api.example:8443"),
				arguments(new UnresolvedAddressException(), UNREACHABLE, false, "name of the proxy"),
				arguments(new PoolAcquireTestException(), FailureKind.OVERLOADED, false, "hopper.client.pool"),
				arguments(new ConnectException("refused"), FAILED, false,
						"no connection could be made to api.example:8443 (refused)"),
				arguments(new NoRouteToHostException("far"), FAILED, false, "no connection could be made"),
				arguments(new SslHandshakeTimeoutException("late"), FAILED, false, "no connection could be made"),
				arguments(new SSLHandshakeException("x").initCause(new CertificateException("expired")), UNREACHABLE,
						false, "was refused here"),
				arguments(new SSLPeerUnverifiedException("other host"), UNREACHABLE, false, "(other host;"),
				arguments(new NotSslRecordException("x"), UNREACHABLE, false, "does not speak TLS"),
				arguments(new SSLHandshakeException("x").initCause(new IOException("no cipher")), UNREACHABLE, false,
						"refused by one of the sides (no cipher;"),
				arguments(new SSLException("Received fatal alert: bad_certificate"), UNREACHABLE, false,
						"refused by one of the sides"),
				arguments(new SSLException("closed while SSL/TLS handshake"), FAILED, true, "broke (closed"),
				arguments(new SSLHandshakeException("gone").initCause(new ClosedChannelException()), FAILED, true,
						"broke (gone)"),
				arguments(new SSLException("record"), FAILED, true, "broke (record)"),
				arguments(new TimeoutException(), FailureKind.TIMEOUT, true, "no answer of api.example:8443 in time"),
				arguments(ReadTimeoutException.INSTANCE, FailureKind.TIMEOUT, true, "in time"),
				arguments(new ChannelException(new IOException("Too many open files")), FAILED, true,
						"no connection could be made to api.example:8443 (Too many open files)"),
				arguments(new IOException("reset"), FAILED, true, "broke before the answer came (reset)"),
				arguments(new PrematureChannelClosureException("early"), FAILED, true, "broke before"),
				arguments(AbortedException.beforeSend(), FAILED, true, "broke before"),
				arguments(new IllegalStateException("secret"), UNREACHABLE, true, "failed (IllegalStateException)"),
				arguments(new IllegalStateException(request(new IOException("reset"))), FAILED, true,
						"connection to other.example broke"),
				arguments(WebClientResponseException.create(200, "", HttpHeaders.EMPTY, new byte[0], null),
						FailureKind.UNEXPECTED_RESPONSE, true, "could not be read"));
	}

	@Test
	@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
	void causesThatGoInACircleComeToAnEnd() {
		IOException inner = new IOException("inner");
		Throwable outer = new SSLHandshakeException("outer").initCause(inner);
		inner.initCause(outer);
		assertThat(AttemptFailure.of(outer, EVENTS, false, true).kind()).isEqualTo(UNREACHABLE);
	}

	private static WebClientRequestException request(Throwable cause) {
		return new WebClientRequestException(cause, HttpMethod.POST, URI.create("https://other.example/x"),
				HttpHeaders.EMPTY);
	}

	@ParameterizedTest
	@MethodSource("failures")
	void failureIsJudgedByItsCause(Throwable thrown, FailureKind kind, boolean unknown, String description) {
		for (boolean sent : new boolean[] { true, false }) {
			AttemptFailure failure = AttemptFailure.of(thrown, EVENTS, false, sent);
			assertThat(failure.kind()).isEqualTo(kind);
			assertThat(failure.isDeliveryUnknown()).isEqualTo(unknown && sent);
			assertThat(failure.description()).contains(description).doesNotContain("secret");
			assertThat(AttemptFailure.of(failure, EVENTS, true, true)).isSameAs(failure);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					http, basic, proxy/10.0.0.1:8080 => api.example:443, status: 407 Proxy Authentication Required | UNREACHABLE | the proxy proxy:8080 answered 407 and makes no connection to api.example:443 (check hopper.client.proxy.username and hopper.client.proxy.password)
					http, none, /10.0.0.1:8080 => api.example:443, status: 403 Forbidden           | UNREACHABLE       | the proxy 10.0.0.1:8080 answered 403
					http, none, proxy/10.0.0.1:8080 => api.example/1.2.3.4:443, status: 408 Late   | CONNECTION_FAILED | no connection to api.example:443
					http, none, proxy/10.0.0.1:8080 => api.example:443, status: 429 Busy           | CONNECTION_FAILED | answered 429
					http, none, proxy/10.0.0.1:8080 => api.example:443, status: 499 Odd            | UNREACHABLE       | answered 499
					http, none, proxy/10.0.0.1:8080 => api.example:443, status: 500 Broken         | CONNECTION_FAILED | answered 500
					http, none, proxy/10.0.0.1:8080 => api.example:443, status: 599 Broken         | CONNECTION_FAILED | answered 599
					http, none, proxy/10.0.0.1:8080 => api.example:443, status: 600 Odd            | UNREACHABLE       | answered 600
					socks5, password, proxy/10.0.0.1:1080 => api.example:443, authStatus: FAILURE  | UNREACHABLE       | made no connection to api.example:443 (authStatus: FAILURE; check hopper.client.proxy
					socks5, none, proxy/10.0.0.1:1080 => api.example:443, timeout                  | CONNECTION_FAILED | (timeout;
					something else                                                                 | CONNECTION_FAILED | the proxy made no connection (something else;
					""")
	void proxyIsNamedWithWhatItAnswered(String message, FailureKind kind, String description) {
		AttemptFailure failure = AttemptFailure.of(new ProxyConnectException(message), EVENTS, false, true);
		assertThat(failure.kind()).isEqualTo(kind);
		assertThat(failure.isDeliveryUnknown()).isFalse();
		assertThat(failure.description()).contains(description);
	}

	@Test
	void failureBeforeTheProxyIsTheProxysFailure() {
		assertThat(ProxyFailure.name(new ConnectException("refused"), "proxy:8080"))
			.hasMessageContaining("no connection could be made to the proxy proxy:8080 (refused;");
		assertThat(ProxyFailure.name(new NoRouteToHostException("far"), "proxy:8080")).isInstanceOf(ProxyFailure.class);
		Throwable other = new IOException("reset");
		assertThat(ProxyFailure.name(other, "proxy:8080")).isSameAs(other);
		Throwable without = new ConnectException("refused");
		assertThat(ProxyFailure.name(without, null)).isSameAs(without);
		ProxyFailure known = (ProxyFailure) ProxyFailure.name(new ConnectException("refused"), "proxy:8080");
		assertThat(ProxyFailure.name(new IOException(known), null)).isSameAs(known);
	}

	@ParameterizedTest
	@CsvSource({ "200, true", "204, true", "302, false", "400, false", "404, false", "429, false", "500, false",
			"501, false", "502, true", "503, false", "504, true", "599, true" })
	void onlyAGatewayOrASuccessLeavesOpenWhetherTheEventWasCounted(int status, boolean unknown) {
		AttemptFailure failure = response(status);
		assertThat(failure.isDeliveryUnknown()).isEqualTo(unknown);
		assertThat(failure.kind()).isEqualTo(FailureKind.ofStatus(HttpStatusCode.valueOf(status)));
		HopperApiException exception = failure.toException(HopperApiException.Details.of("It failed."));
		assertThat(exception.getKind()).isEqualTo(failure.kind());
		assertThat(exception.getStatusCode()).isEqualTo(HttpStatusCode.valueOf(status));
		assertThat(exception.getRetryAfter()).isEqualTo(Duration.ofSeconds(7));
	}

	@ParameterizedTest
	@MethodSource("failures")
	void exceptionHasTheKindOfItsFailure(Throwable thrown, FailureKind kind, boolean unknown, String description) {
		HopperApiException exception = AttemptFailure.of(thrown, EVENTS, false, true)
			.toException(HopperApiException.Details.of("It failed."));
		assertThat(exception.getKind()).isEqualTo(kind);
		assertThat(exception.getStatusCode()).isNull();
	}

	@ParameterizedTest
	@EnumSource(names = { "TIMEOUT" })
	void requestThatWasSentIsRepeatedAfterATimeoutOnlyIfThatIsWanted(FailureKind kind) {
		AttemptFailure sent = AttemptFailure.ofTimeout(EVENTS, Duration.ofSeconds(2), true);
		AttemptFailure waiting = AttemptFailure.ofTimeout(EVENTS, Duration.ofMillis(1500), false);
		assertThat(sent.kind()).isEqualTo(kind);
		assertThat(sent.description()).isEqualTo("there was no complete answer of api.example:8443 within 2 s");
		assertThat(waiting.description()).isEqualTo("the request could not be sent to api.example:8443 within 1500 ms");
		assertThat(sent.isRetryable(true)).isTrue();
		assertThat(sent.isRetryable(false)).isFalse();
		assertThat(waiting.isRetryable(false)).isTrue();
		assertThat(response(503).isRetryable(false)).isTrue();
		assertThat(response(502).isRetryable(false)).isTrue();
		assertThat(response(400).isRetryable(true)).isFalse();
	}

	@Test
	void failureOfAFilterMayPassOrNot() {
		AttemptFailure passing = AttemptFailure.connection(true, false, "odd", null);
		assertThat(passing.kind()).isEqualTo(FAILED);
		assertThat(passing.isDeliveryUnknown()).isFalse();
		AttemptFailure lasting = AttemptFailure.connection(false, true, "odd", null);
		assertThat(lasting.kind()).isEqualTo(UNREACHABLE);
		assertThat(lasting.isDeliveryUnknown()).isTrue();
		assertThat(lasting.description()).isEqualTo("odd");
	}

	@ParameterizedTest
	@CsvSource({ "https://user@API.Example:443/x, https://api.example", "http://api.example:80, http://api.example",
			"https://api.example:80, https://api.example:80", "http://a_b:8080/x?y, http://a_b:8080",
			"https://api.example:/x, https://api.example", "/relative, ://" })
	void originIsSchemeHostAndPort(URI uri, String origin) {
		assertThat(AttemptFailure.origin(uri)).isEqualTo(origin);
	}

	@Test
	void urlIsShownWithoutUserInfoAndQuery() {
		assertThat(AttemptFailure.url(EVENTS)).isEqualTo("https://api.example:8443/v1/events");
		assertThat(AttemptFailure.url(URI.create("mailto:x"))).isEqualTo("mailto://null");
	}

	@Test
	void bodyIsReadUpToItsLimit() {
		DataBuffer part = DefaultDataBufferFactory.sharedInstance.wrap("x".repeat(40_000).getBytes());
		ClientResponse response = ClientResponse.create(HttpStatus.BAD_REQUEST)
			.body(Flux.just(part, part.split(0), DefaultDataBufferFactory.sharedInstance.wrap(new byte[40_000])))
			.build();
		assertThat(AttemptFailure.readBody(response).block()).hasSize(64 * 1024);
		assertThat(AttemptFailure.readBody(ClientResponse.create(HttpStatus.BAD_REQUEST).build()).block()).isEmpty();
	}

	private static AttemptFailure response(int status) {
		return AttemptFailure.ofResponse(HttpStatusCode.valueOf(status), HttpHeaders.EMPTY, Duration.ofSeconds(7),
				List.of(), "the answer was " + status);
	}

	/**
	 * Named like those of Reactor Netty's pool.
	 */
	private static final class PoolAcquireTestException extends RuntimeException {

	}

}
