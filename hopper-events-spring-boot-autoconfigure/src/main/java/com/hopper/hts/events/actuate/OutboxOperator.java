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
package com.hopper.hts.events.actuate;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeliveredEvent;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.NestedExceptionUtils;

/**
 * What operators see and do in detail, whatever the technology with which they ask.
 * Everything throws {@link OperatorException}.
 */
class OutboxOperator {

	static final String DISABLED = "hopper.enabled is false: nothing is delivered, and what was stored before stays where it is";

	static final String NONE = "There is no outbox to be seen: the application has no bean of type EventOutboxOperations, or several";

	/**
	 * How many dead letters or events a page has at the most.
	 */
	static final int PAGE = 500;

	private static final int COUNTED_AT_ONCE = 2000;

	private static final int DEFAULT_SIZE = 50;

	private static final int DEFAULT_LIMIT = 100;

	private static final Log logger = LogFactory.getLog(OutboxOperator.class);

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private final boolean enabled;

	private final boolean showPayload;

	private final ObjectProvider<EventOutboxOperations> operations;

	private final OperatorAudit audit;

	private final Clock clock;

	OutboxOperator(boolean enabled, boolean showPayload, ObjectProvider<EventOutboxOperations> operations,
			OperatorAudit audit, Clock clock) {
		this.enabled = enabled;
		this.showPayload = showPayload;
		this.operations = operations;
		this.audit = audit;
		this.clock = clock;
	}

	boolean isEnabled() {
		return this.enabled;
	}

	boolean isAvailable() {
		return this.operations.getIfUnique() != null;
	}

	Clock clock() {
		return this.clock;
	}

	/**
	 * Return the state of the outbox, or {@code null} from a mock.
	 */
	@Nullable EventOutboxState state() {
		return ask(EventOutboxOperations::state);
	}

	PageDescriptors.DeadLetters deadLetters(Selection selection, @Nullable String after, @Nullable String size) {
		UUID last = Parameters.id("after", after);
		int limit = Parameters.number("size", size, DEFAULT_SIZE, PAGE);
		DeadLetter.Filter filter = selection.deadLetters();
		List<DeadLetter> letters = ask((operations) -> operations.deadLetters(filter, last, limit + 1));
		List<DeadLetterDescriptor> page = letters.stream().limit(limit).map((letter) -> {
			List<StoredEvent.Failure> failures = letter.event().failures();
			return DeadLetterDescriptor.of(letter, session(letter.event(), selection.session() != null),
					failures.subList(Math.max(0, failures.size() - 1), failures.size()), null);
		}).toList();
		return new PageDescriptors.DeadLetters(page, (letters.size() > limit) ? page.get(limit - 1).id() : null);
	}

	/**
	 * Return one dead letter.
	 * @param id the id of the event
	 * @param trusted whether who asks may see the payload
	 */
	DeadLetterDescriptor deadLetter(String id, boolean trusted) {
		DeadLetter letter = find(id);
		boolean shown = this.showPayload && trusted;
		return DeadLetterDescriptor.of(letter, session(letter.event(), shown), letter.event().failures(),
				shown ? payload(letter.event()) : null);
	}

	private DeadLetter find(String id) {
		UUID known = Parameters.requiredId("id", id);
		return ask((operations) -> operations.deadLetter(known)).orElseThrow(() -> gone(id));
	}

	private static OperatorException gone(String id) {
		return OperatorException.notFound("There is no dead letter with the id '" + id
				+ "'. It may have been replayed or discarded; a replayed one that fails comes back");
	}

	private static @Nullable String session(StoredEvent event, boolean known) {
		return known ? event.sessionId() : SessionEvent.maskSessionId(event.sessionId());
	}

	private static Object payload(StoredEvent event) {
		try {
			return MAPPER.readValue(event.payload(), Object.class);
		}
		catch (JacksonException | NumberFormatException ex) {
			// A payload that is not JSON is one of the reasons to be a dead letter
			return new String(event.payload(), StandardCharsets.UTF_8);
		}
	}

