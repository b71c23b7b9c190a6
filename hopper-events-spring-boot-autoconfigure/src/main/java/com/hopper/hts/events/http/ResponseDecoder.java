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
package com.hopper.hts.events.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.TokenRequestException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.web.ErrorResponse;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Reads answers that mean failure. The body of an error is whatever a gateway likes to
 * send, so it is read up to a limit of size and time, and understood if it happens to be
 * the JSON that the API promises.
 */
final class ResponseDecoder {

	private static final Duration MAX_BODY_TIME = Duration.ofSeconds(2);

	private static final int MAX_ERRORS = 20;

	private static final int MAX_TEXT_LENGTH = 300;

	private static final int MAX_CONTENT_LENGTH = 2000;

	/**
	 * Values of the request shorter than this are not searched for in answers: they would
	 * be found in ordinary words.
	 */
	private static final int MIN_SECRET_LENGTH = 4;

	private static final Set<String> PUBLIC_HEADERS = Set.of("accept", "accept-encoding", "content-length",
			"content-type", "host", "user-agent");

	// Our own mapper: the application's settings must not change how errors are read
	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	/**
	 * Names of the request's fields whose values are words of the API.
	 */
	private final Set<String> publicFields;

	private final Clock clock;

	private final Scheduler scheduler;

	ResponseDecoder(Set<String> publicFields, Clock clock, Scheduler scheduler) {
		this.publicFields = publicFields;
		this.clock = clock;
		this.scheduler = scheduler;
	}

	/**
	 * Read an answer that means anything but success.
	 * @param remaining the time left for the attempt
	 * @return an {@link AttemptFailure}
	 */
	<R> Mono<R> decodeFailure(ClientResponse response, @Nullable String sessionId, byte[] requestBody,
			Duration remaining) {
		// Less than the time that is left, so that a slow body does not turn a known
		// status into a timeout
		Duration half = remaining.dividedBy(2);
		Duration bodyTimeout = (half.compareTo(MAX_BODY_TIME) < 0) ? half : MAX_BODY_TIME;
		HttpStatusCode status = response.statusCode();
		HttpHeaders headers = response.headers().asHttpHeaders();
		HttpHeaders requestHeaders = response.request().getHeaders();
		if (!status.isError()) {
			// The body says nothing about the event. Cancelling it closes the connection.
			return response.body(BodyExtractors.toDataBuffers())
				.doOnNext(DataBufferUtils::release)
				.next()
				.onErrorComplete()
				.timeout(bodyTimeout, Mono.empty(), this.scheduler)
				.then(Mono.error(() -> failure(status, headers, "", requestHeaders, sessionId, requestBody)));
		}
		return readBody(response, bodyTimeout)
			.flatMap((body) -> Mono.error(failure(status, headers, body, requestHeaders, sessionId, requestBody)));
	}

	/**
	 * Read an exception of an exchange. If a filter of the application made it of the
	 * answer, or in place of one, it means what the answer means.
	 * @param answer the answer before filters saw it, or {@code null} if there was none
	 * @return an {@link AttemptFailure}, or the failure if there is no answer in it
	 */
	<R> Mono<R> decodeException(Throwable failure, URI uri, @Nullable ClientResponse answer, @Nullable String sessionId,
			byte[] requestBody, Duration remaining) {
		if (failure instanceof AttemptFailure || AttemptFailure.find(failure, TokenRequestException.class) != null) {
			return Mono.error(failure);
		}
		WebClientResponseException exception = AttemptFailure.find(failure, WebClientResponseException.class);
		HttpRequest request = (exception != null) ? exception.getRequest() : null;
		if (exception != null && (request == null || request.getURI().equals(uri)
				|| (answer != null && answer.statusCode().equals(exception.getStatusCode())))) {
			return Mono
				.error(failure(exception.getStatusCode(), exception.getHeaders(), exception.getResponseBodyAsString(),
						(request != null) ? request.getHeaders() : HttpHeaders.EMPTY, sessionId, requestBody));
		}
		if (answer != null && !answer.statusCode().is2xxSuccessful()) {
			return decodeFailure(answer, sessionId, requestBody, remaining);
		}
		if (answer != null) {
			return Mono
				.error(AttemptFailure.connection(false, true, "a filter failed (" + failure.getClass().getSimpleName()
						+ ") although the answer was " + answer.statusCode().value(), null));
		}
		if (exception != null) {
			return Mono
				.error(AttemptFailure.connection(FailureKind.ofStatus(exception.getStatusCode()).isTransient(), false,
						"a request of a filter to "
								+ ((request != null) ? request.getURI().getHost() : "another server")
								+ " was answered with " + exception.getStatusCode().value(),
						null));
		}
		ErrorResponse errorResponse = AttemptFailure.find(failure, ErrorResponse.class);
		return Mono.error((errorResponse != null) ? failure(errorResponse.getStatusCode(), errorResponse.getHeaders(),
				"", HttpHeaders.EMPTY, sessionId, requestBody) : failure);
	}

