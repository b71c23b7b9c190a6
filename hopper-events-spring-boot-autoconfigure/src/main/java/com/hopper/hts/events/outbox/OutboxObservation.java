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

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * Observation of storing events, or of one attempt to deliver an event. A failure of
 * telemetry harms no event. What is logged and heard of in its scope belongs to its
 * trace, also when it is stopped.
 */
final class OutboxObservation {

	/**
	 * Observes nothing.
	 */
	static final OutboxObservation NONE = new OutboxObservation(ObservationRegistry.NOOP, null);

	private static final Log logger = LogFactory.getLog(OutboxObservation.class);

	private final ObservationRegistry registry;

	private final @Nullable Observation observation;

	private OutboxObservation(ObservationRegistry registry, @Nullable Observation observation) {
		this.registry = registry;
		this.observation = observation;
	}

	/**
	 * Create the observation of an attempt to deliver an event.
	 * @param registry the registry
	 * @param event the event
	 * @return the observation, not started
	 */
	static OutboxObservation ofDelivery(ObservationRegistry registry, StoredEvent event) {
		return of(registry,
				() -> observation(HopperObservationDocumentation.EVENT_DELIVER, registry,
						new DeliveryObservationContext(event), event.countedType())
					.highCardinalityKeyValue(HopperObservationDocumentation.HighCardinalityKeyNames.EVENT_ID.asString(),
							event.id().toString()));
	}

	/**
	 * Create the observation of storing events.
	 * @param registry the registry
	 * @param events the events, one or more
	 * @param parent what it is a part of, or {@code null} to go by the thread
	 * @param traceContext gets what the tracer writes for the delivery
	 * @return the observation, not started
	 */
	static OutboxObservation ofStore(ObservationRegistry registry, List<StoredEvent> events,
			@Nullable Observation parent, Map<String, String> traceContext) {
		return of(registry, () -> {
			SenderContext<Map<String, String>> context = new SenderContext<>((carrier, name, value) -> {
				if (carrier != null) {
					carrier.put(name, value);
				}
			}, Kind.PRODUCER);
			context.setCarrier(traceContext);
			Observation observation = observation(HopperObservationDocumentation.EVENT_STORE, registry, context,
					(events.size() == 1) ? events.get(0).countedType() : "several");
			return (parent != null) ? observation.parentObservation(parent) : observation;
		});
	}

	private static Observation observation(HopperObservationDocumentation documentation, ObservationRegistry registry,
			Observation.Context context, String type) {
		return documentation.observation(registry, () -> context)
			.contextualName(documentation.getContextualName() + " " + type)
			.lowCardinalityKeyValue(HopperMetrics.EVENT_TYPE, type);
	}

	private static OutboxObservation of(ObservationRegistry registry, Supplier<Observation> source) {
		if (registry.isNoop()) {
			return NONE;
		}
		try {
			Observation observation = source.get();
			return observation.isNoop() ? NONE : new OutboxObservation(registry, observation);
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
		Observation.Scope scope = open(current);
		try {
			return action.get();
		}
		finally {
			if (scope != null && scope != before) {
				close(scope, before);
			}
		}
	}

	private Observation.@Nullable Scope open(Observation current) {
		try {
			return current.openScope();
		}
		catch (Throwable ex) {
			notObserved(ex);
			// A handler has failed, but others may have opened their scopes, which must
			// be closed
			return this.registry.getCurrentObservationScope();
		}
	}

	private void close(Observation.Scope scope, Observation.@Nullable Scope before) {
		try {
			scope.close();
		}
		catch (Throwable ex) {
			notObserved(ex);
			this.registry.setCurrentObservationScope(before);
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
		logger.debug("The outbox could not be observed", failure);
	}

}
