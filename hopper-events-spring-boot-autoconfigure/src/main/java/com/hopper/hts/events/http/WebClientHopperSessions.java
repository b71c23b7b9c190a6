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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import com.hopper.hts.events.json.SessionRequestCodec;
import com.hopper.hts.events.observation.HopperObservationDocumentation;
import com.hopper.hts.events.observation.HopperObservationDocumentation.LowCardinalityKeyNames;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.Session;
import com.hopper.hts.events.session.SessionRequest;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link HopperSessions} on top of a {@link WebClient}. Observed as
 * {@code hopper.sessions.create}.
 *
 * @since 0.1.0
 */
public class WebClientHopperSessions implements HopperSessions, Lifecycle, Phased {

	private static final int MAX_BODY_SIZE = 64 * 1024;

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private final ApiClient client;

	private final URI uri;

	private final Duration shutdownTimeout;

	private volatile boolean running = true;

	private final ObservationRegistry observationRegistry;

	/**
	 * Create an instance.
	 * @param webClient the client, which signs requests with the bearer token
	 * @param baseUrl the base URL of the API, to which {@code /sessions} is added
	 * @param retryPolicy when a failed attempt is followed by another
	 * @param responseTimeout the time for one attempt, from connecting to the last byte
	 * of the answer
	 * @param shutdownTimeout how long the end of the application waits for requests
	 * @param observationRegistry where requests are observed
	 * @param scheduler what waits and says what time it is,
	 * {@link reactor.core.scheduler.Schedulers#parallel()} but in tests
	 */
	public WebClientHopperSessions(WebClient webClient, URI baseUrl, RetryPolicy retryPolicy, Duration responseTimeout,
			Duration shutdownTimeout, ObservationRegistry observationRegistry, Scheduler scheduler) {
		Assert.notNull(baseUrl, "'baseUrl' must not be null");
		String base = baseUrl.toString();
		this.client = new ApiClient(webClient, retryPolicy, responseTimeout, Integer.MAX_VALUE,
				SessionRequestCodec.PUBLIC_FIELDS, scheduler, () -> ThreadLocalRandom.current().nextDouble());
		this.uri = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/sessions");
		this.shutdownTimeout = shutdownTimeout;
		this.observationRegistry = observationRegistry;
	}

	@Override
	public Mono<Session> create(SessionRequest request) {
		Assert.notNull(request, "'request' must not be null");
		return ApiCall.<List<Session>>mono(() -> new Creation(request))
			.flatMap((sessions) -> Mono.justOrEmpty(sessions.stream().findFirst()));
	}

	/**
	 * Take calls again.
	 */
	@Override
	public void start() {
		this.client.start();
		this.running = true;
	}

	/**
	 * Take no more calls, begin no further attempts, and wait for those that were begun.
	 */
	@Override
	public void stop() {
		this.running = false;
		this.client.stop(this.shutdownTimeout);
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/**
	 * After what may call, and before the connections.
	 */
	@Override
	public int getPhase() {
		return 2;
	}

	/**
	 * One creation, whose result is a session or, with {@code 204}, none.
	 */
	private final class Creation extends ApiCall<List<Session>> {

		private final SessionRequest request;

		Creation(SessionRequest request) {
			super(WebClientHopperSessions.this.client, WebClientHopperSessions.this.uri);
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
		@Nullable String eventType() {
			return null;
		}

		@Override
		@Nullable String sessionId() {
			return null;
		}

		@Override
		byte[] prepare() {
			return SessionRequestCodec.write(this.request);
		}

		@Override
		@Nullable Mono<List<Session>> success(ClientResponse response, long answered) {
			return switch (response.statusCode().value()) {
				case 201 -> DataBufferUtils.join(DataBufferUtils
					.takeUntilByteCount(response.body(BodyExtractors.toDataBuffers()), MAX_BODY_SIZE)).map((buffer) -> {
						String body = buffer.toString(StandardCharsets.UTF_8);
						DataBufferUtils.release(buffer);
						return body;
					}).defaultIfEmpty("").map((body) -> List.of(new Session(id(response, body))));
				case 204 -> response.releaseBody().onErrorComplete().thenReturn(List.of());
				default -> null;
			};
		}

		private static String id(ClientResponse response, String body) {
			String id;
			try {
				id = MAPPER.readTree(body).path("id").asString("");
			}
			catch (JacksonException ex) {
				id = "";
			}
			if (id.isBlank()) {
				throw AttemptFailure.ofResponse(response.statusCode(), response.headers().asHttpHeaders(), null,
						List.of(), "the answer was 201 without the id of a session");
			}
			return id;
		}

		@Override
		Observation observation() {
			return HopperObservationDocumentation.SESSION_CREATE
				.observation(WebClientHopperSessions.this.observationRegistry)
				// Always there, for a meter's tags must not differ
				.lowCardinalityKeyValue(LowCardinalityKeyNames.OUTCOME.withValue("failed"));
		}

		@Override
		void observe(Observation observation, List<Session> result) {
			observation.lowCardinalityKeyValue(
					LowCardinalityKeyNames.OUTCOME.withValue(result.isEmpty() ? "not_created" : "created"));
		}

	}

}
