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
package com.hopper.hts.events.observation;

import java.util.function.DoubleSupplier;

/**
 * What is counted about signing in. Implementations must be fast, must not block and must
 * not throw.
 *
 * @since 0.1.0
 */
public interface TokenMetrics {

	/**
	 * Counts nothing.
	 */
	TokenMetrics NONE = new TokenMetrics() {
	};

	/**
	 * A token was requested.
	 * @param outcome {@code success}, {@code transient_failure} or {@code refused}
	 */
	default void requested(String outcome) {
	}

	/**
	 * Learn how long the token is still valid.
	 * @param seconds gives the seconds to expiry, zero if there is no valid token, not a
	 * number if it is not known
	 */
	default void bindExpiry(DoubleSupplier seconds) {
	}

}
