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

import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.observation.EventPublishObservationContext;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Remembers the failures of published and of stored events since the application has
 * started: how many of each kind, and the last one. An {@link AopInfrastructureBean}, so
 * that advice on whole packages does not proxy it: it is injected by its class.
 */
class RecentFailures implements ObservationHandler<EventPublishObservationContext>, AopInfrastructureBean {

	private final Clock clock;

	private final Map<FailureKind, Failure> failures = new EnumMap<>(FailureKind.class);

	private HopperDiagnosis.@Nullable LastFailure last;

	RecentFailures(Clock clock) {
		this.clock = clock;
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof EventPublishObservationContext;
	}

	@Override
	public void onStop(EventPublishObservationContext context) {
		HopperApiException exception = context.getApiException();
		if (exception != null) {
			failed(exception);
		}
		else if (context.getReceipt() != null) {
			delivered();
		}
	}

	private synchronized void delivered() {
		this.last = null;
	}

	private synchronized void failed(HopperApiException exception) {
		FailureKind kind = exception.getKind();
		this.last = new HopperDiagnosis.LastFailure(kind, this.clock.instant(), String.valueOf(exception.getMessage()));
		Failure before = this.failures.get(kind);
		this.failures.put(kind, new Failure(kind.tag(), kind.fault(), (before != null) ? before.count() + 1 : 1,
				this.clock.instant(), String.valueOf(exception.getMessage()), kind.advice()));
	}

	/**
	 * Return the last failure, or {@code null} if an event has been delivered since.
	 */
	synchronized HopperDiagnosis.@Nullable LastFailure last() {
		return this.last;
	}

	/**
	 * Return the failures, the kind of the latest first.
	 */
	synchronized List<Failure> latestFirst() {
		return this.failures.values().stream().sorted(Comparator.comparing(Failure::lastAt).reversed()).toList();
	}

	/**
	 * Failures of one kind.
	 *
	 * @param kind the kind, as in the metrics
	 * @param fault whose fault they are
	 * @param count how many there were
	 * @param lastAt when the last one happened
	 * @param lastMessage what the last one said
	 * @param advice what to do
	 */
	record Failure(String kind, FailureKind.Fault fault, long count, Instant lastAt, String lastMessage,
			String advice) {

	}

}
