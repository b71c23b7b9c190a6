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
package com.hopper.hts.events.session.web;

import java.net.URI;
import java.util.function.Supplier;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.session.HopperSessionContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.util.function.SingletonSupplier;

/**
 * What requests to the API say of the session, and what its answers say. Requests to any
 * other scheme, host or port are not touched.
 */
final class SessionTraffic {

	static final String REQUEST_HEADER = "HC-Session-ID";

	static final String RESPONSE_HEADER = "HTS-Session-ID";

	private static final Log logger = LogFactory.getLog(SessionTraffic.class);

	private final boolean enabled;

	private final Supplier<@Nullable URI> baseUrl;

	/**
	 * Create an instance.
	 * @param enabled whether there is anything to do
	 * @param baseUrl the base URL of the API, asked for with the first request
	 */
	SessionTraffic(boolean enabled, Supplier<@Nullable URI> baseUrl) {
		this.enabled = enabled;
		this.baseUrl = SingletonSupplier.ofNullable(baseUrl);
	}

	static SessionTraffic of(Environment environment, ObjectProvider<HopperConnectionDetails> connectionDetails) {
		return new SessionTraffic(
				Binder.get(environment).bind("hopper.enabled", Boolean.class).orElse(true)
						&& Binder.get(environment).bind("hopper.session.learn", Boolean.class).orElse(true),
				() -> connectionDetails.stream().findFirst().map(HopperConnectionDetails::getBaseUrl).orElse(null));
	}

	/**
	 * Return whether a request concerns the session of a context.
	 */
	boolean concerns(HopperSessionContext context, URI url) {
		if (!this.enabled || context == HopperSessionContext.none()) {
			return false;
		}
		URI base = this.baseUrl.get();
		return base != null && AttemptFailure.origin(base).equals(AttemptFailure.origin(url));
	}

	/**
	 * Return the session id that a request has to be sent with.
	 * @return the session id, or {@code null} if it is not known or the API takes none
	 */
	@Nullable String sessionId(HopperSessionContext context, URI url) {
		return isSessionTaken(url) ? context.sessionId() : null;
	}

	/**
	 * Return whether the API takes a session id: with offers, exercises and events, and
	 * not with contracts or for a new session.
	 */
	private boolean isSessionTaken(URI url) {
		URI base = this.baseUrl.get();
		String path = (url.getRawPath() != null) ? url.getRawPath() : "";
		String prefix = (base != null && base.getRawPath() != null) ? base.getRawPath() : "";
		if (!path.startsWith(prefix)) {
			return false;
		}
		String[] segments = path.substring(prefix.length()).replaceFirst("^/+", "").split("/", 2);
		return segments[0].endsWith("_offers") || segments[0].endsWith("_exercises") || segments[0].equals("events");
	}

	/**
	 * Put what an answer says into a context.
	 */
	void learn(HopperSessionContext context, int status, @Nullable String sessionId) {
		if (sessionId == null || status < 200 || status > 299) {
			return;
		}
		String problem = SessionEvent.findSessionIdProblem(sessionId);
		if (problem == null) {
			context.setSessionId(sessionId, HopperSessionContext.Origin.ANSWER);
		}
		else {
			logger.warn("The API answered with a session id " + problem + ". It is not used.");
		}
	}

}
