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
import java.util.ArrayList;
import java.util.List;

import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.ObjectProvider;

/**
 * What {@link HopperDiagnosis} finds with the limits of {@code hopper.health.*}, for all
 * who show it.
 */
final class Examination {

	private final HopperDiagnosis diagnosis;

	private final HopperDiagnosis.Limits limits;

	private final ObjectProvider<RecentFailures> failures;

	private final Clock clock;

	Examination(boolean enabled, ObjectProvider<HopperDiagnosis> diagnosis, HopperHealthProperties properties,
			ObjectProvider<RecentFailures> failures, ObjectProvider<Scheduler> scheduler) {
		HopperDiagnosis.Facts unknown = new HopperDiagnosis.Facts(enabled, null, true);
		this.diagnosis = diagnosis.getIfUnique(() -> new HopperDiagnosis(() -> unknown));
		this.limits = properties.toLimits();
		this.failures = failures;
		this.clock = clockOf(scheduler);
	}

	/**
	 * Return the clock of the outbox, whose times are shown and selected by.
	 */
	static Clock clockOf(ObjectProvider<Scheduler> scheduler) {
		return SchedulerClock.of(scheduler.getIfAvailable(Schedulers::parallel));
	}

	Clock clock() {
		return this.clock;
	}

	/**
	 * Return what is found.
	 * @param outbox the state of the outbox, or {@code null} if there is none
	 * @param unavailable why the state is not known, or {@code null}
	 */
	List<HopperDiagnosis.Finding> findings(@Nullable EventOutboxState outbox, @Nullable Throwable unavailable) {
		RecentFailures remembered = this.failures.getIfUnique();
		HopperDiagnosis.LastFailure last = (remembered != null) ? remembered.last() : null;
		List<HopperDiagnosis.Finding> findings = new ArrayList<>(
				this.diagnosis.examine((unavailable == null) ? outbox : null, last, this.limits, this.clock.instant()));
		if (unavailable != null) {
			findings.removeIf((finding) -> finding.conditions().isEmpty());
			findings.add(0, this.diagnosis.unavailable(unavailable));
		}
		return findings;
	}

	static List<String> texts(List<HopperDiagnosis.Finding> findings) {
		return findings.stream().map(HopperDiagnosis.Finding::text).toList();
	}

}
