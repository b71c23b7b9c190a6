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

	private ApiExceptions() {
	}

	static HopperApiException create(AttemptFailure failure, HopperApiException.Details details) {
		if (failure.statusCode() != null) {
			details = details.withResponse(failure.statusCode(), failure.headers());
		}
		details = details.withRetryAfter(failure.retryAfter()).withCause(failure.getCause());
		return switch (failure.kind()) {
			case INVALID_EVENT -> new HopperApiException.InvalidEvent(details);
			case REJECTED, TOO_LARGE -> new HopperApiException.Rejected(details, failure.errors());
			case SIGN_IN_FAILED, SIGN_IN_REFUSED ->
				new HopperApiException.SignInFailed(details, failure.kind().isTransient());
			case UNAUTHORIZED -> new HopperApiException.Unauthorized(details);
			case FORBIDDEN -> new HopperApiException.Forbidden(details);
			case NOT_FOUND -> new HopperApiException.NotFound(details);
			case RATE_LIMITED -> new HopperApiException.RateLimited(details);
			case SERVER_ERROR, OTHER_SERVER_ERROR -> new HopperApiException.ServerError(details);
			case TIMEOUT -> new HopperApiException.Timeout(details);
			case CONNECTION_FAILED, UNREACHABLE ->
				new HopperApiException.ConnectionFailed(details, failure.kind().isTransient());
			case OVERLOADED -> new HopperApiException.Overloaded(details);
			case UNEXPECTED_RESPONSE -> new HopperApiException.UnexpectedResponse(details);
		};
	}

}
