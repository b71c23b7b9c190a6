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
 * @param inFlight the number of events in flight
 * @param clients the names of the clients
 * @param baselines the clients that the others are compared with
 */
record Scenario(String title, String path, int inFlight, List<String> clients, List<String> baselines) {

	static final String BUSY = "64";

	static final String ALONE = "1";

	private static final List<String> CLIENTS = List.of(Senders.NETTY, Senders.PUBLISHER, Senders.PUBLISHER_OFF,
			Senders.OKHTTP, "webclient", "webclient-tuned", "jdk");

	private static final List<String> BASELINES = List.of(Senders.OKHTTP, Senders.NETTY);

	static final List<String> ALL = List.of(BUSY, ALONE, "slow", "faulty", "http2", "http2-slow");

	static Scenario of(String name) {
		return switch (name) {
			case BUSY -> {
				List<String> clients = new ArrayList<>(CLIENTS);
				clients.addAll(clients.indexOf(Senders.PUBLISHER) + 1,
						List.of(Senders.PUBLISHER_OBSERVED, Senders.PUBLISHER_BLOCKING));
				clients.add(clients.indexOf(Senders.OKHTTP) + 1, Senders.OKHTTP_TUNED);
				yield new Scenario("64 in flight", "/plain", Api.MAX_IN_FLIGHT, clients, BASELINES);
			}
			case ALONE -> {
				List<String> clients = new ArrayList<>(CLIENTS);
				clients.add(clients.indexOf(Senders.PUBLISHER) + 1, Senders.PUBLISHER_BLOCKING);
				yield new Scenario("One in flight", "/plain", 1, clients, BASELINES);
			}
			case "slow" ->
				new Scenario("64 in flight, the API takes 50 ms", "/slow", Api.MAX_IN_FLIGHT, CLIENTS, BASELINES);
			case "faulty" -> new Scenario("64 in flight, 1 % of the answers are 503 (only `EventPublisher` retries)",
					"/faulty", Api.MAX_IN_FLIGHT, CLIENTS, BASELINES);
			case "http2" -> http2("64 in flight, TLS", "/plain");
			case "http2-slow" -> http2("64 in flight, TLS, the API takes 50 ms", "/slow");
			default -> throw new IllegalArgumentException("--scenarios takes some of " + ALL);
		};
	}

	private static Scenario http2(String title, String path) {
		List<String> clients = new ArrayList<>(List.of(Senders.HTTP1));
		Api.HTTP2_CONNECTIONS.forEach((connections) -> clients.add(Senders.HTTP2 + connections));
		return new Scenario(title, path, Api.MAX_IN_FLIGHT, clients, List.of(Senders.HTTP1));
	}

	String url(Api api, String client) {
		if (client.startsWith(Senders.HTTP2)) {
			return api.https(this.path, Integer.parseInt(client.substring(Senders.HTTP2.length())));
		}
		return client.equals(Senders.HTTP1) ? api.https(this.path, 1) : api.http(this.path);
	}

}
