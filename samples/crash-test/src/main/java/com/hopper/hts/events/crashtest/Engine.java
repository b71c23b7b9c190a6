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

import java.util.Locale;

/**
 * Where the instances keep their events, {@code hopper.outbox.type}.
 */
enum Engine {

	JDBC, KAFKA;

	/**
	 * Return whether bookings and their events are in one transaction of a database.
	 */
	boolean usesDatabase() {
		return this == JDBC;
	}

	boolean usesBroker() {
		return this == KAFKA;
	}

	static Engine of(String name) {
		return valueOf(name.toUpperCase(Locale.ROOT));
	}

	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
