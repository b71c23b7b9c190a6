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

import io.micrometer.observation.Observation;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler;

/**
 * Begins a trace with each delivery and links it to the span in which the event was
 * stored. A trace whose format it does not know is left to the handler of the tracer,
 * which continues it.
 */
class DeliveryTracingObservationHandler implements TracingObservationHandler<DeliveryObservationContext> {

	// Does not extend PropagatingReceiverTracingObservationHandler: Spring Boot's own
	// bean would back off

	private final Tracer tracer;

	private final TracingProperties.Delivery delivery;

	DeliveryTracingObservationHandler(Tracer tracer, TracingProperties.Delivery delivery) {
		this.tracer = tracer;
		this.delivery = delivery;
	}

	@Override
	public void onStart(DeliveryObservationContext context) {
		// Clears the current span: the thread may be that of another delivery, or of a
		// booking
		Tracer.SpanInScope none = this.tracer.withSpan(null);
		try {
			Span.Builder builder = this.tracer.spanBuilder()
				.setNoParent()
				.name(getSpanName(context))
				.kind(Span.Kind.CONSUMER);
			StoreSpan storeSpan = context.storeSpan();
			if (!storeSpan.traceId().isEmpty()) {
				builder.addLink(new Link(toTraceContext(storeSpan)));
			}
			getTracingContext(context).setSpan(builder.start());
		}
		finally {
			none.close();
		}
	}

	private TraceContext toTraceContext(StoreSpan storeSpan) {
		return this.tracer.traceContextBuilder()
			.traceId(storeSpan.traceId())
			.spanId(storeSpan.spanId())
			.sampled(storeSpan.sampled())
			.build();
	}

	@Override
	public void onStop(DeliveryObservationContext context) {
		Span span = getRequiredSpan(context);
		tagSpan(context, span);
		span.name(getSpanName(context));
		endSpan(context, span);
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return this.delivery == TracingProperties.Delivery.LINK
				&& context instanceof DeliveryObservationContext delivery && delivery.storeSpan().known();
	}

	@Override
	public Tracer getTracer() {
		return this.tracer;
	}

}