	private AttemptFailure failure(HttpStatusCode status, HttpHeaders headers, String body, HttpHeaders requestHeaders,
			@Nullable String sessionId, byte[] requestBody) {
		JsonNode sent = read(requestBody);
		NavigableSet<String> secrets = secrets(requestHeaders, sessionId, sent);
		// If the request cannot be parsed, its values cannot be masked in the answer
		List<ApiError> errors = sent.isMissingNode() ? List.of() : parse(body, secrets);
		return AttemptFailure.ofResponse(status, headers, AttemptFailure.retryAfter(headers, this.clock), errors,
				"the answer was " + status.value()
						+ (errors.isEmpty() ? describeContent(headers, secrets) : describe(errors)));
	}

	private Mono<String> readBody(ClientResponse response, Duration bodyTimeout) {
		return AttemptFailure.readBody(response)
			.timeout(bodyTimeout, this.scheduler)
			// The body only adds detail: without it the status decides
			.onErrorReturn("");
	}

	private static List<ApiError> parse(String body, NavigableSet<String> secrets) {
		List<ApiError> errors = new ArrayList<>();
		for (JsonNode error : read(body.getBytes(StandardCharsets.UTF_8)).path("errors")) {
			String message = text(error.path("message"), secrets);
			if (message != null && errors.size() < MAX_ERRORS) {
				Map<String, String> messages = new LinkedHashMap<>();
				error.path("messages").properties().forEach((entry) -> {
					String value = text(entry.getValue(), secrets);
					if (value != null && messages.size() < MAX_ERRORS) {
						messages.put(clean(entry.getKey(), secrets), value);
					}
				});
				errors.add(new ApiError(message, text(error.path("code"), secrets), messages));
			}
		}
		return errors;
	}

	private static JsonNode read(byte[] json) {
		try {
			return MAPPER.readTree(json);
		}
		catch (JacksonException ex) {
			return MAPPER.missingNode();
		}
	}

	private static @Nullable String text(JsonNode node, NavigableSet<String> secrets) {
		return node.isString() ? clean(node.stringValue(), secrets) : null;
	}

	private static String clean(String text, NavigableSet<String> secrets) {
		// One line, because the text is logged
		String result = AttemptFailure.line(text);
		for (String secret : secrets) {
			result = result.replace(secret, "***");
		}
		return AttemptFailure.shorten(result, MAX_TEXT_LENGTH);
	}

	/**
	 * Find what the answer must not repeat into an exception: the token, the session id,
	 * additional headers and every text and number of the event's body.
	 */
	private NavigableSet<String> secrets(HttpHeaders headers, @Nullable String sessionId, JsonNode sent) {
		// The longest first: a shorter secret within a longer one would leave the rest of
		// it visible
		NavigableSet<String> secrets = new TreeSet<>(
				Comparator.comparingInt(String::length).reversed().thenComparing(String::compareTo));
		headers.forEach((name, values) -> {
			if (name.equalsIgnoreCase(HttpHeaders.AUTHORIZATION)) {
				values.forEach((value) -> secrets.add(value.substring(value.indexOf(' ') + 1)));
			}
			else if (!PUBLIC_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
				secrets.addAll(values);
			}
		});
		if (sessionId != null) {
			secrets.add(sessionId);
		}
		sent.properties().forEach((field) -> {
			if (!field.getKey().equals("type")) {
				collectTexts(field.getKey(), field.getValue(), secrets);
			}
		});
		NavigableSet<String> lines = new TreeSet<>(secrets.comparator());
		secrets.stream()
			.map(AttemptFailure::line)
			.filter((secret) -> secret.length() >= MIN_SECRET_LENGTH)
			.forEach(lines::add);
		return lines;
	}

	private void collectTexts(String name, JsonNode node, NavigableSet<String> texts) {
		if (this.publicFields.contains(name)) {
			return;
		}
		if (node.isObject()) {
			node.properties().forEach((field) -> collectTexts(field.getKey(), field.getValue(), texts));
		}
		else if (node.isArray()) {
			node.forEach((element) -> collectTexts(name, element, texts));
		}
		else if (node.isString() || node.isNumber()) {
			texts.add(node.asString());
		}
	}

	private static String describe(List<ApiError> errors) {
		return AttemptFailure.shorten(errors.stream().limit(3).map((error) -> {
			String code = (error.code() != null) ? "[%s] ".formatted(error.code()) : "";
			String messages = error.messages().isEmpty() ? "" : " " + new TreeMap<>(error.messages());
			return code + error.message() + messages;
		}).collect(Collectors.joining("; ", ": ", (errors.size() > 3) ? "; ..." : "")), MAX_CONTENT_LENGTH);
	}

	private static String describeContent(HttpHeaders headers, NavigableSet<String> secrets) {
		MediaType type = null;
		try {
			type = headers.getContentType();
		}
		catch (RuntimeException ex) {
			// The header is not a media type, so there is none to show
		}
		return (type != null) ? " (%s)".formatted(clean(type.getType() + "/" + type.getSubtype(), secrets)) : "";
	}

}
