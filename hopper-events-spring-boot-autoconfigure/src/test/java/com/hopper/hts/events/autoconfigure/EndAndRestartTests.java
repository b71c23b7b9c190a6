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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.ReactorNettyConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for publications at the end of an application, and after it was stopped and
 * started.
 */
@ExtendWith(OutputCaptureExtension.class)
class EndAndRestartTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, HttpClientAutoConfiguration.class,
				ReactiveHttpClientAutoConfiguration.class))
		// Without the event loops of a server, which would end with each context
		.withClassLoader(new FilteredClassLoader(ReactorNettyConfigurations.class))
		.withPropertyValues("hopper.auth.token=test-token");

	@Test
	void publicationInFlightIsAwaited() throws Exception {
		CountDownLatch closing = new CountDownLatch(1);
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				closing.await(20, TimeUnit.SECONDS);
				exchange.send(ScriptedServer.NO_CONTENT);
			});
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl()).run((context) -> {
				context.getSourceApplicationContext()
					.addApplicationListener((ApplicationListener<ContextClosedEvent>) (event) -> closing.countDown());
				CompletableFuture<EventReceipt> receipt = context.getBean(EventPublisher.class)
					.publish("session", OFFERS)
					.toFuture();
				await().atMost(TIMEOUT).until(() -> server.requests().size() == 1);
				context.getSourceApplicationContext().close();
				assertThat(receipt).isCompleted();
				assertThat(receipt.join().delivered()).isTrue();
			});
		}
	}

	@Test
	void noFurtherAttemptBegins() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenStatus(503);
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.retry.initial-interval=1h",
						"hopper.retry.max-interval=1h", "hopper.retry.timeout=1d")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					CompletableFuture<EventReceipt> receipt = publisher.publish("session", OFFERS).toFuture();
					await().atMost(TIMEOUT).until(() -> server.requests().size() == 1);
					context.getSourceApplicationContext().close();
					assertThat(receipt).isCompletedExceptionally();
					assertThat(receipt.handle((ignored, failure) -> failure).join())
						.isInstanceOf(HopperApiException.ServerError.class)
						.hasMessageContaining("because the application is ending");
					assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
						.isThrownBy(() -> publisher.publishAndWait("session", OFFERS));
				});
			assertThat(server.requests()).hasSize(1);
		}
	}

	@Test
	void publicationsThatAreCutAreCounted(CapturedOutput output) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.client.shutdown-timeout=50ms")
				.run((context) -> {
					context.getBean(EventPublisher.class).publish("session", OFFERS).toFuture();
					context.getBean(EventPublisher.class).publish("session", OFFERS).toFuture();
					await().atMost(TIMEOUT).until(() -> server.requests().size() == 2);
				});
		}
		assertThat(output).containsOnlyOnce("2 requests to Hopper had not ended");
	}

	@Test
	void applicationThatWasStoppedAndStartedPublishes() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl()).run((context) -> {
				ConfigurableApplicationContext application = context.getSourceApplicationContext();
				EventPublisher publisher = context.getBean(EventPublisher.class);
				for (int i = 0; i < 2; i++) {
					assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
					application.stop();
					await().atMost(TIMEOUT).until(() -> server.connectionsOpen() == 0);
					application.start();
				}
				assertThat(publisher.publishAndWait("session", OFFERS).attempts()).isEqualTo(1);
			});
		}
	}

	@Test
	void eventLoopsEndWithTheApplication() throws Exception {
		// Those of contexts that other tests have left in the cache do not count
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl()).run((context) -> {
				context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
				assertThat(eventLoops(before)).isPositive();
			});
			await().atMost(TIMEOUT).until(() -> eventLoops(before) == 0);
		}
	}

	private static long eventLoops(Set<Thread> others) {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> !others.contains(thread) && thread.getName().startsWith("hopper-http"))
			.count();
	}

}
