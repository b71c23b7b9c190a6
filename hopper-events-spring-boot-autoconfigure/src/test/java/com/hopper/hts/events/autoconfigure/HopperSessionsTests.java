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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BiConsumer;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.session.Device;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.Session;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.session.UserInfo;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link HopperSessions}, from the bean to the wire.
 */
@ExtendWith(OutputCaptureExtension.class)
class HopperSessionsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final SessionRequest PURCHASE = SessionRequest.purchase("US", "en");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
		.withPropertyValues("hopper.retry.initial-interval=1ms");

	@Test
	void createsASessionForTheEventsThatFollow() {
		try (FakeHopperApi api = FakeHopperApi.builder().client("id", "secret").start()) {
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.auth.client-id=id",
						"hopper.auth.client-secret=secret")
				.run((context) -> {
					HopperSessions sessions = context.getBean(HopperSessions.class);
					Session session = sessions.create(PURCHASE).block(TIMEOUT);
					assertThat(session.id()).hasSize(36);
					context.getBean(EventPublisher.class)
						.publishAndWait(session.id(), OffersDisplayed.occurredAt(Instant.EPOCH));
					assertThat(api.received().get(0).sessionId()).isEqualTo(session.id());
					api.revokeToken(context.getBean(BearerTokenProvider.class).getToken().block(TIMEOUT));
					assertThat(sessions.create(PURCHASE.withSessionId("mine")).block(TIMEOUT).id()).isEqualTo("mine");
					assertThat(sessions.create(SessionRequest.exercise("DE", "de", SessionRequest.Product.DG))
						.block(TIMEOUT)).isNotNull();
				});
		}
	}

	@Test
	void sendsWhatTheContractAsksFor() {
		withServer((server, sessions) -> {
			server.thenAnswer(ScriptedServer.response(201, "{\"id\":\"s1\"}"))
				.thenAnswer(ScriptedServer.response(201, "{\"id\":\"s2\"}"));
			sessions.create(PURCHASE).block(TIMEOUT);
			sessions
				.create(SessionRequest.exercise("DE", "de", SessionRequest.Product.CFAR)
					.withProduct(SessionRequest.Product.ALL)
					.withSessionId("mine")
					.withUserInfo(new UserInfo("u\"1", Instant.parse("2020-11-02T18:34:30Z"), 3))
					.withDevice(new Device(Device.Type.MOBILE, "d1")))
				.block(TIMEOUT);
			assertThat(server.requests()).extracting(ScriptedServer.Request::text)
				.containsExactly("{\"flow_type\":\"purchase\",\"point_of_sale\":\"US\",\"language\":\"en\"}",
						"{\"flow_type\":\"exercise\",\"point_of_sale\":\"DE\",\"language\":\"de\",\"product\":\"all\","
								+ "\"session_id\":\"mine\",\"user_info\":{\"airline_user_id\":\"u\\\"1\","
								+ "\"created_date_time\":\"2020-11-02T18:34:30Z\",\"previous_bookings\":3},"
								+ "\"device\":{\"type\":\"mobile\",\"id\":\"d1\"}}");
			assertThat(server.requests().get(0).requestLine()).isEqualTo("POST /airline/v1.1/sessions HTTP/1.1");
			assertThat(server.requests().get(0).header("Authorization")).isEqualTo("Bearer canary-token");
			assertThat(server.requests().get(0).headers()).doesNotContainKey("hc-session-id");
		});
	}

	@Test
	void sessionThatWasNotCreatedIsEmpty() {
		withServer((server, sessions) -> assertThat(sessions.create(PURCHASE).blockOptional(TIMEOUT)).isEmpty());
	}

	@Test
	void failureThatMayPassIsRetried() {
		withServer((server, sessions) -> {
			server.thenStatus(503)
				.then(ScriptedServer.Exchange::reset)
				.thenAnswer(ScriptedServer.response(201, "{\"id\":\"s1\"}"));
			assertThat(sessions.create(PURCHASE).block(TIMEOUT).id()).isEqualTo("s1");
		});
	}

	@Test
	void refusalIsTheSameTypedError() {
		withServer((server, sessions) -> {
			server.thenAnswer(ScriptedServer.response(422, "{\"errors\":[{\"message\":\"No\",\"code\":\"c\"}]}"));
			assertThatExceptionOfType(HopperApiException.Rejected.class)
				.isThrownBy(() -> sessions.create(PURCHASE).block(TIMEOUT))
				.withMessageContaining("The request for a session failed")
				.satisfies((ex) -> assertThat(ex.getErrors()).hasSize(1));
		});
	}

	@Test
	void errorHidesPersonalValuesAndNoWordsOfTheApi() {
		withServer((server, sessions) -> {
			server.thenAnswer(ScriptedServer.response(422, "{\"errors\":[{\"message\":"
					+ "\"purchase on mobile is not possible for canary-user with canary-device in canary-session\"}]}"));
			assertThatExceptionOfType(HopperApiException.Rejected.class)
				.isThrownBy(() -> sessions.create(PURCHASE.withSessionId("canary-session")
					.withUserInfo(new UserInfo("canary-user", null, null))
					.withDevice(new Device(Device.Type.MOBILE, "canary-device"))).block(TIMEOUT))
				.withMessageContaining("purchase on mobile is not possible for *** with *** in ***");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{}", "[]", "<html>", "{\"id\":\"\"}", "{\"id\":null}" })
	void answerWithoutAnIdIsUnexpectedAndNotRepeated(String body) {
		withServer((server, sessions) -> {
			server.thenAnswer(ScriptedServer.response(201, body));
			assertThatExceptionOfType(HopperApiException.UnexpectedResponse.class)
				.isThrownBy(() -> sessions.create(PURCHASE).block(TIMEOUT))
				.withMessageContaining("without the id");
			assertThat(server.requests()).hasSize(1);
		});
	}

	@ParameterizedTest
	@CsvSource(value = { "USA,en,'pointOfSale'", "us,en,'pointOfSale'", "null,en,'pointOfSale'", "US,EN,'language'",
			"US,eng,'language'", "US,null,'language'" }, nullValues = "null", quoteCharacter = '`')
	void codesAreCheckedBeforeAnyRequest(String pointOfSale, String language, String field) {
		assertThatIllegalArgumentException().isThrownBy(() -> SessionRequest.purchase(pointOfSale, language))
			.withMessageContaining(field);
	}

	@Test
	void otherInputIsCheckedBeforeAnyRequest() {
		assertThatIllegalArgumentException().isThrownBy(() -> PURCHASE.withSessionId("a\nb"))
			.withMessageContaining("'sessionId'");
		assertThatIllegalArgumentException().isThrownBy(() -> PURCHASE.withSessionId(" "))
			.withMessageContaining("'sessionId'");
		assertThatIllegalArgumentException().isThrownBy(() -> PURCHASE.withSessionId("x".repeat(4097)))
			.withMessageContaining("session id of 4097 characters");
		assertThatIllegalArgumentException().isThrownBy(() -> new UserInfo(" ", null, null))
			.withMessageContaining("'airlineUserId'");
		assertThatIllegalArgumentException().isThrownBy(() -> new UserInfo("u", null, -1))
			.withMessageContaining("'previousBookings'");
	}

	@Test
	void creationIsObservedWithTheSameTagsHoweverItEnds() throws Exception {
		TestObservationRegistry registry = TestObservationRegistry.create();
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withBean(ObservationRegistry.class, () -> registry)
				.withPropertyValues("hopper.auth.token=t", "hopper.base-url=" + server.baseUrl())
				.run((context) -> {
					HopperSessions sessions = context.getBean(HopperSessions.class);
					server.thenAnswer(ScriptedServer.response(201, "{\"id\":\"s1\"}")).thenStatus(204).thenStatus(400);
					sessions.create(PURCHASE).block(TIMEOUT);
					sessions.create(PURCHASE).block(TIMEOUT);
					assertThatExceptionOfType(HopperApiException.Rejected.class)
						.isThrownBy(() -> sessions.create(PURCHASE).block(TIMEOUT));
					for (String outcome : new String[] { "created", "not_created", "failed" }) {
						TestObservationRegistryAssert.assertThat(registry)
							.hasAnObservationWithAKeyValue("outcome", outcome);
					}
				});
		}
	}

	@Test
	void nothingPersonalIsLogged(CapturedOutput output) {
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		logging.setLogLevel("com.hopper.hts", LogLevel.TRACE);
		try {
			withServer((server, sessions) -> {
				server.thenStatus(503).thenAnswer(ScriptedServer.response(201, "{\"id\":\"canary-session\"}"));
				SessionRequest request = PURCHASE.withSessionId("canary-session")
					.withUserInfo(new UserInfo("canary-user", null, null));
				sessions.create(request).block(TIMEOUT);
				assertThat(request.toString() + request.userInfo()).doesNotContain("canary");
			});
		}
		finally {
			logging.setLogLevel("com.hopper.hts", null);
		}
		assertThat(output).contains("Sent the request for a session").doesNotContain("canary");
	}

	private void withServer(BiConsumer<ScriptedServer, HopperSessions> test) {
		ScriptedServer server = new ScriptedServer();
		try (server) {
			this.contextRunner
				.withPropertyValues("hopper.auth.token=canary-token", "hopper.base-url=" + server.baseUrl())
				.run((context) -> test.accept(server, context.getBean(HopperSessions.class)));
		}
		catch (java.io.IOException ex) {
			throw new java.io.UncheckedIOException(ex);
		}
	}

}
