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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was booked, and what arrived.
 *
 * @param engine where the events were kept
 * @param committed bookings that were committed, or events whose {@code store} returned
 * @param unknown events whose {@code store} failed or never returned
 * @param unknownArrived how many of these were delivered or are dead letters
 * @param delivered different events that the API has accepted
 * @param lost events of committed bookings that were neither delivered nor dead
 * @param phantom events that were delivered although their booking was not committed
 * @param dead dead letters
 * @param deadWrong dead letters that the API would have accepted, or refused events that
 * are not dead letters
 * @param deadDuplicates how often a dead letter was written again
 * @param pending events that were neither delivered nor dead at the end
 * @param duplicates how often an event was accepted again
 * @param explained the most duplicates there can be: answers that were lost, and events
 * in flight when an instance was killed
 * @param requests requests to the API
 * @param kills instances killed
 * @param restarts instances stopped gracefully
 * @param brokerRestarts how often the broker was killed and started again
 * @param elapsed from the first booking to the last event
 */
record Report(Engine engine, long committed, long unknown, long unknownArrived, long delivered, long lost, long phantom,
		long dead, long deadWrong, long deadDuplicates, long pending, long duplicates, long explained, long requests,
		int kills, int restarts, int brokerRestarts, Duration elapsed) {

	/**
	 * Return whether every event ended where it should.
	 */
	boolean isReconciled() {
		return this.lost == 0 && this.phantom == 0 && this.deadWrong == 0 && this.pending == 0
				&& this.duplicates <= this.explained
				&& this.delivered + this.dead == this.committed + this.unknownArrived;
	}

	String toMarkdown() {
		Map<String, Object> rows = new LinkedHashMap<>();
		if (this.engine.usesBroker()) {
			rows.put("engine", this.engine);
		}
		if (this.engine.usesDatabase()) {
			rows.put("bookings committed", this.committed);
		}
		else {
			rows.put("events stored", this.committed);
			rows.put("`store` did not return / of these arrived", this.unknown + " / " + this.unknownArrived);
		}
		rows.put("events delivered", this.delivered);
		rows.put("dead letters", this.dead);
		rows.put("dead letters that should not be, or are missing", this.deadWrong);
		rows.put("still pending", this.pending);
		rows.put("**lost**", this.lost);
		rows.put(this.engine.usesDatabase() ? "**delivered without a committed booking**"
				: "**delivered without being stored**", this.phantom);
		rows.put("delivered more than once", this.duplicates);
		rows.put(this.engine.usesBroker()
				? "of these can be explained (lost answers, batches that another consumer read again)"
				: "of these can be explained (lost answers, in flight at kills)", "up to " + this.explained);
		if (this.engine.usesBroker()) {
			rows.put("dead letters written more than once", this.deadDuplicates);
		}
		rows.put("requests", this.requests);
		rows.put("instances killed / stopped gracefully", this.kills + " / " + this.restarts);
		if (this.engine.usesBroker()) {
			rows.put("broker killed and restarted", this.brokerRestarts);
		}
		rows.put("seconds", this.elapsed.toSeconds());
		StringBuilder table = new StringBuilder("| | |\n| --- | ---: |\n");
		rows.forEach((name, value) -> table.append("| %s | %s |\n".formatted(name, value)));
		return table.toString();
	}

}
