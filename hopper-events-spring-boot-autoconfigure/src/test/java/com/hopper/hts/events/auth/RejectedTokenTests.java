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

package com.hopper.hts.events.auth;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import com.hopper.hts.events.TokenRequestException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for what {@link BearerTokenFilter} does with a token that is rejected.
 */
@Tag("compatibility")
class RejectedTokenTests {

	private static final URI BASE = URI.create("https://api.example/v1");

	private static final URI EVENTS = URI.create("https://api.example/v1/events");

	private final List<String> sent = new ArrayList<>();

	private final List<String> rejected = new ArrayList<>();

	private Mono<String> replacement = Mono.empty();

	@Test
	void requestIsSentOnceMoreWithAnotherToken() {
		this.replacement = Mono.just("t2");
		ClientResponse response = exchange(answers(answer(401), answer(204)));
		assertThat(response.statusCode()).isEqualTo(HttpStatus.NO_CONTENT);
		assertThat(this.sent).containsExactly("Bearer t1", "Bearer t2");
		assertThat(this.rejected).containsExactly("t1");
	}

	@Test
	void secondRejectionIsTheAnswer() {
		this.replacement = Mono.just("t2");
		assertThat(exchange(answers(answer(401), answer(401))).statusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
		assertThat(this.sent).hasSize(2);
	}

	@Test
	void withoutAnotherTokenTheRejectionIsTheAnswerWithItsBody() {
		ClientResponse response = exchange(answers(answer(401)));
		assertThat(response.statusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
		assertThat(response.bodyToMono(String.class).block()).isEqualTo("body of 401");
		assertThat(response.request().getURI()).isEqualTo(EVENTS);
		assertThat(this.sent).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource({ "200", "403", "500" })
	void otherAnswersAreNotTouched(int status) {
		this.replacement = Mono.just("t2");
		ClientResponse response = exchange(answers(answer(status)));
		assertThat(response.statusCode().value()).isEqualTo(status);
		assertThat(this.rejected).isEmpty();
	}

	@Test
	void exceptionThatAFilterMadeOfTheRejectionIsOne() {
		this.replacement = Mono.just("t2");
		for (WebClientResponseException rejection : List.of(exception(401, EVENTS), exception(401, null))) {
			RuntimeException wrapped = new IllegalStateException(rejection);
			assertThat(exchange(answers(Mono.error(wrapped), answer(204))).statusCode())
				.isEqualTo(HttpStatus.NO_CONTENT);
		}
		assertThat(this.rejected).hasSize(2);
	}

	@Test
	void exceptionIsKeptIfThereIsNoOtherToken() {
		WebClientResponseException rejection = exception(401, EVENTS);
		assertThat(catchThrowable(() -> exchange(answers(Mono.error(rejection))))).isSameAs(rejection);
		assertThat(this.rejected).containsExactly("t1");
	}

	@Test
	void exceptionOfAnotherRequestOrAnotherStatusIsNoRejection() {
		this.replacement = Mono.just("t2");
		for (RuntimeException failure : List.of(exception(401, URI.create("https://other.example/")),
				exception(403, EVENTS), new IllegalStateException("no answer"))) {
			assertThat(catchThrowable(() -> exchange(answers(Mono.error(failure))))).isSameAs(failure);
		}
		assertThat(this.rejected).isEmpty();
	}

	static Stream<Arguments> failures() {
		return Stream.of(arguments(new IOException("secret"), true), arguments(new TimeoutException("secret"), true),
				arguments(new IllegalStateException("secret"), false));
	}

	@ParameterizedTest
	@MethodSource("failures")
	void replacementThatFailsIsAFailedSignIn(Exception failure, boolean temporary) {
		this.replacement = Mono.error(failure);
		TokenRequestException exception = catchThrowableOfType(TokenRequestException.class,
				() -> exchange(answers(answer(401))));
		assertThat(exception.isTransient()).isEqualTo(temporary);
		assertThat(exception.getMessage()).contains(failure.getClass().getSimpleName()).doesNotContain("secret");
		assertThat(this.sent).hasSize(1);
	}

	@Test
	void replacementThatIsNoTokenIsNotSent() {
		this.replacement = Mono.just("t 2");
		assertThat(catchThrowableOfType(TokenRequestException.class, () -> exchange(answers(answer(401)))))
			.hasMessageEndingWith("must consist of visible ASCII characters, but character 2 of 3 is not one");
		assertThat(this.sent).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource({ "204, true", "401, false", "500, false" })
	void rotatingProviderLearnsWhetherItsTokenIsTaken(int status, boolean accepted) {
		RotatingTokenProvider provider = new RotatingTokenProvider(() -> "t1", List::of, () -> {
			throw new IllegalStateException("There is a token");
		}, () -> {
			throw new IllegalStateException("Nobody signs in");
		}, Duration.ofSeconds(1), (failure) -> {
		}, Schedulers.immediate());
		BearerTokenProvider.filter(BASE, provider)
			.filter(ClientRequest.create(HttpMethod.POST, EVENTS).build(), answers(answer(status)))
			.block();
		assertThat(provider.acceptedAt() != null).isEqualTo(accepted);
	}

	@Test
	void onlyVisibleCharactersAreAToken() {
		assertThat(BearerTokenFilter.findProblem("!~")).isNull();
		assertThat(BearerTokenFilter.findProblem("a\u007f")).endsWith("character 2 of 2 is not one");
		assertThat(BearerTokenFilter.findProblem("\u001fa")).endsWith("character 1 of 2 is not one");
		assertThat(BearerTokenFilter.findProblem(null)).isEqualTo("must not be empty");
		assertThat(BearerTokenFilter.findProblem("\"t0ken\"")).endsWith("without quotation marks around it");
		assertThat(BearerTokenFilter.findProblem("'t0ken'")).endsWith("without quotation marks around it");
		assertThatIllegalArgumentException().isThrownBy(() -> BearerTokenProvider.filter(null, () -> Mono.just("a")));
		assertThatIllegalArgumentException().isThrownBy(() -> BearerTokenProvider.filter(BASE, null));
	}

	private ClientResponse exchange(ExchangeFunction next) {
		BearerTokenProvider provider = new BearerTokenProvider() {

			@Override
			public Mono<String> getToken() {
				return Mono.just("t1");
			}

			@Override
			public Mono<String> replaceToken(String rejectedToken) {
				RejectedTokenTests.this.rejected.add(rejectedToken);
				return RejectedTokenTests.this.replacement;
			}

		};
		return BearerTokenProvider.filter(BASE, provider)
			.filter(ClientRequest.create(HttpMethod.POST, EVENTS).build(), next)
			.block(Duration.ofSeconds(60));
	}

	@SafeVarargs
	private ExchangeFunction answers(Mono<ClientResponse>... answers) {
		int[] next = new int[1];
		return (request) -> {
			this.sent.add(request.headers().getFirst(HttpHeaders.AUTHORIZATION));
			return answers[next[0]++];
		};
	}

	private static Mono<ClientResponse> answer(int status) {
		return Mono.fromSupplier(() -> ClientResponse.create(HttpStatus.valueOf(status))
			.request(new MockClientHttpRequest(HttpMethod.POST, EVENTS))
			.body("body of " + status)
			.build());
	}

	private static WebClientResponseException exception(int status, URI uri) {
		HttpRequest request = (uri != null) ? new MockClientHttpRequest(HttpMethod.POST, uri) : null;
		return WebClientResponseException.create(HttpStatus.valueOf(status), "", HttpHeaders.EMPTY, new byte[0],
				StandardCharsets.UTF_8, request);
	}

}
