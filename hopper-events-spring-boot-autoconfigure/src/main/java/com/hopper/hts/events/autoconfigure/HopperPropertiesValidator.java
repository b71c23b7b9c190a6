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
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/**
 * Checks {@link HopperProperties} at start-up. Every exception is one that Spring Boot
 * reports with the name of the property.
 */
final class HopperPropertiesValidator {

	private static final Pattern AUTHORITY = Pattern.compile("(\\[[^\\[\\]]+]|[^\\[\\]:]+)(:\\d{0,5})?");

	private static final Set<String> RESERVED_HEADERS = Set.of("authorization", "hc-session-id", "content-type",
			"content-length", "accept", "host", "connection", "transfer-encoding", "expect");

	private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

	private static final Pattern HOST = Pattern.compile("[^\\x00-\\x20/@?#\\\\]+");

	private static final Pattern PLACEHOLDER = Pattern.compile("\\s*\\$\\{[^{}]*}\\s*");

	private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

	private static final Duration MAX_TIMEOUT = Duration.ofDays(1);

	private HopperPropertiesValidator() {
	}

	static void validate(HopperProperties properties) {
		HopperProperties.Client client = properties.getClient();
		positive("hopper.client.connect-timeout", client.getConnectTimeout());
		positive("hopper.client.read-timeout", client.getReadTimeout());
		positive("hopper.client.response-timeout", client.getResponseTimeout());
		positive("hopper.client.shutdown-timeout", client.getShutdownTimeout());
		validateProxy(client.getProxy());
		atLeast("hopper.client.pool.max-connections", client.getPool().getMaxConnections(), 1);
		atLeast("hopper.client.pool.max-pending-acquires", client.getPool().getMaxPendingAcquires(), 0);
		positive("hopper.client.pool.max-idle-time", client.getPool().getMaxIdleTime());
		positive("hopper.client.pool.max-life-time", client.getPool().getMaxLifeTime());
		HopperProperties.Retry retry = properties.getRetry();
		atLeast("hopper.retry.max-attempts", retry.getMaxAttempts(), 1);
		positive("hopper.retry.initial-interval", retry.getInitialInterval());
		if (!(retry.getMultiplier() >= 1)) {
			throw invalid("hopper.retry.multiplier", retry.getMultiplier(), "must be 1 or greater");
		}
		positive("hopper.retry.max-interval", retry.getMaxInterval());
		if (!(retry.getJitter() >= 0 && retry.getJitter() <= 1)) {
			throw invalid("hopper.retry.jitter", retry.getJitter(), "must be between 0 and 1");
		}
		positive("hopper.retry.max-retry-after", retry.getMaxRetryAfter());
		positive("hopper.retry.timeout", retry.getTimeout());
		atLeast("hopper.retry.budget", retry.getBudget(), 0);
		if (retry.getBudget() > 1_000_000) {
			throw invalid("hopper.retry.budget", retry.getBudget(), "must not be greater than 1000000");
		}
		properties.getHeaders().forEach((name, value) -> validateHeader("hopper.headers.", name, value));
	}

	static void validateBaseUrl(URI baseUrl, HopperConnectionDetails details) {
		validateUrl(name(details, "hopper.base-url", "getBaseUrl"), baseUrl,
				"https://airlines-api.hopper.com/airline/v1.1");
	}

	/**
	 * Return what to name when something is wrong with connection details.
	 */
	private static String name(HopperConnectionDetails details, String property, String method) {
		return (details instanceof PropertiesHopperConnectionDetails) ? property
				: "HopperConnectionDetails." + method + "()";
	}

