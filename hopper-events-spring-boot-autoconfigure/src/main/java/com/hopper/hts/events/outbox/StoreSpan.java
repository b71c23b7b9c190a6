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

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The span in which an event was stored, read from what the application's tracer has
 * written: in the formats of W3C or of B3, which are those that Spring Boot offers.
 *
 * @param traceId the id of the trace, or empty if it is not known
 * @param spanId the id of the span
 * @param sampled whether the trace is recorded, or {@code null} if that is not known
 * @param known whether the format is known, or nothing was written
 */
record StoreSpan(String traceId, String spanId, @Nullable Boolean sampled, boolean known) {

	private static final StoreSpan NONE = new StoreSpan("", "", null, true);

	private static final StoreSpan UNKNOWN = new StoreSpan("", "", null, false);

	private static final Pattern W3C = Pattern
		.compile("(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?");

	private static final Pattern B3 = Pattern
		.compile("([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?");

	/**
	 * Read the span.
	 * @param headers what the tracer has written
	 * @return the span; without a {@link #traceId()} if there was none, or if the format
	 * is not {@link #known()}
	 */
	static StoreSpan of(Map<String, String> headers) {
		if (headers.isEmpty()) {
			return NONE;
		}
		String traceparent = headers.get("traceparent");
		if (traceparent != null) {
			Matcher matcher = W3C.matcher(traceparent);
			return matcher.matches()
					? of(matcher.group(1), matcher.group(2), (Integer.parseInt(matcher.group(3), 16) & 1) == 1) : NONE;
		}
		String b3 = headers.get("b3");
		if (b3 != null) {
			Matcher matcher = B3.matcher(b3.toLowerCase(Locale.ROOT));
			return matcher.matches() ? of(matcher.group(1), matcher.group(2), sampled(matcher.group(3))) : NONE;
		}
		String traceId = headers.get("X-B3-TraceId");
		String spanId = headers.get("X-B3-SpanId");
		if (traceId != null && spanId != null) {
			Matcher matcher = B3.matcher((traceId + "-" + spanId).toLowerCase(Locale.ROOT));
			return matcher.matches() ? of(matcher.group(1), matcher.group(2), sampled(headers.get("X-B3-Sampled")))
					: NONE;
		}
		return UNKNOWN;
	}

	private static StoreSpan of(String traceId, String spanId, @Nullable Boolean sampled) {
		boolean valid = isNotZero(traceId) && isNotZero(spanId);
		return valid ? new StoreSpan("0".repeat(32 - traceId.length()) + traceId, spanId, sampled, true) : NONE;
	}

	private static boolean isNotZero(String id) {
		return id.chars().anyMatch((c) -> c != '0');
	}

	private static @Nullable Boolean sampled(@Nullable String flag) {
		return (flag != null) ? !flag.equals("0") : null;
	}

}
