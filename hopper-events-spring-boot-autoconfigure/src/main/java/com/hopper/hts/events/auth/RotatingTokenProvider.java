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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.time.SchedulerClock;
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
public class RotatingTokenProvider implements BearerTokenProvider, DisposableBean {

	private final Supplier<@Nullable String> token;

	private final Supplier<List<?>> identity;

	private final Supplier<ClientCredentialsTokenProvider> factory;

	private final Clock clock;

	private volatile @Nullable SignIn signIn;

	private volatile @Nullable Answers answers;

	/**
	 * Create an instance.
	 * @param token gives the token, or {@code null} to sign in with client credentials
	 * @param identity gives all that one signs in with, to see whether it has changed
	 * @param credentials gives the credentials to sign in with
	 * @param webClient creates the client for requesting tokens, which must not sign its
	 * requests. Nothing is created while there is a token.
	 * @param timeout the time for one request for a token
	 * @param listener hears of each request for a token, {@code null} if it succeeded or
	 * else the failure, and must not block
	 * @param scheduler what waits and says what time it is
	 */
	public RotatingTokenProvider(Supplier<@Nullable String> token, Supplier<List<?>> identity,
			Supplier<Credentials> credentials, Supplier<WebClient> webClient, Duration timeout,
			Consumer<@Nullable TokenRequestException> listener, Scheduler scheduler) {
		Assert.notNull(token, "'token' must not be null");
		Assert.notNull(identity, "'identity' must not be null");
		Assert.notNull(credentials, "'credentials' must not be null");
		this.token = token;
		this.identity = identity;
		this.clock = SchedulerClock.of(scheduler);
		this.factory = () -> new ClientCredentialsTokenProvider(webClient.get(), credentials.get(), timeout, listener,
				scheduler);
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
			return StringUtils.hasText(token) ? Mono.just(token).filter((given) -> !given.equals(rejectedToken))
					: signIn().replaceToken(rejectedToken);
		});
	}

	private ClientCredentialsTokenProvider signIn() {
		List<?> identity = this.identity.get();
		SignIn current = this.signIn;
		return (current != null && current.identity().equals(identity)) ? current.provider() : signIn(identity);
	}

	private synchronized ClientCredentialsTokenProvider signIn(List<?> identity) {
		SignIn current = this.signIn;
		if (current != null && current.identity().equals(identity)) {
			return current.provider();
		}
		ClientCredentialsTokenProvider provider = this.factory.get();
		destroy();
		this.signIn = new SignIn(identity, provider);
		return provider;
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

	/**
	 * Return when the API has last taken a token of the credentials that are in use.
	 * @return the time, or {@code null} if it has taken none so far
	 */
	public @Nullable Instant acceptedAt() {
		Answers current = answers();
		return (current != null) ? current.acceptedAt() : null;
	}

	/**
	 * Return since when the API takes no token of the credentials that are in use.
	 * @return the time of the first {@code 401}, or {@code null} if there was none or it
	 * has taken a token since
	 */
	public @Nullable Instant rejectedAt() {
		Answers current = answers();
		return (current != null) ? current.rejectedAt() : null;
	}

	private @Nullable Answers answers() {
		Answers current = this.answers;
		return (current != null && current.credentials().equals(credentials())) ? current : null;
	}

	/**
	 * The API has taken a token, or has answered {@code 401}.
	 */
	void answered(String token, boolean accepted) {
		Instant now = this.clock.instant();
		Answers last = this.answers;
		if (accepted && last != null && last.isRecent(token, now)) {
			// The API accepted this token a moment ago: do not read the credentials for
			// every event
			return;
		}
		if (isReplaced(token)) {
			// A late answer says nothing about the token that is in use now
			return;
		}
		List<?> credentials = credentials();
		boolean same = last != null && last.credentials().equals(credentials);
		Instant before = (same && last != null) ? last.acceptedAt() : null;
		Instant since = (same && last != null && last.rejectedAt() != null) ? last.rejectedAt() : now;
		this.answers = new Answers(credentials, token, accepted ? now : before, accepted ? null : since);
	}

	private boolean isReplaced(String token) {
		String given = this.token.get();
		SignIn current = this.signIn;
		return StringUtils.hasText(given) ? !given.equals(token)
				: current != null && current.provider().hasReplaced(token);
	}

	private List<?> credentials() {
		String given = this.token.get();
		return StringUtils.hasText(given) ? List.of(given) : this.identity.get();
	}

	@Override
	public void destroy() {
		SignIn current = this.signIn;
		if (current != null) {
			current.provider().close();
		}
	}

	/**
	 * Credentials, and the address at which they are shown.
	 *
	 * @param uri where tokens are requested
	 * @param clientId the client's id
	 * @param clientSecret the client's secret
	 * @param grant how an identity provider is asked with OAuth 2, or {@code null} for
	 * the API's own {@code POST /auth}
	 */
	public record Credentials(URI uri, String clientId, String clientSecret, @Nullable Grant grant) {

		/**
		 * Create an instance.
		 * @param uri where tokens are requested
		 * @param clientId the client's id
		 * @param clientSecret the client's secret
		 * @param grant how an identity provider is asked, or {@code null}
		 */
		public Credentials {
			Assert.notNull(uri, "'uri' must not be null");
			Assert.hasText(clientId, "'clientId' must not be empty");
			Assert.hasText(clientSecret, "'clientSecret' must not be empty");
		}

		/**
		 * Return a description without the secret.
		 */
		@Override
		public String toString() {
			return "Credentials[uri=" + AttemptFailure.url(this.uri) + ", clientId=" + this.clientId + "]";
		}

	}

	/**
	 * The client credentials grant of OAuth 2.
	 *
	 * @param audience the audience of the token, or {@code null}
	 * @param scope the scope of the token, or {@code null}
	 * @param method how the client shows its credentials
	 */
	public record Grant(@Nullable String audience, @Nullable String scope, AuthenticationMethod method) {

	}

	/**
	 * How a client shows its credentials to an OAuth 2 token endpoint.
	 */
	public enum AuthenticationMethod {

		/**
		 * In the body of the request.
		 */
		CLIENT_SECRET_POST,

		/**
		 * In an {@code Authorization: Basic} header.
		 */
		CLIENT_SECRET_BASIC

	}

	/**
	 * How things stand, without the token.
	 *
	 * @param valid whether there is a token that can be used
	 * @param expiresAt when that token expires, or {@code null} if there is none or its
	 * issuer did not say
	 * @param succeededAt when signing in last succeeded, or {@code null} if it never did
	 * with these credentials
	 * @param failedAt when signing in failed, or {@code null} if it succeeded since
	 * @param failure why signing in failed, or {@code null}
	 * @param requesting whether a request for a token is in the air
	 */
	public record State(boolean valid, @Nullable Instant expiresAt, @Nullable Instant succeededAt,
			@Nullable Instant failedAt, @Nullable String failure, boolean requesting) {

	}

	/**
	 * A sign-in and all that it was made with.
	 */
	private record SignIn(List<?> identity, ClientCredentialsTokenProvider provider) {

	}

	/**
	 * What the API thinks of the tokens of some credentials.
	 */
	private record Answers(List<?> credentials, String token, @Nullable Instant acceptedAt,
			@Nullable Instant rejectedAt) {

		boolean isRecent(String token, Instant now) {
			return this.acceptedAt != null && this.rejectedAt == null && this.token.equals(token)
					&& !now.isBefore(this.acceptedAt) && now.isBefore(this.acceptedAt.plusSeconds(1));
		}

	}

}
