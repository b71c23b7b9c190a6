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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests that run in parallel in one application context, with JUnit's own parallel
 * execution.
 */
class ParallelTests {

	private static final int PARALLELISM = 4;

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2026-01-01T10:00:00Z"));

	private static CyclicBarrier barrier = new CyclicBarrier(PARALLELISM);

	@Test
	void eachTestSeesItsOwnEvents() {
		barrier = new CyclicBarrier(PARALLELISM);
		Events tests = run(OneCase.class, OtherCase.class);
		assertThat(tests.failed().list()).isEmpty();
		tests.assertStatistics((statistics) -> statistics.started(PARALLELISM).succeeded(PARALLELISM));
	}

	@Test
	void eventsOfUnknownThreadsAreNobodys() {
		barrier = new CyclicBarrier(2);
		Events tests = run(UnknownThreadCase.class);
		assertThat(tests.failed().list()).isEmpty();
		tests.assertStatistics((statistics) -> statistics.started(2).succeeded(2));
	}

	private static Events run(Class<?>... classes) {
		return EngineTestKit.engine("junit-jupiter")
			.selectors(Arrays.stream(classes).map(DiscoverySelectors::selectClass).toArray(DiscoverySelector[]::new))
			.configurationParameter(ParallelOnly.class.getName(), "true")
			.configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
			.configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
			.configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
			.configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
			.configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism",
					String.valueOf(PARALLELISM))
			.execute()
			.testEvents();
	}

	/**
	 * All tests of all classes are within this method at the same time, or it fails.
	 */
	static void meet() throws Exception {
		barrier.await(120, TimeUnit.SECONDS);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		static final ExecutorService POOL = Executors.newSingleThreadExecutor((task) -> {
			Thread thread = new Thread(task, "pool-of-the-application");
			thread.setDaemon(true);
			return thread;
		});

		@Bean
		EventDeliveryListener echo(EventPublisher publisher) {
			return new EventDeliveryListener() {

				@Override
				public void delivered(StoredEvent event, EventReceipt receipt) {
					publisher.publishAndWait(event.sessionId(), OFFERS);
				}

			};
		}

	}

	/**
	 * Keeps the cases from being run by themselves, one after another.
	 */
	static class ParallelOnly implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			return context.getConfigurationParameter(ParallelOnly.class.getName()).isPresent()
					? ConditionEvaluationResult.enabled(null)
					: ConditionEvaluationResult.disabled("Run by ParallelTests");
		}

	}

	@ExtendWith(ParallelOnly.class)
	@SpringBootTest(classes = Application.class)
	@AutoConfigureHopperEvents
	@Execution(ExecutionMode.CONCURRENT)
	abstract static class AbstractCase {

		@Autowired
		EventPublisher publisher;

		@Autowired
		EventOutbox outbox;

		@Autowired
		PublishedHopperEvents bean;

		void publishAndCheck(String id, PublishedHopperEvents parameter) throws Exception {
			meet();
			for (int i = 0; i < 100; i++) {
				this.publisher.publishAndWait(id, OFFERS);
				this.outbox.store(id, OFFERS);
				// Called here, subscribed to elsewhere
				Mono<?> publication = this.publisher.publish(id, OFFERS);
				publication.subscribeOn(Schedulers.boundedElastic()).block(Duration.ofSeconds(30));
			}
			meet();
			for (PublishedHopperEvents published : List.of(parameter, this.bean)) {
				assertThat(published).hasSize(400)
					.contains(OffersDisplayed.class)
					.forSession(id)
					.times(400)
					.contains(OffersDisplayed.class)
					.throughOutbox()
					.times(100);
			}
			// The parameter can be asked on any thread
			assertThat(onPool(parameter::all)).hasSize(400);
			meet();
		}

		static <T> T onPool(Callable<T> task) throws Exception {
			Future<T> future = Application.POOL.submit(task);
			try {
				return future.get(30, TimeUnit.SECONDS);
			}
			catch (ExecutionException ex) {
				throw (ex.getCause() instanceof RuntimeException cause) ? cause : ex;
			}
		}

	}

	static class OneCase extends AbstractCase {

		@Test
		void one(PublishedHopperEvents published) throws Exception {
			publishAndCheck("one", published);
		}

		@Test
		void two(PublishedHopperEvents published) throws Exception {
			publishAndCheck("two", published);
		}

	}

	@TestInstance(TestInstance.Lifecycle.PER_CLASS)
	static class OtherCase extends AbstractCase {

		@Test
		void three(PublishedHopperEvents published) throws Exception {
			publishAndCheck("three", published);
		}

		@Test
		void four(PublishedHopperEvents published) throws Exception {
			publishAndCheck("four", published);
		}

	}

	static class UnknownThreadCase extends AbstractCase {

		@Test
		void publishesInThePool(PublishedHopperEvents published) throws Exception {
			meet();
			onPool(() -> this.publisher.publishAndWait("pool", OFFERS));
			assertThatIllegalStateException().isThrownBy(() -> onPool(this.bean::all))
				.withMessageContaining("2 tests run in this application context")
				.withMessageContaining("parameter of the test method");
			meet();
			fails(published);
			meet();
		}

		@Test
		void doesNotKnowThatItIsNotItsOwn(PublishedHopperEvents published) throws Exception {
			meet();
			meet();
			fails(published);
			fails(this.bean);
			published.clear();
			assertThat(published).isEmpty();
			meet();
		}

		private static void fails(PublishedHopperEvents published) {
			assertThatIllegalStateException().isThrownBy(() -> assertThat(published).isEmpty()).withMessage("""
					It is not known which test has published these events, because they were published on a \
					thread of no test while several tests ran in parallel in one application context:
					  - OffersDisplayed for session "pool", occurred 2026-01-01T10:00:00Z, directly, \
					on thread 'pool-of-the-application' while 2 tests ran
					Run these tests one after another, for example with @ResourceLock or \
					@Execution(SAME_THREAD).""");
			assertThatIllegalStateException().isThrownBy(published::all);
		}

	}

}
