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
package com.hopper.hts.events.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * What is asked of the clients that are compared.
 *
 * @param title the title of the table
 * @param path the path at the server, which decides how it answers
 * @param tls whether the server is asked by HTTPS
 * @param inFlight the number of events in flight
 * @param clients the names of the clients
 * @param baselines the clients that the others are compared with
 */
record Scenario(String title, String path, boolean tls, int inFlight, List<String> clients, List<String> baselines) {

	static final String BUSY = "64";

	static final String ALONE = "1";

	static final String TLS = "tls";

	static final String TLS_MANY = "tls-1000";

	private static final List<String> CLIENTS = List.of(Senders.NETTY, Senders.PUBLISHER, Senders.PUBLISHER_OFF,
			Senders.OKHTTP_OBSERVED, Senders.OKHTTP, "webclient", "webclient-tuned", "jdk");

	private static final List<String> BASELINES = List.of(Senders.OKHTTP_OBSERVED, Senders.OKHTTP);

	static final List<String> ALL = List.of(BUSY, ALONE, "slow", "faulty", TLS, TLS_MANY);

	static Scenario of(String name) {
		return switch (name) {
			case BUSY -> {
				List<String> clients = new ArrayList<>(CLIENTS);
				clients.addAll(clients.indexOf(Senders.PUBLISHER) + 1,
						List.of(Senders.PUBLISHER_OBSERVED, Senders.PUBLISHER_BLOCKING));
				clients.add(clients.indexOf(Senders.OKHTTP) + 1, Senders.OKHTTP_TUNED);
				yield new Scenario("64 in flight", "/plain", false, 64, clients, BASELINES);
			}
			case ALONE -> {
				List<String> clients = new ArrayList<>(CLIENTS);
				clients.add(clients.indexOf(Senders.PUBLISHER) + 1, Senders.PUBLISHER_BLOCKING);
				yield new Scenario("One in flight", "/plain", false, 1, clients, BASELINES);
			}
			case "slow" -> new Scenario("64 in flight, the API takes 50 ms", "/slow", false, 64, CLIENTS, BASELINES);
			case "faulty" -> new Scenario("64 in flight, 1 % of the answers are 503 (only `EventPublisher` retries)",
					"/faulty", false, 64, CLIENTS, BASELINES);
			case TLS -> tls("64 in flight, TLS, the API takes 50 ms", 64);
			case TLS_MANY -> tls("1,000 in flight, TLS, the API takes 50 ms", 1000);
			default -> throw new IllegalArgumentException("--scenarios takes some of " + ALL);
		};
	}

	private static Scenario tls(String title, int inFlight) {
		return new Scenario(title, "/slow", true, inFlight, List.of(Senders.PUBLISHER, Senders.PUBLISHER_HTTP2,
				Senders.PUBLISHER_OFF, Senders.OKHTTP_OBSERVED, Senders.OKHTTP), BASELINES);
	}

	String url(Api api) {
		return this.tls ? api.https(this.path) : api.http(this.path);
	}

}
