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

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bearer tokens that a {@link FakeHopperApi} knows. Safe for use by many threads.
 */
final class AccessTokens {

	private static final Instant NEVER = Instant.MAX;

	/**
	 * Every token that was ever accepted, with its expiry.
	 */
	private final Map<String, Instant> expiries = new ConcurrentHashMap<>();

	private final Set<String> given;

	private final Set<String> forbidden;

	private final Duration lifetime;

	private final InstantSource clock;

	AccessTokens(Set<String> given, Set<String> forbidden, Duration lifetime, InstantSource clock) {
		this.given = given;
		this.forbidden = forbidden;
		this.lifetime = lifetime;
		this.clock = clock;
		restore();
	}

	/**
	 * Accept all tokens again that were accepted from the beginning.
	 */
	void restore() {
		this.given.forEach(this::accept);
	}

	void accept(String token) {
		this.expiries.put(token, NEVER);
	}

	void revoke(String token) {
		this.expiries.put(token, Instant.MIN);
	}

	void revokeAll() {
		this.expiries.replaceAll((token, expiry) -> Instant.MIN);
	}

	String issue() {
		String token = UUID.randomUUID().toString();
		this.expiries.put(token, this.clock.instant().plus(this.lifetime));
		return token;
	}

	Duration lifetime() {
		return this.lifetime;
	}

	/**
	 * Check the token of a request.
	 */
	void check(List<String> authorization) {
		String token = (authorization.size() == 1 && authorization.get(0).startsWith("Bearer "))
				? authorization.get(0).substring(7) : "";
		if (this.forbidden.contains(token)) {
			throw Refusal.arranged(403);
		}
		Instant expiry = this.expiries.get(token);
		if (expiry == null) {
			throw Refusal.of(401, "header Authorization",
					token.isEmpty() ? "There is no bearer token" : "The bearer token is not known",
					"Let the application sign in as a client of the fake API, or announce the token with "
							+ "FakeHopperApi.builder().token(...).");
		}
		if (!this.clock.instant().isBefore(expiry)) {
			throw Refusal.arranged(401);
		}
	}

}
