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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.http.HttpResources;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * More events than an API that hangs or is down can take: what is kept, what is refused,
 * and that nothing else in the application has to wait.
 */
class OverloadTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final int BOUND = 4 + 16;

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				ObservationAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.client.pool.max-connections=4",
				"hopper.client.pool.max-pending-acquires=16", "hopper.client.response-timeout=10m",
				"hopper.client.read-timeout=10m", "hopper.retry.timeout=10m");

	@Test
	void eventsBeyondTheBoundAreRefusedAtOnceWhileTheApiHangs() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			api.hold();
			run(api, (publisher, meters) -> {
				Map<String, AtomicInteger> results = new ConcurrentHashMap<>();
				CountDownLatch ended = new CountDownLatch(100_000);
				for (int i = 0; i < 100_000; i++) {
					publisher.publish("session-" + i, event(i)).subscribe((receipt) -> {
						count(results, "delivered");
						ended.countDown();
					}, (ex) -> {
						count(results, ex.getClass().getSimpleName());
						ended.countDown();
					});
				}
				api.awaitHeld(4);
				assertThat(results).containsOnlyKeys("Overloaded");
				assertThat(results.get("Overloaded")).hasValue(100_000 - BOUND);
				assertThat(meters.get("hopper.events.publish.in.flight").gauge().value()).isEqualTo(BOUND);
				assertThat(meters.get("hopper.events.publish").tag("outcome", "overloaded").timer().count())
					.isEqualTo(100_000 - BOUND);
				assertThat(api.openConnections()).isEqualTo(4);
				api.release();
				assertThat(ended.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
				assertThat(results.get("delivered")).hasValue(BOUND);
				// There is space again
				assertThat(publisher.publishAndWait("session", event(0)).delivered()).isTrue();
			});
		}
	}

	@Test
	void refusalSaysWhatToDo() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			api.hold();
			run(api, (publisher, meters) -> {
				Disposable others = Flux.range(0, BOUND)
					.flatMap((i) -> publisher.publish("session-" + i, event(i)), BOUND)
					.subscribe();
				assertThatExceptionOfType(HopperApiException.Overloaded.class)
					.isThrownBy(() -> publisher.publishAndWait("secret-session", event(0)))
					.withMessage("The booking_confirmed event was not delivered: 20 others"
							+ " (hopper.client.pool.max-connections and max-pending-acquires) have not ended."
							+ " Nothing was sent. Send fewer at a time, or this one later.")
					.satisfies((ex) -> {
						assertThat(ex.isTransient()).isTrue();
						assertThat(ex.isDeliveryUnknown()).isFalse();
						assertThat(ex.getAttempts()).isZero();
						assertThat(ex.getEventType()).isEqualTo("booking_confirmed");
					});
				// Those that were cancelled make space as well
				others.dispose();
				api.release();
				assertThat(publisher.publishAndWait("session", event(0)).delivered()).isTrue();
			});
		}
	}

	@Test
	void eventsThatWaitForARetryCountToo() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			api.failAll(Fault.status(503));
			run(this.contextRunner.withPropertyValues("hopper.retry.initial-interval=50s", "hopper.retry.jitter=0",
					"hopper.retry.max-interval=50s"), api, (publisher, meters) -> {
						Disposable waiting = Flux.range(0, BOUND)
							.flatMap((i) -> publisher.publish("session-" + i, event(i)), BOUND)
							.subscribe();
						api.awaitRequests(BOUND);
						assertThatExceptionOfType(HopperApiException.Overloaded.class)
							.isThrownBy(() -> publisher.publishAndWait("session", event(0)));
						waiting.dispose();
					});
		}
	}

	@Test
	void streamIsSlowedDownInsteadOfRefused() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			run(api, (publisher, meters) -> {
				List<SessionEvent> events = IntStream.range(0, 1000)
					.mapToObj((i) -> SessionEvent.of("session-" + i, event(i)))
					.toList();
				assertThat(publisher.publishAll(Flux.fromIterable(events), 256).collectList().block(TIMEOUT))
					.hasSize(1000)
					.allMatch(EventResult::delivered);
			});
		}
	}

	@Test
	void eventLoopsOfTheApplicationStayFreeAndNoThreadIsAddedPerEvent() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			api.hold();
			this.contextRunner.withPropertyValues("hopper.base-url=" + api.baseUrl()).run((context) -> {
				EventPublisher publisher = context.getBean(EventPublisher.class);
				EventLoopGroup loops = HttpResources.get().onClient(true);
				int threads = Thread.activeCount();
				Disposable held = Flux.range(0, 5000)
					.flatMap((i) -> publisher.publish("session-" + i, event(i)).onErrorComplete(), 5000)
					.subscribe();
				api.awaitHeld(4);
				loops.forEach((loop) -> assertThat(
						loop.submit(() -> Thread.currentThread().getName()).awaitUninterruptibly(10, TimeUnit.SECONDS))
					.isTrue());
				assertThat(Thread.activeCount()).isLessThan(threads + 50);
				held.dispose();
			});
		}
	}

	private void run(FakeHopperApi api, Use use) {
		run(this.contextRunner, api, use);
	}

	private static void run(ApplicationContextRunner contextRunner, FakeHopperApi api, Use use) {
		contextRunner.withPropertyValues("hopper.base-url=" + api.baseUrl())
			.run((context) -> use.with(context.getBean(EventPublisher.class), context.getBean(MeterRegistry.class)));
	}

	private static void count(Map<String, AtomicInteger> results, String result) {
		results.computeIfAbsent(result, (key) -> new AtomicInteger()).incrementAndGet();
	}

	private static BookingConfirmed event(int i) {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-" + i);
	}

	private interface Use {

		void with(EventPublisher publisher, MeterRegistry meters) throws InterruptedException;

	}

}
