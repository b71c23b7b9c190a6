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
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

import com.hopper.hts.events.auth.BearerTokenProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Checks {@link HopperProperties} at start-up. Every exception is one that Spring Boot
 * reports with the name of the property.
 */
final class HopperPropertiesValidator {

	private static final Set<String> RESERVED_HEADERS = Set.of("authorization", "hc-session-id", "content-type",
			"content-length", "accept", "host", "connection", "transfer-encoding", "expect");

	private static final String HEADER_NAME_SYMBOLS = "!#$%&'*+-.^_`|~";

	private static final Duration MAX_TIMEOUT = Duration.ofDays(1);

	private HopperPropertiesValidator() {
	}

	static void validate(HopperProperties properties) {
		validateBaseUrl(properties.baseUrl());
		HopperProperties.Client client = properties.client();
		positive("hopper.client.connect-timeout", client.connectTimeout());
		positive("hopper.client.read-timeout", client.readTimeout());
		positive("hopper.client.response-timeout", client.responseTimeout());
		validateProxy(client.proxy());
		atLeast("hopper.client.pool.max-connections", client.pool().maxConnections(), 1);
		atLeast("hopper.client.pool.max-pending-acquires", client.pool().maxPendingAcquires(), 0);
		positive("hopper.client.pool.max-idle-time", client.pool().maxIdleTime());
		positive("hopper.client.pool.max-life-time", client.pool().maxLifeTime());
		HopperProperties.Retry retry = properties.retry();
		atLeast("hopper.retry.max-attempts", retry.maxAttempts(), 1);
		positive("hopper.retry.initial-interval", retry.initialInterval());
		if (!(retry.multiplier() >= 1)) {
			throw invalid("hopper.retry.multiplier", retry.multiplier(), "must be 1 or greater");
		}
		positive("hopper.retry.max-interval", retry.maxInterval());
		if (!(retry.jitter() >= 0 && retry.jitter() <= 1)) {
			throw invalid("hopper.retry.jitter", retry.jitter(), "must be between 0 and 1");
		}
		positive("hopper.retry.max-retry-after", retry.maxRetryAfter());
		positive("hopper.retry.timeout", retry.timeout());
		atLeast("hopper.retry.budget", retry.budget(), 0);
		if (retry.budget() > 1_000_000) {
			throw invalid("hopper.retry.budget", retry.budget(), "must not be greater than 1000000");
		}
		properties.headers().forEach(HopperPropertiesValidator::validateHeader);
	}

	/**
	 * Create the provider for the configured token.
	 * @param properties the properties
	 * @param environment the environment, to find credentials that cannot be used
	 * @return the provider
	 */
	static BearerTokenProvider tokenProvider(HopperProperties properties, Environment environment) {
		String token = properties.auth().token();
		boolean clientId = Binder.get(environment).bind("hopper.auth.client-id", String.class).isBound();
		MutuallyExclusiveConfigurationPropertiesException.throwIfMultipleNonNullValuesIn((entries) -> {
			entries.put("hopper.auth.token", token);
			entries.put("hopper.auth.client-id", clientId ? "set" : null);
		});
		if (!StringUtils.hasText(token)) {
			throw new MissingTokenException(token != null, clientId);
		}
		try {
			return BearerTokenProvider.of(token);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("hopper.auth.token", "***", ex.getMessage());
		}
	}

	private static void validateBaseUrl(URI baseUrl) {
		String scheme = (baseUrl.getScheme() != null) ? baseUrl.getScheme().toLowerCase(Locale.ROOT) : "";
		// Without what could be a secret
		String shown = baseUrl.toString().replaceAll("//[^/@]*@", "//***@").replaceAll("[?#].*", "?***");
		String problem = null;
		if (!scheme.equals("https") && !scheme.equals("http")) {
			problem = "must begin with https:// or http://";
		}
		else if (baseUrl.getHost() == null) {
			problem = "must name a host after " + scheme + "://";
		}
		else if (baseUrl.getRawUserInfo() != null) {
			problem = "must not contain a user name or password; credentials belong in hopper.auth.*";
		}
		else if (baseUrl.getRawQuery() != null || baseUrl.getRawFragment() != null) {
			problem = "must not contain a query or a fragment; '/events' is added to its path";
		}
		if (problem != null) {
			throw invalid("hopper.base-url", shown,
					problem + ", for example https://airlines-api.hopper.com/airline/v1.1");
		}
	}

	private static void validateProxy(HopperProperties.Proxy proxy) {
		if (proxy.port() < 1 || proxy.port() > 65535) {
			throw invalid("hopper.client.proxy.port", proxy.port(), "must be between 1 and 65535");
		}
		if (!StringUtils.hasText(proxy.host()) && (proxy.username() != null || proxy.password() != null)) {
			throw invalid("hopper.client.proxy.host", proxy.host(), "must be set when a user name or password is");
		}
		if ((proxy.username() == null) != (proxy.password() == null)) {
			throw invalid((proxy.username() == null) ? "hopper.client.proxy.username" : "hopper.client.proxy.password",
					null, "must be set, because user name and password belong together");
		}
	}

	private static void validateHeader(String name, String value) {
		String property = "hopper.headers." + name;
		if (name.isEmpty() || !name.chars().allMatch(HopperPropertiesValidator::isHeaderNameCharacter)) {
			throw invalid(property, "***", "the name must consist of letters, digits and hyphens");
		}
		if (RESERVED_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
			throw invalid(property, "***", "this header is set for each request and cannot be replaced");
		}
		if (!value.chars().allMatch((c) -> c == '\t' || (c >= ' ' && c <= '~'))) {
			throw invalid(property, "***", "the value must consist of visible ASCII characters and spaces");
		}
	}

	private static boolean isHeaderNameCharacter(int c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
				|| HEADER_NAME_SYMBOLS.indexOf(c) != -1;
	}

	private static void positive(String name, @Nullable Duration value) {
		if (value != null && (value.isNegative() || value.toMillis() == 0 || value.compareTo(MAX_TIMEOUT) > 0)) {
			throw invalid(name, value, "must be between 1ms and 1d, for example 5s");
		}
	}

	private static void atLeast(String name, int value, int minimum) {
		if (value < minimum) {
			throw invalid(name, value, "must be %d or greater".formatted(minimum));
		}
	}

	private static InvalidConfigurationPropertyValueException invalid(String name, @Nullable Object value,
			@Nullable String reason) {
		return new InvalidConfigurationPropertyValueException(name, value, reason);
	}

}