	PageDescriptors.DeliveredEvents delivered(Selection selection, @Nullable String after, @Nullable String size) {
		if (selection.reason() != null) {
			throw OperatorException.invalid("reason", "selects dead letters. Leave it out");
		}
		UUID last = Parameters.id("after", after);
		int limit = Parameters.number("size", size, DEFAULT_SIZE, PAGE);
		DeliveredEvent.Filter filter = selection.delivered();
		List<DeliveredEvent> events = ask((operations) -> operations.delivered(filter, last, limit + 1));
		List<PageDescriptors.Delivered> page = events.stream()
			.limit(limit)
			.map((delivered) -> new PageDescriptors.Delivered(delivered.event().id().toString(),
					delivered.event().type(), session(delivered.event(), selection.session() != null),
					delivered.event().storedAt(), delivered.deliveredAt(), delivered.statusCode(),
					delivered.event().attempts()))
			.toList();
		return new PageDescriptors.DeliveredEvents(page, (events.size() > limit) ? page.get(limit - 1).id() : null,
				page.isEmpty()
						? "Delivered events are kept by the JDBC outbox only, for hopper.outbox.jdbc.keep-delivered"
						: null);
	}

	/**
	 * Replay dead letters.
	 * @param command which ones
	 * @param operator who wants it
	 */
	ActionDescriptor replay(Command command, String operator) {
		return act("replay", command, operator, (operations, letters) -> operations.replay(letters));
	}

	/**
	 * Discard dead letters.
	 * @param command which ones, with a comment
	 * @param operator who wants it
	 */
	ActionDescriptor discard(Command command, String operator) {
		String comment = Parameters.required("comment", command.comment(),
				"say why the events are dropped, for the log and the audit");
		return act("discard", command, operator, (operations, letters) -> operations.discard(letters, comment));
	}

	private ActionDescriptor act(String name, Command command, String operator, Action action) {
		boolean dryRun = Parameters.flag("dryRun", command.dryRun());
		int limit = Parameters.number("limit", command.limit(), DEFAULT_LIMIT, PAGE);
		UUID after = Parameters.id("after", command.after());
		String comment = Parameters.text("comment", command.comment());
		Tally tally = (command.id() != null) ? one(command) : several(command, after, limit);
		// Asked before the change: a failure here must not make a completed change look
		// failed
		List<String> outlook = name.equals("replay")
				? ReplayOutlook.of(tally.matching(), ask(EventOutboxOperations::state)) : List.of();
		List<DeadLetter> chosen = tally.chosen();
		long count = chosen.size();
		if (!dryRun && !chosen.isEmpty()) {
			Map<String, Object> details = new LinkedHashMap<>(command.describe());
			if (comment != null) {
				details.put("comment", comment);
			}
			count = change(name, operator, details, (operations) -> action.apply(operations, chosen));
			if (count == 0 && command.id() != null) {
				// Nothing changed: either the outbox is full, or the dead letter is gone,
				// which find reports
				find(command.id());
			}
		}
		return new ActionDescriptor(name, dryRun, command.describe(), count, chosen.size() - count, tally.matching(),
				tally.remaining(), tally.next(), outlook);
	}

	private Tally one(Command command) {
		if (!command.selection().isEmpty() || command.all() != null || command.after() != null) {
			throw OperatorException.invalid("id", "selects one dead letter: leave out the filter, 'all' and 'after'");
		}
		Tally tally = new Tally(1);
		tally.add(find(String.valueOf(command.id())));
		return tally;
	}

