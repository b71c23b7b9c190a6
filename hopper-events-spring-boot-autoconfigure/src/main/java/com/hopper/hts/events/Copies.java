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
package com.hopper.hts.events;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Deep, unmodifiable copies of what an application puts into an event. Unlike
 * {@link List#copyOf} they accept {@code null} elements: those are reported when the
 * event is published, not where the booking is made.
 */
final class Copies {

	/**
	 * How deep values may be nested. An attribute with deeper ones, such as a collection
	 * that contains itself, is not copied, and is refused when the event is published.
	 */
	private static final int MAX_DEPTH = 32;

	private Copies() {
	}

	@SuppressWarnings("NullAway") // A missing time is reported when the event is
									// published
	static Instant instant(@Nullable OffsetDateTime dateTime) {
		return (dateTime != null) ? dateTime.toInstant() : null;
	}

	static List<String> list(String @Nullable [] source) {
		return (source != null) ? list(Arrays.asList(source)) : List.of();
	}

	static <T> List<T> list(@Nullable Collection<? extends T> source) {
		return list(source, 0);
	}

	private static <T> List<T> list(@Nullable Collection<? extends T> source, int depth) {
		if (source == null || source.isEmpty()) {
			return List.of();
		}
		List<T> copy = new ArrayList<>(source.size());
		for (T element : source) {
			copy.add(value(element, depth));
		}
		return Collections.unmodifiableList(copy);
	}

	/**
	 * Copy a map in the order of its keys, so that the same content is always the same
	 * JSON, whatever map it came in. Entries without a value are left out.
	 */
	static <T> Map<String, T> sortedMap(@Nullable Map<String, ? extends @Nullable T> source) {
		return sortedMap(source, 0);
	}

	private static <T> Map<String, T> sortedMap(@Nullable Map<?, ? extends @Nullable T> source, int depth) {
		if (source == null || source.isEmpty()) {
			return Map.of();
		}
		// A null key stays null, so that validation can report it: the text "null" would
		// hide the mistake
		Map<String, T> copy = new TreeMap<>(Comparator.nullsFirst(Comparator.naturalOrder()));
		source.forEach((name, value) -> {
			if (value != null) {
				copy.put(name(name), value(value, depth));
			}
		});
		return Collections.unmodifiableMap(copy);
	}

	/**
	 * Copy a map with one entry more.
	 * @param value its value, {@code null} to leave it out
	 */
	static <T> Map<String, @Nullable T> put(Map<String, T> source, String name, @Nullable T value) {
		Map<String, @Nullable T> copy = new TreeMap<>(Comparator.nullsFirst(Comparator.naturalOrder()));
		copy.putAll(source);
		copy.put(name, value);
		return copy;
	}

	@SuppressWarnings("NullAway")
	private static String name(@Nullable Object name) {
		return (name != null) ? name.toString() : null;
	}

	@SuppressWarnings("unchecked")
	private static <T> T value(T value, int depth) {
		try {
			if (value instanceof Map<?, ?> map) {
				requireCopied(depth);
				return (T) sortedMap(map, depth + 1);
			}
			if (value instanceof Collection<?> collection) {
				requireCopied(depth);
				return (T) list(collection, depth + 1);
			}
		}
		catch (TooDeepException ex) {
			if (depth > 0) {
				throw ex;
			}
		}
		return value;
	}

	private static void requireCopied(int depth) {
		if (depth > MAX_DEPTH) {
			throw new TooDeepException();
		}
	}

	/**
	 * Ends the copy of an attribute. To go on beside the value that is nested too deeply
	 * would take for ever if a collection contains itself more than once.
	 */
	private static final class TooDeepException extends RuntimeException {

		TooDeepException() {
			super(null, null, false, false);
		}

	}

}
