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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was measured in an outage and after it.
 *
 * @param engine where the events were kept
 * @param events events that were to be stored
 * @param stored events that the outbox has taken; it has refused the others
 * @param delivered different events that the API has accepted
 * @param duplicates how often the API has accepted an event again
 * @param outage how long the API was down
 * @param requestsInOutage requests during that time
 * @param heapBefore bytes in use before the outage, after garbage collection
 * @param heapHalf bytes in use when half of the events were stored
 * @param heapFull bytes in use when all events were stored
 * @param heapAfter bytes in use when all were delivered
 * @param perSecond requests in each second after the recovery
 * @param inFlight requests in flight with each of the first ones after the recovery
 * @param herd whether there ever were more in flight than answers allowed for
 * @param drained how long it took to deliver everything
 */
record OutageReport(String engine, int events, int stored, long delivered, long duplicates, Duration outage,
		long requestsInOutage, long heapBefore, long heapHalf, long heapFull, long heapAfter, List<Integer> perSecond,
		List<Integer> inFlight, boolean herd, Duration drained) {

	/**
	 * Return whether everything that was stored arrived.
	 */
	boolean isReconciled() {
		return this.delivered == this.stored;
	}

	String toMarkdown() {
		Map<String, Object> rows = new LinkedHashMap<>();
		rows.put("engine", this.engine);
		rows.put("events stored / refused because the outbox was full",
				this.stored + " / " + (this.events - this.stored));
		rows.put("events delivered", this.delivered);
		rows.put("**lost**", this.stored - this.delivered);
		rows.put("delivered more than once", this.duplicates);
		rows.put("heap before the outage", megabytes(this.heapBefore));
		rows.put("heap with half of the events / with all of them",
				megabytes(this.heapHalf) + " / " + megabytes(this.heapFull));
		rows.put("heap when all were delivered", megabytes(this.heapAfter));
		rows.put("requests while the API was down for %s s".formatted(this.outage.toSeconds()), this.requestsInOutage);
		rows.put("requests in flight, after the recovery, one by one",
				this.inFlight.stream().limit(24).map(String::valueOf).collect(Collectors.joining(" ")));
		rows.put("seconds from the recovery to the next request (a probe)", asked());
		rows.put("requests in each second from then on",
				this.perSecond.stream().skip(asked()).limit(10).map(String::valueOf).collect(Collectors.joining(" ")));
		double seconds = Math.max(0.001, this.drained.toMillis() / 1000.0 - asked());
		rows.put("seconds from then on until everything was delivered / events per second",
				String.format(Locale.ROOT, "%.1f / %.0f", seconds, this.delivered / seconds));
		StringBuilder table = new StringBuilder("| | |\n| --- | ---: |\n");
		rows.forEach((name, value) -> table.append("| %s | %s |\n".formatted(name, value)));
		return table.toString();
	}

	/**
	 * Return after how many seconds the API was asked again.
	 */
	private long asked() {
		return this.perSecond.stream().takeWhile((requests) -> requests == 0).count();
	}

	private static String megabytes(long bytes) {
		return String.format(Locale.ROOT, "%.1f MB", bytes / 1_000_000.0);
	}

}
