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
package com.hopper.hts.events.test;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * A request that the {@link FakeHopperApi} has received.
 *
 * @param method the HTTP method
 * @param path the path
 * @param headers the headers, read-only, found in any case
 * @param body the body as text
 * @param status the status that was answered, zero if the connection was reset
 * @param eventType the type of the event if it was accepted, or {@code null}
 * @since 0.1.0
 */
public record ReceivedRequest(String method, String path, Map<String, List<String>> headers, String body, int status,
		@Nullable String eventType) {

	/**
	 * Create an instance.
	 * @param method the HTTP method
	 * @param path the path
	 * @param headers the headers
	 * @param body the body as text
	 * @param status the status that was answered, zero if the connection was reset
	 * @param eventType the type of the event if it was accepted, or {@code null}
	 */
	public ReceivedRequest {
		Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
		headers = Collections.unmodifiableMap(copy);
	}

	/**
	 * Return the first value of a header.
	 * @param name the name, in any case
	 * @return the value, or {@code null}
	 */
	public @Nullable String header(String name) {
		List<String> values = this.headers.get(name);
		return (values != null) ? values.get(0) : null;
	}

	/**
	 * Return whether this is an event that was accepted.
	 * @return whether the event counts
	 */
	public boolean accepted() {
		return this.eventType != null;
	}

	/**
	 * Return a description without headers and body, which hold secrets.
	 */
	@Override
	public String toString() {
		return this.method + " " + this.path + " -> " + ((this.status != 0) ? this.status : "reset")
				+ ((this.eventType != null) ? " " + this.eventType : "");
	}

}
