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
package com.hopper.hts.events.health;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.ClientCredentialsTokenProvider;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * {@link HealthIndicator} that says whether the application is signed in to Hopper. It
 * makes no request. Up while there is a valid token, down when there is none because
 * signing in failed, unknown before the first sign-in and when the token is not ours to
 * judge.
 *
 * @since 0.1.0
 */
public class HopperHealthIndicator extends AbstractHealthIndicator {

	private final BearerTokenProvider tokenProvider;

	/**
	 * Create an instance.
	 * @param tokenProvider the provider of the token
	 */
	public HopperHealthIndicator(BearerTokenProvider tokenProvider) {
		super("The health check of Hopper failed");
		this.tokenProvider = tokenProvider;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		if (!(this.tokenProvider instanceof ClientCredentialsTokenProvider provider)) {
			builder.unknown().withDetail("token", "given");
			return;
		}
		ClientCredentialsTokenProvider.State state = provider.state();
		if (state.valid()) {
			builder.up().withDetail("token", "valid");
		}
		else if (state.failure() != null) {
			builder.down().withDetail("token", "none");
		}
		else {
			builder.unknown().withDetail("token", "none");
		}
		if (state.expiresAt() != null) {
			builder.withDetail("expiresAt", state.expiresAt());
		}
		if (state.failure() != null && state.failedAt() != null) {
			builder.withDetail("failure", state.failure()).withDetail("failedAt", state.failedAt());
		}
	}

}
