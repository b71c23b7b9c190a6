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
package com.hopper.hts.events.http;

import java.util.function.Consumer;
import java.util.function.Supplier;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * The observation of one call. A failure of telemetry does not fail the call.
 *
 * @param observation the observation, or {@code null} if nobody observes
 */
record CallObservation(@Nullable Observation observation) {

	private static final Log logger = LogFactory.getLog(CallObservation.class);

	private static final CallObservation NONE = new CallObservation(null);

	/**
	 * Start an observation below the one of the subscriber.
	 */
	static CallObservation start(Supplier<Observation> source, ContextView context) {
		try {
			Observation observation = source.get();
			if (observation.isNoop()) {
				// The caller's observation remains the parent of the requests
				return NONE;
			}
			Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			if (parent != null) {
				observation.parentObservation(parent);
			}
			// Tracing prefers the span of the thread to the parent observation, so the
			// parent is put on the thread
			new CallObservation(parent).inScope(observation::start);
			return new CallObservation(observation);
		}
		catch (Throwable ex) {
			notObserved(ex);
			return NONE;
		}
	}

	/**
	 * Let each attempt begin in the scope of this observation, whose child the
	 * observation of the request is.
	 */
	<R> Mono<R> around(Mono<R> attempt) {
		Observation observation = this.observation;
		if (observation == null) {
			return attempt;
		}
		Mono<R> observed = attempt
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, observation));
		return Mono.fromDirect((subscriber) -> inScope(() -> observed.subscribe(subscriber)));
	}

	/**
	 * Report what came of the call in the scope of the observation, so that counts and
	 * logs belong to its trace, and end the observation.
	 * @param report counts and logs
	 * @param end completes the observation
	 */
	void stop(Runnable report, Consumer<Observation> end) {
		try {
			inScope(() -> {
				report.run();
				if (this.observation != null) {
					end.accept(this.observation);
					this.observation.stop();
				}
			});
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
	}

	/**
	 * Run an action in the scope of this observation. A handler that fails must not leave
	 * the scope behind on the thread, which goes on with other things.
	 */
	private void inScope(Runnable action) {
		Observation current = this.observation;
		if (current == null) {
			action.run();
			return;
		}
		ObservationRegistry registry = current.getObservationRegistry();
		Observation.Scope before = registry.getCurrentObservationScope();
		Observation.Scope scope;
		try {
			scope = current.openScope();
		}
		catch (Throwable ex) {
			notObserved(ex);
			// A handler has failed, but others may have opened their scopes, which must
			// be closed
			scope = registry.getCurrentObservationScope();
		}
		try {
			action.run();
		}
		finally {
			if (scope != null && scope != before) {
				close(scope, registry, before);
			}
		}
	}

	private static void close(Observation.Scope scope, ObservationRegistry registry,
			Observation.@Nullable Scope before) {
		try {
			scope.close();
		}
		catch (Throwable ex) {
			notObserved(ex);
			registry.setCurrentObservationScope(before);
		}
	}

	private static void notObserved(Throwable failure) {
		logger.debug("A call could not be observed", failure);
	}

}
