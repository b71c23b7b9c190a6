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

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * {@link HealthIndicator} that says whether the application is signed in to Hopper and
 * whether stored events are delivered. It makes no request, and reads the outbox only
 * from time to time. An application works as well as before when Hopper is down, so a
 * problem makes it {@code DEGRADED}, which Spring Boot maps to {@code 200} and leaves out
 * of the aggregate, and {@code DOWN} only if the operator has asked for that. It is
 * {@code UNKNOWN} before the first request, and if the application provides the token
 * itself.
 */
class HopperHealthIndicator extends AbstractHealthIndicator {

	/**
	 * Events wait or were given up, but the application itself works.
	 */
	static final Status DEGRADED = new Status("DEGRADED");

	private static final Log logger = LogFactory.getLog(HopperHealthIndicator.class);

	private final Examination examination;

	private final boolean enabled;

	private final @Nullable BearerTokenProvider tokenProvider;

	private final @Nullable OutboxStateCache outbox;

	private final Set<HopperDiagnosis.Condition> downOn;

	/**
	 * Create an instance.
	 * @param examination what finds what is wrong
	 * @param enabled whether events are sent
	 * @param tokenProvider the provider of the token, or {@code null} if the application
	 * signs in by itself
	 * @param outbox the outbox, or {@code null} if there is none
	 * @param properties what is too much
	 */
	HopperHealthIndicator(Examination examination, boolean enabled, @Nullable BearerTokenProvider tokenProvider,
			@Nullable EventOutboxOperations outbox, HopperHealthProperties properties) {
		super("The health check of Hopper failed");
		this.examination = examination;
		this.enabled = enabled;
		this.tokenProvider = tokenProvider;
		this.outbox = (outbox != null) ? new OutboxStateCache(outbox, properties.cacheTimeToLive(), examination.clock())
				: null;
		this.downOn = properties.downOn();
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		builder.unknown();
		try {
			judge(builder, this.enabled ? check(builder) : checkDisabled(builder));
		}
		catch (RuntimeException ex) {
			// Not DOWN: a failing bean of the application says nothing about Hopper
			logger.debug("The health of Hopper could not be checked", ex);
			builder.status(DEGRADED)
				.withDetail("diagnosis", List.of("The health of Hopper could not be checked ("
						+ ex.getClass().getSimpleName() + "), which the log says more about at level debug."));
		}
	}

	private List<HopperDiagnosis.Finding> checkDisabled(Health.Builder builder) {
		builder.withDetail("enabled", false);
		return this.examination.findings(null, null);
	}

	private List<HopperDiagnosis.Finding> check(Health.Builder builder) {
		checkToken(builder);
		OutboxStateCache.Snapshot snapshot = (this.outbox != null) ? this.outbox.get() : null;
		EventOutboxState state = (snapshot != null) ? snapshot.state() : null;
		if (state != null) {
			describe(builder, state);
		}
		return this.examination.findings(state, (snapshot != null) ? snapshot.failure() : null);
	}

	private void judge(Health.Builder builder, List<HopperDiagnosis.Finding> findings) {
		Set<HopperDiagnosis.Condition> conditions = EnumSet.noneOf(HopperDiagnosis.Condition.class);
		findings.forEach((finding) -> conditions.addAll(finding.conditions()));
		if (!Collections.disjoint(conditions, this.downOn)) {
			builder.down();
		}
		else if (!conditions.isEmpty()) {
			builder.status(DEGRADED);
		}
		builder.withDetail("diagnosis", Examination.texts(findings));
	}

	private static void describe(Health.Builder builder, EventOutboxState state) {
		builder.withDetail("pending", state.pendingCount()).withDetail("deadLetters", state.deadCount());
		if (state.oldestPending() != null) {
			builder.withDetail("oldestPending", state.oldestPending());
		}
		EventOutboxState.Pause pause = state.pause();
		if (pause != null) {
			builder.withDetail("paused", pause.reason()).withDetail("pausedSince", pause.since());
			if (pause.nextProbe() != null) {
				builder.withDetail("nextTry", pause.nextProbe());
			}
		}
	}

	private void checkToken(Health.Builder builder) {
		if (!(this.tokenProvider instanceof RotatingTokenProvider provider)) {
			builder.withDetail("token", "given");
			return;
		}
		if (provider.acceptedAt() != null) {
			builder.up();
		}
		if (provider.isGiven()) {
			builder.withDetail("token", "given");
			return;
		}
		RotatingTokenProvider.State state = provider.state();
		if (state == null) {
			builder.withDetail("token", "none");
			return;
		}
		if (state.valid()) {
			builder.up();
		}
		builder.withDetail("token", state.valid() ? "valid" : "none");
		if (state.expiresAt() != null) {
			builder.withDetail("expiresAt", state.expiresAt());
		}
		if (state.failure() != null && state.failedAt() != null) {
			builder.withDetail("failure", state.failure()).withDetail("failedAt", state.failedAt());
		}
	}

}
