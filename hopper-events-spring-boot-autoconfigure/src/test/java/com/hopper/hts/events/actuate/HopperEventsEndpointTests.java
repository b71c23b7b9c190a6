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

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.http.HttpMethod;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the {@link HopperEventsEndpoint} over HTTP, in servlet and in reactive
 * applications.
 */
class HopperEventsEndpointTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String SESSION = "session-of-a-customer-0815";

	@AutoClose
	private static final OperatedApplications applications = new OperatedApplications();

	private final Instant start = Instant.now();

	@WebTest
	void overviewSaysWhetherEventsAreFlowing(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		store(application, SESSION);
		OperatedApplication.Answer answer = application.get("");
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.string("/state")).isEqualTo("FLOWING");
		assertThat(answer.string("/engine")).isEqualTo("memory");
		assertThat(answer.string("/instance")).contains("@");
		assertThat(answer.at("/pending/count").asInt(-1)).isZero();
		assertThat(answer.string("/token/state")).isEqualTo("given");
		assertThat(answer.text()).doesNotContain("canary", SESSION);
	}

	@WebTest
	void overviewSaysWhatIsFailing(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		int before = count(application.get(""), "server_error");
		applications.api().failNext(2, Fault.status(503));
		store(application, SESSION);
		applications.api().failNext(1, Fault.status(422));
		store(application, SESSION);
		OperatedApplication.Answer answer = application.get("");
		assertThat(answer.string("/failures/0/kind")).isEqualTo("rejected");
		assertThat(answer.string("/failures/1/kind")).isEqualTo("server_error");
		assertThat(answer.string("/failures/1/fault")).isEqualTo("API");
		assertThat(count(answer, "server_error")).isEqualTo(before + 2);
		assertThat(Instant.parse(answer.string("/failures/1/lastAt"))).isBefore(Instant.now());
		assertThat(answer.at("/dead/types/offers_displayed").asInt()).isEqualTo(1);
	}

	@WebTest
	void overviewSaysWhyNothingIsDelivered(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		applications.api().failAll(Fault.status(401));
		application.bean(EventOutbox.class).store(SESSION, OffersDisplayed.occurredAt(Instant.EPOCH));
		OperatedApplication.Answer answer = application.await("/state", "PAUSED");
		assertThat(answer.string("/pause/reason")).isEqualTo("UNAUTHORIZED");
		assertThat(answer.string("/pause/message")).contains("401");
		assertThat(Instant.parse(answer.string("/pause/nextTry")))
			.isAfter(Instant.parse(answer.string("/pause/since")));
		assertThat(answer.at("/pending/count").asInt()).isEqualTo(1);
		assertThat(answer.string("/failures/0/kind")).isEqualTo("unauthorized");
		assertThat(Duration.parse(answer.string("/oldestAge"))).isGreaterThanOrEqualTo(Duration.ZERO);
		assertThat(answer.text()).doesNotContain("canary", SESSION);
	}

	@WebTest
	void deadLettersAreListedPageByPage(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		applications.api().failAll(Fault.status(422));
		for (int i = 0; i < 3; i++) {
			store(application, SESSION + i);
		}
		application.bean(EventOutbox.class)
			.store(SESSION, BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract"));
		flush(application);
		OperatedApplication.Answer first = application
			.get("/dead?size=2&type=offers_displayed&reason=rejected&storedFrom=1h");
		assertThat(first.at("/letters")).hasSize(2);
		assertThat(first.string("/letters/0/reason")).isEqualTo("REJECTED");
		assertThat(first.string("/letters/0/session")).isEqualTo("sess***");
		assertThat(first.at("/letters/0/failures/0/statusCode").asInt()).isEqualTo(422);
		OperatedApplication.Answer second = application
			.get("/dead?size=2&type=offers_displayed&after=" + first.string("/next"));
		assertThat(second.at("/letters")).hasSize(1);
		assertThat(second.at("/next").isMissingNode() || second.at("/next").isNull()).isTrue();
		assertThat(application.get("/dead?type=booking_confirmed").at("/letters")).hasSize(1);
		assertThat(application.get("/dead?storedBefore=1h").at("/letters")).isEmpty();
		OperatedApplication.Answer ofSession = application.get("/dead?session=" + SESSION + "1");
		assertThat(ofSession.at("/letters")).hasSize(1);
		assertThat(ofSession.string("/letters/0/session")).isEqualTo(SESSION + "1");
	}

	@WebTest
	void payloadIsShownToThoseWhoAreSignedInIfThatIsWanted(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		String path = "/dead/" + dead(application, 422);
		OperatedApplication.Answer known = application.getAs("operator", path);
		assertThat(known.string("/payload/type")).isEqualTo("offers_displayed");
		assertThat(known.string("/session")).isEqualTo(SESSION);
		assertThat(known.at("/failures")).hasSize(1);
		OperatedApplication.Answer anonymous = application.get(path);
		assertThat(anonymous.status()).isEqualTo(200);
		assertThat(anonymous.text()).doesNotContain("payload", SESSION).contains("sess***");
	}

	@WebTest
	void payloadIsNotShownOtherwise(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		OperatedApplication.Answer answer = application.getAs("operator", "/dead/" + dead(application, 422));
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.text()).doesNotContain("payload", SESSION);
	}

	@WebTest
	void nothingCanBeChangedUnlessThatIsAllowed(WebApplicationType type) {
		OperatedApplication application = applications.readOnly(type);
		UUID id = dead(application, 422);
		assertThat(application.post("/replay", "{\"id\": \"" + id + "\"}").status()).isIn(404, 405);
		assertThat(application.post("/pause", "{\"comment\": \"none\"}").status()).isIn(404, 405);
		assertThat(application.get("/dead/" + id).status()).isEqualTo(200);
	}

	@WebTest
	void mostPermittedAccessIsHonoured(WebApplicationType type) {
		try (OperatedApplication application = OperatedApplication.start(type, applications.api(),
				OperatedApplications.WRITABLE, "management.endpoints.access.max-permitted=read-only")) {
			assertThat(application.post("/pause", "{\"comment\": \"none\"}").status()).isIn(404, 405);
			assertThat(application.get("").string("/state")).isEqualTo("FLOWING");
		}
	}

	@WebTest
	void operatorPausesAndResumes(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		OperatedApplication.Answer paused = application.post("/pause", "{\"comment\": \"API is moved\"}");
		assertThat(paused.at("/paused").asBoolean()).isTrue();
		assertThat(paused.string("/pause/message")).isEqualTo("API is moved");
		assertThat(application.post("/pause", "{\"comment\": \"second operator\"}").string("/pause/message"))
			.isEqualTo("API is moved");
		application.bean(EventOutbox.class).store(SESSION, OffersDisplayed.occurredAt(Instant.EPOCH));
		assertThat(application.get("").string("/state")).isEqualTo("PAUSED");
		assertThat(application.post("/resume", "{}").at("/paused").asBoolean(true)).isFalse();
		flush(application);
		assertThat(applications.api().received()).hasSize(1);
		assertThat(application.bean(AuditEventRepository.class).find("operator", this.start, null))
			.extracting((event) -> event.getType() + event.getData())
			.containsExactly("HOPPER_EVENTS_PAUSE{comment=API is moved}",
					"HOPPER_EVENTS_PAUSE{comment=second operator}", "HOPPER_EVENTS_RESUME{}");
	}

	@WebTest
	void dryRunSaysWhatWouldHappen(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		dead(application, 422);
		application.post("/pause", "{\"comment\": \"API is moved\"}");
		OperatedApplication.Answer answer = application.post("/replay", "{\"all\": true, \"dryRun\": true}");
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.at("/dryRun").asBoolean()).isTrue();
		assertThat(answer.at("/count").asInt()).isEqualTo(1);
		assertThat(answer.at("/matching/types/offers_displayed").asInt()).isEqualTo(1);
		assertThat(answer.at("/matching/reasons/REJECTED").asInt()).isEqualTo(1);
		assertThat(answer.string("/outlook/0")).contains("paused", "OPERATOR", "API is moved", "resumes");
		assertThat(answer.string("/outlook/1")).startsWith("1 rejected: the API has refused");
		assertThat(application.get("/dead").at("/letters")).hasSize(1);
		assertThat(application.bean(AuditEventRepository.class).find(null, this.start, "HOPPER_EVENTS_REPLAY"))
			.isEmpty();
	}

	@WebTest
	void oneDeadLetterIsReplayedOnce(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		UUID id = dead(application, 422);
		OperatedApplication.Answer answer = application.post("/replay", "{\"id\": \"" + id + "\"}");
		assertThat(answer.at("/count").asInt()).isEqualTo(1);
		flush(application);
		assertThat(applications.api().received()).hasSize(1);
		OperatedApplication.Answer again = application.post("/replay", "{\"id\": \"" + id + "\"}");
		assertThat(again.status()).isEqualTo(404);
		assertThat(again.string("/message")).contains(id.toString(), "replayed or discarded");
		assertThat(application.bean(AuditEventRepository.class).find("operator", this.start, "HOPPER_EVENTS_REPLAY"))
			.extracting((event) -> event.getData().toString())
			.containsExactly("{count=1, id=" + id + "}");
	}

	@WebTest
	void deadLettersAreReplayedSomeAtATime(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		for (int i = 0; i < 5; i++) {
			dead(application, 422);
		}
		applications.api().failAll(Fault.status(422));
		OperatedApplication.Answer answer = application.post("/replay", "{\"reason\": \"REJECTED\", \"limit\": 2}");
		assertThat(answer.at("/count").asInt()).isEqualTo(2);
		assertThat(answer.at("/remaining").asInt()).isEqualTo(3);
		flush(application);
		assertThat(application.get("/dead").at("/letters")).as("what fails again is a dead letter again").hasSize(5);
		applications.api().recover();
		answer = application.post("/replay",
				"{\"reason\": \"REJECTED\", \"limit\": 4, \"after\": \"" + answer.string("/next") + "\"}");
		assertThat(answer.at("/count").asInt()).isEqualTo(3);
		assertThat(answer.at("/remaining").asInt(-1)).isZero();
		flush(application);
		OperatedApplication.Answer left = application.get("/dead");
		assertThat(left.at("/letters")).hasSize(2);
		assertThat(left.string("/letters/0/replayedAt")).isNotEmpty();
	}

	@WebTest
	void deadLettersAreDiscardedWithAReason(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		UUID id = dead(application, 422);
		dead(application, 422);
		assertThat(application.post("/discard", "{\"id\": \"" + id + "\"}").string("/parameter")).isEqualTo("comment");
		assertThat(application.post("/discard", "{\"id\": \"" + id + "\", \"comment\": \"test booking\"}")
			.at("/count")
			.asInt()).isEqualTo(1);
		assertThat(application.post("/discard", "{\"session\": \"" + SESSION + "\", \"comment\": \"test\"}")
			.at("/count")
			.asInt()).isEqualTo(1);
		assertThat(application.get("").at("/dead/count").asInt(-1)).isZero();
		assertThat(application.bean(AuditEventRepository.class).find("operator", this.start, "HOPPER_EVENTS_DISCARD"))
			.extracting((event) -> event.getData().toString())
			.containsExactly("{count=1, id=" + id + ", comment=test booking}",
					"{count=1, session=sess***, comment=test}");
	}

	@WebTest
	void operatorWhoIsNotSignedInIsAuditedAsAnonymous(WebApplicationType type) {
		OperatedApplication application = applications.writable(type);
		application.exchange(HttpMethod.POST, "/pause", "{\"comment\": \"why\"}", null);
		assertThat(application.bean(AuditEventRepository.class).find("anonymous", this.start, null)).hasSize(1);
	}

	private static int count(OperatedApplication.Answer answer, String kind) {
		for (JsonNode failure : answer.at("/failures")) {
			if (failure.path("kind").asString().equals(kind)) {
				return failure.path("count").asInt();
			}
		}
		return 0;
	}

	private UUID dead(OperatedApplication application, int status) {
		applications.api().failNext(1, Fault.status(status));
		return store(application, SESSION);
	}

	private UUID store(OperatedApplication application, String session) {
		UUID id = application.bean(EventOutbox.class).store(session, OffersDisplayed.occurredAt(Instant.EPOCH));
		flush(application);
		return id;
	}

	private static void flush(OperatedApplication application) {
		assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
	}

	@Retention(RetentionPolicy.RUNTIME)
	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	@interface WebTest {

	}

}
