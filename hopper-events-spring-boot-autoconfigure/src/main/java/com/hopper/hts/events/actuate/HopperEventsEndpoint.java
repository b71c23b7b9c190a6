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

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxState;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * {@link Endpoint @Endpoint} to see whether events are flowing. The detailed operations
 * are in the extensions for web and JMX.
 */
@Endpoint(id = "hopperevents", defaultAccess = Access.READ_ONLY)
class HopperEventsEndpoint {

	private final OutboxOperator operator;

	private final Environment environment;

	private final ObjectProvider<BearerTokenProvider> tokenProvider;

	private final RecentFailures failures;

	private final Examination examination;

	HopperEventsEndpoint(OutboxOperator operator, Environment environment,
			ObjectProvider<BearerTokenProvider> tokenProvider, RecentFailures failures, Examination examination) {
		this.operator = operator;
		this.environment = environment;
		this.tokenProvider = tokenProvider;
		this.failures = failures;
		this.examination = examination;
	}

	@ReadOperation
	OverviewDescriptor overview() {
		if (!this.operator.isEnabled()) {
			return overview(OverviewDescriptor.State.DISABLED, OutboxOperator.DISABLED, null, null);
		}
		if (!this.operator.isAvailable()) {
			return overview(OverviewDescriptor.State.NONE, OutboxOperator.NONE, null, null);
		}
		try {
			EventOutboxState state = this.operator.state();
			return (state != null) ? overview(state(state), null, state, null)
					: overview(OverviewDescriptor.State.UNKNOWN,
							"The EventOutboxOperations of the application have no state", null, null);
		}
		catch (OperatorException ex) {
			return overview(OverviewDescriptor.State.UNAVAILABLE, ex.getMessage(), null,
					(ex.getCause() != null) ? ex.getCause() : ex);
		}
	}

	private OverviewDescriptor overview(OverviewDescriptor.State state, @Nullable String message,
			@Nullable EventOutboxState outbox, @Nullable Throwable unavailable) {
		Instant oldest = (outbox != null) ? outbox.oldestPending() : null;
		return new OverviewDescriptor(state, message, Examination.texts(this.examination.findings(outbox, unavailable)),
				this.operator.isAvailable() ? engine() : null, ManagementFactory.getRuntimeMXBean().getName(),
				(outbox != null) ? OverviewDescriptor.Pause.of(outbox.pause()) : null,
				(outbox != null) ? new OverviewDescriptor.Backlog(outbox.pendingCount(), outbox.pending()) : null,
				(outbox != null) ? new OverviewDescriptor.Backlog(outbox.deadCount(), outbox.dead()) : null, oldest,
				(oldest != null) ? age(oldest) : null, (outbox != null) ? outbox.inProgress() : null,
				this.failures.latestFirst(), token());
	}

	/**
	 * Say what is wrong and who mends it.
	 */
	DiagnosisDescriptor diagnosis() {
		OverviewDescriptor overview = overview();
		return new DiagnosisDescriptor(overview.state(), overview.diagnosis());
	}

	private Duration age(Instant since) {
		Duration age = Duration.between(since, this.examination.clock().instant());
		return age.isNegative() ? Duration.ZERO : Duration.ofMillis(age.toMillis());
	}

	private static OverviewDescriptor.State state(EventOutboxState state) {
		if (state.pause() != null) {
			return OverviewDescriptor.State.PAUSED;
		}
		return state.running() ? OverviewDescriptor.State.FLOWING : OverviewDescriptor.State.STOPPED;
	}

	private String engine() {
		String type = this.environment.getProperty("hopper.outbox.type");
		return StringUtils.hasText(type) ? type.toLowerCase(Locale.ROOT) : "memory";
	}

	private OverviewDescriptor.Token token() {
		BearerTokenProvider provider = this.operator.isEnabled() ? this.tokenProvider.getIfUnique() : null;
		if (!(provider instanceof RotatingTokenProvider rotating) || rotating.isGiven()) {
			return new OverviewDescriptor.Token((provider != null) ? "given" : "none", null, null, null);
		}
		RotatingTokenProvider.State state = rotating.state();
		return (state != null) ? new OverviewDescriptor.Token(state.valid() ? "valid" : "none", state.expiresAt(),
				state.failedAt(), state.failure()) : new OverviewDescriptor.Token("none", null, null, null);
	}

	/**
	 * Return what sees and does everything else.
	 */
	OutboxOperator operator() {
		return this.operator;
	}

}
