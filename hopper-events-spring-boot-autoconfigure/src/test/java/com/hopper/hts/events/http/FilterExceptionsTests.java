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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import org.springframework.web.server.ResponseStatusException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests of filters of the application, above all those that turn answers into exceptions.
 */
class FilterExceptionsTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2022-01-24T15:34:30Z"));

	private static final String SESSION = "9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f";

	private static final String ERRORS = "{\"errors\":[{\"message\":\"no such session " + SESSION
			+ "\",\"code\":\"bad\"}]}";

	private final ScriptedServer server = new ScriptedServer();

	private final ConnectionProvider pool = ConnectionProvider.create("one", 1);

	@AfterEach
	void close() throws IOException {
		this.pool.dispose();
		this.server.close();
	}

	static Stream<Arguments> answers() {
		Map<Integer, FailureKind> kinds = Map.of(400, FailureKind.REJECTED, 403, FailureKind.FORBIDDEN, 404,
				FailureKind.NOT_FOUND, 408, FailureKind.TIMEOUT, 413, FailureKind.TOO_LARGE, 429,
				FailureKind.RATE_LIMITED, 500, FailureKind.SERVER_ERROR, 503, FailureKind.SERVER_ERROR, 504,
				FailureKind.SERVER_ERROR, 501, FailureKind.OTHER_SERVER_ERROR);
		return Stream.of(Filter.values())
			.flatMap((filter) -> kinds.entrySet()
				.stream()
				.map((entry) -> Arguments.of(filter, entry.getKey(), entry.getValue())));
	}

	@ParameterizedTest
	@MethodSource("answers")
	void exceptionIsTheAnswerThatItWasMadeOf(Filter filter, int status, FailureKind kind) {
		for (int i = 0; i < 3; i++) {
			this.server.thenStatus(status, "Retry-After: 0");
		}
		HopperApiException exception = failure(filter.function());
		assertThat(exception.getKind()).isEqualTo(kind);
		assertThat(exception.getStatusCode()).isEqualTo(HttpStatus.valueOf(status));
		assertThat(exception.getRetryAfter()).isEqualTo(Duration.ZERO);
		assertThat(exception.getAttempts()).isEqualTo(kind.isRetried() ? 3 : 1);
		assertThat(exception.isDeliveryUnknown()).isEqualTo(status == 504);
		assertThat(this.server.requests()).hasSize(exception.getAttempts());
		assertThat(this.server.connectionsAccepted()).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void eventIsDeliveredAfterAnAnswerThatPasses(Filter filter) {
		this.server.thenStatus(503);
		assertThat(publisher(filter.function()).publishAndWait(SESSION, OFFERS).attempts()).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource(names = { "CREATING", "WRAPPING" })
	void errorsOfTheAnswerAreRead(Filter filter) {
		this.server.thenAnswer(ScriptedServer.response(422, ERRORS, "Content-Type: application/json"));
		HopperApiException exception = failure(filter.function());
		assertThat(exception).isInstanceOfSatisfying(HopperApiException.Rejected.class,
				(rejected) -> assertThat(rejected.getErrors())
					.containsExactly(new ApiError("no such session ***", "bad", Map.of())));
	}

	@ParameterizedTest
	@EnumSource
	void rejectedTokenIsReplacedOnce(Filter filter) {
		this.server.thenStatus(401);
		assertThat(publisher(new Renewing(), filter.function()).publishAndWait(SESSION, OFFERS).attempts())
			.isEqualTo(1);
		assertThat(this.server.requests()).extracting((request) -> request.header("Authorization"))
			.containsExactly("Bearer canary-1", "Bearer canary-2");
		assertThat(this.server.connectionsAccepted()).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void tokenThatIsRejectedTwiceIsReported(Filter filter) {
		this.server.thenStatus(401).thenStatus(401);
		HopperApiException exception = catchThrowableOfType(HopperApiException.class,
				() -> publisher(new Renewing(), filter.function()).publishAndWait(SESSION, OFFERS));
		assertThat(exception.getKind()).isEqualTo(FailureKind.UNAUTHORIZED);
		assertThat(this.server.requests()).hasSize(2);
	}

	@ParameterizedTest
	@EnumSource
	void requestIsNotAmongTheCauses(Filter filter) {
		this.server.thenAnswer(ScriptedServer.response(400, ERRORS));
		HopperApiException exception = failure(filter.function());
		StringWriter trace = new StringWriter();
		exception.printStackTrace(new PrintWriter(trace));
		assertThat(trace.toString()).doesNotContain(SESSION).doesNotContain(Publishers.TOKEN);
		List<Throwable> causes = new ArrayList<>();
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			causes.add(cause);
		}
		assertThat(causes).doesNotHaveAnyElementsOfTypes(WebClientResponseException.class);
	}

	@Test
	void answerMadeByAFilterIsOneToo() {
		AtomicInteger calls = new AtomicInteger();
		assertThat(publisher((request,
				next) -> (calls.incrementAndGet() < 3) ? Mono.error(WebClientResponseException.create(503, "Open",
						HttpHeaders.EMPTY, new byte[0], StandardCharsets.UTF_8)) : next.exchange(request))
			.publishAndWait(SESSION, OFFERS)
			.attempts()).isEqualTo(3);
		assertThat(failure((request, next) -> Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN))).getKind())
			.isEqualTo(FailureKind.FORBIDDEN);
	}

	@Test
	void answerToAnotherRequestOfAFilterIsNotTheEvents() throws IOException {
		try (ScriptedServer other = new ScriptedServer()) {
			other.thenStatus(401).thenStatus(503).thenStatus(503).thenStatus(503);
			ExchangeFilterFunction asksAnother = (request, next) -> Publishers.webClient(other.baseUrl())
				.get()
				.uri(other.baseUrl())
				.retrieve()
				.toBodilessEntity()
				.then(next.exchange(request));
			HopperApiException exception = failure(asksAnother);
			assertThat(exception.getKind()).isEqualTo(FailureKind.UNREACHABLE);
			assertThat(exception.getStatusCode()).isNull();
			assertThat(exception).hasMessageContaining("a request of a filter to 127.0.0.1 was answered with 401");
			assertThat(failure(asksAnother).getKind()).isEqualTo(FailureKind.CONNECTION_FAILED);
			assertThat(this.server.requests()).isEmpty();
		}
	}

	@Test
	void filterThatFailsAfterTheDeliveryIsNotRetried() {
		HopperApiException exception = failure(ExchangeFilterFunction
			.ofResponseProcessor((response) -> Mono.error(new IllegalStateException("canary"))));
		assertThat(exception.getKind()).isEqualTo(FailureKind.UNREACHABLE);
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	@Timeout(60)
	void errorOfAFilterIsAFailureToo() {
		HopperApiException exception = failure((request, next) -> Mono.error(new NoClassDefFoundError("canary")));
		assertThat(exception.getKind()).isEqualTo(FailureKind.UNREACHABLE);
		assertThat(exception).hasMessageContaining("NoClassDefFoundError");
	}

	@Test
	void filterSeesAndChangesTheHeaders() {
		publisher((request, next) -> {
			assertThat(request.headers().getContentType()).isEqualTo(MediaType.APPLICATION_JSON);
			String sessionId = request.headers().getFirst("HC-Session-ID");
			return next.exchange(
					ClientRequest.from(request).headers((headers) -> headers.set("X-Session", sessionId)).build());
		}).publishAndWait(SESSION, OFFERS);
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.header("X-Session")).isEqualTo(SESSION);
			assertThat(request.header("HC-Session-ID")).isEqualTo(SESSION);
		});
	}

	private HopperApiException failure(ExchangeFilterFunction filter) {
		return catchThrowableOfType(HopperApiException.class, () -> publisher(filter).publishAndWait(SESSION, OFFERS));
	}

	private EventPublisher publisher(ExchangeFilterFunction filter) {
		return publisher(BearerTokenProvider.of(Publishers.TOKEN), filter);
	}

	private EventPublisher publisher(BearerTokenProvider tokenProvider, ExchangeFilterFunction filter) {
		return new HopperApiBuilder(Publishers.webClient(this.server.baseUrl()).mutate().filters((filters) -> {
			filters.clear();
			filters.add(BearerTokenProvider.filter(this.server.baseUrl(), tokenProvider));
			filters.add(filter);
		}).clientConnector(new ReactorClientHttpConnector(HttpClient.create(this.pool).disableRetry(true))).build(),
				this.server.baseUrl())
			.retryPolicy(Publishers.retryPolicy(3))
			.publisher();
	}

	enum Filter {

		CREATING {

			@Override
			Mono<ClientResponse> fail(ClientResponse response) {
				return response.createError();
			}

		},

		WRAPPING {

			@Override
			Mono<ClientResponse> fail(ClientResponse response) {
				return response.createException()
					.flatMap((exception) -> Mono.error(new IllegalStateException("wrapped", exception)));
			}

		},

		FORGETTING {

			@Override
			Mono<ClientResponse> fail(ClientResponse response) {
				return Mono.error(new IllegalStateException("something else"));
			}

		},

		RELEASING {

			@Override
			Mono<ClientResponse> fail(ClientResponse response) {
				return response.releaseBody().then(Mono.error(new ResponseStatusException(response.statusCode())));
			}

		};

		abstract Mono<ClientResponse> fail(ClientResponse response);

		ExchangeFilterFunction function() {
			return ExchangeFilterFunction.ofResponseProcessor(
					(response) -> response.statusCode().isError() ? fail(response) : Mono.just(response));
		}

	}

	private static final class Renewing implements BearerTokenProvider {

		private final AtomicInteger tokens = new AtomicInteger(1);

		@Override
		public Mono<String> getToken() {
			return Mono.fromSupplier(() -> "canary-" + this.tokens.get());
		}

		@Override
		public Mono<String> replaceToken(String rejected) {
			return Mono.fromSupplier(() -> "canary-" + this.tokens.incrementAndGet());
		}

	}

}
