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

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;

/**
 * An exporter of spans that shows what it has got as trees: a line for each span,
 * indented below its parent, with its kind unless that is internal, and the status of the
 * answer to a request or whether anything else failed, and what it is linked to.
 */
class SpanTrees implements SpanExporter {

	private final InMemorySpanExporter exported = InMemorySpanExporter.create();

	@Override
	public CompletableResultCode export(Collection<SpanData> spans) {
		return this.exported.export(spans);
	}

	@Override
	public CompletableResultCode flush() {
		return this.exported.flush();
	}

	@Override
	public CompletableResultCode shutdown() {
		// Spans are looked at when the application has ended as well
		return CompletableResultCode.ofSuccess();
	}

	void reset() {
		this.exported.reset();
	}

	@Override
	public String toString() {
		StringBuilder trees = new StringBuilder();
		List<SpanData> spans = this.exported.getFinishedSpanItems()
			.stream()
			.sorted(Comparator.comparing(SpanData::getStartEpochNanos))
			.toList();
		append(trees, spans, SpanId.getInvalid(), 0);
		return trees.toString();
	}

	private static String name(List<SpanData> spans, SpanContext context) {
		return spans.stream()
			.filter((span) -> span.getSpanId().equals(context.getSpanId())
					&& span.getTraceId().equals(context.getTraceId()))
			.map(SpanData::getName)
			.findFirst()
			.orElse("unknown");
	}

	private static void append(StringBuilder trees, List<SpanData> spans, String parentId, int depth) {
		for (SpanData span : spans) {
			if (span.getParentSpanId().equals(parentId)) {
				trees.append("  ".repeat(depth)).append(span.getName());
				if (span.getKind() != SpanKind.INTERNAL) {
					trees.append(" (" + span.getKind() + ")");
				}
				if (span.getKind() == SpanKind.CLIENT) {
					trees.append(" " + span.getAttributes().get(AttributeKey.stringKey("status")));
				}
				else if (span.getStatus().getStatusCode() == StatusCode.ERROR) {
					trees.append(" failed");
				}
				span.getLinks().forEach((link) -> trees.append(" -> " + name(spans, link.getSpanContext())));
				trees.append('\n');
				append(trees, spans, span.getSpanId(), depth + 1);
			}
		}
	}

}