	private Tally several(Command command, @Nullable UUID after, int limit) {
		boolean all = Parameters.flag("all", command.all());
		if (all != command.selection().isEmpty()) {
			throw OperatorException.invalid("all",
					all ? "cannot have a filter beside it: leave one of them out"
							: "must be true if all dead letters are meant. Else give an 'id', or a 'type', 'reason', "
									+ "'session', 'storedFrom' or 'storedBefore'");
		}
		DeadLetter.Filter filter = command.selection().deadLetters();
		Tally tally = new Tally(limit);
		UUID last = after;
		while (!tally.isFull()) {
			UUID from = last;
			List<DeadLetter> page = ask((operations) -> operations.deadLetters(filter, from, COUNTED_AT_ONCE));
			page.forEach(tally::add);
			if (page.size() < COUNTED_AT_ONCE) {
				return tally;
			}
			last = page.get(page.size() - 1).event().id();
		}
		return tally;
	}

	/**
	 * Deliver nothing until somebody resumes.
	 * @param comment why
	 * @param operator who wants it
	 */
	PauseDescriptor pause(@Nullable String comment, String operator) {
		String reason = Parameters.required("comment", comment, "say why nothing is to be delivered");
		change("pause", operator, Map.of("comment", reason), (operations) -> {
			operations.pause(reason);
			return null;
		});
		return paused(true);
	}

	/**
	 * Deliver again.
	 * @param comment why, or {@code null}
	 * @param operator who wants it
	 */
	PauseDescriptor resume(@Nullable String comment, String operator) {
		String reason = Parameters.text("comment", comment);
		change("resume", operator, (reason != null) ? Map.of("comment", reason) : Map.of(), (operations) -> {
			operations.resume();
			return null;
		});
		return paused(false);
	}

	private PauseDescriptor paused(boolean wanted) {
		try {
			EventOutboxState state = state();
			EventOutboxState.Pause pause = (state != null) ? state.pause() : null;
			return new PauseDescriptor(pause != null, OverviewDescriptor.Pause.of(pause));
		}
		catch (OperatorException ex) {
			// The operation succeeded, even if the state cannot be read now
			return new PauseDescriptor(wanted, null);
		}
	}

	private <T> T ask(Function<EventOutboxOperations, T> question) {
		if (!this.enabled) {
			throw OperatorException.conflict(DISABLED);
		}
		EventOutboxOperations operations = this.operations.getIfUnique();
		if (operations == null) {
			throw OperatorException.notFound(NONE);
		}
		try {
			return question.apply(operations);
		}
		catch (Throwable ex) {
			logger.debug("The outbox cannot answer", ex);
			Throwable cause = NestedExceptionUtils.getMostSpecificCause(ex);
			throw OperatorException.unavailable("The outbox cannot answer at the moment, because its database or "
					+ "broker does not (" + cause.getClass().getSimpleName() + "). Try again", ex);
		}
	}

	/**
	 * Change something and record it. A failed change is recorded as well, because it may
	 * have had an effect.
	 */
	private long change(String action, String operator, Map<String, ?> details,
			Function<EventOutboxOperations, @Nullable Long> change) {
		try {
			Long count = ask(change);
			this.audit.record(operator, action, count, details);
			return (count != null) ? count : 0;
		}
		catch (OperatorException ex) {
			if (ex.status() == OperatorException.UNAVAILABLE) {
				Map<String, Object> failed = new LinkedHashMap<>(details);
				failed.put("failure", String.valueOf(ex.getMessage()));
				this.audit.record(operator, action, null, failed);
			}
			throw ex;
		}
	}

	/**
	 * What to do with dead letters.
	 */
	@FunctionalInterface
	private interface Action {

		long apply(EventOutboxOperations operations, List<DeadLetter> letters);

	}

	/**
	 * What an operator wants to be done with dead letters, as it was written.
	 *
	 * @param id the id of one dead letter, or {@code null}
	 * @param selection which ones
	 * @param all whether all are meant
	 * @param after the last one of the request before
	 * @param limit how many at the most
	 * @param dryRun whether to say only what would happen
	 * @param comment why
	 */
	record Command(@Nullable String id, Selection selection, @Nullable String all, @Nullable String after,
			@Nullable String limit, @Nullable String dryRun, @Nullable String comment) {

		Map<String, String> describe() {
			return (this.id != null) ? Map.of("id", this.id) : this.selection.describe();
		}

	}

}
