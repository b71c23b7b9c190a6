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
package com.hopper.hts.events.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what the {@link HopperEventsEndpoint} answers to mistakes, and where there is
 * nothing to be operated.
 */
class HopperEventsEndpointInputTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	@AutoClose
	private static final OperatedApplications applications = new OperatedApplications();

	private final Instant start = Instant.now();

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					/dead?size=0                                    | size         | from 1 to 500 and is '0'
					/dead?size=many                                 | size         | from 1 to 500
					/dead?size=501                                  | size         | from 1 to 500
					/dead?after=1-1-1-1-1                           | after        | must be the id of an event
					/dead?reason=UNKNOWN                            | reason       | one of [REJECTED, INVALID, NOT_FOUND, EXPIRED]
					/dead?type=                                     | type         | is empty
					/dead?session=%20                               | session      | is no session id
					/dead?storedFrom=yesterday                      | storedFrom   | '2026-01-31T12:00:00Z'
					/dead?storedFrom=2026-13-01T00:00:00Z           | storedFrom   | must be a time
					/dead?storedFrom=1h&storedBefore=2h             | storedBefore | later than 'storedFrom'
					/dead?storedBefore=99999999999999d              | storedBefore | must be a time
					/dead/1                                         | id           | must be the id of an event
					/delivered?reason=REJECTED                      | reason       | Leave it out
					/delivered?size=-1                              | size         | from 1 to 500
					""")
	void mistakesInParametersAreNamed(String path, String parameter, String message) {
		for (WebApplicationType type : List.of(WebApplicationType.SERVLET, WebApplicationType.REACTIVE)) {
			OperatedApplication.Answer answer = applications.writable(type).get(path);
			assertThat(answer.status()).as(answer.text()).isEqualTo(400);
			assertThat(answer.string("/parameter")).isEqualTo(parameter);
			assertThat(answer.string("/message")).contains("'" + parameter + "'", message);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			/replay  | {}                                                          | all
			/replay  | {"typ": "booking_confirmed"}                                | all
			/replay  | {"all": true, "type": "booking_confirmed"}                  | all
			/replay  | {"all": "yes"}                                              | all
			/replay  | {"id": "17"}                                                | id
			/replay  | {"id": "0199c0de-0000-7000-8000-000000000000", "all": true} | id
			/replay  | {"all": true, "limit": 501}                                 | limit
			/replay  | {"all": true, "dryRun": 1}                                  | dryRun
			/discard | {"all": true}                                               | comment
			/discard | {"all": true, "comment": " "}                               | comment
			/discard | {"comment": "no filter"}                                    | all
			/discard | {"all": true, "comment": "two\\nlines"}                     | comment
			/pause   | {}                                                          | comment
			""")
	void mistakesInCommandsChangeNothing(String path, String body, String parameter) {
		for (WebApplicationType type : List.of(WebApplicationType.SERVLET, WebApplicationType.REACTIVE)) {
			OperatedApplication application = applications.writable(type);
			dead(application);
			OperatedApplication.Answer answer = application.post(path, body);
			assertThat(answer.status()).as(answer.text()).isEqualTo(400);
			assertThat(answer.string("/parameter")).isEqualTo(parameter);
			assertThat(application.get("/dead").at("/letters")).hasSize(1);
			assertThat(application.get("").string("/state")).isEqualTo("FLOWING");
			assertThat(application.bean(AuditEventRepository.class).find(null, this.start, null)).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "SERVLET", "REACTIVE" })
	void unknownThingsAreNotFound(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		String unknown = "0199c0de-0000-7000-8000-000000000000";
		assertThat(application.get("/dead/" + unknown).status()).isEqualTo(404);
		assertThat(application.get("/dead/" + unknown).string("/message")).contains(unknown);
		assertThat(application.get("/alive").status()).isEqualTo(404);
		assertThat(application.get("/delivered/" + unknown).status()).isEqualTo(404);
		assertThat(application.post("/replay", "{\"id\": \"" + unknown + "\"}").status()).isEqualTo(404);
		assertThat(application.post("/discard", "{\"id\": \"" + unknown + "\", \"comment\": \"c\"}").status())
			.isEqualTo(404);
		assertThat(application.post("/edit", "{}").status()).isEqualTo(404);
		assertThat(application.post("/replay", "[]").status()).isEqualTo(400);
		assertThat(application.post("/replay", "{\"type\": \"none_such\"}").at("/count").asInt(-1)).isZero();
	}

	@Test
	void deadLetterThatSomebodyElseReplaysIsReplayedOnce() {
		OperatedApplication application = applications.writable(WebApplicationType.SERVLET);
		UUID id = dead(application);
		List<Integer> answers = java.util.stream.IntStream.range(0, 8)
			.parallel()
			.mapToObj((i) -> application.post("/replay", "{\"id\": \"" + id + "\"}").status())
			.toList();
		assertThat(answers).containsOnlyOnce(200).containsOnly(200, 404);
		assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
		assertThat(applications.api().received()).hasSize(1);
	}

	@Test
	void deadLetterForWhichThereIsNoSpaceIsMissedAndNotGone() {
		try (OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET, applications.api(),
				OperatedApplications.WRITABLE, "hopper.outbox.memory.max-events=1")) {
			UUID id = dead(application);
			application.bean(EventOutboxOperations.class).pause("test");
			application.bean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
			OperatedApplication.Answer answer = application.post("/replay", "{\"id\": \"" + id + "\"}");
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.at("/count").asInt()).isZero();
			assertThat(answer.at("/missed").asInt()).isOne();
			assertThat(application.get("/dead/" + id).status()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "SERVLET", "REACTIVE" })
	void outboxThatCannotAnswerIsUnavailable(WebApplicationType type) {
		try (OperatedApplication application = OperatedApplication.start(type, List.of(BrokenOutbox.class),
				applications.api(), OperatedApplications.WRITABLE)) {
			OperatedApplication.Answer overview = application.get("");
			assertThat(overview.status()).isEqualTo(503);
			assertThat(overview.string("/state")).isEqualTo("UNAVAILABLE");
			assertThat(overview.string("/message")).contains("cannot answer", "IllegalStateException")
				.doesNotContain("canary");
			assertThat(overview.string("/token/state")).isEqualTo("given");
			assertThat(application.get("/dead").status()).isEqualTo(503);
			OperatedApplication.Answer paused = application.post("/pause", "{\"comment\": \"why\"}");
			assertThat(paused.status()).isEqualTo(503);
			assertThat(application.bean(AuditEventRepository.class).find("operator", null, "HOPPER_EVENTS_PAUSE"))
				.singleElement()
				.satisfies((event) -> assertThat(event.getData()).containsKey("failure"));
		}
	}

	@Test
	void killSwitchIsShownAndNothingIsChanged() {
		try (OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET, applications.api(),
				OperatedApplications.WRITABLE, "hopper.enabled=false")) {
			OperatedApplication.Answer overview = application.get("");
			assertThat(overview.status()).isEqualTo(200);
			assertThat(overview.string("/state")).isEqualTo("DISABLED");
			assertThat(overview.string("/message")).contains("hopper.enabled");
			OperatedApplication.Answer answer = application.post("/replay", "{\"all\": true}");
			assertThat(answer.status()).isEqualTo(409);
			assertThat(answer.string("/message")).contains("hopper.enabled");
		}
	}

	@Test
	void applicationWithoutAnOutboxOfOursHasNothingToOperate() {
		try (OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET,
				List.of(OtherOutbox.class), applications.api(), OperatedApplications.WRITABLE)) {
			assertThat(application.get("").string("/state")).isEqualTo("NONE");
			assertThat(application.get("/dead").status()).isEqualTo(404);
			assertThat(application.post("/pause", "{\"comment\": \"why\"}").string("/message"))
				.contains("EventOutboxOperations");
		}
	}

	@Test
	void mockOfTheOperationsIsUnknown() {
		try (OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET,
				List.of(MockedOutbox.class), applications.api(), OperatedApplications.WRITABLE)) {
			assertThat(application.get("").string("/state")).isEqualTo("UNKNOWN");
			assertThat(application.get("/dead").at("/letters")).isEmpty();
			assertThat(application.post("/replay", "{\"all\": true}").at("/count").asInt(-1)).isZero();
			assertThat(application.post("/pause", "{\"comment\": \"why\"}").status()).isEqualTo(200);
		}
	}

	private static UUID dead(OperatedApplication application) {
		applications.api().failNext(1, Fault.status(422));
		UUID id = application.bean(EventOutbox.class)
			.store("session-of-a-customer", OffersDisplayed.occurredAt(Instant.EPOCH));
		assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
		return id;
	}

	@Configuration(proxyBeanMethods = false)
	static class BrokenOutbox {

		@Bean
		EventOutboxOperations operations() {
			return Mockito.mock(EventOutboxOperations.class, (invocation) -> {
				throw new IllegalStateException("canary: no connection");
			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OtherOutbox {

		@Bean
		EventOutbox outbox() {
			return Mockito.mock(EventOutbox.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MockedOutbox {

		@Bean
		EventOutboxOperations operations() {
			return Mockito.mock(EventOutboxOperations.class);
		}

	}

}
