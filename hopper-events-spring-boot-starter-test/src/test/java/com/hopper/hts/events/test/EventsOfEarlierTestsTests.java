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

import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestContextManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that end before all that they have caused has happened.
 */
class EventsOfEarlierTestsTests {

	private static final String LEFT = "(left from an earlier test)";

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	@Test
	void recordedEventThatOccurredInAnEarlierTestIsNamed() throws Exception {
		Run run = new Run(RecordingCase.class);
		EventPublisher publisher = run.manager.getTestContext().getApplicationContext().getBean(EventPublisher.class);
		HopperEventsRecorder recorder = run.manager.getTestContext()
			.getApplicationContext()
			.getBean(HopperEventsRecorder.class);
		run.begin();
		OffersDisplayed event = OffersDisplayed.occurredAt(Instant.now());
		run.end();
		awaitAnotherTime();
		run.begin();
		onThreadOfNoTest(() -> publisher.publishAndWait("earlier", event));
		onThreadOfNoTest(() -> publisher.publishAndWait("own", OffersDisplayed.occurredAt(Instant.now())));
		onThreadOfNoTest(() -> publisher.publishAndWait("fixed", OffersDisplayed.occurredAt(TIME)));
		publisher.publishAndWait("mine", event);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(recorder).isEmpty())
			.satisfies((failure) -> assertThat(
					String.valueOf(failure.getMessage()).lines().filter((line) -> line.endsWith(LEFT)))
				.singleElement()
				.asString()
				.startsWith("  1. OffersDisplayed for session \"earlier\", occurred "));
		run.end();
		run.begin();
		assertThat(recorder).isEmpty();
		run.end();
	}

	@Test
	void deliveredEventThatOccurredInAnEarlierTestIsNamed() throws Exception {
		Run run = new Run(FakeCase.class);
		EventPublisher publisher = run.manager.getTestContext().getApplicationContext().getBean(EventPublisher.class);
		FakeHopperApi api = run.manager.getTestContext().getApplicationContext().getBean(FakeHopperApi.class);
		run.begin();
		OffersDisplayed event = OffersDisplayed.occurredAt(Instant.now());
		run.end();
		awaitAnotherTime();
		run.begin();
		publisher.publishAndWait("earlier", event);
		publisher.publishAndWait("own", OffersDisplayed.occurredAt(Instant.now()));
		publisher.publishAndWait("fixed", OffersDisplayed.occurredAt(TIME));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> api.awaitDelivered(4, Duration.ofMillis(10)))
			.withMessageContaining("""
					1. offers_displayed of session 'earlier' (left from an earlier test)
					2. offers_displayed of session 'own'
					3. offers_displayed of session 'fixed'
					All requests:
					1. POST /airline/v1.1/events -> 204 offers_displayed (left from an earlier test)
					2. POST /airline/v1.1/events -> 204 offers_displayed
					""");
		run.end();
	}

	@Test
	void requestThatArrivedInAnEarlierTestIsNamed() throws Exception {
		Run run = new Run(FakeCase.class);
		EventPublisher publisher = run.manager.getTestContext().getApplicationContext().getBean(EventPublisher.class);
		FakeHopperApi api = run.manager.getTestContext().getApplicationContext().getBean(FakeHopperApi.class);
		run.begin();
		api.hold();
		CompletableFuture<EventReceipt> receipt = publisher.publish("earlier", OffersDisplayed.occurredAt(TIME))
			.toFuture();
		api.awaitHeld(1);
		run.end();
		run.begin();
		assertThat(receipt).succeedsWithin(Duration.ofSeconds(10));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> api.awaitDelivered(2, Duration.ofMillis(10)))
			.withMessageContaining("1. offers_displayed of session 'earlier' (left from an earlier test)");
		run.end();
	}

	/**
	 * Wait until the clock shows another millisecond.
	 */
	private static void awaitAnotherTime() {
		long start = System.currentTimeMillis();
		while (System.currentTimeMillis() <= start + 1) {
			Thread.onSpinWait();
		}
	}

	private static void onThreadOfNoTest(Runnable task) throws InterruptedException {
		Thread thread = new Thread(task);
		thread.start();
		thread.join();
	}

	/**
	 * Tests that run one after another in one application context.
	 */
	private static final class Run {

		private final Object instance;

		private final Method method;

		private final TestContextManager manager;

		Run(Class<?> test) throws Exception {
			this.instance = test.getDeclaredConstructor().newInstance();
			this.method = Object.class.getMethod("toString");
			this.manager = new TestContextManager(test);
			this.manager.prepareTestInstance(this.instance);
			this.manager.getTestContext().getApplicationContext();
		}

		void begin() throws Exception {
			this.manager.beforeTestMethod(this.instance, this.method);
		}

		void end() throws Exception {
			this.manager.afterTestMethod(this.instance, this.method, null);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@SpringBootTest(classes = Application.class)
	@AutoConfigureHopperEvents
	static class RecordingCase {

	}

	@SpringBootTest(classes = Application.class)
	@Import(FakeHopperApiConfiguration.class)
	static class FakeCase {

	}

}
