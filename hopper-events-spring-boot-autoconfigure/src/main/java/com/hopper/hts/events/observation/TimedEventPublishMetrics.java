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
package com.hopper.hts.events.observation;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.ObservationFilter;
import io.micrometer.observation.ObservationPredicate;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientRequestObservationContext;
import org.springframework.web.reactive.function.client.ClientRequestObservationConvention;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * {@link EventPublishMetrics} that times publications and their requests as observations
 * of them would, with the same names and tags, for publishers that are not observed:
 * where nothing but meters listens, two observations are most of what it costs to measure
 * the publication of an event. There are no long task timers;
 * {@code hopper.events.publish.in.flight} counts what is active.
 *
 * @since 0.1.0
 */
public final class TimedEventPublishMetrics implements EventPublishMetrics {

	private static final EventPublishObservationConvention CONVENTION = new DefaultEventPublishObservationConvention();

	private final EventPublishMetrics delegate;

	private final MeterRegistry registry;

	private final @Nullable ClientRequestObservationConvention requestConvention;

	private final List<ObservationPredicate> predicates;

	private final List<ObservationFilter> filters;

	private final Map<Object, Optional<Timer>> timers = new ConcurrentHashMap<>();

	/**
	 * Create an instance.
	 * @param delegate what counts everything else
	 * @param registry the registry to register the timers with
	 * @param requestConvention names and tags the timers of requests, or {@code null} if
	 * requests are not to be timed. It is asked once for each status and each type of
	 * error, with a request that has no headers and no body
	 * @param predicates decide what is timed, each of them once for each timer
	 * @param filters change the tags of a timer before it is registered
	 */
	public TimedEventPublishMetrics(EventPublishMetrics delegate, MeterRegistry registry,
			@Nullable ClientRequestObservationConvention requestConvention, List<ObservationPredicate> predicates,
			List<ObservationFilter> filters) {
		this.delegate = delegate;
		this.registry = registry;
		this.requestConvention = requestConvention;
		this.predicates = List.copyOf(predicates);
		this.filters = List.copyOf(filters);
	}

	@Override
	public void started() {
		this.delegate.started();
	}

	@Override
	public void requested(URI uri, @Nullable HttpStatusCode status, @Nullable Throwable failure, Duration elapsed) {
		this.delegate.requested(uri, status, failure, elapsed);
		if (this.requestConvention != null) {
			record(new Request(uri, status, (failure != null) ? failure.getClass() : null), elapsed,
					this.requestConvention, () -> requestContext(uri, status, failure));
		}
	}

	@Override
	public void retrying(String eventType, String reason) {
		this.delegate.retrying(eventType, reason);
	}

	@Override
	public void deliveryUnknown(String eventType) {
		this.delegate.deliveryUnknown(eventType);
	}

	@Override
	public void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception, Duration elapsed) {
		// First, so that no timer that fails keeps it from counting
		this.delegate.finished(eventType, attempts, receipt, exception, elapsed);
		Publication publication = new Publication(EventTags.type(eventType), receipt != null,
				(exception != null) ? exception.getClass() : null,
				(exception != null) ? exception.getStatusCode() : null);
		record(publication, elapsed, CONVENTION, () -> publishContext(eventType, receipt, exception));
	}

	@Override
	public void discarded(String eventType, String reason) {
		this.delegate.discarded(eventType, reason);
	}

	private <C extends Observation.Context> void record(Object key, Duration elapsed,
			ObservationConvention<C> convention, Supplier<C> context) {
		Optional<Timer> timer = this.timers.get(key);
		if (timer == null) {
			timer = this.timers.computeIfAbsent(key, (absent) -> timer(convention, context.get()));
		}
		if (timer.isPresent()) {
			timer.get().record(elapsed);
		}
	}

	private <C extends Observation.Context> Optional<Timer> timer(ObservationConvention<C> convention, C context) {
		String name = convention.getName();
		if (name == null || !this.predicates.stream().allMatch((predicate) -> predicate.test(name, context))) {
			return Optional.empty();
		}
		context.setName(name);
		context.addLowCardinalityKeyValues(convention.getLowCardinalityKeyValues(context));
		Observation.Context filtered = context;
		for (ObservationFilter filter : this.filters) {
			filtered = filter.map(filtered);
		}
		List<Tag> tags = new ArrayList<>();
		filtered.getLowCardinalityKeyValues()
			.forEach((keyValue) -> tags.add(Tag.of(keyValue.getKey(), keyValue.getValue())));
		Throwable error = filtered.getError();
		tags.add(Tag.of("error", (error != null) ? error.getClass().getSimpleName() : KeyValue.NONE_VALUE));
		return Optional.of(this.registry.timer(name, tags));
	}

	private static EventPublishObservationContext publishContext(String eventType, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception) {
		EventPublishObservationContext context = new EventPublishObservationContext(eventType);
		if (receipt != null) {
			context.setReceipt(receipt);
		}
		if (exception != null) {
			context.setError(exception);
		}
		return context;
	}

	private static ClientRequestObservationContext requestContext(URI uri, @Nullable HttpStatusCode status,
			@Nullable Throwable failure) {
		ClientRequestObservationContext context = new ClientRequestObservationContext(
				ClientRequest.create(HttpMethod.POST, uri));
		if (status != null) {
			context.setResponse(ClientResponse.create(status).build());
		}
		if (failure != null) {
			context.setError(failure);
		}
		return context;
	}

	/**
	 * What decides which timer a publication belongs to.
	 */
	private record Publication(String eventType, boolean delivered,
			@Nullable Class<? extends HopperApiException> exception, @Nullable HttpStatusCode status) {

	}

	/**
	 * What decides which timer a request belongs to.
	 */
	private record Request(URI uri, @Nullable HttpStatusCode status, @Nullable Class<?> failure) {

	}

}
