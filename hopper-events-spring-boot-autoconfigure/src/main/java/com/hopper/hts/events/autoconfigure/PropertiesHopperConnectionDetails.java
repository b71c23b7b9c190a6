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

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.StringUtils;

/**
 * Adapts {@link HopperProperties} to {@link HopperConnectionDetails}.
 */
class PropertiesHopperConnectionDetails implements HopperConnectionDetails {

	private final HopperProperties properties;

	/**
	 * Stays the same when the properties are set again: the client calls it until the
	 * application ends, and needs tokens for it.
	 */
	private final String baseUrl;

	private final HopperAuthProperties auth;

	private final @Nullable SslBundles sslBundles;

	PropertiesHopperConnectionDetails(HopperProperties properties, HopperAuthProperties auth,
			@Nullable SslBundles sslBundles) {
		this.properties = properties;
		this.baseUrl = properties.getBaseUrl();
		this.auth = auth;
		this.sslBundles = sslBundles;
	}

	void validate() {
		HopperPropertiesValidator.validateAuth(this.auth);
	}

	@Override
	public URI getBaseUrl() {
		return HopperPropertiesValidator.uri("hopper.base-url", this.baseUrl);
	}

	@Override
	public @Nullable String getToken() {
		return this.auth.getToken();
	}

	@Override
	public @Nullable String getClientId() {
		return this.auth.getClientId();
	}

	@Override
	public @Nullable String getClientSecret() {
		return this.auth.getClientSecret();
	}

	@Override
	public @Nullable URI getTokenUri() {
		String tokenUri = this.auth.getTokenUri();
		return StringUtils.hasText(tokenUri) ? HopperPropertiesValidator.uri("hopper.auth.token-uri", tokenUri) : null;
	}

	@Override
	public @Nullable SslBundle getSslBundle() {
		String bundle = this.properties.getClient().getSsl().getBundle();
		if (!StringUtils.hasText(bundle)) {
			return null;
		}
		if (this.sslBundles == null) {
			throw new InvalidConfigurationPropertyValueException("hopper.client.ssl.bundle", bundle,
					"there are no SSL bundles, because the auto-configuration of SSL is excluded");
		}
		try {
			return this.sslBundles.getBundle(bundle);
		}
		catch (NoSuchSslBundleException ex) {
			throw HopperConfigurationException.noSslBundle(bundle, this.sslBundles.getBundleNames(), ex);
		}
	}

}
