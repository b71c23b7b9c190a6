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
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import reactor.core.publisher.Mono;

import org.springframework.aot.AotDetector;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.test.context.aot.TestContextAotGenerator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of an application whose contexts were generated ahead of time, as
 * {@code process-test-aot} does.
 */
class AotTests {

	private static final Instant TIME = Instant.parse("2026-01-01T10:00:00Z");

	private static final Class<?>[] CASES = { RecordingCase.class, OwnBeansCase.class, FakeCase.class,
			OwnFakeCase.class };

	@Test
	@CompileWithForkedClassLoader
	void testsPassWithGeneratedContexts() {
		TestGenerationContext generation = new TestGenerationContext();
		new TestContextAotGenerator(generation.getGeneratedFiles()).processAheadOfTime(Stream.of(CASES));
		TestCompiler.forSystem().with(generation).compile((compiled) -> {
			System.setProperty(AotDetector.AOT_ENABLED, "true");
			try {
				Events tests = EngineTestKit.engine("junit-jupiter")
					.selectors(Stream.of(CASES).map(DiscoverySelectors::selectClass).toArray(DiscoverySelector[]::new))
					.execute()
					.testEvents();
				assertThat(tests.failed().list()).isEmpty();
				tests.assertStatistics((statistics) -> statistics.started(CASES.length).succeeded(CASES.length));
			}
			finally {
				System.clearProperty(AotDetector.AOT_ENABLED);
			}
		});
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@SpringBootTest(classes = Application.class, properties = "hopper.outbox.type=jdbc")
	@AutoConfigureHopperEvents
	static class RecordingCase {

		@Test
		void records(@Autowired EventPublisher publisher, @Autowired EventOutbox outbox,
				@Autowired PlatformTransactionManager transactionManager, PublishedHopperEvents published) {
			assertThat(AotDetector.useGeneratedArtifacts()).isTrue();
			publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(TIME));
			new TransactionTemplate(transactionManager).executeWithoutResult((transaction) -> {
				outbox.store("session-1", BookingConfirmed.occurredAt(TIME));
				assertThat(published).hasSize(1);
			});
			assertThat(published).containsExactly(OffersDisplayed.class, BookingConfirmed.class);
		}

	}

	@SpringBootTest(classes = { Application.class, OwnBeansCase.OwnBeans.class })
	@AutoConfigureHopperEvents
	static class OwnBeansCase {

		@Test
		void areReplaced(@Autowired @Qualifier("acme") EventPublisher acme,
				@Autowired @Qualifier("other") EventPublisher other, PublishedHopperEvents published) {
			acme.publishAndWait("acme", OffersDisplayed.occurredAt(TIME));
			other.publishAndWait("other", OffersDisplayed.occurredAt(TIME));
			assertThat(published.all()).extracting(PublishedHopperEvent::sessionId).containsExactly("acme", "other");
		}

		@Configuration(proxyBeanMethods = false)
		static class OwnBeans {

			@Bean
			@Qualifier("acme")
			EventPublisher acmeEventPublisher() {
				return new FailingEventPublisher();
			}

			@Bean(defaultCandidate = false)
			@Qualifier("other")
			FailingEventPublisher otherEventPublisher() {
				return new FailingEventPublisher();
			}

		}

		static class FailingEventPublisher implements EventPublisher {

			@Override
			public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
				return Mono.error(new IllegalStateException("Not replaced"));
			}

			@Override
			public Mono<EventReceipt> publish(HopperEvent event) {
				return Mono.error(new IllegalStateException("Not replaced"));
			}

		}

	}

	@SpringBootTest(classes = Application.class)
	@Import({ FakeHopperApiConfiguration.class, HopperTime.class, HopperRelay.class })
	static class FakeCase {

		@Test
		void outageIsSurvived(@Autowired EventOutbox outbox, @Autowired FakeHopperApi api, @Autowired HopperTime time,
				@Autowired HopperRelay relay) {
			api.failNext(1, Fault.status(503).withRetryAfter("3600"));
			outbox.store("session-1", BookingConfirmed.occurredAt(time.now()));
			assertThat(relay.runOnce().retrying()).hasSize(1);
			time.advanceBy(Duration.ofHours(2));
			assertThat(relay.runOnce().delivered()).hasSize(1);
			assertThat(api.received()).hasSize(1);
		}

	}

	@SpringBootTest(classes = { Application.class, OwnFakeCase.Declared.class })
	static class OwnFakeCase {

		@Test
		void isConnected(@Autowired EventPublisher publisher, @Autowired FakeHopperApi api) {
			publisher.publishAndWait("session-1", CustomEvent.occurredAt("seat_selected", TIME));
			assertThat(api.received()).hasSize(1);
		}

		@Configuration(proxyBeanMethods = false)
		static class Declared {

			@Bean
			FakeHopperApi hopper() {
				return FakeHopperApi.builder().customEventType("seat_selected").signIn(true).start();
			}

		}

	}

}
