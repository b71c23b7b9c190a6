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

import java.net.URI;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.ssl.SslBundle;

/**
 * Details required to connect to the Hopper API. A bean of this type replaces
 * {@code hopper.base-url}, the credentials of {@code hopper.auth.*} and
 * {@code hopper.client.ssl.bundle}. Either a token or a client's id and secret must be
 * given.
 *
 * @since 0.1.0
 */
public interface HopperConnectionDetails extends ConnectionDetails {

	/**
	 * Return the base URL of the API, to which {@code /events} is added.
	 * @return the base URL
	 */
	URI getBaseUrl();

	/**
	 * Return the bearer token.
	 * @return the token, or {@code null} to sign in with client credentials
	 */
	default @Nullable String getToken() {
		return null;
	}

	/**
	 * Return the client's id.
	 * @return the id, or {@code null} if a token is given
	 */
	default @Nullable String getClientId() {
		return null;
	}

	/**
	 * Return the client's secret.
	 * @return the secret, or {@code null} if a token is given
	 */
	default @Nullable String getClientSecret() {
		return null;
	}

	/**
	 * Return the token endpoint of the identity provider.
	 * @return the token endpoint, or {@code null} to sign in at the API's own
	 * {@code POST /auth}
	 */
	default @Nullable URI getTokenUri() {
		return null;
	}

	/**
	 * Return the SSL bundle to use for the API and the identity provider.
	 * @return the bundle, or {@code null}
	 */
	default @Nullable SslBundle getSslBundle() {
		return null;
	}

}
