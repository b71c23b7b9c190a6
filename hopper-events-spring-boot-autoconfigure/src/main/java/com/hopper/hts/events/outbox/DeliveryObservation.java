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
package com.hopper.hts.events.outbox;

import java.util.function.Consumer;
import java.util.function.Supplier;

import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.util.context.Context;

/**
 * Observation of one attempt to deliver an event. A failure of telemetry harms no event.
 * What is logged and heard of in its scope belongs to its trace, also when the attempt is
 * over.
 */
final class DeliveryObservation {

	/**
	 * Observes nothing.
	 */
	static final DeliveryObservation NONE = new DeliveryObservation(ObservationRegistry.NOOP, null);

	private static final Log logger = LogFactory.getLog(DeliveryObservation.class);

	private final ObservationRegistry registry;

	private final @Nullable Observation observation;

	private DeliveryObservation(ObservationRegistry registry, @Nullable Observation observation) {
		this.registry = registry;
		this.observation = observation;
	}

	/**
	 * Create an observation.
	 * @param registry the registry
	 * @param event the event
	 * @return the observation, not started
	 */
	static DeliveryObservation of(ObservationRegistry registry, StoredEvent event) {
		if (registry.isNoop()) {
			return NONE;
		}
		try {
			String type = event.countedType();
			Observation observation = HopperObservationDocumentation.EVENT_DELIVER
				.observation(registry, () -> new DeliveryObservationContext(event))
				.contextualName(HopperObservationDocumentation.EVENT_DELIVER.getContextualName() + " " + type)
				.lowCardinalityKeyValue(HopperMetrics.EVENT_TYPE, type)
				.highCardinalityKeyValue(HopperObservationDocumentation.HighCardinalityKeyNames.EVENT_ID.asString(),
						event.id().toString());
			return observation.isNoop() ? NONE : new DeliveryObservation(registry, observation);
		}
		catch (Throwable ex) {
			notObserved(ex);
			return NONE;
		}
	}

	void start() {
		guard(Observation::start);
	}

	void failed(Throwable failure) {
		guard((started) -> started.error(failure));
	}

	void stop() {
		guard(Observation::stop);
	}

	/**
	 * Make this the parent of what is observed upstream.
	 */
	Context addTo(Context context) {
		Observation current = this.observation;
		return (current != null) ? context.put(ObservationThreadLocalAccessor.KEY, current) : context;
	}

	void run(Runnable action) {
		inScope(() -> {
			action.run();
			return this;
		});
	}

	<T> T inScope(Supplier<T> action) {
		Observation current = this.observation;
		if (current == null) {
			return action.get();
		}
		Observation.Scope before = this.registry.getCurrentObservationScope();
		Observation.Scope scope = open(current, before);
		try {
			return action.get();
		}
		finally {
			try {
				scope.close();
			}
			catch (Throwable ex) {
				notObserved(ex);
				this.registry.setCurrentObservationScope(before);
			}
		}
	}

	private Observation.Scope open(Observation current, Observation.@Nullable Scope before) {
		try {
			return current.openScope();
		}
		catch (Throwable ex) {
			notObserved(ex);
			this.registry.setCurrentObservationScope(before);
			return Observation.Scope.NOOP;
		}
	}

	private void guard(Consumer<Observation> action) {
		Observation current = this.observation;
		if (current == null) {
			return;
		}
		try {
			action.accept(current);
		}
		catch (Throwable ex) {
			notObserved(ex);
		}
	}

	private static void notObserved(Throwable failure) {
		Exceptions.throwIfJvmFatal(failure);
		logger.debug("A delivery could not be observed", failure);
	}

}
