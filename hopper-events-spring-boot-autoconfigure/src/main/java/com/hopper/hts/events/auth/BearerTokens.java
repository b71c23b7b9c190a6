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

import org.jspecify.annotations.Nullable;

/**
 * Checks that a text can be a bearer token, without ever showing it.
 */
final class BearerTokens {

	private BearerTokens() {
	}

	/**
	 * Say what is wrong with a token.
	 * @param token the token
	 * @return the end of a sentence that begins with the token's name, or {@code null} if
	 * it can be sent in an {@code Authorization} header
	 */
	static @Nullable String findProblem(@Nullable String token) {
		if (token == null || token.isBlank()) {
			return "must not be empty";
		}
		if (token.regionMatches(true, 0, "Bearer ", 0, 7)) {
			return "must be the token alone, without 'Bearer' before it";
		}
		for (int i = 0; i < token.length(); i++) {
			char c = token.charAt(i);
			if (c <= ' ' || c > '~') {
				return "must consist of visible ASCII characters, but character %s of %s is not one".formatted(i + 1,
						token.length());
			}
		}
		return null;
	}

}
