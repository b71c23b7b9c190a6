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

import com.hopper.hts.events.http.NetworkFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What to sign in with, and where: either an OAuth 2 token endpoint of an identity
 * provider, or the API's own {@code POST /auth}.
 *
 * @since 0.1.0
 */
public final class ClientCredentials {

	private final URI uri;

	private final String clientId;

	private final String clientSecret;

	private final boolean oauth2;

	private final @Nullable String audience;

	private final @Nullable String scope;

	private final AuthenticationMethod authenticationMethod;

	private ClientCredentials(URI uri, String clientId, String clientSecret, boolean oauth2, @Nullable String audience,
			@Nullable String scope, AuthenticationMethod authenticationMethod) {
		Assert.notNull(uri, "'uri' must not be null");
		Assert.hasText(clientId, "'clientId' must not be empty");
		Assert.hasText(clientSecret, "'clientSecret' must not be empty");
		this.uri = uri;
		this.clientId = clientId;
		this.clientSecret = clientSecret;
		this.oauth2 = oauth2;
		this.audience = audience;
		this.scope = scope;
		this.authenticationMethod = authenticationMethod;
	}

	/**
	 * Sign in at the API's own {@code POST /auth}.
	 * @param baseUrl the base URL of the API without a slash at its end
	 * @param clientId the client's id
	 * @param clientSecret the client's secret
	 * @return the credentials
	 */
	public static ClientCredentials atHopper(URI baseUrl, String clientId, String clientSecret) {
		return new ClientCredentials(URI.create(baseUrl + "/auth"), clientId, clientSecret, false, null, null,
				AuthenticationMethod.CLIENT_SECRET_POST);
	}

	/**
	 * Sign in at an identity provider with the OAuth 2 client credentials grant.
	 * @param tokenUri the token endpoint
	 * @param clientId the client's id
	 * @param clientSecret the client's secret
	 * @param audience the audience of the token, or {@code null}
	 * @param scope the scope of the token, or {@code null}
	 * @param authenticationMethod how the client shows its credentials
	 * @return the credentials
	 */
	public static ClientCredentials atIdentityProvider(URI tokenUri, String clientId, String clientSecret,
			@Nullable String audience, @Nullable String scope, AuthenticationMethod authenticationMethod) {
		return new ClientCredentials(tokenUri, clientId, clientSecret, true, audience, scope, authenticationMethod);
	}

	URI uri() {
		return this.uri;
	}

	String clientId() {
		return this.clientId;
	}

	String clientSecret() {
		return this.clientSecret;
	}

	boolean oauth2() {
		return this.oauth2;
	}

	@Nullable String audience() {
		return this.audience;
	}

	@Nullable String scope() {
		return this.scope;
	}

	AuthenticationMethod authenticationMethod() {
		return this.authenticationMethod;
	}

	/**
	 * Return a description without the secret.
	 */
	@Override
	public String toString() {
		return "ClientCredentials[uri=" + NetworkFailure.url(this.uri) + ", clientId=" + this.clientId + "]";
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

}
