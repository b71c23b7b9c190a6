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

import java.net.URI;

import com.hopper.hts.events.TokenRequestException;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Provides the bearer token that every call to the Hopper API carries. A bean of this
 * type replaces the one that is configured with {@code hopper.auth.*}, for example to
 * take tokens from a vault or from Spring Security.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface BearerTokenProvider {

	/**
	 * Return the token for a request that is about to be sent. Called once for each
	 * request, from many threads and usually on an event loop, so it must not block and
	 * should answer from memory. An error or an empty {@code Mono} fails the request with
	 * {@link com.hopper.hts.events.HopperApiException.SignInFailed}; a
	 * {@link TokenRequestException} says whether the failure may pass.
	 * @return the token, without {@code Bearer}
	 */
	Mono<String> getToken();

	/**
	 * Replace a token that the API has answered with {@code 401}, so that the request can
	 * be sent once more. Called at most once for each request.
	 * @param rejectedToken the token that was rejected
	 * @return another token; empty, which is the default, if there is none and the
	 * {@code 401} is final; or an error if signing in failed
	 */
	default Mono<String> replaceToken(String rejectedToken) {
		return Mono.empty();
	}

	/**
	 * Create a provider that always returns the same token.
	 * @param token the token, without {@code Bearer}
	 * @return the provider
	 * @throws IllegalArgumentException if the text cannot be a bearer token
	 */
	static BearerTokenProvider of(String token) {
		String problem = BearerTokenFilter.findProblem(token);
		Assert.isTrue(problem == null, () -> "'token' " + problem);
		Mono<String> given = Mono.just(token);
		return () -> given;
	}

	/**
	 * Create a filter that signs requests with the bearer token, if and only if they go
	 * to the API: a request to any other scheme, host or port never learns the token. A
	 * request that is answered with {@code 401} is sent once more if there is another
	 * token. Without a token a request fails with a {@link TokenRequestException}.
	 * @param baseUrl the base URL of the API
	 * @param tokenProvider the provider of the token
	 * @return the filter
	 */
	static ExchangeFilterFunction filter(URI baseUrl, BearerTokenProvider tokenProvider) {
		return new BearerTokenFilter(baseUrl, tokenProvider);
	}

}
