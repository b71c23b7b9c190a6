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

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.test.Recording.Reason;
import com.hopper.hts.events.test.Recording.Unpublished;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Assertions about {@link PublishedHopperEvents}, with AssertJ's
 * {@code assertThat(published)}:
 *
 * <pre class="code">
 * assertThat(published).contains(BookingConfirmed.class).forSession("session-1").once();
 * assertThat(published).doesNotContain(OffersDisplayed.class);
 * assertThat(published).forSession("session-2").isEmpty();
 * </pre>
 *
 * A failure lists the events that were published, and the events that were not published
 * although the test may expect it: refused events, events of transactions that were
 * rolled back or are not committed, and calls of {@code publish} without a subscriber. A
 * long list is cut to the events that come closest. The assertions are about the events
 * that were published before {@code assertThat} was called.
 *
 * @since 0.1.0
 */
public final class PublishedHopperEventsAssert
		extends AbstractAssert<PublishedHopperEventsAssert, PublishedHopperEvents> {

	/**
	 * How many events a message lists, and how many for each reason why events were not
	 * published.
	 */
	private static final int MAX_LISTED = 30;

	/**
	 * Whether an earlier test has left an event.
	 */
	private final Predicate<PublishedHopperEvent<?>> left;

	private final List<PublishedHopperEvent<?>> events;

	private final List<Unpublished> unpublished;

	/**
	 * The events that will be published when the test's transaction commits.
	 */
	private final List<PublishedHopperEvent<?>> waiting;

	private final String scope;

	PublishedHopperEventsAssert(Recording recording) {
		this(recording, recording::isLeft, recording.all(), recording.unpublished());
	}

	private PublishedHopperEventsAssert(Recording recording, Predicate<PublishedHopperEvent<?>> left,
			List<PublishedHopperEvent<?>> events, List<Unpublished> unpublished) {
		this(recording, left, events, unpublished, waiting(unpublished), "");
	}

	private PublishedHopperEventsAssert(PublishedHopperEvents actual, Predicate<PublishedHopperEvent<?>> left,
			List<PublishedHopperEvent<?>> events, List<Unpublished> unpublished, List<PublishedHopperEvent<?>> waiting,
			String scope) {
		super(actual, PublishedHopperEventsAssert.class);
		this.left = left;
		this.events = events;
		this.unpublished = unpublished;
		this.waiting = waiting;
		this.scope = scope;
	}

	private static List<PublishedHopperEvent<?>> waiting(List<Unpublished> unpublished) {
		List<PublishedHopperEvent<?>> waiting = new ArrayList<>();
		for (Unpublished candidate : unpublished) {
			PublishedHopperEvent<?> event = candidate.waitsForTest();
			if (event != null) {
				waiting.add(event);
			}
		}
		return waiting;
	}

	/**
	 * Look at the events of one session only.
	 * @param sessionId the id of the session
	 * @return assertions about the events of that session
	 */
	public PublishedHopperEventsAssert forSession(String sessionId) {
		PublishedHopperEventsAssert narrowed = new PublishedHopperEventsAssert(this.actual, this.left,
				ofSession(this.events, sessionId), this.unpublished, ofSession(this.waiting, sessionId),
				this.scope + " for session " + Descriptions.value(sessionId));
		return describedLikeThis(narrowed);
	}

	private static List<PublishedHopperEvent<?>> ofSession(List<PublishedHopperEvent<?>> events, String sessionId) {
		return events.stream().filter((event) -> sessionId.equals(event.sessionId())).toList();
	}

	/**
	 * Verify that at least one event of a type was published.
	 * @param <E> the type
	 * @param type the type
	 * @return assertions about the events of that type
	 */
	public <E extends HopperEvent> ContainedHopperEventsAssert<E> contains(Class<E> type) {
		Assert.notNull(type, "'type' must not be null");
		return contained(Recording.ofType(this.events, type), Recording.ofType(this.waiting, type), article(type));
	}

	/**
	 * Verify that at least one event was published whose type has a name, above all a
	 * {@link com.hopper.hts.events.CustomEvent}.
	 * @param type the API's name of the type, for example {@code seat_selected}
	 * @return assertions about the events of that type
	 */
	public ContainedHopperEventsAssert<HopperEvent> contains(String type) {
		return contained(ofType(this.events, type), ofType(this.waiting, type),
				"an event of type " + Descriptions.value(type));
	}

	private static List<PublishedHopperEvent<HopperEvent>> ofType(List<PublishedHopperEvent<?>> events, String type) {
		return Recording.ofType(events, HopperEvent.class).stream().filter(hasType(type)).toList();
	}

	/**
	 * Verify that no event of a type was published, and that none waits for the commit of
	 * the test's transaction.
	 * @param type the type
	 * @return this assertion object
	 */
	public PublishedHopperEventsAssert doesNotContain(Class<? extends HopperEvent> type) {
		Assert.notNull(type, "'type' must not be null");
		return none(article(type), (event) -> type.isInstance(event.event()));
	}

	/**
	 * Verify that no event was published whose type has a name, and that none waits for
	 * the commit of the test's transaction.
	 * @param type the API's name of the type, for example {@code seat_selected}
	 * @return this assertion object
	 */
	public PublishedHopperEventsAssert doesNotContain(String type) {
		return none("an event of type " + Descriptions.value(type), hasType(type));
	}

	private PublishedHopperEventsAssert none(String what, Predicate<PublishedHopperEvent<?>> predicate) {
		long count = this.events.stream().filter(predicate).count();
		if (count > 0) {
			throw failed(
					"Expected that %s%s was not published, but it was %s.".formatted(what, this.scope, times(count)),
					predicate);
		}
		requireNoneWaiting(this.waiting.stream().filter(predicate).count(),
				"Expected that %s%s was not published".formatted(what, this.scope));
		return this;
	}

	private void requireNoneWaiting(long count, String expectation) {
		if (count > 0) {
			throw failed(expectation + waits(count), null);
		}
	}

	static String waits(long count) {
		return ", but %s for the commit of the test's transaction."
			.formatted((count == 1) ? "1 event waits" : count + " events wait");
	}

	/**
	 * Verify that nothing was published, and that nothing waits for the commit of the
	 * test's transaction.
	 * @return this assertion object
	 */
	public PublishedHopperEventsAssert isEmpty() {
		return hasSize(0);
	}

	/**
	 * Verify how many events were published, and that none waits for the commit of the
	 * test's transaction.
	 * @param expected the number of events of all types
	 * @return this assertion object
	 */
	public PublishedHopperEventsAssert hasSize(int expected) {
		if (this.events.size() != expected) {
			throw failed("Expected that %s%s, but %s.".formatted(published(expected), this.scope,
					this.events.isEmpty() ? "none was" : counted(this.events.size())), null);
		}
		requireNoneWaiting(this.waiting.size(), "Expected that %s%s".formatted(published(expected), this.scope));
		return this;
	}

	/**
	 * Verify that events of these types were published in this order. There may be others
	 * before, between and after them.
	 * @param types the types, one for each event
	 * @return this assertion object
	 */
	@SafeVarargs
	@SuppressWarnings("varargs")
	public final PublishedHopperEventsAssert containsInOrder(Class<? extends HopperEvent>... types) {
		List<Class<? extends HopperEvent>> expected = List.of(types);
		int found = 0;
		for (PublishedHopperEvent<?> event : this.events) {
			if (found < expected.size() && expected.get(found).isInstance(event.event())) {
				found++;
			}
		}
		if (found < expected.size()) {
			throw failed("Expected that %s%s were published in this order, but there is no %s%s.".formatted(
					names(expected), this.scope, expected.get(found).getSimpleName(),
					(found > 0) ? " after the " + last(expected.subList(0, found)) : ""), null);
		}
		return this;
	}

	/**
	 * Verify that exactly these events were published, in this order and no others, and
	 * that none waits for the commit of the test's transaction.
	 * @param types the types, one for each event
	 * @return this assertion object
	 */
	@SafeVarargs
	@SuppressWarnings("varargs")
	public final PublishedHopperEventsAssert containsExactly(Class<? extends HopperEvent>... types) {
		List<Class<? extends HopperEvent>> expected = List.of(types);
		boolean matches = this.events.size() == expected.size();
		for (int i = 0; matches && i < expected.size(); i++) {
			matches = expected.get(i).isInstance(this.events.get(i).event());
		}
		String expectation = "Expected that exactly %s%s were published, in this order and nothing else"
			.formatted(names(expected), this.scope);
		if (!matches) {
			throw failed(expectation + ", but they were not; " + difference(expected) + ".", null);
		}
		requireNoneWaiting(this.waiting.size(), expectation);
		return this;
	}

	/**
	 * Describe how the events differ from the expected ones: which are missing or
	 * unexpected, or else their order.
	 */
	private String difference(List<Class<? extends HopperEvent>> expected) {
		List<String> missing = new ArrayList<>();
		Set<Integer> found = new HashSet<>();
		for (Class<? extends HopperEvent> type : expected) {
			IntStream.range(0, this.events.size())
				.filter((index) -> type.isInstance(this.events.get(index).event()) && !found.contains(index))
				.boxed()
				.findFirst()
				.ifPresentOrElse(found::add, () -> missing.add(type.getSimpleName()));
		}
		List<String> unexpected = IntStream.range(0, this.events.size())
			.filter((index) -> !found.contains(index))
			.mapToObj((index) -> (index + 1) + ". " + Descriptions.subject(this.events.get(index).event()))
			.toList();
		if (missing.isEmpty() && unexpected.isEmpty()) {
			int first = 0;
			while (expected.get(first).isInstance(this.events.get(first).event())) {
				first++;
			}
			return "the %s. is %s and not %s".formatted(first + 1, Descriptions.subject(this.events.get(first).event()),
					expected.get(first).getSimpleName());
		}
		return Stream
			.of(missing.isEmpty() ? "" : "missing: " + some(missing),
					unexpected.isEmpty() ? "" : "not expected: " + some(unexpected))
			.filter(StringUtils::hasText)
			.collect(Collectors.joining("; "));
	}

	private static String some(List<String> names) {
		List<String> listed = new ArrayList<>(names.subList(0, Math.min(names.size(), MAX_LISTED)));
		addMore(listed, names.size(), "");
		return String.join(", ", listed);
	}

	private <E extends HopperEvent> ContainedHopperEventsAssert<E> contained(List<PublishedHopperEvent<E>> candidates,
			List<PublishedHopperEvent<E>> waiting, String what) {
		ContainedHopperEventsAssert<E> contained = describedLikeThis(new ContainedHopperEventsAssert<>(this, candidates,
				waiting, what + this.scope, new ContainedHopperEventsAssert.Remarks()));
		contained.requireOne();
		return contained;
	}

	<A extends AbstractAssert<A, ?>> A describedLikeThis(A other) {
		return this.info.hasDescription() ? other.as(this.info.description()) : other;
	}

	private AssertionError failed(String expectation, @Nullable Predicate<PublishedHopperEvent<?>> marked) {
		return failure("%s", message(expectation, marked, null));
	}

	/**
	 * Create a message that lists what was published.
	 * @param expectation what was expected, and how it was not met
	 * @param marked which of the events to mark, or {@code null}
	 * @param remarks a remark for some events, or {@code null}
	 */
	String message(String expectation, @Nullable Predicate<PublishedHopperEvent<?>> marked,
			ContainedHopperEventsAssert.@Nullable Remarks remarks) {
		List<String> lines = new ArrayList<>();
		lines.add(expectation);
		if (this.events.isEmpty()) {
			lines.add("Nothing was published" + this.scope + ".");
		}
		else {
			lines.add("Published" + this.scope + ((marked != null) ? " (> are those):" : ":"));
			for (int index : listed(marked, remarks)) {
				PublishedHopperEvent<?> event = this.events.get(index);
				String remark = (remarks != null) ? remarks.get(event) : null;
				lines.add("  %s%s. %s%s".formatted((marked != null) ? (marked.test(event) ? "> " : "  ") : "",
						index + 1, event + (this.left.test(event) ? EarlierTests.LEFT : ""),
						(remark != null) ? " <- " + remark : ""));
			}
			addMore(lines, this.events.size(), "  ");
		}
		for (Reason reason : Reason.values()) {
			List<Unpublished> concerned = this.unpublished.stream()
				.filter((event) -> event.reason() == reason)
				.toList();
			if (!concerned.isEmpty()) {
				lines.add(reason.heading());
				concerned.stream().limit(MAX_LISTED).forEach((event) -> lines.add("  - " + event));
				addMore(lines, concerned.size(), "  ");
				concerned.stream().map(Unpublished::advice).filter(StringUtils::hasText).distinct().forEach(lines::add);
			}
		}
		return String.join("\n", lines);
	}

	/**
	 * Choose the events to list. If there are too many, list the events that the
	 * assertion is about first, then those that come closest to it.
	 */
	private List<Integer> listed(@Nullable Predicate<PublishedHopperEvent<?>> marked,
			ContainedHopperEventsAssert.@Nullable Remarks remarks) {
		ToIntFunction<Integer> relevance = (index) -> {
			PublishedHopperEvent<?> event = this.events.get(index);
			if (marked != null) {
				return marked.test(event) ? 1 : 0;
			}
			return (remarks != null) ? remarks.conditionsMet(event) : 0;
		};
		return IntStream.range(0, this.events.size())
			.boxed()
			.sorted(Comparator.comparingInt(relevance).reversed())
			.limit(MAX_LISTED)
			.sorted()
			.toList();
	}

	private static void addMore(List<String> lines, int count, String indent) {
		if (count > MAX_LISTED) {
			lines.add("%s... and %s more".formatted(indent, count - MAX_LISTED));
		}
	}

	private static Predicate<PublishedHopperEvent<?>> hasType(String type) {
		return (event) -> Objects.equals(event.event().type(), type);
	}

	private static String names(List<Class<? extends HopperEvent>> types) {
		return "[" + String.join(", ", types.stream().map(Class::getSimpleName).toList()) + "]";
	}

	private static String last(List<Class<? extends HopperEvent>> types) {
		Class<?> last = types.get(types.size() - 1);
		long same = types.stream().filter((type) -> type == last).count();
		return ((same > 1) ? same + ". " : "") + last.getSimpleName();
	}

	private static String published(int count) {
		return switch (count) {
			case 0 -> "nothing was published";
			case 1 -> "1 event was published";
			default -> count + " events were published";
		};
	}

	private static String counted(int count) {
		return count + ((count == 1) ? " was" : " were");
	}

	static String times(long count) {
		return switch ((int) count) {
			case 0 -> "never";
			case 1 -> "once";
			case 2 -> "twice";
			default -> count + " times";
		};
	}

	static String article(Class<?> type) {
		String name = type.getSimpleName();
		return ("AEIOU".indexOf(name.charAt(0)) >= 0 ? "an " : "a ") + name;
	}

}
