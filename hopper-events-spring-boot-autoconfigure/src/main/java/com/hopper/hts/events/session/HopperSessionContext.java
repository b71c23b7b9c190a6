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
package com.hopper.hts.events.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.SessionEvent;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.lang.CheckReturnValue;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * The session of one customer while code works for that customer: the id of the session,
 * and the ids of the offers that were shown in it. Events that are published or stored
 * without a session id belong to the session of the current context.
 * <p>
 * A context is made current for a block of code with {@link #open()} or
 * {@link #run(Runnable)}, and for a reactive chain with
 * {@code contextWrite(context.toReactorContext())}. Contexts nest, and the innermost is
 * current. Micrometer's context propagation carries them from thread to thread and
 * between threads and the Reactor context. Nothing else does: a context never leaves the
 * application.
 * <p>
 * There is one context for one customer's interaction. Whoever has it sees what others
 * put into it, such as the session id that a call of the API was answered with. Should
 * several session ids be put into one context, the last one counts.
 * <p>
 * Contexts are safe for use by many threads. Their {@link #toString() description} masks
 * the session id.
 *
 * @since 0.1.0
 */
public final class HopperSessionContext {

	static final String KEY = HopperSessionContext.class.getName();

	private static final State UNKNOWN = new State(null, null, List.of(), List.of());

	private static final HopperSessionContext NONE = new HopperSessionContext();

	private volatile State state = UNKNOWN;

	private HopperSessionContext() {
	}

	/**
	 * Create a context for a customer whose session is not known yet.
	 * @return a new context
	 */
	public static HopperSessionContext create() {
		return new HopperSessionContext();
	}

	/**
	 * Create a context for a session.
	 * @param sessionId the id of the session: visible ASCII characters
	 * @return a new context
	 * @throws IllegalArgumentException if the text cannot be sent as a session id; the
	 * message does not show it
	 */
	public static HopperSessionContext of(String sessionId) {
		HopperSessionContext context = new HopperSessionContext();
		context.setSessionId(sessionId, Origin.APPLICATION);
		return context;
	}

	/**
	 * Return the context of code that works for no customer. It has no session and takes
	 * none. As the current context it hides all others.
	 * @return the context without a session
	 */
	public static HopperSessionContext none() {
		return NONE;
	}

	/**
	 * Return the current context of the calling thread.
	 * @return the innermost context that is open, or {@link #none()}
	 */
	public static HopperSessionContext current() {
		HopperSessionContext context = SessionScope.current();
		return (context != null) ? context : NONE;
	}

	/**
	 * Return the current context of a reactive chain.
	 * @param contextView the Reactor context
	 * @return the context in it, or else that of the calling thread; for the events of
	 * {@code publishAll} neither counts, unless an application's publisher has set it for
	 * the event
	 */
	public static HopperSessionContext from(ContextView contextView) {
		HopperSessionContext context = find(contextView);
		return (context != null) ? context : current();
	}

	private static @Nullable HopperSessionContext find(ContextView contextView) {
		HopperSessionContext context = contextView.getOrDefault(KEY, null);
		// The session that the caller of publishAll had is not meant for the events
		ContextView caller = contextView.getOrDefault(SessionEvent.class, null);
		return (caller != null && caller.getOrDefault(KEY, null) == context) ? NONE : context;
	}

	/**
	 * Return the current context of the reactive chain that subscribes.
	 * @return a {@code Mono} of the context in the Reactor context, or else that of the
	 * thread that called this method, or else that of the thread that subscribes
	 */
	@CheckReturnValue
	public static Mono<HopperSessionContext> currentReactively() {
		HopperSessionContext caller = SessionScope.current();
		return Mono.deferContextual((view) -> {
			HopperSessionContext context = find(view);
			return Mono.just((context != null) ? context : (caller != null) ? caller : current());
		});
	}

	/**
	 * Make this context the current one of the calling thread.
	 * @return what ends that, on the same thread
	 */
	public Scope open() {
		return SessionScope.open(this);
	}

	/**
	 * Run code in this context.
	 * @param code the code
	 */
	public void run(Runnable code) {
		supply(() -> {
			code.run();
			return true;
		});
	}

	/**
	 * Run code in this context.
	 * @param <T> the type of the result
	 * @param code the code
	 * @return what the code returned
	 */
	public <T extends @Nullable Object> T supply(Supplier<T> code) {
		Scope scope = open();
		try {
			return code.get();
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Return what makes this context the current one of a reactive chain:
	 * {@code contextWrite(context.toReactorContext())}.
	 * @return a Reactor context with this context alone
	 */
	public ContextView toReactorContext() {
		return Context.of(KEY, this);
	}

	/**
	 * Return the id of the session.
	 * @return the session id, or {@code null} if it is not known
	 */
	public @Nullable String sessionId() {
		return this.state.sessionId();
	}

	/**
	 * Return where the session id comes from.
	 * @return the origin, or {@code null} if there is no session id
	 */
	public @Nullable Origin origin() {
		return this.state.origin();
	}

	/**
	 * Return the ids of the CFAR offers that were shown.
	 * @return the ids, unmodifiable, in the order in which they were added
	 */
	public List<String> cfarOfferIds() {
		return this.state.cfarOfferIds();
	}

	/**
	 * Return the ids of the DG offers that were shown.
	 * @return the ids, unmodifiable, in the order in which they were added
	 */
	public List<String> dgOfferIds() {
		return this.state.dgOfferIds();
	}

	/**
	 * Set the id of the session. The offers of another session are forgotten.
	 * @param sessionId the id of the session: visible ASCII characters
	 * @throws IllegalArgumentException if the text cannot be sent as a session id; the
	 * message does not show it
	 * @throws IllegalStateException if this is {@link #none()}
	 */
	public void setSessionId(String sessionId) {
		setSessionId(sessionId, Origin.APPLICATION);
	}

	/**
	 * Set the id of the session and say where it comes from. The offers of another
	 * session are forgotten.
	 * @param sessionId the id of the session: visible ASCII characters
	 * @param origin where it comes from
	 * @throws IllegalArgumentException if the text cannot be sent as a session id; the
	 * message does not show it
	 * @throws IllegalStateException if this is {@link #none()}
	 */
	public void setSessionId(String sessionId, Origin origin) {
		Assert.notNull(origin, "'origin' must not be null");
		String problem = SessionEvent.findSessionIdProblem(sessionId);
		Assert.isTrue(problem == null, () -> "The context was given a session id " + problem);
		update((state) -> {
			boolean same = state.sessionId() == null || state.sessionId().equals(sessionId);
			return new State(sessionId, origin, same ? state.cfarOfferIds() : List.of(),
					same ? state.dgOfferIds() : List.of());
		});
	}

	/**
	 * Add the ids of CFAR offers that are shown. A booking without a session names them.
	 * @param offerIds the ids, of which those that are there already are not added
	 * @throws IllegalArgumentException if one of the ids is empty
	 * @throws IllegalStateException if this is {@link #none()}
	 */
	public void addCfarOfferIds(Collection<String> offerIds) {
		List<String> added = requireText(offerIds);
		update((state) -> new State(state.sessionId(), state.origin(), join(state.cfarOfferIds(), added),
				state.dgOfferIds()));
	}

	/**
	 * Add the ids of DG offers that are shown. A booking without a session names them.
	 * @param offerIds the ids, of which those that are there already are not added
	 * @throws IllegalArgumentException if one of the ids is empty
	 * @throws IllegalStateException if this is {@link #none()}
	 */
	public void addDgOfferIds(Collection<String> offerIds) {
		List<String> added = requireText(offerIds);
		update((state) -> new State(state.sessionId(), state.origin(), state.cfarOfferIds(),
				join(state.dgOfferIds(), added)));
	}

	private static List<String> requireText(Collection<String> offerIds) {
		Assert.isTrue(offerIds != null && offerIds.stream().allMatch(StringUtils::hasText),
				"'offerIds' must contain no empty elements");
		return List.copyOf(offerIds);
	}

	private static List<String> join(List<String> present, List<String> added) {
		Set<String> all = new LinkedHashSet<>(present);
		all.addAll(added);
		return List.copyOf(new ArrayList<>(all));
	}

	private void update(UnaryOperator<State> change) {
		Assert.state(this != NONE, "No HopperSessionContext is current here: open one around this code, "
				+ "with HopperSessionContext.create().open(), or write one into the Reactor context");
		synchronized (this) {
			this.state = change.apply(this.state);
		}
	}

	/**
	 * Complete an event that has no session id, as {@code publish} and {@code store} do.
	 * @param event the event
	 * @return the event with the session of this context. If that is not known, a
	 * confirmed booking that names no offers names those of this context.
	 */
	public SessionEvent complete(HopperEvent event) {
		State state = this.state;
		if (state.sessionId() == null && event instanceof BookingConfirmed booking && booking.cfarOfferIds().isEmpty()
				&& booking.dgOfferIds().isEmpty()) {
			return new SessionEvent(null,
					booking.withCfarOfferIds(state.cfarOfferIds()).withDgOfferIds(state.dgOfferIds()));
		}
		return new SessionEvent(state.sessionId(), event);
	}

	/**
	 * Return a description for logs, with the session id masked.
	 */
	@Override
	public String toString() {
		State state = this.state;
		return "HopperSessionContext[sessionId=" + SessionEvent.maskSessionId(state.sessionId()) + ", origin="
				+ state.origin() + ", offers=" + (state.cfarOfferIds().size() + state.dgOfferIds().size()) + "]";
	}

	/**
	 * A context that is open. Closing it makes the context current again that was so
	 * before. A scope that is closed more than once, too early or on another thread harms
	 * no other: a context is not current once its scope is closed.
	 */
	@FunctionalInterface
	public interface Scope extends AutoCloseable {

		@Override
		void close();

	}

	/**
	 * Where a session id comes from.
	 */
	public enum Origin {

		/**
		 * The application has set it.
		 */
		APPLICATION,

		/**
		 * The API has answered a call with it.
		 */
		ANSWER,

		/**
		 * It was kept in the customer's HTTP session.
		 */
		HTTP_SESSION

	}

	private record State(@Nullable String sessionId, @Nullable Origin origin, List<String> cfarOfferIds,
			List<String> dgOfferIds) {

	}

}
