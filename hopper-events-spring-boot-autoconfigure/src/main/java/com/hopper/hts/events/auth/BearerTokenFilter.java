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
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.http.AttemptFailure;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.util.Assert;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Signs requests with the bearer token, if and only if they go to the Hopper API: a
 * request to any other scheme, host or port never learns the token. A request that is
 * answered with {@code 401} is sent once more if the {@link BearerTokenProvider} has
 * another token. Without a token the request fails with a {@link TokenRequestException}.
 */
final class BearerTokenFilter implements ExchangeFilterFunction {

	private static final Duration MAX_BODY_TIME = Duration.ofSeconds(1);

	private final Supplier<String> origin;

	private final BearerTokenProvider tokenProvider;

	/**
	 * The last token that passed the check, so that it is not checked for each request.
	 */
	private volatile @Nullable String checked;

	BearerTokenFilter(URI baseUrl, BearerTokenProvider tokenProvider) {
		Assert.notNull(baseUrl, "'baseUrl' must not be null");
		Assert.notNull(tokenProvider, "'tokenProvider' must not be null");
		// Lazy: only a request needs it, and it loads the classes that judge failures
		this.origin = SingletonSupplier.of(() -> AttemptFailure.origin(baseUrl));
		this.tokenProvider = tokenProvider;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (!AttemptFailure.origin(request.url()).equals(this.origin.get())) {
			return next.exchange(request);
		}
		return token(this.tokenProvider::getToken)
			.flatMap((token) -> exchange(request, next, check(token.orElse(null))));
	}

	private static Mono<Optional<String>> token(Supplier<Mono<String>> source) {
		return Mono.defer(source).onErrorMap(BearerTokenFilter::toException).singleOptional();
	}

	private String check(@Nullable String token) {
		if (token == null) {
			throw new TokenRequestException("the BearerTokenProvider gave no bearer token", false, null, null);
		}
		if (!token.equals(this.checked)) {
			String problem = findProblem(token);
			if (problem != null) {
				throw new TokenRequestException("the BearerTokenProvider gave a bearer token that " + problem, false,
						null, null);
			}
			this.checked = token;
		}
		return token;
	}

	private Mono<ClientResponse> exchange(ClientRequest request, ExchangeFunction next, String token) {
		return next.exchange(sign(request, token)).materialize().flatMap((answer) -> {
			if (isUnauthorized(request, answer)) {
				note(token, HttpStatus.UNAUTHORIZED);
				return exchangeWithAnotherToken(request, next, token, answer);
			}
			return result(answer).doOnNext((response) -> note(token, response.statusCode()));
		});
	}

	/**
	 * Remember what the API thinks of a token, for those who ask what is wrong.
	 */
	private void note(String token, HttpStatusCode status) {
		boolean accepted = status.is2xxSuccessful();
		if (this.tokenProvider instanceof RotatingTokenProvider provider
				&& (accepted || status.value() == HttpStatus.UNAUTHORIZED.value())) {
			try {
				provider.answered(token, accepted);
			}
			catch (Throwable ex) {
				// The caller gets the answer even if the provider fails to take note of
				// it
			}
		}
	}

	private static ClientRequest sign(ClientRequest request, String token) {
		return ClientRequest.from(request).headers((headers) -> headers.setBearerAuth(token)).build();
	}

	private static Mono<ClientResponse> result(Signal<ClientResponse> answer) {
		Throwable failure = answer.getThrowable();
		return (failure != null) ? Mono.error(failure) : Mono.justOrEmpty(answer.get());
	}

	/**
	 * Return whether the answer is {@code 401}, or was before another filter turned it
	 * into an exception.
	 */
	private static boolean isUnauthorized(ClientRequest request, Signal<ClientResponse> answer) {
		ClientResponse response = answer.isOnError() ? AttemptFailure.answer(request) : answer.get();
		if (response != null) {
			return response.statusCode().value() == 401;
		}
		Throwable failure = answer.getThrowable();
		WebClientResponseException exception = (failure != null)
				? AttemptFailure.find(failure, WebClientResponseException.class) : null;
		return exception != null && exception.getStatusCode().value() == 401
				&& (exception.getRequest() == null || request.url().equals(exception.getRequest().getURI()));
	}

	/**
	 * Send a request once more if there is another token; if not, the {@code 401} is the
	 * answer. Its body is read first, so that it holds no connection while a token is
	 * requested.
	 */
	private Mono<ClientResponse> exchangeWithAnotherToken(ClientRequest request, ExchangeFunction next, String rejected,
			Signal<ClientResponse> answer) {
		ClientResponse response = answer.isOnError() ? AttemptFailure.answer(request) : answer.get();
		Mono<String> body = (response != null) ? readBody(response) : Mono.just("");
		return body.flatMap((text) -> token(() -> this.tokenProvider.replaceToken(rejected)).flatMap((replacement) -> {
			if (replacement.isPresent()) {
				String token = check(replacement.get());
				return next.exchange(sign(request, token)).doOnNext((second) -> note(token, second.statusCode()));
			}
			return (response == null || answer.isOnError()) ? result(answer)
					: Mono.just(response.mutate().request(response.request()).body(text).build());
		}));
	}

	private static Mono<String> readBody(ClientResponse response) {
		return AttemptFailure.readBody(response)
			.timeout(MAX_BODY_TIME)
			// The body only adds detail: without it the status decides
			.onErrorReturn("");
	}

	private static Throwable toException(Throwable failure) {
		if (failure instanceof TokenRequestException) {
			return failure;
		}
		// Exceptions of WebClient carry the headers of the request, secrets among them
		Throwable cause = AttemptFailure.withoutRequest(failure);
		return new TokenRequestException(
				"the BearerTokenProvider failed (%s)".formatted(failure.getClass().getSimpleName()),
				cause instanceof IOException || cause instanceof TimeoutException, null, cause);
	}

	/**
	 * Say what is wrong with a token.
	 * @param token the token
	 * @return the end of a sentence that begins with the token's name, or {@code null} if
	 * it can be sent in an {@code Authorization} header
	 */
	static @Nullable String findProblem(@Nullable String token) {
		if (token == null || token.isBlank()) {
			return "must not be empty";
		}
		if (token.regionMatches(true, 0, "Bearer ", 0, 7)) {
			return "must be the token alone, without 'Bearer' before it";
		}
		if (token.charAt(0) == '"' || token.charAt(0) == '\'') {
			// Env files keep the quotation marks, and no token begins with one
			return "must be the token alone, without quotation marks around it";
		}
		for (int i = 0; i < token.length(); i++) {
			char c = token.charAt(i);
			if (c <= ' ' || c > '~') {
				return "must consist of visible ASCII characters, but character %s of %s is not one".formatted(i + 1,
						token.length());
			}
		}
		return null;
	}

}
