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
package com.hopper.hts.events.session;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import io.micrometer.context.ContextExecutorService;
import io.micrometer.context.ContextSnapshotFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.parallel.Isolated;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.core.task.support.ContextPropagatingTaskDecorator;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that {@link HopperSessionContext} goes where Micrometer's context propagation
 * carries it.
 */
@Isolated("switches the automatic propagation of Reactor on")
class SessionPropagationTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	@AfterEach
	void switchPropagationOff() {
		Hooks.disableAutomaticContextPropagation();
		assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
	}

	@Test
	void snapshotCarriesItAndLeavesNothing() {
		var snapshot = HopperSessionContext.of("session")
			.supply(() -> ContextSnapshotFactory.builder().build().captureAll());
		assertThat(currentSession()).isEqualTo("none");
		snapshot.wrap(() -> {
			assertThat(currentSession()).isEqualTo("session");
		}).run();
	}

	@Test
	void taskDecoratorCarriesItToPooledThreadsAndLeavesNothing() throws Exception {
		ThreadPoolTaskExecutor pool = new ThreadPoolTaskExecutor();
		pool.setCorePoolSize(1);
		pool.setTaskDecorator(new ContextPropagatingTaskDecorator());
		pool.initialize();
		try {
			assertThat(HopperSessionContext.of("session-1").supply(() -> submit(pool::submit))).isEqualTo("session-1");
			assertThat(submit(pool::submit)).isEqualTo("none");
			assertThat(HopperSessionContext.of("session-2").supply(() -> submit(pool::submit))).isEqualTo("session-2");
		}
		finally {
			pool.shutdown();
		}
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void taskDecoratorCarriesItToVirtualThreads() {
		SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor();
		executor.setVirtualThreads(true);
		executor.setTaskDecorator(new ContextPropagatingTaskDecorator());
		assertThat(HopperSessionContext.of("session").supply(() -> submit(executor::submit))).isEqualTo("session");
		assertThat(submit(executor::submit)).isEqualTo("none");
	}

	@Test
	void executorOfMicrometerCarriesIt() {
		var executor = ContextExecutorService.wrap(java.util.concurrent.Executors.newSingleThreadExecutor(),
				ContextSnapshotFactory.builder().build()::captureAll);
		try {
			assertThat(HopperSessionContext.of("session").supply(() -> submit(executor::submit))).isEqualTo("session");
			assertThat(submit(executor::submit)).isEqualTo("none");
		}
		finally {
			executor.shutdown();
		}
	}

	@Test
	void automaticPropagationOfReactorCarriesItBothWays() {
		Hooks.enableAutomaticContextPropagation();
		List<String> sessions = Flux.range(0, 20)
			.flatMap((i) -> Mono.fromSupplier(SessionPropagationTests::currentSession)
				.subscribeOn(Schedulers.parallel())
				.delayElement(Duration.ofMillis(1))
				.map((session) -> session + " " + currentSession())
				.contextWrite(HopperSessionContext.of("session-" + i).toReactorContext())
				.map((session) -> session + " " + currentSession()))
			.collectSortedList()
			.block(TIMEOUT);
		assertThat(sessions).hasSize(20)
			.allSatisfy((session) -> assertThat(session).matches("(session-\\d+) \\1 none"));
		assertThat(HopperSessionContext.of("session")
			.supply(() -> Mono.fromSupplier(SessionPropagationTests::currentSession)
				.subscribeOn(Schedulers.boundedElastic())
				.block(TIMEOUT)))
			.isEqualTo("session");
	}

	@Test
	void automaticPropagationOfReactorKeepsItInAChainWithinOneThatHasNone() {
		Hooks.enableAutomaticContextPropagation();
		assertThat(Mono.empty()
			.then(Mono.fromSupplier(SessionPropagationTests::currentSession))
			.contextWrite(HopperSessionContext.of("session").toReactorContext())
			.contextWrite(Context.of("of", "the observation of a request"))
			.block(TIMEOUT)).isEqualTo("session");
	}

	@Test
	void reactorContextIsEnoughWithoutAutomaticPropagation() {
		assertThat(HopperSessionContext.currentReactively()
			.map(HopperSessionContext::sessionId)
			.subscribeOn(Schedulers.parallel())
			.contextWrite(HopperSessionContext.of("session").toReactorContext())
			.block(TIMEOUT)).isEqualTo("session");
		Mono<String> ofCaller = HopperSessionContext.of("caller")
			.supply(() -> HopperSessionContext.currentReactively().map(HopperSessionContext::sessionId));
		assertThat(ofCaller.subscribeOn(Schedulers.parallel()).block(TIMEOUT)).isEqualTo("caller");
		assertThat(ofCaller.contextWrite(HopperSessionContext.of("chain").toReactorContext()).block(TIMEOUT))
			.isEqualTo("chain");
	}

	private static String submit(Submission submission) {
		try {
			return submission.submit(SessionPropagationTests::currentSession)
				.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String currentSession() {
		String sessionId = HopperSessionContext.current().sessionId();
		return (sessionId != null) ? sessionId : "none";
	}

	@FunctionalInterface
	private interface Submission {

		java.util.concurrent.Future<String> submit(Callable<String> task);

	}

}
