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
package com.hopper.hts.events.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import com.hopper.hts.events.auth.RotatingTokenProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Configuration properties for signing in to Hopper. These are set again when the
 * application refreshes its configuration, so they must be read whenever they are needed.
 */
@ConfigurationProperties("hopper.auth")
class HopperAuthProperties {

	/**
	 * Bearer token to send with every request. Excludes client credentials.
	 */
	private volatile @Nullable String token;

	/**
	 * Client id to sign in with.
	 */
	private volatile @Nullable String clientId;

	/**
	 * Client secret to sign in with.
	 */
	private volatile @Nullable String clientSecret;

	/**
	 * Token endpoint of the identity provider, such as
	 * 'https://hopper-api.auth0.com/oauth/token'. Defaults to the API's own '/auth'.
	 */
	private volatile @Nullable String tokenUri;

	/**
	 * Audience of the token. Defaults to scheme and host of 'hopper.base-url'. Only with
	 * 'hopper.auth.token-uri'.
	 */
	private volatile @Nullable String audience;

	/**
	 * Scope of the token. Only with 'hopper.auth.token-uri'.
	 */
	private volatile @Nullable String scope;

	/**
	 * How the client shows its credentials to the identity provider. Only with
	 * 'hopper.auth.token-uri'.
	 */
	private volatile RotatingTokenProvider.AuthenticationMethod clientAuthenticationMethod = RotatingTokenProvider.AuthenticationMethod.CLIENT_SECRET_POST;

	/**
	 * Additional headers to send with every request for a token.
	 */
	private volatile Map<String, String> headers = new LinkedHashMap<>();

	/**
	 * What to do about signing in when the application starts.
	 */
	private volatile Preflight preflight = Preflight.WARN;

	public @Nullable String getToken() {
		return this.token;
	}

	public void setToken(@Nullable String token) {
		this.token = token;
	}

	public @Nullable String getClientId() {
		return this.clientId;
	}

	public void setClientId(@Nullable String clientId) {
		this.clientId = clientId;
	}

	public @Nullable String getClientSecret() {
		return this.clientSecret;
	}

	public void setClientSecret(@Nullable String clientSecret) {
		this.clientSecret = clientSecret;
	}

	public @Nullable String getTokenUri() {
		return this.tokenUri;
	}

	public void setTokenUri(@Nullable String tokenUri) {
		this.tokenUri = tokenUri;
	}

	public @Nullable String getAudience() {
		return this.audience;
	}

	public void setAudience(@Nullable String audience) {
		this.audience = audience;
	}

	public @Nullable String getScope() {
		return this.scope;
	}

	public void setScope(@Nullable String scope) {
		this.scope = scope;
	}

	public RotatingTokenProvider.AuthenticationMethod getClientAuthenticationMethod() {
		return this.clientAuthenticationMethod;
	}

	public void setClientAuthenticationMethod(RotatingTokenProvider.AuthenticationMethod clientAuthenticationMethod) {
		this.clientAuthenticationMethod = clientAuthenticationMethod;
	}

	public Map<String, String> getHeaders() {
		return this.headers;
	}

	public void setHeaders(Map<String, String> headers) {
		this.headers = headers;
	}

	public Preflight getPreflight() {
		return this.preflight;
	}

	public void setPreflight(Preflight preflight) {
		this.preflight = preflight;
	}

	/**
	 * Return a description without secrets.
	 */
	@Override
	public String toString() {
		return "HopperAuthProperties[clientId=" + this.clientId + "]";
	}

	/**
	 * What to do about signing in when the application starts.
	 */
	enum Preflight {

		/**
		 * Nothing: the first event signs in.
		 */
		OFF,

		/**
		 * Sign in in the background and log a warning if that fails.
		 */
		WARN,

		/**
		 * Sign in before the application is started, and do not start if that fails.
		 */
		FAIL

	}

}
