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

import io.micrometer.context.ThreadLocalAccessor;
import org.jspecify.annotations.Nullable;

/**
 * A context that is open on a thread, and those around it. A scope that was closed
 * anywhere, in any order, is skipped from then on, so that no context outlives its scope.
 */
final class SessionScope implements HopperSessionContext.Scope {

	private static final ThreadLocal<@Nullable SessionScope> innermost = new ThreadLocal<>();

	private final @Nullable HopperSessionContext context;

	private final @Nullable SessionScope outer;

	/**
	 * Whether propagation has set the context, and will restore what was before.
	 */
	private final boolean propagated;

	private volatile boolean closed;

	private SessionScope(@Nullable HopperSessionContext context, @Nullable SessionScope outer, boolean propagated) {
		this.context = context;
		this.outer = outer;
		this.propagated = propagated;
	}

	static SessionScope open(HopperSessionContext context) {
		SessionScope scope = new SessionScope(context, find(), false);
		innermost.set(scope);
		return scope;
	}

	@Override
	public void close() {
		this.closed = true;
		find();
	}

	static @Nullable HopperSessionContext current() {
		return context(find());
	}

	private static @Nullable HopperSessionContext context(@Nullable SessionScope scope) {
		return (scope != null) ? scope.context : null;
	}

	/**
	 * Set the context as propagation does, without a scope. Each call is undone by one of
	 * {@link #restore}, so one that changes nothing is remembered as well.
	 * @param context the context, or {@code null} to have none
	 */
	static void set(@Nullable HopperSessionContext context) {
		innermost.set(new SessionScope(context, find(), true));
	}

	/**
	 * Go back to what was before {@link #set}.
	 * @param context the context that was current then, or {@code null} for none. It is
	 * not current again if its scope was closed in the meantime: the one around it is.
	 */
	static void restore(@Nullable HopperSessionContext context) {
		SessionScope scope = innermost.get();
		while (scope != null && !(scope.propagated && context(scope.outer) == context)) {
			scope = scope.outer;
		}
		if (scope != null) {
			update(open(scope.outer));
		}
	}

	private static @Nullable SessionScope find() {
		SessionScope found = innermost.get();
		if (found == null || !found.closed) {
			return found;
		}
		return update(open(found));
	}

	private static @Nullable SessionScope open(@Nullable SessionScope scope) {
		SessionScope open = scope;
		while (open != null && open.closed) {
			open = open.outer;
		}
		return open;
	}

	private static @Nullable SessionScope update(@Nullable SessionScope scope) {
		if (scope != null) {
			innermost.set(scope);
		}
		else {
			innermost.remove();
		}
		return scope;
	}

	/**
	 * Lets Micrometer's context propagation carry {@link HopperSessionContext} to other
	 * threads and into the Reactor context. Micrometer finds it by itself, and needs it
	 * to be public.
	 */
	public static final class Accessor implements ThreadLocalAccessor<HopperSessionContext> {

		/**
		 * Create an instance.
		 */
		public Accessor() {
		}

		@Override
		public Object key() {
			return HopperSessionContext.KEY;
		}

		@Override
		public @Nullable HopperSessionContext getValue() {
			return current();
		}

		@Override
		public void setValue(HopperSessionContext value) {
			SessionScope.set(value);
		}

		@Override
		public void setValue() {
			SessionScope.set(null);
		}

		@Override
		public void restore(HopperSessionContext previousValue) {
			SessionScope.restore(previousValue);
		}

		@Override
		public void restore() {
			SessionScope.restore(null);
		}

	}

}
