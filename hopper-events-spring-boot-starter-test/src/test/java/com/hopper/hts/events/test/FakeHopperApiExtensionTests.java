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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FakeHopperApi} as JUnit runs it: tests of applications that are wrong
 * on purpose, and what they print.
 */
@Tag("compatibility")
class FakeHopperApiExtensionTests {

	private static final String OFFERS = "{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}";

	private static final String MESSAGE = """
			The Hopper API would refuse a request of this test:

			1. POST /airline/v1.1/events
			   What is wrong: The header HC-Session-ID is missing (header HC-Session-ID)
			   The API says:  422 {"errors":[{"message":"The header HC-Session-ID is missing",\
			"code":"unprocessable_entity","messages":{"HC-Session-ID":"The header HC-Session-ID is missing"}}]}
			   To fix it:     Give the id of the session to publish or store. Only a booking that names the \
			offers shown can go without.

			A test that means to do this calls expectViolations().""";

	@Test
	void violationFailsTheTestThatHasMadeItAndNoOther() {
		List<Event> tests = run(SharedCase.class);
		assertThat(tests).extracting(FakeHopperApiExtensionTests::status)
			.containsExactly("FAILED", "SUCCESSFUL", "SUCCESSFUL");
		assertThat(failure(tests.get(0))).isInstanceOf(AssertionError.class).hasMessage(MESSAGE);
	}

	@Test
	void violationIsAddedToTheFailureOfATestThatFailsBecauseOfIt() {
		assertThat(failure(run(FailingCase.class).get(0))).hasMessage("Not confirmed")
			.satisfies((failure) -> assertThat(failure.getSuppressed()).singleElement()
				.satisfies((suppressed) -> assertThat(suppressed).hasMessage(MESSAGE)));
	}

	@Test
	void eachTestCanHaveItsOwn() {
		List<Event> tests = run(OwnCase.class);
		assertThat(tests).extracting(FakeHopperApiExtensionTests::status).containsExactly("FAILED", "SUCCESSFUL");
		assertThat(failure(tests.get(0))).hasMessage(MESSAGE);
		assertThat(OwnCase.hoppers).hasSize(2).allSatisfy((hopper) -> assertThat(hopper.isClosed()).isTrue());
	}

	@Test
	void violationFailsTheTestWhoseContextHasTheBean() {
		List<Event> tests = run(BeanCase.class);
		assertThat(tests).extracting(FakeHopperApiExtensionTests::status).containsExactly("FAILED", "SUCCESSFUL");
		assertThat(failure(tests.get(0))).isInstanceOf(AssertionError.class).hasMessage(MESSAGE);
	}

	@Test
	void isThereForNestedClassesAndSubclassesUntilAllTestsAreOver() {
		List<Event> tests = run(NestedCase.class, OneCase.class, OtherCase.class, OnePerClassCase.class);
		assertThat(tests).hasSize(6).extracting(FakeHopperApiExtensionTests::status).containsOnly("SUCCESSFUL");
		assertThat(NestedCase.hopper.isClosed()).isTrue();
		assertThat(AbstractCase.hopper.isClosed()).isTrue();
	}

	private static List<Event> run(Class<?>... classes) {
		return EngineTestKit.engine("junit-jupiter")
			.selectors(Stream.of(classes).map(DiscoverySelectors::selectClass).toArray(DiscoverySelector[]::new))
			.execute()
			.testEvents()
			.finished()
			.list();
	}

	private static String status(Event test) {
		return result(test).getStatus().name();
	}

	private static Throwable failure(Event test) {
		return result(test).getThrowable().orElseThrow();
	}

	private static TestExecutionResult result(Event test) {
		Optional<TestExecutionResult> result = test.getPayload(TestExecutionResult.class);
		return result.orElseThrow();
	}

	private static int post(FakeHopperApi hopper, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(hopper.baseUrl() + "/events"))
			.headers("Authorization", "Bearer " + hopper.token(), "Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(OFFERS));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
	}

	private static void publish(FakeHopperApi hopper) throws Exception {
		assertThat(post(hopper, "HC-Session-ID", "session-1")).isEqualTo(204);
		assertThat(hopper.received()).hasSize(1);
	}

	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	static class SharedCase {

		@RegisterExtension
		static FakeHopperApi hopper = FakeHopperApi.builder().start();

		@Test
		@Order(1)
		void forgetsTheSession() throws Exception {
			post(hopper);
		}

		@Test
		@Order(2)
		void isRight() throws Exception {
			publish(hopper);
		}

		@Test
		@Order(3)
		void meansToBeWrong() throws Exception {
			hopper.expectViolations();
			post(hopper);
		}

	}

	static class FailingCase {

		@RegisterExtension
		static FakeHopperApi hopper = FakeHopperApi.builder().start();

		@Test
		void forgetsTheSession() throws Exception {
			if (post(hopper) != 204) {
				throw new AssertionError("Not confirmed");
			}
		}

	}

	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	static class OwnCase {

		static List<FakeHopperApi> hoppers = new ArrayList<>();

		@RegisterExtension
		FakeHopperApi hopper = FakeHopperApi.builder().start();

		OwnCase() {
			hoppers.add(this.hopper);
		}

		@Test
		@Order(1)
		void forgetsTheSession() throws Exception {
			post(this.hopper);
		}

		@Test
		@Order(2)
		void isRight() throws Exception {
			publish(this.hopper);
		}

	}

	@SpringBootTest(classes = Application.class)
	@Import(FakeHopperApiConfiguration.class)
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	static class BeanCase {

		@Autowired
		FakeHopperApi hopper;

		@Test
		@Order(1)
		void forgetsTheSession() throws Exception {
			post(this.hopper);
		}

		@Test
		@Order(2)
		void isRight() throws Exception {
			publish(this.hopper);
		}

	}

	@TestClassOrder(ClassOrderer.OrderAnnotation.class)
	static class NestedCase {

		@RegisterExtension
		static FakeHopperApi hopper = FakeHopperApi.builder().start();

		@Test
		void outer() throws Exception {
			publish(hopper);
		}

		@Nested
		@Order(1)
		class Inner {

			@Test
			void inner() throws Exception {
				publish(hopper);
			}

		}

		@Nested
		@Order(2)
		class OtherInner {

			@Test
			void inner() throws Exception {
				publish(hopper);
			}

		}

	}

	/**
	 * A test class of an application that connects its cached context by properties.
	 */
	@SpringBootTest(classes = Application.class)
	abstract static class AbstractCase {

		@RegisterExtension
		static FakeHopperApi hopper = FakeHopperApi.builder().start();

		@DynamicPropertySource
		static void connect(DynamicPropertyRegistry registry) {
			registry.add("hopper.base-url", hopper::baseUrl);
			registry.add("hopper.auth.token", hopper::token);
		}

		@Test
		void publishes(@Autowired EventPublisher publisher) {
			publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
			assertThat(hopper.received()).hasSize(1);
		}

	}

	static class OneCase extends AbstractCase {

	}

	static class OtherCase extends AbstractCase {

	}

	@TestInstance(TestInstance.Lifecycle.PER_CLASS)
	static class OnePerClassCase {

		@RegisterExtension
		FakeHopperApi hopper = FakeHopperApi.builder().start();

		@Test
		void publishes() throws Exception {
			publish(this.hopper);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