	/**
	 * Check what there is to sign in with: either a token, or a client's id and secret.
	 */
	static void validateAuth(HopperAuthProperties auth) {
		boolean token = StringUtils.hasText(auth.getToken());
		boolean client = StringUtils.hasText(auth.getClientId()) || StringUtils.hasText(auth.getClientSecret());
		if (token && client) {
			throw HopperConfigurationException.ambiguousCredentials();
		}
		if (!token && !client) {
			throw HopperConfigurationException.missingCredentials(auth.getToken() != null);
		}
		replaced("hopper.auth.token", auth.getToken());
		replaced("hopper.auth.client-id", auth.getClientId());
		replaced("hopper.auth.client-secret", auth.getClientSecret());
		replaced("hopper.auth.audience", auth.getAudience());
		replaced("hopper.auth.scope", auth.getScope());
		if (client) {
			required("hopper.auth.client-id", auth.getClientId(), "hopper.auth.client-secret");
			required("hopper.auth.client-secret", auth.getClientSecret(), "hopper.auth.client-id");
		}
		if (!StringUtils.hasText(auth.getTokenUri())) {
			onlyWithTokenUri("hopper.auth.audience", auth.getAudience());
			onlyWithTokenUri("hopper.auth.scope", auth.getScope());
			onlyWithTokenUri("hopper.auth.client-authentication-method", (auth
				.getClientAuthenticationMethod() != RotatingTokenProvider.AuthenticationMethod.CLIENT_SECRET_POST)
						? auth.getClientAuthenticationMethod() : null);
		}
		else {
			URI tokenUri = uri("hopper.auth.token-uri", auth.getTokenUri());
			if (!client) {
				throw HopperConfigurationException.of("hopper.auth.token-uri",
						"is used with hopper.auth.client-id and hopper.auth.client-secret only, and not with hopper.auth.token");
			}
			validateUrl("hopper.auth.token-uri", tokenUri, "https://hopper-api.auth0.com/oauth/token");
		}
		auth.getHeaders().forEach((name, value) -> validateHeader("hopper.auth.headers.", name, value));
	}

	/**
	 * Check what connection details have to sign in with.
	 */
	static void validateCredentials(HopperConnectionDetails details) {
		if (details instanceof PropertiesHopperConnectionDetails properties) {
			properties.validate();
		}
		String token = details.getToken();
		if (StringUtils.hasText(token)) {
			try {
				BearerTokenProvider.of(token);
			}
			catch (IllegalArgumentException ex) {
				throw HopperConfigurationException.of(name(details, "hopper.auth.token", "getToken"),
						String.valueOf(ex.getMessage()).replace("'token' ", ""));
			}
		}
		else if (!StringUtils.hasText(details.getClientId()) || !StringUtils.hasText(details.getClientSecret())) {
			throw HopperConfigurationException.of("HopperConnectionDetails",
					"must have either a token, or a client's id and secret");
		}
	}

	private static void required(String name, @Nullable String value, String companion) {
		if (!StringUtils.hasText(value)) {
			throw HopperConfigurationException.of(name, "must be set, because it belongs to " + companion);
		}
		if (value.chars().anyMatch(Character::isISOControl)) {
			throw HopperConfigurationException.of(name,
					"must not contain control characters, such as a line break at its end");
		}
	}

	private static void replaced(String name, @Nullable String value) {
		if (value != null && PLACEHOLDER.matcher(value).matches()) {
			throw notReplaced(name);
		}
	}

	private static HopperConfigurationException notReplaced(String name) {
		return HopperConfigurationException.of(name, "has a placeholder, '${...}', for which there is no value: "
				+ "set the property or environment variable that it names");
	}

	private static void onlyWithTokenUri(String name, @Nullable Object value) {
		if (value != null && !value.toString().isBlank()) {
			throw invalid(name, value, "is used with hopper.auth.token-uri only, which is not set");
		}
	}

	private static void validateUrl(String name, URI url, String example) {
		String scheme = (url.getScheme() != null) ? url.getScheme().toLowerCase(Locale.ROOT) : "";
		String problem = null;
		if (!scheme.equals("https") && !scheme.equals("http")) {
			problem = "must begin with https:// or http://";
		}
		// Not getHost(): it is null for a host with an underscore
		else if (url.getRawAuthority() == null || url.getRawAuthority().startsWith(":")) {
			problem = "must name a host after " + scheme + "://";
		}
		else if (url.getRawAuthority().contains("@")) {
			problem = "must not contain a user name or password; credentials belong in hopper.auth.*";
		}
		else if (!AUTHORITY.matcher(url.getRawAuthority()).matches() || !hasValidPort(url.getRawAuthority())) {
			problem = "must name a host, and after a colon a port of 1 to 65535 or none";
		}
		else if (url.getRawQuery() != null || url.getRawFragment() != null) {
			problem = "must not contain a query or a fragment";
		}
		if (problem != null) {
			// Show nothing that may contain a password: in an invalid URL it may be
			// anywhere
			String shown = url.toString().contains("@") ? ""
					: "is '" + url.toString().replaceAll("[?#].*", "?***") + "' and ";
			throw HopperConfigurationException.of(name, shown + problem + ", for example " + example);
		}
	}

