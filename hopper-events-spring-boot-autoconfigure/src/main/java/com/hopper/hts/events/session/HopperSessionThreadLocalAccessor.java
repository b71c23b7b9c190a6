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
 * Lets Micrometer's context propagation carry {@link HopperSessionContext} to other
 * threads and into the Reactor context. Micrometer finds it by itself.
 *
 * @since 0.1.0
 */
public final class HopperSessionThreadLocalAccessor implements ThreadLocalAccessor<HopperSessionContext> {

	/**
	 * Create an instance.
	 */
	public HopperSessionThreadLocalAccessor() {
	}

	@Override
	public Object key() {
		return HopperSessionContext.KEY;
	}

	@Override
	public @Nullable HopperSessionContext getValue() {
		return SessionScope.current();
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
