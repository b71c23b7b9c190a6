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
package com.hopper.hts.events.test;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Checks requests as the API does: path, method, token, media types and body.
 */
final class RequestContract {

	private static final String IDENTITY_PROVIDER = "/oauth/token";

	private final String pathPrefix;

	private final Supplier<String> baseUrl;

	private final AccessTokens tokens;

	private final EventContract events;

	private final SignInContract signIn;

	RequestContract(String pathPrefix, Supplier<String> baseUrl, AccessTokens tokens, EventContract events,
			SignInContract signIn) {
		this.pathPrefix = pathPrefix;
		this.baseUrl = baseUrl;
		this.tokens = tokens;
		this.events = events;
		this.signIn = signIn;
	}

	/**
	 * Return the endpoint with a path.
	 * @return the endpoint, or {@code null} if there is nothing at that path
	 */
	Fault.@Nullable Endpoint endpoint(String path) {
		if (isAt(path, "/events")) {
			return Fault.Endpoint.EVENTS;
		}
		if (isAt(path, "/sessions")) {
			return Fault.Endpoint.SESSIONS;
		}
		return (isAt(path, "/auth") || isIdentityProvider(path)) ? Fault.Endpoint.SIGN_IN : null;
	}

	private boolean isAt(String path, String endpoint) {
		return path.equals(this.pathPrefix + endpoint);
	}

	static boolean isIdentityProvider(String path) {
		return path.equals(IDENTITY_PROVIDER);
	}

	/**
	 * Check a request.
	 * @throws Refusal if the API refuses the request
	 */
	Answer check(IncomingRequest request) {
		Fault.Endpoint endpoint = endpoint(request.path());
		if (isIdentityProvider(request.path()) && request.isPost()) {
			return this.signIn.signInAtIdentityProvider(request);
		}
		boolean ofProducts = ProductContract.includes(this.pathPrefix, request.path());
		if ((endpoint == null && !ofProducts) || isIdentityProvider(request.path())) {
			throw Refusal.of(404, "path", "There is nothing at " + request.path(),
					"Check hopper.base-url, which should be " + this.baseUrl.get() + ".");
		}
		if (!request.isPost()) {
			throw Refusal.of(405, "method", "There is only POST", "Use POST.");
		}
		if (endpoint != Fault.Endpoint.SIGN_IN) {
			this.tokens.check(request.headers().getAll("Authorization"));
		}
		if (request.tooLong()) {
			throw Refusal.of(413, "body", "The body is longer than " + IncomingRequest.MAX_BODY_SIZE + " bytes",
					"Send less with the event.");
		}
		checkMediaTypes(request.headers());
		if (!request.utf8()) {
			throw Refusal.malformed(null, "The body is not valid UTF-8");
		}
		if (endpoint == null) {
			return ProductContract.check(request, request.path().substring(this.pathPrefix.length()));
		}
		return switch (endpoint) {
			case EVENTS ->
				new Answer(204, "", this.events.check(request.body(), request.headers().getAll("HC-Session-ID")));
			case SESSIONS -> new Answer(201, Json.write(Map.of("id", SessionContract.check(request.body()))), null);
			case SIGN_IN -> this.signIn.signIn(request.body());
		};
	}

	private static void checkMediaTypes(HttpHeaders headers) {
		List<String> contentType = headers.getAll("Content-Type");
		if (contentType.size() != 1 || !contentType.get(0)
			.toLowerCase(Locale.ROOT)
			.matches("application/json( *; *charset *= *\"?utf-8\"?)?")) {
			throw Refusal.malformed("Content-Type", "The header Content-Type must be application/json");
		}
		if (!allowsJson(headers.getAll("Accept"))) {
			throw Refusal.malformed("Accept", "The header Accept must allow application/json");
		}
	}

	private static boolean allowsJson(List<String> accept) {
		if (accept.isEmpty()) {
			return true;
		}
		// The most specific range that matches decides
		Map<String, Boolean> allowed = new HashMap<>();
		for (String range : String.join(",", accept)
			.toLowerCase(Locale.ROOT)
			.replaceAll("\"[^\"]*\"|\\s", "")
			.split(",", -1)) {
			int parameters = range.indexOf(';');
			String type = (parameters >= 0) ? range.substring(0, parameters) : range;
			allowed.merge(type, !range.matches(".*;q=0(\\.0*)?(;.*)?"), Boolean::logicalOr);
		}
		for (String type : List.of("application/json", "application/*")) {
			Boolean decision = allowed.get(type);
			if (decision != null) {
				return decision;
			}
		}
		return allowed.getOrDefault("*/*", false);
	}

}
