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
package com.hopper.hts.events.test;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import tools.jackson.databind.JsonNode;

/**
 * Makes offers and contracts of requests for them, and says in which session. What is in
 * these requests is not checked.
 */
final class ProductContract {

	private static final Set<String> IN_SESSION = Set.of("/cfar_offers", "/cfar_offers/external", "/dg_offers",
			"/dg_contract_exercises");

	private static final Set<String> WITHOUT_SESSION = Set.of("/cfar_contracts", "/dg_contracts");

	private ProductContract() {
	}

	static boolean includes(String pathPrefix, String path) {
		String endpoint = path.startsWith(pathPrefix) ? path.substring(pathPrefix.length()) : "";
		return IN_SESSION.contains(endpoint) || WITHOUT_SESSION.contains(endpoint);
	}

	/**
	 * Answer a request.
	 * @param endpoint the path behind the prefix
	 * @throws Refusal if the API refuses the request
	 */
	static Answer check(IncomingRequest request, String endpoint) {
		JsonNode body = Json.readObject(request.body());
		if (WITHOUT_SESSION.contains(endpoint)) {
			return new Answer(201, Json.write(Map.of("id", UUID.randomUUID().toString())), null);
		}
		List<String> sessionIds = request.headers().getAll("HC-Session-ID");
		if (sessionIds.size() > 1) {
			throw Refusal.malformed("HC-Session-ID", "There is more than one header HC-Session-ID");
		}
		String sessionId = sessionIds.isEmpty() ? session(body) : sessionIds.get(0);
		Map<String, String> created = Map.of("id", UUID.randomUUID().toString());
		return new Answer(201, Json.write(endpoint.contains("_offers") ? List.of(created) : created), null, sessionId);
	}

	private static String session(JsonNode body) {
		String chosen = body.path("session").path("session_id").asString("");
		return chosen.isEmpty() ? UUID.randomUUID().toString() : chosen;
	}

}
