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
package com.hopper.hts.events;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * No token could be obtained. The message says why and carries no secret. Has no stack
 * trace, because one instance is given to all requests that waited for the token.
 *
 * @since 0.1.0
 */
public final class TokenRequestException extends RuntimeException {

	private final boolean temporary;

	private final @Nullable Duration retryAfter;

	/**
	 * Create an instance.
	 * @param message why there is no token
	 * @param temporary whether the failure may pass by itself
	 * @param retryAfter how long to wait before the next request for a token, or
	 * {@code null}
	 * @param cause the cause, which must not carry the request, or {@code null}
	 */
	public TokenRequestException(String message, boolean temporary, @Nullable Duration retryAfter,
			@Nullable Throwable cause) {
		super(message, cause, false, false);
		this.temporary = temporary;
		this.retryAfter = retryAfter;
	}

	/**
	 * Return whether the failure may pass by itself.
	 * @return {@code false} if the credentials were refused or something else must be
	 * corrected
	 */
	public boolean isTransient() {
		return this.temporary;
	}

	/**
	 * Return how long to wait before the next request for a token.
	 * @return the delay, or {@code null} if it is not known
	 */
	public @Nullable Duration getRetryAfter() {
		return this.retryAfter;
	}

}
