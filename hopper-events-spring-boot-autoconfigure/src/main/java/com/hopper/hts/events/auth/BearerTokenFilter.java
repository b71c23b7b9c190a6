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
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Signs requests with the bearer token, if and only if they go to the Hopper API: a
 * request to any other scheme, host or port never learns the token. A request that is
 * answered with {@code 401} is sent once more if the {@link BearerTokenProvider} has
 * another token. Without a token the request fails with a {@link TokenRequestException}.
 *
 * @since 0.1.0
 */
public final class BearerTokenFilter implements ExchangeFilterFunction {

	private static final int MAX_BODY_SIZE = 64 * 1024;

	private static final Duration MAX_BODY_TIME = Duration.ofSeconds(1);

	private final URI baseUrl;

	private final BearerTokenProvider tokenProvider;

	/**
	 * Create an instance.
	 * @param baseUrl the base URL of the API
	 * @param tokenProvider the provider of the token
	 */
	public BearerTokenFilter(URI baseUrl, BearerTokenProvider tokenProvider) {
		Assert.notNull(baseUrl, "'baseUrl' must not be null");
		Assert.notNull(tokenProvider, "'tokenProvider' must not be null");
		this.baseUrl = baseUrl;
		this.tokenProvider = tokenProvider;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (!isSameOrigin(request.url())) {
			return next.exchange(request);
		}
		return token(Mono.defer(this.tokenProvider::getToken))
			.switchIfEmpty(Mono.error(
					() -> new TokenRequestException("the BearerTokenProvider gave no bearer token", false, null, null)))
			.flatMap((token) -> exchange(request, next, token)
				.flatMap((response) -> (response.statusCode().value() == 401)
						? exchangeWithAnotherToken(request, next, token, response) : Mono.just(response)));
	}

	private static Mono<ClientResponse> exchange(ClientRequest request, ExchangeFunction next, String token) {
		return next.exchange(ClientRequest.from(request).headers((headers) -> headers.setBearerAuth(token)).build());
	}

	/**
	 * Send a request once more if there is another token; if not, the {@code 401} is the
	 * answer. Its body is read first, so that it holds no connection while a token is
	 * requested.
	 */
	private Mono<ClientResponse> exchangeWithAnotherToken(ClientRequest request, ExchangeFunction next, String rejected,
			ClientResponse response) {
		return readBody(response)
			.flatMap((body) -> token(Mono.defer(() -> this.tokenProvider.replaceToken(rejected))).map(Optional::of)
				.defaultIfEmpty(Optional.empty())
				.flatMap((token) -> token.isPresent() ? exchange(request, next, token.get())
						: Mono.just(response.mutate().request(response.request()).body(body).build())));
	}

	private static Mono<String> readBody(ClientResponse response) {
		return DataBufferUtils
			.join(DataBufferUtils.takeUntilByteCount(response.body(BodyExtractors.toDataBuffers()), MAX_BODY_SIZE))
			.map((buffer) -> {
				String body = buffer.toString(StandardCharsets.UTF_8);
				DataBufferUtils.release(buffer);
				return body;
			})
			.timeout(MAX_BODY_TIME)
			// The status alone says enough
			.onErrorReturn("")
			.defaultIfEmpty("");
	}

	private static Mono<String> token(Mono<String> token) {
		return token.onErrorMap(BearerTokenFilter::toException).doOnNext((value) -> {
			String problem = BearerTokens.findProblem(value);
			if (problem != null) {
				throw new TokenRequestException("the BearerTokenProvider gave a bearer token that " + problem, false,
						null, null);
			}
		});
	}

	private static Throwable toException(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		if (failure instanceof TokenRequestException) {
			return failure;
		}
		// What WebClient throws carries the headers of the request, secrets among them
		Throwable cause = failure;
		while (cause instanceof WebClientRequestException || cause instanceof WebClientResponseException) {
			cause = cause.getCause();
		}
		return new TokenRequestException(
				"the BearerTokenProvider failed (%s)".formatted(failure.getClass().getSimpleName()),
				cause instanceof IOException || cause instanceof TimeoutException, null, cause);
	}

	private boolean isSameOrigin(URI url) {
		return equalsIgnoreCase(this.baseUrl.getScheme(), url.getScheme())
				&& equalsIgnoreCase(this.baseUrl.getHost(), url.getHost()) && port(this.baseUrl) == port(url);
	}

	private static boolean equalsIgnoreCase(@Nullable String first, @Nullable String second) {
		return first != null && first.equalsIgnoreCase(second);
	}

	private static int port(URI url) {
		if (url.getPort() != -1) {
			return url.getPort();
		}
		String scheme = (url.getScheme() != null) ? url.getScheme().toLowerCase(Locale.ROOT) : "";
		return scheme.equals("https") ? 443 : 80;
	}

}
