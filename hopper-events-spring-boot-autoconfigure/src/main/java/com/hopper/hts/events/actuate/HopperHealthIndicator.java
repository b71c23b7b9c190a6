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
package com.hopper.hts.events.actuate;

import java.util.EnumSet;
import java.util.Set;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * {@link HealthIndicator} that says whether the application is signed in to Hopper and
 * whether stored events are delivered. It makes no request. Up while there is a valid
 * token, down when there is none because signing in failed, unknown before the first
 * sign-in and when the token is not ours to judge. Down as well while the outbox pauses
 * for a reason that somebody has to remove, such as a token that is refused.
 */
class HopperHealthIndicator extends AbstractHealthIndicator {

	private static final Set<EventOutboxState.PauseReason> NEED_SOMEBODY = EnumSet.of(
			EventOutboxState.PauseReason.SIGN_IN_FAILED, EventOutboxState.PauseReason.UNAUTHORIZED,
			EventOutboxState.PauseReason.FORBIDDEN, EventOutboxState.PauseReason.NOT_FOUND,
			EventOutboxState.PauseReason.CONNECTION_FAILED);

	private final boolean enabled;

	private final @Nullable BearerTokenProvider tokenProvider;

	private final @Nullable EventOutboxOperations outbox;

	/**
	 * Create an instance.
	 * @param enabled whether events are sent
	 * @param tokenProvider the provider of the token, or {@code null} if the application
	 * signs in by itself
	 * @param outbox the outbox, or {@code null} if there is none
	 */
	HopperHealthIndicator(boolean enabled, @Nullable BearerTokenProvider tokenProvider,
			@Nullable EventOutboxOperations outbox) {
		super("The health check of Hopper failed");
		this.enabled = enabled;
		this.tokenProvider = tokenProvider;
		this.outbox = outbox;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		if (!this.enabled) {
			builder.unknown().withDetail("enabled", false);
			return;
		}
		checkToken(builder);
		// A mock has no state
		EventOutboxState state = (this.outbox != null) ? this.outbox.state() : null;
		if (state != null) {
			checkOutbox(builder, state);
		}
	}

	private static void checkOutbox(Health.Builder builder, EventOutboxState state) {
		builder.withDetail("pending", state.pendingCount()).withDetail("deadLetters", state.deadCount());
		EventOutboxState.Pause pause = state.pause();
		if (pause != null) {
			builder.withDetail("paused", pause.reason()).withDetail("pausedSince", pause.since());
			if (NEED_SOMEBODY.contains(pause.reason())) {
				builder.down();
			}
		}
	}

	private void checkToken(Health.Builder builder) {
		if (!(this.tokenProvider instanceof RotatingTokenProvider provider) || provider.isGiven()) {
			builder.unknown().withDetail("token", "given");
			return;
		}
		RotatingTokenProvider.State state = provider.state();
		if (state == null) {
			builder.unknown().withDetail("token", "none");
			return;
		}
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
