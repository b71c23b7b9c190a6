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

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Assertions about published events of one type, made by
 * {@link PublishedHopperEventsAssert#contains(Class)}. Each condition returns assertions
 * about the events that meet it, and fails if there is none. {@link #once()},
 * {@link #times(int)} and {@link #atLeastOnce()} end the sentence. A sentence without one
 * of these means at least once.
 *
 * @param <E> the type of the events
 * @since 0.1.0
 */
public final class ContainedHopperEventsAssert<E extends HopperEvent>
		extends AbstractAssert<ContainedHopperEventsAssert<E>, List<PublishedHopperEvent<E>>> {

	private final PublishedHopperEventsAssert all;

	private final List<PublishedHopperEvent<E>> waiting;

	private final Remarks remarks;

	private final String sentence;

	ContainedHopperEventsAssert(PublishedHopperEventsAssert all, List<PublishedHopperEvent<E>> matching,
			List<PublishedHopperEvent<E>> waiting, String sentence, Remarks remarks) {
		super(matching, ContainedHopperEventsAssert.class);
		this.all = all;
		this.waiting = waiting;
		this.remarks = remarks;
		this.sentence = sentence;
	}

	/**
	 * Narrow down to the events of a session.
	 * @param sessionId the id of the session
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> forSession(String sessionId) {
		Assert.notNull(sessionId, "'sessionId' must not be null; use withoutSession()");
		return narrow("for session " + Descriptions.value(sessionId), (event) -> sessionId.equals(event.sessionId()),
				(event) -> (event.sessionId() != null) ? "another session" : "no session");
	}

	/**
	 * Narrow down to the events that were published without a session.
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withoutSession() {
		return narrow("without session", (event) -> event.sessionId() == null, (event) -> "has a session");
	}

	/**
	 * Narrow down to the events that were published or stored without a session id and
	 * took the current session.
	 * @param origin where that session came from
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> inCurrentSession(HopperSessionContext.Origin origin) {
		Assert.notNull(origin, "'origin' must not be null");
		String clause = Descriptions.origin(origin).substring(2);
		return narrow(clause, (event) -> event.sessionOrigin() == origin, (event) -> (event.sessionOrigin() != null)
				? Descriptions.origin(event.sessionOrigin()).substring(2) : "not in the current session");
	}

	/**
	 * Narrow down to the events that were stored in the outbox.
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> throughOutbox() {
		return narrow("through the outbox", PublishedHopperEvent::throughOutbox, (event) -> "directly");
	}

	/**
	 * Narrow down to the events that were published directly, and not through the outbox.
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> publishedDirectly() {
		return narrow("directly", (event) -> !event.throughOutbox(), (event) -> "through the outbox");
	}

	/**
	 * Narrow down to the events that occurred at a time.
	 * @param occurredAt the time
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> occurredAt(Instant occurredAt) {
		return narrow("that occurred " + occurredAt, (event) -> event.event().occurredAt().equals(occurredAt),
				(event) -> "occurred " + event.event().occurredAt());
	}

	/**
	 * Narrow down to the bookings with a CFAR contract.
	 * @param cfarContractId the contract's id, or {@code null} for those without
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withCfarContractId(@Nullable String cfarContractId) {
		return withBooking("cfarContractId", cfarContractId, BookingConfirmed::cfarContractId);
	}

	/**
	 * Narrow down to the bookings with a DG contract.
	 * @param dgContractId the contract's id, or {@code null} for those without
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withDgContractId(@Nullable String dgContractId) {
		return withBooking("dgContractId", dgContractId, BookingConfirmed::dgContractId);
	}

	/**
	 * Narrow down to the bookings that name exactly these CFAR offers, in this order.
	 * @param cfarOfferIds the offers' ids, none for bookings that name none
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withCfarOfferIds(String... cfarOfferIds) {
		return withBooking("cfarOfferIds", List.of(cfarOfferIds), BookingConfirmed::cfarOfferIds);
	}

	/**
	 * Narrow down to the bookings that name exactly these DG offers, in this order.
	 * @param dgOfferIds the offers' ids, none for bookings that name none
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withDgOfferIds(String... dgOfferIds) {
		return withBooking("dgOfferIds", List.of(dgOfferIds), BookingConfirmed::dgOfferIds);
	}

	/**
	 * Narrow down to the bookings with a reference, whatever others they have.
	 * @param name the reference's name, for example {@code cfar}
	 * @param reference the reference, or {@code null} for bookings without it
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withBookingReference(String name, @Nullable String reference) {
		return withBooking("bookingReference '%s'".formatted(name), reference,
				(booking) -> booking.bookingReferences().get(name));
	}

	/**
	 * Narrow down to the custom events with an attribute, whatever others they have.
	 * @param name the attribute's name
	 * @param value the value as it was given to the event, or {@code null} for events
	 * without this attribute
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> withAttribute(String name, @Nullable Object value) {
		return with(CustomEvent.class, "attribute '%s'".formatted(name), value,
				(event) -> event.attributes().get(name));
	}

	/**
	 * Narrow down to the events that meet a condition.
	 * @param condition the condition
	 * @param description the condition in words that continue the sentence, for example
	 * {@code "of yesterday"}
	 * @return assertions about those events
	 */
	public ContainedHopperEventsAssert<E> matching(Predicate<? super E> condition, String description) {
		return narrow(description, (event) -> condition.test(event.event()), (event) -> "not " + description);
	}

	/**
	 * Verify that there is exactly one such event, and that none waits for the commit of
	 * the test's transaction.
	 * @return assertions about all published events
	 */
	public PublishedHopperEventsAssert once() {
		return times(1);
	}

	/**
	 * Verify how many such events there are, and that none waits for the commit of the
	 * test's transaction.
	 * @param expected the number, one or more
	 * @return assertions about all published events
	 */
	public PublishedHopperEventsAssert times(int expected) {
		Assert.isTrue(expected > 0,
				"'expected' must be greater than 0; use doesNotContain or forSession(...).isEmpty()");
		String expectation = "Expected that %s was published %s".formatted(this.sentence,
				PublishedHopperEventsAssert.times(expected));
		if (this.actual.size() != expected) {
			throw failure("%s", this.all.message(
					expectation + ", but it was %s.".formatted(PublishedHopperEventsAssert.times(this.actual.size())),
					this::isMatching, null));
		}
		if (!this.waiting.isEmpty()) {
			throw failure("%s", this.all.message(expectation + PublishedHopperEventsAssert.waits(this.waiting.size()),
					this::isMatching, null));
		}
		return this.all;
	}

	/**
	 * Verify that there is at least one such event, which ends the sentence.
	 * @return assertions about all published events
	 */
	public PublishedHopperEventsAssert atLeastOnce() {
		return this.all;
	}

	/**
	 * Begin another sentence.
	 * @return assertions about all published events
	 */
	public PublishedHopperEventsAssert and() {
		return this.all;
	}

	private boolean isMatching(PublishedHopperEvent<?> event) {
		return this.actual.stream().anyMatch(event::equals);
	}

	private ContainedHopperEventsAssert<E> withBooking(String name, @Nullable Object expected,
			Function<BookingConfirmed, @Nullable Object> attribute) {
		return with(BookingConfirmed.class, name, expected, attribute);
	}

	private <T extends HopperEvent> ContainedHopperEventsAssert<E> with(Class<T> type, String name,
			@Nullable Object expected, Function<T, @Nullable Object> attribute) {
		boolean none = expected == null || (expected instanceof List<?> list && list.isEmpty());
		return narrow(none ? "without " + name : "with %s %s".formatted(name, Descriptions.value(expected)),
				(event) -> type.isInstance(event.event())
						&& Objects.equals(attribute.apply(type.cast(event.event())), expected),
				(event) -> {
					if (!type.isInstance(event.event())) {
						return "%s has no %s".formatted(PublishedHopperEventsAssert.article(event.event().getClass()),
								name);
					}
					Object actual = attribute.apply(type.cast(event.event()));
					return (actual == null || (actual instanceof List<?> list && list.isEmpty())) ? "no " + name
							: "%s is %s%s".formatted(name, Descriptions.value(actual), difference(expected, actual));
				});
	}

	/**
	 * Tell values apart that look the same, because of their type or because a part of
	 * them is not shown.
	 */
	private static String difference(@Nullable Object expected, Object actual) {
		if (expected == null || !Descriptions.value(expected).equals(Descriptions.value(actual))) {
			return "";
		}
		return (expected.getClass() != actual.getClass()) ? ", of type %s and not %s"
			.formatted(actual.getClass().getSimpleName(), expected.getClass().getSimpleName())
				: ", and differs in what is not shown";
	}

	private ContainedHopperEventsAssert<E> narrow(String clause, Predicate<PublishedHopperEvent<E>> condition,
			Function<PublishedHopperEvent<E>, String> remark) {
		Remarks narrowedRemarks = new Remarks(this.remarks);
		List<PublishedHopperEvent<E>> matching = new ArrayList<>();
		for (PublishedHopperEvent<E> candidate : this.actual) {
			if (condition.test(candidate)) {
				matching.add(candidate);
			}
			else {
				narrowedRemarks.put(candidate, remark.apply(candidate));
			}
		}
		ContainedHopperEventsAssert<E> narrowed = new ContainedHopperEventsAssert<>(this.all, List.copyOf(matching),
				this.waiting.stream().filter(condition).toList(), this.sentence + " " + clause, narrowedRemarks);
		if (this.info.hasDescription()) {
			narrowed.as(this.info.description());
		}
		narrowed.requireOne();
		return narrowed;
	}

	void requireOne() {
		if (this.actual.isEmpty()) {
			throw failure("%s", this.all
				.message("Expected that %s was published, but none was.".formatted(this.sentence), null, this.remarks));
		}
	}

	/**
	 * Why an event does not meet the conditions.
	 */
	static final class Remarks {

		private final Map<PublishedHopperEvent<?>, Remark> remarks;

		private final int conditions;

		Remarks() {
			this.remarks = new HashMap<>();
			this.conditions = 0;
		}

		/**
		 * Begin with the next condition.
		 */
		private Remarks(Remarks others) {
			this.remarks = new HashMap<>(others.remarks);
			this.conditions = others.conditions + 1;
		}

		void put(PublishedHopperEvent<?> event, String text) {
			this.remarks.put(event, new Remark(text, this.conditions));
		}

		@Nullable String get(PublishedHopperEvent<?> event) {
			Remark remark = this.remarks.get(event);
			return (remark != null) ? remark.text() : null;
		}

		/**
		 * Return how many conditions an event meets, the type being the first.
		 */
		int conditionsMet(PublishedHopperEvent<?> event) {
			Remark remark = this.remarks.get(event);
			return (remark != null) ? remark.conditionsMet() : 0;
		}

		private record Remark(String text, int conditionsMet) {

		}

	}

}
