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

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.RotatingTokenProvider.AuthenticationMethod;
import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import com.hopper.hts.events.auth.RotatingTokenProvider.Grant;
import com.hopper.hts.events.http.AttemptFailure;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Requests tokens over HTTP: the form of OAuth 2 or the JSON of the API's own
 * {@code POST /auth}.
 */
final class TokenEndpoint {

	private static final int MAX_TEXT_LENGTH = 200;

	/**
	 * A gateway may announce a maintenance of days that ends after an hour. Who waits for
	 * a token, such as the relay of the outbox, waits no longer than this either.
	 */
	private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(5);

	// Our own mapper: the application's settings must not change what is sent and read
	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private final WebClient webClient;

	private final Credentials credentials;

	private final Duration timeout;

	private final Clock clock;

	private final Scheduler scheduler;

	private volatile boolean reached;

	TokenEndpoint(WebClient webClient, Credentials credentials, Duration timeout, Clock clock, Scheduler scheduler) {
		this.webClient = webClient;
		this.credentials = credentials;
		this.timeout = timeout;
		this.clock = clock;
		this.scheduler = scheduler;
	}

	/**
	 * Request a token.
	 * @return the token, or a {@link TokenRequestException}
	 */
	Mono<AccessToken> requestToken() {
		return AttemptFailure.catching(Mono.defer(() -> {
			Grant grant = this.credentials.grant();
			WebClient.RequestBodySpec request = this.webClient.post()
				.uri(this.credentials.uri())
				.accept(MediaType.APPLICATION_JSON);
			return ((grant != null) ? request.body(form(request, grant))
					: request.contentType(MediaType.APPLICATION_JSON).bodyValue(json()))
				.exchangeToMono(this::decode);
		})).timeout(this.timeout, this.scheduler).onErrorMap(this::toException);
	}

	private BodyInserter<?, ? super ClientHttpRequest> form(WebClient.RequestBodySpec request, Grant grant) {
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		form.set("grant_type", "client_credentials");
		if (grant.method() == AuthenticationMethod.CLIENT_SECRET_BASIC) {
			request.headers((headers) -> headers.setBasicAuth(basic()));
		}
		else {
			form.set("client_id", this.credentials.clientId());
			form.set("client_secret", this.credentials.clientSecret());
		}
		if (grant.audience() != null) {
			form.set("audience", grant.audience());
		}
		if (grant.scope() != null) {
			form.set("scope", grant.scope());
		}
		return BodyInserters.fromFormData(form);
	}

	/**
	 * Return the credentials for a header. They are form-encoded first, as RFC 6749,
	 * 2.3.1 demands.
	 */
	private String basic() {
		return HttpHeaders.encodeBasicAuth(encode(this.credentials.clientId()), encode(this.credentials.clientSecret()),
				null);
	}

	private byte[] json() {
		Map<String, String> json = new LinkedHashMap<>();
		json.put("client_id", this.credentials.clientId());
		json.put("client_secret", this.credentials.clientSecret());
		return MAPPER.writeValueAsBytes(json);
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	private Mono<AccessToken> decode(ClientResponse response) {
		this.reached = true;
		int status = response.statusCode().value();
		Duration asked = AttemptFailure.retryAfter(response.headers().asHttpHeaders(), this.clock);
		Duration retryAfter = (asked != null && asked.compareTo(MAX_RETRY_AFTER) > 0) ? MAX_RETRY_AFTER : asked;
		return AttemptFailure.readBody(response).map((body) -> {
			JsonNode answer = parse(body);
			if (status != 200 && status != 201) {
				throw new TokenRequestException(
						AttemptFailure.url(this.credentials.uri()) + " answered " + status + reason(answer)
								+ ((status == 404 || status == 405) ? " (check " + property() + ")" : ""),
						FailureKind.ofStatus(response.statusCode()).isTransient(), retryAfter, null);
			}
			return token(answer);
		});
	}

	private static @Nullable JsonNode parse(String body) {
		try {
			JsonNode answer = MAPPER.readTree(body);
			return answer.isObject() ? answer : null;
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	private AccessToken token(@Nullable JsonNode answer) {
		if (answer == null) {
			throw malformed("is not a JSON object");
		}
		String value = answer.path("access_token").asString("");
		String problem = BearerTokenFilter.findProblem(value);
		if (problem != null) {
			throw malformed("has an 'access_token' that " + problem);
		}
		String type = answer.path("token_type").asString("Bearer");
		if (!type.equalsIgnoreCase("Bearer")) {
			throw malformed("has a 'token_type' that is not Bearer");
		}
		JsonNode expiresIn = answer.path("expires_in");
		if (expiresIn.isMissingNode() || expiresIn.isNull()) {
			return new AccessToken(value, null);
		}
		// Some providers send the number as a string
		long seconds = expiresIn.asLong(0);
		if (seconds <= 0) {
			throw malformed("has an 'expires_in' that is not a positive number of seconds");
		}
		return new AccessToken(value, Duration.ofSeconds(Math.min(seconds, Duration.ofDays(3650).toSeconds())));
	}

	private TokenRequestException malformed(String problem) {
		return new TokenRequestException("the answer of " + AttemptFailure.url(this.credentials.uri()) + " " + problem,
				false, null, null);
	}

	/**
	 * Read the reason as OAuth 2 and the API's own errors give it.
	 */
	private String reason(@Nullable JsonNode answer) {
		if (answer == null) {
			return "";
		}
		String reason = answer.path("error").asString("");
		String description = answer.path("error_description")
			.asString(answer.path("errors").path(0).path("message").asString(""));
		String secret = this.credentials.clientSecret();
		String text = AttemptFailure
			.line(reason + ((reason.isEmpty() || description.isEmpty()) ? "" : ": ") + description)
			.replace(basic(), "***")
			.replace(secret, "***")
			.replace(AttemptFailure.line(secret), "***")
			.replace(encode(secret), "***");
		return text.isEmpty() ? "" : " (" + AttemptFailure.shorten(text, MAX_TEXT_LENGTH) + ")";
	}

	private Throwable toException(Throwable failure) {
		TokenRequestException known = AttemptFailure.find(failure, TokenRequestException.class);
		if (known != null) {
			return known;
		}
		AttemptFailure network = AttemptFailure.of(failure, this.credentials.uri(), this.reached, false);
		return new TokenRequestException(network.description() + ", on the way to "
				+ AttemptFailure.url(this.credentials.uri()) + " (" + property() + ")", network.kind().isTransient(),
				null, network.getCause());
	}

	private String property() {
		return (this.credentials.grant() != null) ? "hopper.auth.token-uri" : "hopper.base-url";
	}

}
