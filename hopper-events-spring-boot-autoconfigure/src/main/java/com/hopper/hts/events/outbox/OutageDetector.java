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

/**
 * Tells an API that is down from a few requests that failed. Called under the lock of the
 * {@link RelayGate}.
 */
interface OutageDetector {

	/**
	 * The API has answered an event.
	 */
	void answered();

	/**
	 * A request failed in a way that may pass.
	 * @return whether the API is down
	 */
	boolean failed();

	/**
	 * Return whether an event may be sent to find out whether the API is back.
	 */
	boolean mayProbe();

	/**
	 * The event that was to find out whether the API is back did not.
	 */
	void notProbed();

	/**
	 * An operator has ended the pause.
	 */
	void reset();

	/**
	 * Built in: several failures in a row.
	 */
	final class FailuresInRow implements OutageDetector {

		private static final int OUTAGE = 10;

		private int count;

		@Override
		public void answered() {
			this.count = 0;
		}

		@Override
		public boolean failed() {
			return ++this.count >= OUTAGE;
		}

		@Override
		public boolean mayProbe() {
			return true;
		}

		@Override
		public void notProbed() {
			// There can be another one
		}

		@Override
		public void reset() {
			this.count = 0;
		}

	}

}
