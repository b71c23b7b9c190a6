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

import com.hopper.hts.events.auth.BearerTokenProvider;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Signs in when the application starts, so that wrong credentials show when it is
 * deployed and not at the first booking. It does so only if the auto-configured client is
 * in use.
 */
final class SignInPreflight implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(SignInPreflight.class);

	private final HopperProperties.Preflight preflight;

	private final Duration timeout;

	private volatile @Nullable BearerTokenProvider tokenProvider;

	SignInPreflight(HopperProperties.Preflight preflight, Duration timeout) {
		this.preflight = preflight;
		this.timeout = timeout;
	}

	/**
	 * Remember the provider that the client was created with.
	 * @param tokenProvider the provider
	 */
	void use(BearerTokenProvider tokenProvider) {
		this.tokenProvider = tokenProvider;
	}

	@Override
	public void afterSingletonsInstantiated() {
		BearerTokenProvider tokenProvider = this.tokenProvider;
		if (tokenProvider == null) {
			return;
		}
		Mono<String> token = Mono.defer(tokenProvider::getToken)
			.switchIfEmpty(Mono.error(() -> new IllegalStateException("the BearerTokenProvider gave no bearer token")));
		switch (this.preflight) {
			case OFF -> {
			}
			case WARN ->
				token.subscribe((ignored) -> logger.debug("The application can sign in to Hopper"), (ex) -> logger
					.warn("The application cannot sign in to Hopper, so events cannot be sent: " + describe(ex)));
			case FAIL -> {
				try {
					token.block(this.timeout.plusSeconds(1));
				}
				catch (RuntimeException ex) {
					throw new IllegalStateException(
							"The application cannot sign in to Hopper, and hopper.auth.preflight is 'fail': "
									+ describe(ex),
							ex);
				}
			}
		}
	}

	private static String describe(Throwable ex) {
		return (ex.getMessage() != null) ? ex.getMessage() : ex.getClass().getSimpleName();
	}

}
