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
package com.hopper.hts.events.crashtest;

/**
 * What is to become of a booking, by its number.
 */
final class Numbers {

	private Numbers() {
	}

	/**
	 * Return whether the booking is rolled back or, where there is no transaction, its
	 * event not stored.
	 */
	static boolean isRolledBack(int number) {
		return number % 10 == 7;
	}

	/**
	 * Return whether the API refuses the event.
	 */
	static boolean isRefused(int number) {
		return number % 50 == 0;
	}

	static String session(int number) {
		return "session-" + number;
	}

	static int ofSession(String session) {
		return Integer.parseInt(session.substring("session-".length()));
	}

}
