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

import com.hopper.hts.events.HopperApiException;

/**
 * Turns the failure of the last attempt into the exception that applications see.
 */
final class ApiExceptions {

	static final String OVERLOADED = "Send fewer at a time, or this one later.";

	private ApiExceptions() {
	}

	static HopperApiException create(AttemptFailure failure, HopperApiException.Details details) {
		if (failure.statusCode() != null) {
			details = details.withResponse(failure.statusCode(), failure.headers());
		}
		details = details.withRetryAfter(failure.retryAfter()).withCause(failure.getCause());
		return switch (failure.kind()) {
			case REJECTED -> new HopperApiException.Rejected(details, failure.errors());
			case SIGN_IN_FAILED -> new HopperApiException.SignInFailed(details, failure.isRetryable());
			case UNAUTHORIZED -> new HopperApiException.Unauthorized(details);
			case FORBIDDEN -> new HopperApiException.Forbidden(details);
			case NOT_FOUND -> new HopperApiException.NotFound(details);
			case RATE_LIMITED -> new HopperApiException.RateLimited(details);
			case SERVER_ERROR -> new HopperApiException.ServerError(details);
			case TIMEOUT -> new HopperApiException.Timeout(details);
			case CONNECTION_FAILED -> new HopperApiException.ConnectionFailed(details, failure.isRetryable());
			case OVERLOADED -> new HopperApiException.Overloaded(details);
			case UNEXPECTED_RESPONSE -> new HopperApiException.UnexpectedResponse(details);
		};
	}

	/**
	 * Say what to do next.
	 * @param failure the failure
	 * @return a sentence
	 */
	static String advice(AttemptFailure failure) {
		return switch (failure.kind()) {
			case REJECTED -> "Correct it; sending it again unchanged fails again.";
			case SIGN_IN_FAILED -> "Check hopper.auth.* or the application's BearerTokenProvider.";
			case UNAUTHORIZED ->
				"Check that the token of hopper.auth.* has not expired and was issued for the API at hopper.base-url.";
			case FORBIDDEN -> "Ask Hopper to permit this client to do this; another token does not help.";
			case NOT_FOUND -> "Check hopper.base-url, and that the session exists.";
			case RATE_LIMITED -> OVERLOADED;
			case SERVER_ERROR -> "Send it again later.";
			case TIMEOUT -> "Send it again later, or allow more time with hopper.client.response-timeout.";
			case CONNECTION_FAILED ->
				failure.isRetryable() ? "Send it again later." : "Check hopper.base-url and hopper.client.*.";
			case OVERLOADED -> OVERLOADED;
			case UNEXPECTED_RESPONSE ->
				"The API never answers this: check hopper.base-url and the proxies and gateways on the way.";
		};
	}

}
