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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.http.NetworkFailure;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.util.Assert;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Signs requests with the bearer token, if and only if they go to the Hopper API: a
 * request to any other scheme, host or port never learns the token. A request that is
 * answered with {@code 401} is sent once more if the {@link BearerTokenProvider} has
 * another token. Without a token the request fails with a {@link TokenRequestException}.
 */
final class BearerTokenFilter implements ExchangeFilterFunction {

	private static final int MAX_BODY_SIZE = 64 * 1024;

	private static final Duration MAX_BODY_TIME = Duration.ofSeconds(1);

	private final String origin;

	private final BearerTokenProvider tokenProvider;

	private volatile @Nullable Authorization last;

	BearerTokenFilter(URI baseUrl, BearerTokenProvider tokenProvider) {
		Assert.notNull(baseUrl, "'baseUrl' must not be null");
		Assert.notNull(tokenProvider, "'tokenProvider' must not be null");
		this.origin = origin(baseUrl);
		this.tokenProvider = tokenProvider;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (!isSameOrigin(request.url())) {
			return next.exchange(request);
		}
		return Mono.defer(() -> send(request, next));
	}

	private Mono<ClientResponse> send(ClientRequest request, ExchangeFunction next) {
		String held = (this.tokenProvider instanceof TokenHolder holder) ? holder.heldToken() : null;
		return (held != null) ? exchange(request, next, authorization(held))
				: authorization(Mono.defer(this.tokenProvider::getToken))
					.switchIfEmpty(
							Mono.error(() -> new TokenRequestException("the BearerTokenProvider gave no bearer token",
									false, null, null)))
					.flatMap((authorization) -> exchange(request, next, authorization));
	}

	private Mono<ClientResponse> exchange(ClientRequest request, ExchangeFunction next, Authorization authorization) {
		return next.exchange(new SignedRequest(request, authorization))
			.map((response) -> (response.statusCode().value() == 401)
					? exchangeWithAnotherToken(request, next, authorization, response) : Mono.just(response))
			.onErrorResume((failure) -> isUnauthorized(request, failure),
					(failure) -> Mono.just(exchangeWithAnotherToken(request, next, authorization, failure)))
			.flatMap(Function.identity());
	}

	private static boolean isUnauthorized(ClientRequest request, Throwable failure) {
		ClientResponse answer = NetworkFailure.answer(request);
		if (answer != null) {
			return answer.statusCode().value() == 401;
		}
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof WebClientResponseException exception && exception.getStatusCode().value() == 401) {
				return exception.getRequest() == null || request.url().equals(exception.getRequest().getURI());
			}
		}
		return false;
	}

	/**
	 * Send a request once more if there is another token; if not, the {@code 401} is the
	 * answer. Its body is read first, so that it holds no connection while a token is
	 * requested.
	 */
	private Mono<ClientResponse> exchangeWithAnotherToken(ClientRequest request, ExchangeFunction next,
			Authorization rejected, ClientResponse response) {
		return readBody(response)
			.flatMap((body) -> authorization(Mono.defer(() -> this.tokenProvider.replaceToken(rejected.token())))
				.map(Optional::of)
				.defaultIfEmpty(Optional.empty())
				.flatMap((replacement) -> replacement.isPresent()
						? next.exchange(new SignedRequest(request, replacement.get()))
						: Mono.just(response.mutate().request(response.request()).body(body).build())));
	}

	/**
	 * The same where another filter turned the {@code 401} into an exception.
	 */
	private Mono<ClientResponse> exchangeWithAnotherToken(ClientRequest request, ExchangeFunction next,
			Authorization rejected, Throwable failure) {
		ClientResponse answer = NetworkFailure.answer(request);
		Mono<?> released = (answer != null) ? readBody(answer) : Mono.empty();
		return released
			.then(Mono.defer(() -> authorization(Mono.defer(() -> this.tokenProvider.replaceToken(rejected.token())))))
			.map((replacement) -> next.exchange(new SignedRequest(request, replacement)))
			.defaultIfEmpty(Mono.error(failure))
			.flatMap(Function.identity());
	}

	private Mono<Authorization> authorization(Mono<String> token) {
		return token.map(this::authorization).onErrorMap(BearerTokenFilter::toException);
	}

	private Authorization authorization(String token) {
		Authorization last = this.last;
		if (last == null || !last.token().equals(token)) {
			String problem = BearerTokens.findProblem(token);
			if (problem != null) {
				throw new TokenRequestException("the BearerTokenProvider gave a bearer token that " + problem, false,
						null, null);
			}
			last = new Authorization(token, "Bearer " + token);
			this.last = last;
		}
		return last;
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

	private static Throwable toException(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		if (failure instanceof TokenRequestException) {
			return failure;
		}
		// What WebClient throws carries the headers of the request, secrets among them
		Throwable cause = NetworkFailure.withoutRequest(failure);
		return new TokenRequestException(
				"the BearerTokenProvider failed (%s)".formatted(failure.getClass().getSimpleName()),
				cause instanceof IOException || cause instanceof TimeoutException, null, cause);
	}

	private boolean isSameOrigin(URI url) {
		return origin(url).equals(this.origin);
	}

	/**
	 * Return scheme, host and port. The authority is compared, for a host with an
	 * underscore is none to {@link URI#getHost()}.
	 */
	private static String origin(URI url) {
		String scheme = (url.getScheme() != null) ? url.getScheme().toLowerCase(Locale.ROOT) : "";
		String authority = (url.getRawAuthority() != null) ? url.getRawAuthority().toLowerCase(Locale.ROOT) : "";
		authority = authority.substring(authority.lastIndexOf('@') + 1);
		if (authority.endsWith(":")) {
			authority = authority.substring(0, authority.length() - 1);
		}
		String defaultPort = scheme.equals("https") ? ":443" : ":80";
		return scheme + "://" + (authority.endsWith(defaultPort)
				? authority.substring(0, authority.length() - defaultPort.length()) : authority);
	}

	/**
	 * A token that was found good, and the header made of it.
	 */
	private record Authorization(String token, String header) {

		@Override
		public String toString() {
			return "Authorization";
		}

	}

	/**
	 * A request with a token. Copying a request costs more than sending it.
	 */
	private static final class SignedRequest implements ClientRequest {

		private final ClientRequest request;

		private final Authorization authorization;

		SignedRequest(ClientRequest request, Authorization authorization) {
			this.request = request;
			this.authorization = authorization;
		}

		@Override
		public HttpMethod method() {
			return this.request.method();
		}

		@Override
		public URI url() {
			return this.request.url();
		}

		@Override
		public HttpHeaders headers() {
			HttpHeaders headers = new HttpHeaders();
			headers.addAll(this.request.headers());
			headers.set(HttpHeaders.AUTHORIZATION, this.authorization.header());
			return HttpHeaders.readOnlyHttpHeaders(headers);
		}

		@Override
		public MultiValueMap<String, String> cookies() {
			return this.request.cookies();
		}

		@Override
		public BodyInserter<?, ? super ClientHttpRequest> body() {
			return this.request.body();
		}

		@Override
		public Map<String, Object> attributes() {
			return this.request.attributes();
		}

		@Override
		public @Nullable Consumer<ClientHttpRequest> httpRequest() {
			return this.request.httpRequest();
		}

		@Override
		public String logPrefix() {
			return this.request.logPrefix();
		}

		@Override
		public Mono<Void> writeTo(ClientHttpRequest output, ExchangeStrategies strategies) {
			// First, for what is there already stays
			output.getHeaders().set(HttpHeaders.AUTHORIZATION, this.authorization.header());
			return this.request.writeTo(output, strategies);
		}

	}

}
