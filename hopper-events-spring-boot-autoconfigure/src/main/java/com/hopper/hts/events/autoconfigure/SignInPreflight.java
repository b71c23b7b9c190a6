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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.util.function.Supplier;

import com.hopper.hts.events.auth.BearerTokenProvider;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Signs in when the application starts, so that wrong credentials show when it is
 * deployed and not at the first booking.
 */
final class SignInPreflight implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(SignInPreflight.class);

	private final Supplier<@Nullable BearerTokenProvider> tokenProvider;

	private final HopperProperties.Preflight preflight;

	private final Duration timeout;

	SignInPreflight(Supplier<@Nullable BearerTokenProvider> tokenProvider, HopperProperties.Preflight preflight,
			Duration timeout) {
		this.tokenProvider = tokenProvider;
		this.preflight = preflight;
		this.timeout = timeout;
	}

	@Override
	public void afterSingletonsInstantiated() {
		BearerTokenProvider tokenProvider = (this.preflight != HopperProperties.Preflight.OFF)
				? this.tokenProvider.get() : null;
		if (tokenProvider == null) {
			return;
		}
		switch (this.preflight) {
			case OFF -> {
			}
			case WARN -> tokenProvider.getToken()
				.subscribe((token) -> logger.debug("The application can sign in to Hopper"), (ex) -> logger
					.warn("The application cannot sign in to Hopper, so events cannot be sent: " + ex.getMessage()));
			case FAIL -> {
				try {
					tokenProvider.getToken().block(this.timeout.plusSeconds(1));
				}
				catch (RuntimeException ex) {
					throw new IllegalStateException(
							"The application cannot sign in to Hopper, and hopper.auth.preflight is 'fail': "
									+ ex.getMessage(),
							ex);
				}
			}
		}
	}

}