	private static boolean hasValidPort(String authority) {
		String port = authority.substring(authority.lastIndexOf(':') + 1);
		return authority.endsWith("]") || port.isEmpty() || port.equals(authority) || isPort(Integer.parseInt(port));
	}

	private static boolean isPort(int port) {
		return port >= 1 && port <= 65535;
	}

	/**
	 * Read a URI as it is written. The conversion of Spring would encode it once more.
	 */
	static URI uri(String name, String value) {
		if (value.contains("${")) {
			throw notReplaced(name);
		}
		try {
			return new URI(value.strip());
		}
		catch (URISyntaxException ex) {
			// Without the cause, whose message shows the whole value
			throw HopperConfigurationException.of(name,
					"must be a URI in which characters such as spaces are percent-encoded (character "
							+ (ex.getIndex() + 1) + ": " + ex.getReason() + ")");
		}
	}

	private static void validateProxy(HopperProperties.Proxy proxy) {
		if (!isPort(proxy.getPort())) {
			throw invalid("hopper.client.proxy.port", proxy.getPort(), "must be between 1 and 65535");
		}
		String host = proxy.getHost();
		replaced("hopper.client.proxy.host", host);
		replaced("hopper.client.proxy.username", proxy.getUsername());
		replaced("hopper.client.proxy.password", proxy.getPassword());
		if (StringUtils.hasText(host) && !HOST.matcher(host).matches()) {
			throw HopperConfigurationException.of("hopper.client.proxy.host",
					"must be the name or address of a host alone, without http://, user name, password, port and path");
		}
		boolean username = StringUtils.hasText(proxy.getUsername());
		boolean password = StringUtils.hasText(proxy.getPassword());
		if (!StringUtils.hasText(host) && (username || password)) {
			throw HopperConfigurationException.of("hopper.client.proxy.host",
					"must be set when a user name or password is");
		}
		if (username != password) {
			throw HopperConfigurationException.of(
					!username ? "hopper.client.proxy.username" : "hopper.client.proxy.password",
					"must be set, because user name and password belong together");
		}
	}

	private static void validateHeader(String prefix, String name, String value) {
		String property = prefix + name;
		if (!HEADER_NAME.matcher(name).matches()) {
			throw HopperConfigurationException.of(property, "the name must consist of letters, digits and hyphens");
		}
		if (name.indexOf('.') != -1) {
			throw HopperConfigurationException.of(property,
					"the name must not contain dots, which stand for hyphens in an environment variable: "
							+ "set the header in a file or in SPRING_APPLICATION_JSON");
		}
		if (RESERVED_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
			throw HopperConfigurationException.of(property,
					"this header is set for each request and cannot be replaced");
		}
		replaced(property, value);
		if (!value.chars().allMatch((c) -> c == '\t' || (c >= ' ' && c <= '~'))) {
			throw HopperConfigurationException.of(property,
					"the value must consist of visible ASCII characters and spaces");
		}
	}

	private static void positive(String name, @Nullable Duration value) {
		if (value != null && (value.compareTo(MIN_TIMEOUT) < 0 || value.compareTo(MAX_TIMEOUT) > 0)) {
			throw invalid(name, value, "must be between 1ms and %sd, for example 5s".formatted(MAX_TIMEOUT.toDays()));
		}
	}

	private static void atLeast(String name, int value, int minimum) {
		if (value < minimum) {
			throw invalid(name, value, "must be %s or greater".formatted(minimum));
		}
	}

	private static InvalidConfigurationPropertyValueException invalid(String name, @Nullable Object value,
			@Nullable String reason) {
		return new InvalidConfigurationPropertyValueException(name, value, reason);
	}

}
