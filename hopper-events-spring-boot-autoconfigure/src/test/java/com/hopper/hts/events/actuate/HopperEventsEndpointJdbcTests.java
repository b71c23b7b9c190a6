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
import java.util.UUID;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the {@link HopperEventsEndpoint} with the outbox in a database.
 */
class HopperEventsEndpointJdbcTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String SESSION = "session-of-a-customer-0815";

	@AutoClose
	private final FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void deliveredEventsAreProof(WebApplicationType type) {
		try (OperatedApplication application = start(type, "hopper.outbox.jdbc.keep-delivered=1h")) {
			UUID first = store(application, SESSION);
			store(application, "another-session-of-a-customer");
			UUID third = store(application, SESSION);
			OperatedApplication.Answer answer = application.get("/delivered?session=" + SESSION + "&size=1");
			assertThat(answer.at("/events")).hasSize(1);
			assertThat(answer.string("/events/0/id")).isEqualTo(first.toString());
			assertThat(answer.string("/events/0/session")).isEqualTo(SESSION);
			assertThat(answer.at("/events/0/status").asInt()).isEqualTo(204);
			assertThat(answer.at("/events/0/failedAttempts").asInt(-1)).isZero();
			answer = application.get("/delivered?session=" + SESSION + "&after=" + answer.string("/next"));
			assertThat(answer.string("/events/0/id")).isEqualTo(third.toString());
			assertThat(answer.at("/next").asString()).isEmpty();
			assertThat(application.get("/delivered?type=offers_displayed&storedFrom=1h").string("/events/1/session"))
				.isEqualTo("anot***");
		}
	}

	@Test
	void deadLettersOfASessionAreReplayed() {
		try (OperatedApplication application = start(WebApplicationType.SERVLET)) {
			this.api.failAll(Fault.status(422));
			store(application, SESSION);
			UUID other = store(application, "another-session-of-a-customer");
			this.api.recover();
			assertThat(application.get("").string("/engine")).isEqualTo("jdbc");
			assertThat(application.get("/dead?session=" + SESSION).at("/letters")).hasSize(1);
			assertThat(application.post("/replay", "{\"session\": \"" + SESSION + "\"}").at("/count").asInt())
				.isEqualTo(1);
			flush(application);
			assertThat(this.api.received()).singleElement()
				.satisfies((event) -> assertThat(event.sessionId()).isEqualTo(SESSION));
			assertThat(application.get("/dead").string("/letters/0/id")).isEqualTo(other.toString());
			assertThat(application.get("/delivered").string("/message")).contains("hopper.outbox.jdbc.keep-delivered");
		}
	}

	@Test
	void pauseAndReplayReachAnotherInstance() {
		String url = "spring.datasource.url=jdbc:h2:mem:" + UUID.randomUUID();
		try (OperatedApplication one = start(WebApplicationType.SERVLET, url);
				OperatedApplication other = start(WebApplicationType.REACTIVE, url)) {
			this.api.failNext(1, Fault.status(422));
			UUID id = store(one, SESSION);
			other.post("/pause", "{\"comment\": \"API is moved\"}");
			assertThat(one.get("").string("/pause/message")).isEqualTo("API is moved");
			assertThat(other.post("/replay", "{\"id\": \"" + id + "\"}").status()).isEqualTo(200);
			assertThat(one.post("/replay", "{\"id\": \"" + id + "\"}").status()).isEqualTo(404);
			one.post("/resume", "{}");
			flush(one);
			assertThat(this.api.received()).hasSize(1);
		}
	}

	@Test
	void brokenDatabaseIsUnavailableAndNothingIsChanged() {
		try (OperatedApplication application = start(WebApplicationType.SERVLET)) {
			this.api.failNext(1, Fault.status(422));
			UUID id = store(application, SESSION);
			JdbcTemplate database = new JdbcTemplate(application.bean(javax.sql.DataSource.class));
			database.execute("alter table hopper_event_outbox rename to away");
			assertThat(application.get("").status()).isEqualTo(503);
			assertThat(application.get("/dead").string("/message")).contains("cannot answer");
			OperatedApplication.Answer answer = application.post("/replay", "{\"id\": \"" + id + "\"}");
			assertThat(answer.status()).isEqualTo(503);
			assertThat(answer.text()).doesNotContain(SESSION, "canary");
			database.execute("alter table away rename to hopper_event_outbox");
			assertThat(application.get("/dead/" + id).status()).isEqualTo(200);
		}
	}

	private OperatedApplication start(WebApplicationType type, String... properties) {
		String[] all = new String[properties.length + 2];
		all[0] = "hopper.outbox.type=jdbc";
		all[1] = OperatedApplications.WRITABLE;
		System.arraycopy(properties, 0, all, 2, properties.length);
		return OperatedApplication.start(type, this.api, all);
	}

	private static UUID store(OperatedApplication application, String session) {
		UUID id = application.bean(EventOutbox.class).store(session, OffersDisplayed.occurredAt(Instant.EPOCH));
		flush(application);
		return id;
	}

	private static void flush(OperatedApplication application) {
		assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
	}

}
