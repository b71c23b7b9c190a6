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
package com.hopper.hts.events.http;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import com.hopper.hts.events.observation.HopperObservationDocumentation.LowCardinalityKeyNames;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.Session;
import com.hopper.hts.events.session.SessionRequest;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * {@link HopperSessions} on top of a {@code WebClient}. Observed as
 * {@code hopper.sessions.create}. Not final, so that a bean can be advised.
 */
class WebClientHopperSessions extends ApiLifecycle implements HopperSessions {

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private final URI uri;

	private final ObservationRegistry observationRegistry;

	private final boolean learnSession;

	WebClientHopperSessions(ApiClient client, URI uri, ObservationRegistry observationRegistry, boolean learnSession) {
		super(client);
		this.uri = uri;
		this.observationRegistry = observationRegistry;
		this.learnSession = learnSession;
	}

	@Override
	public Mono<Session> create(SessionRequest request) {
		Assert.notNull(request, "'request' must not be null");
		Mono<Session> creation = ApiCall.<List<Session>>mono(client(), this.uri, () -> new Creation(request))
			.flatMap((sessions) -> Mono.justOrEmpty(sessions.stream().findFirst()));
		return this.learnSession ? HopperSessionContext.currentReactively()
			.flatMap((context) -> creation.doOnNext((session) -> learn(context, session.id()))) : creation;
	}

	private static void learn(HopperSessionContext context, String sessionId) {
		if (context != HopperSessionContext.none() && SessionEvent.findSessionIdProblem(sessionId) == null) {
			context.setSessionId(sessionId, HopperSessionContext.Origin.ANSWER);
		}
	}

	/**
	 * Read the id of a session that was created.
	 * @return the id, or {@code null} if there is none that can be sent
	 */
	static @Nullable String readId(String body) {
		try {
			String id = MAPPER.readTree(body).path("id").asString("");
			return (SessionEvent.findSessionIdProblem(id) == null) ? id : null;
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	/**
	 * One creation, whose result is a session or, with {@code 204}, none.
	 */
	private final class Creation extends ApiRequest<List<Session>> {

		private final SessionRequest request;

		Creation(SessionRequest request) {
			this.request = request;
		}

		@Override
		String subject() {
			return "request for a session";
		}

		@Override
		String failed() {
			return "failed";
		}

		@Override
		String unknown() {
			return "The session may have been created although this was not confirmed.";
		}

		@Override
		byte[] prepare() {
			return EventCodec.write(this.request);
		}

		@Override
		@Nullable Mono<List<Session>> success(ClientResponse response, int attempts, Duration elapsed) {
			return switch (response.statusCode().value()) {
				case 201 -> AttemptFailure.readBody(response)
					.map((body) -> List.of(new Session(id(response, body))))
					.onErrorMap((failure) -> AttemptFailure.of(failure, WebClientHopperSessions.this.uri, true, true));
				case 204 -> response.releaseBody().onErrorComplete().thenReturn(List.of());
				default -> null;
			};
		}

		private static String id(ClientResponse response, String body) {
			String id = readId(body);
			if (id == null) {
				throw AttemptFailure.ofResponse(response.statusCode(), response.headers().asHttpHeaders(), null,
						List.of(), "the answer was 201 without the id of a session");
			}
			return id;
		}

		@Override
		Observation observation() {
			return HopperObservationDocumentation.SESSION_CREATE
				.observation(WebClientHopperSessions.this.observationRegistry)
				// Set from the start, because all timers of one name need the same tag
				// keys
				.lowCardinalityKeyValue(LowCardinalityKeyNames.OUTCOME.withValue("failed"));
		}

		@Override
		void observe(Observation observation, List<Session> result) {
			observation.lowCardinalityKeyValue(
					LowCardinalityKeyNames.OUTCOME.withValue(result.isEmpty() ? "not_created" : "created"));
		}

	}

}
