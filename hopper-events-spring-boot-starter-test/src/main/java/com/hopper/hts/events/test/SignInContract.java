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

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.netty.handler.codec.http.QueryStringDecoder;
import tools.jackson.databind.JsonNode;

/**
 * Checks requests for a token as the API and an identity provider do, and issues tokens.
 */
final class SignInContract {

	private static final String KNOW_CLIENT = "Announce the client with FakeHopperApi.builder().client(...), or correct "
			+ "hopper.auth.client-id and hopper.auth.client-secret.";

	private final String clientId;

	private final String clientSecret;

	private final AccessTokens tokens;

	SignInContract(String clientId, String clientSecret, AccessTokens tokens) {
		this.clientId = clientId;
		this.clientSecret = clientSecret;
		this.tokens = tokens;
	}

	/**
	 * Check a request to {@code /auth} of the API.
	 * @return the answer with a token
	 */
	Answer signIn(String body) {
		JsonNode credentials = Json.readObject(body);
		Json.refuseUnknown(credentials, Set.of("client_id", "client_secret"));
		String clientId = Json.requireString(credentials, "client_id");
		String clientSecret = Json.requireString(credentials, "client_secret");
		if (!isKnown(clientId, clientSecret)) {
			throw Refusal.of(401, "client_id and client_secret", "The credentials are not known", KNOW_CLIENT);
		}
		return new Answer(201, issueToken(), null);
	}

	/**
	 * Check a request to {@code /oauth/token} of an identity provider: OAuth 2 client
	 * credentials.
	 * @return the answer with a token
	 */
	Answer signInAtIdentityProvider(IncomingRequest request) {
		if (!request.headers()
			.get("Content-Type", "")
			.toLowerCase(Locale.ROOT)
			.startsWith("application/x-www-form-urlencoded")) {
			throw oauthError(400, "invalid_request", "header Content-Type", "The request is not a form",
					"Send application/x-www-form-urlencoded.");
		}
		Map<String, List<String>> form = form(request.body());
		String clientId = form.getOrDefault("client_id", List.of("")).get(0);
		String clientSecret = form.getOrDefault("client_secret", List.of("")).get(0);
		String basic = request.headers().get("Authorization", "");
		if (basic.startsWith("Basic ")) {
			try {
				String[] credentials = new String(Base64.getDecoder().decode(basic.substring(6)),
						StandardCharsets.UTF_8)
					.split(":", 2);
				clientId = URLDecoder.decode(credentials[0], StandardCharsets.UTF_8);
				clientSecret = URLDecoder.decode((credentials.length > 1) ? credentials[1] : "",
						StandardCharsets.UTF_8);
			}
			catch (IllegalArgumentException ex) {
				throw oauthError(401, "invalid_client", "header Authorization", "The credentials are not Base64",
						KNOW_CLIENT);
			}
		}
		if (!List.of("client_credentials").equals(form.get("grant_type")) || !form.containsKey("audience")) {
			throw oauthError(400, "invalid_request", "grant_type and audience",
					"The request must have an audience and ask for client_credentials", "Set hopper.auth.audience.");
		}
		if (!isKnown(clientId, clientSecret)) {
			throw oauthError(401, "access_denied", "client_id and client_secret", "The credentials are not known",
					KNOW_CLIENT);
		}
		return new Answer(200, issueToken(), null);
	}

	private static Map<String, List<String>> form(String body) {
		try {
			return new QueryStringDecoder(body, false).parameters();
		}
		catch (IllegalArgumentException ex) {
			throw oauthError(400, "invalid_request", "body", "The form cannot be decoded",
					"Encode names and values as a form has them.");
		}
	}

	private boolean isKnown(String clientId, String clientSecret) {
		return clientId.equals(this.clientId) && clientSecret.equals(this.clientSecret);
	}

	private static Refusal oauthError(int status, String error, String subject, String message, String fix) {
		return Refusal.withBody(status,
				Json.write(Map.of("error", error, "error_description", "The request was refused")), subject, message,
				fix);
	}

	private String issueToken() {
		Map<String, Object> answer = new LinkedHashMap<>();
		answer.put("access_token", this.tokens.issue());
		answer.put("scope", "");
		answer.put("expires_in", this.tokens.lifetime().toSeconds());
		answer.put("token_type", "Bearer");
		return Json.write(answer);
	}

}
