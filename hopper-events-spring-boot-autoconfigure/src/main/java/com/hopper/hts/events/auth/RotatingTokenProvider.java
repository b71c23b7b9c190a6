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

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import com.hopper.hts.events.TokenRequestException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link BearerTokenProvider} that asks for the credentials whenever it needs them, so
 * that they can change while the application runs. It is created without any.
 *
 * @since 0.1.0
 */
public class RotatingTokenProvider implements BearerTokenProvider, TokenHolder, DisposableBean {

	private final Supplier<@Nullable String> token;

	private final Supplier<List<?>> credentials;

	private final Supplier<ClientCredentialsTokenProvider> factory;

	private final Object lock = new Object();

	private volatile @Nullable SignIn signIn;

	/**
	 * Create an instance.
	 * @param token gives the token, or {@code null} to sign in with client credentials
	 * @param identity gives all that one signs in with, to see whether it has changed
	 * @param credentials gives the credentials to sign in with
	 * @param webClient the client for requesting tokens, which must not sign its requests
	 * @param timeout the time for one request for a token
	 * @param listener hears of each request for a token, {@code null} if it succeeded or
	 * else the failure, and must not block
	 * @param scheduler what waits and says what time it is
	 */
	public RotatingTokenProvider(Supplier<@Nullable String> token, Supplier<List<?>> identity,
			Supplier<ClientCredentials> credentials, WebClient webClient, Duration timeout,
			Consumer<@Nullable TokenRequestException> listener, Scheduler scheduler) {
		Assert.notNull(token, "'token' must not be null");
		Assert.notNull(identity, "'identity' must not be null");
		Assert.notNull(credentials, "'credentials' must not be null");
		this.token = token;
		this.credentials = identity;
		this.factory = () -> ClientCredentialsTokenProvider.builder(webClient, credentials.get())
			.timeout(timeout)
			.onRequest(listener)
			.scheduler(scheduler)
			.build();
	}

	@Override
	public Mono<String> getToken() {
		return Mono.defer(() -> {
			String token = this.token.get();
			return StringUtils.hasText(token) ? Mono.just(token) : signIn().getToken();
		});
	}

	@Override
	public Mono<String> replaceToken(String rejectedToken) {
		return Mono.defer(() -> {
			String token = this.token.get();
			if (!StringUtils.hasText(token)) {
				return signIn().replaceToken(rejectedToken);
			}
			return token.equals(rejectedToken) ? Mono.empty() : Mono.just(token);
		});
	}

	@Override
	public @Nullable String heldToken() {
		try {
			String token = this.token.get();
			return StringUtils.hasText(token) ? token : signIn().heldToken();
		}
		catch (RuntimeException ex) {
			// Asked for in another way, the failure is that of the request
			return null;
		}
	}

	private ClientCredentialsTokenProvider signIn() {
		List<?> credentials = this.credentials.get();
		SignIn current = this.signIn;
		if (current != null && current.credentials().equals(credentials)) {
			return current.provider();
		}
		synchronized (this.lock) {
			current = this.signIn;
			if (current == null || !current.credentials().equals(credentials)) {
				ClientCredentialsTokenProvider created = this.factory.get();
				if (current != null) {
					current.provider().close();
				}
				current = new SignIn(credentials, created);
				this.signIn = current;
			}
			return current.provider();
		}
	}

	/**
	 * Return whether there is a token, so that nobody signs in.
	 * @return whether the token is given
	 */
	public boolean isGiven() {
		return StringUtils.hasText(this.token.get());
	}

	/**
	 * Return how signing in stands.
	 * @return the state, or {@code null} if nobody has signed in yet
	 */
	public @Nullable State state() {
		SignIn current = this.signIn;
		return (current != null) ? current.provider().state() : null;
	}

	@Override
	public void destroy() {
		SignIn current = this.signIn;
		if (current != null) {
			current.provider().close();
		}
	}

	/**
	 * How things stand, without the token.
	 *
	 * @param valid whether there is a token that can be used
	 * @param expiresAt when that token expires, or {@code null} if there is none or its
	 * issuer did not say
	 * @param failedAt when signing in failed, or {@code null} if it succeeded since
	 * @param failure why signing in failed, or {@code null}
	 * @param requesting whether a request for a token is in the air
	 */
	public record State(boolean valid, @Nullable Instant expiresAt, @Nullable Instant failedAt,
			@Nullable String failure, boolean requesting) {

	}

	/**
	 * Who signs in, and with what.
	 */
	private record SignIn(List<?> credentials, ClientCredentialsTokenProvider provider) {

	}

}
