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

import java.util.function.Predicate;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;

/**
 * Telemetry that fails.
 */
public final class FailingHandler implements ObservationHandler<Observation.Context> {

	private final Predicate<Observation.Context> supported;

	private final String method;

	private final boolean error;

	private FailingHandler(Predicate<Observation.Context> supported, String method, boolean error) {
		this.supported = supported;
		this.method = method;
		this.error = error;
	}

	/**
	 * Create a handler.
	 * @param supported the observations that it handles
	 * @param method the name of the method that fails
	 * @param error whether it throws an error instead of an exception
	 * @return the handler
	 */
	public static FailingHandler of(Predicate<Observation.Context> supported, String method, boolean error) {
		return new FailingHandler(supported, method, error);
	}

	@Override
	public void onStart(Observation.Context context) {
		fail("onStart");
	}

	@Override
	public void onError(Observation.Context context) {
		fail("onError");
	}

	@Override
	public void onScopeOpened(Observation.Context context) {
		fail("onScopeOpened");
	}

	@Override
	public void onScopeClosed(Observation.Context context) {
		fail("onScopeClosed");
	}

	@Override
	public void onStop(Observation.Context context) {
		fail("onStop");
	}

	private void fail(String current) {
		if (current.equals(this.method)) {
			if (this.error) {
				// What a handler of another version than its library throws
				throw new NoSuchMethodError("telemetry");
			}
			throw new IllegalStateException("telemetry");
		}
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return this.supported.test(context);
	}

}
