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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventResult;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.ReceivedEvent;
import com.hopper.hts.events.test.ReceivedRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

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
import static org.awaitility.Awaitility.await;

/**
 * Many events at once against an API that fails at random: nothing is lost on the way and
 * both sides count the same.
 */
class ReconciliationTests {

	private static final int EVENTS = 10_000;

	@Test
	void everyEventHasOneResultAndBothSidesCountTheSame() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			api.failRandomly(0.1, 4711, Fault.status(503), Fault.status(503).withRetryAfter("0"), Fault.reset(),
					Fault.resetAfterAccepting(), Fault.status(422));
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
						WebClientAutoConfiguration.class, HttpClientAutoConfiguration.class,
						ReactiveHttpClientAutoConfiguration.class, ObservationAutoConfiguration.class,
						MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
						SimpleMetricsExportAutoConfiguration.class))
				.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + api.baseUrl(),
						"hopper.retry.initial-interval=5ms", "hopper.retry.max-attempts=3")
				.run((context) -> {
					reconcile(api, context.getBean(EventPublisher.class), context.getBean(MeterRegistry.class));
					assertThat(api.openConnections()).isLessThanOrEqualTo(100);
				});
			await().until(() -> api.openConnections() == 0);
		}
	}

	private void reconcile(FakeHopperApi api, EventPublisher publisher, MeterRegistry meters) {
		publisher.publishAll(Flux.range(0, 256).map((i) -> event(-1 - i)), 256).blockLast(Duration.ofMinutes(2));
		api.reset();
		api.failRandomly(0.1, 4711, Fault.status(503), Fault.status(503).withRetryAfter("0"), Fault.reset(),
				Fault.resetAfterAccepting(), Fault.status(422));
		Set<Thread> threads = Thread.getAllStackTraces().keySet();
		Map<String, Double> before = counts(meters);
		List<SessionEvent> events = IntStream.range(0, EVENTS).mapToObj(ReconciliationTests::event).toList();

		List<EventResult> results = publisher.publishAll(Flux.fromIterable(events), 256)
			.collectList()
			.block(Duration.ofMinutes(5));

		// Exactly one result for each event
		assertThat(results).hasSize(EVENTS);
		Set<SessionEvent> seen = Collections.newSetFromMap(new IdentityHashMap<>());
		results.forEach((result) -> seen.add(result.sessionEvent()));
		assertThat(seen).hasSize(EVENTS);

		// What the API has accepted is what was delivered, or is known to be unknown
		Map<String, Long> accepted = api.received()
			.stream()
			.collect(Collectors.groupingBy(ReceivedEvent::sessionId, Collectors.counting()));
		Set<String> mayBeThere = new HashSet<>();
		List<String> missing = new ArrayList<>();
		for (EventResult result : results) {
			String sessionId = result.sessionEvent().sessionId();
			if (result.delivered()) {
				mayBeThere.add(sessionId);
				if (!accepted.containsKey(sessionId)) {
					missing.add(sessionId);
				}
			}
			else if (result.error().isDeliveryUnknown()) {
				mayBeThere.add(sessionId);
			}
		}
		assertThat(missing).as("delivered, but never accepted").isEmpty();
		assertThat(accepted.keySet()).as("accepted, although reported as known not to be").isSubsetOf(mayBeThere);

		// Both sides count the same requests
		List<ReceivedRequest> requests = api.requests();
		int attempts = results.stream()
			.mapToInt((result) -> result.delivered() ? result.receipt().attempts() : result.error().getAttempts())
			.sum();
		assertThat(requests).hasSize(attempts);
		Map<String, Double> after = counts(meters);
		after.replaceAll((name, count) -> count - before.getOrDefault(name, 0.0));
		long delivered = results.stream().filter(EventResult::delivered).count();
		long rejected = results.stream()
			.filter((result) -> result.error() instanceof HopperApiException.Rejected)
			.count();
		assertThat(delivered).isGreaterThan(EVENTS * 9 / 10).isLessThan(EVENTS);
		assertThat(rejected).isPositive();
		assertThat(after.get("attempts")).isEqualTo(attempts);
		assertThat(after.get("retries")).isEqualTo(attempts - EVENTS);
		assertThat(after.get("delivered")).isEqualTo(delivered);
		assertThat(after.get("rejected")).isEqualTo(rejected);
		assertThat(after.get("unknown"))
			.isEqualTo(requests.stream().filter((request) -> request.status() == 0).count());
		assertThat(meters.get("hopper.events.publish.in.flight").gauge().value()).isZero();

		// Nothing is left behind
		Set<Thread> left = new HashSet<>(Thread.getAllStackTraces().keySet());
		left.removeAll(threads);
		assertThat(left).extracting(Thread::getName)
			// Others come and go with what other tests have left
			.filteredOn((name) -> name.matches("(hopper|reactor|parallel|single|boundedElastic)-.*"))
			.allSatisfy((name) -> assertThat(name)
				.matches("(parallel|hopper-(http|pool)-.*|reactor-netty-pool-maintenance)-\\d+"));
	}

	private static SessionEvent event(int i) {
		return SessionEvent.of("session-" + i, BookingConfirmed.occurredAt(Instant.EPOCH.plusSeconds(Math.abs(i)))
			.withCfarContractId("contract-" + i));
	}

	private static Map<String, Double> counts(MeterRegistry meters) {
		Map<String, Double> counts = new HashMap<>();
		counts.put("attempts",
				meters.find("hopper.events.publish.attempts")
					.summaries()
					.stream()
					.mapToDouble(DistributionSummary::totalAmount)
					.sum());
		counts.put("retries",
				meters.find("hopper.events.publish.retries").counters().stream().mapToDouble(Counter::count).sum());
		counts.put("unknown",
				meters.find("hopper.events.publish.unknown").counters().stream().mapToDouble(Counter::count).sum());
		for (String outcome : List.of("delivered", "rejected")) {
			counts.put(outcome,
					meters.find("hopper.events.publish")
						.tag("outcome", outcome)
						.timers()
						.stream()
						.mapToDouble(Timer::count)
						.sum());
		}
		return counts;
	}

}
