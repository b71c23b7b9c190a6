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

import java.io.Serial;
import java.net.URI;
import java.time.Duration;
import java.util.List;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.TokenRequestException;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;

/**
 * Why one attempt failed and whether another one may follow. Never leaves this package:
 * at the end of a publication it becomes a
 * {@link com.hopper.hts.events.HopperApiException}, which also knows the attempts before.
 */
final class AttemptFailure extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	private final FailureKind kind;

	private final boolean retryable;

	private final boolean deliveryUnknown;

	private final String description;

	private final @Nullable HttpStatusCode statusCode;

	private final HttpHeaders headers;

	private final transient @Nullable Duration retryAfter;

	private final List<ApiError> errors;

	private AttemptFailure(FailureKind kind, boolean retryable, boolean deliveryUnknown, String description,
			@Nullable HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, @Nullable Throwable cause) {
		super(description, cause, false, false);
		this.kind = kind;
		this.retryable = retryable;
		this.deliveryUnknown = deliveryUnknown;
		this.description = description;
		this.statusCode = statusCode;
		this.headers = headers;
		this.retryAfter = retryAfter;
		this.errors = errors;
	}

	/**
	 * An answer other than {@code 204} was received.
	 * @param statusCode the status
	 * @param headers the headers
	 * @param retryAfter how long the API asked to wait
	 * @param errors the parsed errors
	 * @param description the answer in words
	 * @return the failure
	 */
	static AttemptFailure ofResponse(HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, String description) {
		// A gateway that lost the answer of the API cannot tell whether the API counted,
		// and
		// whoever answered 200 may have passed the event on
		boolean deliveryUnknown = switch (statusCode.value()) {
			case 500, 501, 503 -> false;
			default -> statusCode.is5xxServerError() || statusCode.is2xxSuccessful();
		};
		FailureKind kind = FailureKind.ofStatus(statusCode);
		return new AttemptFailure(kind, kind.isRetried(), deliveryUnknown, description, statusCode, headers, retryAfter,
				errors, null);
	}

	/**
	 * There was no answer in time.
	 * @param uri where the request was to go
	 * @param timeout the time
	 * @param onTimeout whether a request that was sent and not answered is repeated
	 * @param sent whether the request was handed to a connection
	 * @return the failure
	 */
	static AttemptFailure ofTimeout(URI uri, Duration timeout, boolean onTimeout, boolean sent) {
		return withoutResponse(FailureKind.TIMEOUT, onTimeout || !sent, sent,
				(sent ? "there was no complete answer of " : "the request could not be sent to ")
						+ NetworkFailure.host(uri) + " within " + Durations.format(timeout),
				null);
	}

	/**
	 * A filter of the application failed.
	 * @param description what happened
	 * @param temporary whether it may pass
	 * @param deliveryUnknown whether the event may have been counted
	 * @return the failure
	 */
	static AttemptFailure ofFilter(String description, boolean temporary, boolean deliveryUnknown) {
		return withoutResponse(temporary ? FailureKind.CONNECTION_FAILED : FailureKind.UNREACHABLE, temporary,
				deliveryUnknown, description, null);
	}

	/**
	 * There was no answer.
	 * @param failure what was thrown
	 * @param uri where the request was to go
	 * @param onTimeout whether a request without an answer is repeated
	 * @param reached whether the API has answered any request before
	 * @param sent whether the request was handed to a connection
	 * @return the failure
	 */
	static AttemptFailure of(Throwable failure, URI uri, boolean onTimeout, boolean reached, boolean sent) {
		if (failure instanceof AttemptFailure attemptFailure) {
			return attemptFailure;
		}
		TokenRequestException tokenFailure = NetworkFailure.find(failure, TokenRequestException.class);
		if (tokenFailure != null) {
			FailureKind kind = tokenFailure.isTransient() ? FailureKind.SIGN_IN_FAILED : FailureKind.SIGN_IN_REFUSED;
			return new AttemptFailure(kind, kind.isRetried(), false, "signing in failed: " + tokenFailure.getMessage(),
					null, HttpHeaders.EMPTY, tokenFailure.getRetryAfter(), List.of(), tokenFailure);
		}
		NetworkFailure network = NetworkFailure.of(failure, uri, reached, sent);
		FailureKind kind = network.kind();
		boolean retryable = kind.isRetried() && (kind != FailureKind.TIMEOUT || onTimeout || !sent);
		return withoutResponse(kind, retryable, network.deliveryUnknown(), network.description(), network.cause());
	}

	private static AttemptFailure withoutResponse(FailureKind kind, boolean retryable, boolean deliveryUnknown,
			String description, @Nullable Throwable cause) {
		return new AttemptFailure(kind, retryable, deliveryUnknown, description, null, HttpHeaders.EMPTY, null,
				List.of(), cause);
	}

	FailureKind kind() {
		return this.kind;
	}

	boolean isRetryable() {
		return this.retryable;
	}

	boolean isDeliveryUnknown() {
		return this.deliveryUnknown;
	}

	String description() {
		return this.description;
	}

	@Nullable HttpStatusCode statusCode() {
		return this.statusCode;
	}

	HttpHeaders headers() {
		return this.headers;
	}

	@Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	List<ApiError> errors() {
		return this.errors;
	}

}
