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
package com.hopper.hts.events.outbox;

import java.time.Instant;
import java.util.List;

import com.hopper.hts.events.ApiError;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One failed attempt to deliver a stored event. Carries neither the token nor the
 * payload.
 *
 * @param failedAt when the attempt failed
 * @param kind the kind of failure, as in the metrics: for example {@code server_error}
 * @param statusCode the HTTP status, or {@code null} if there was no answer
 * @param message what happened and what to do next
 * @param errors what the API said is wrong, unmodifiable, empty if it did not say
 * @since 0.1.0
 */
public record DeliveryFailure(Instant failedAt, String kind, @Nullable Integer statusCode, String message,
		List<ApiError> errors) {

	/**
	 * Create an instance.
	 * @param failedAt when the attempt failed
	 * @param kind the kind of failure
	 * @param statusCode the HTTP status, or {@code null}
	 * @param message what happened
	 * @param errors what the API said is wrong
	 */
	public DeliveryFailure {
		Assert.notNull(failedAt, "'failedAt' must not be null");
		Assert.hasText(kind, "'kind' must not be empty");
		Assert.notNull(message, "'message' must not be null");
		errors = List.copyOf(errors);
	}

}
