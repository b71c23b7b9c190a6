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
package com.hopper.hts.events.http;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for retries: when they come, how long they wait and what ends them.
 */
class RetryTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private static final String SESSION = "9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f";

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(TIME);

	private final ScriptedServer server = new ScriptedServer();

	private final EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(3));

	@AfterEach
	void close() throws IOException {
		this.server.close();
	}

	@Test
	void cancellationWhileWaitingForARetryEndsThePublication() {
		CountingMetrics metrics = new CountingMetrics();
		RetryPolicy slow = new RetryPolicy(3, Duration.ofSeconds(20), 1, Duration.ofSeconds(20), 0,
				Duration.ofSeconds(20), Duration.ofSeconds(60), true, 10);
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), slow,
				(builder) -> builder.metrics(metrics));
		this.server.thenStatus(503);
		Disposable subscription = publisher.publish(SESSION, OFFERS).subscribe();
		await().until(() -> metrics.retries.size() == 1);
		subscription.dispose();
		assertThat(metrics.finished).containsExactly("offers_displayed 1 cancelled");
		assertThat(this.server.requests()).hasSize(1);
	}

	@ParameterizedTest(name = "retried: {0}, attempts: {1}")
	@CsvSource({ "true,2", "false,1" })
	void silenceIsATimeoutWhoseRetryIsAChoice(boolean onTimeout, int attempts) {
		this.server.then(ScriptedServer.Exchange::hang).then(ScriptedServer.Exchange::hang);
		RetryPolicy policy = new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), onTimeout, 10);
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
				(builder) -> builder.responseTimeout(Duration.ofSeconds(2)).metrics(metrics));
		HopperApiException exception = failure(publisher, SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.Timeout.class);
		assertThat(exception.getAttempts()).isEqualTo(attempts);
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(metrics.unknown).hasSize(attempts);
		assertThat(this.server.requests()).hasSize(attempts);
	}

	@Test
	void requestThatCouldNotBeSentInTimeIsRetriedWhateverTheChoiceAndNothingWasCounted() {
		AtomicInteger tokens = new AtomicInteger();
		WebClient webClient = WebClient.builder()
			.filter(BearerTokenProvider.filter(this.server.baseUrl(),
					() -> (tokens.incrementAndGet() == 1) ? Mono.never() : Mono.just("token")))
			.build();
		RetryPolicy policy = new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), false, 10);
		CountingMetrics metrics = new CountingMetrics();
		EventPublisher publisher = new HopperApiBuilder(webClient, this.server.baseUrl()).retryPolicy(policy)
			.responseTimeout(Duration.ofSeconds(5))
			.metrics(metrics)
			.publisher();
		assertThat(publisher.publishAndWait(SESSION, OFFERS).attempts()).isEqualTo(2);
		assertThat(metrics.unknown).isEmpty();
	}

	@Test
	void headersThatTrickleAreATimeout() {
		this.server.then((exchange) -> {
			for (int i = 0; i < 1000; i++) {
				exchange.send((i == 0) ? "HTTP/1.1 204 No Content\r\n" : "X-Header-" + i + ": slow\r\n");
				exchange.pause(Duration.ofMillis(20));
			}
		});
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(2),
				(builder) -> builder.responseTimeout(Duration.ofSeconds(5)));
		EventReceipt receipt = publisher.publishAndWait(SESSION, OFFERS);
		assertThat(receipt.attempts()).isEqualTo(2);
	}

	@Test
	void overallTimeoutCutsTheAttemptInFlight() {
		this.server.then(ScriptedServer.Exchange::hang);
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofMillis(300), true, 10);
		HopperApiException exception = failure(Publishers.create(this.server.baseUrl(), policy), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.Timeout.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception).hasMessageContaining("hopper.retry.timeout");
	}

	@Test
	void waitBetweenAttemptsGrowsAndHoldsNoThread() {
		CountingMetrics metrics = new CountingMetrics();
		WaitsBetweenAttempts scheduler = new WaitsBetweenAttempts(metrics);
		try {
			RetryPolicy policy = new RetryPolicy(4, Duration.ofSeconds(1), 3, Duration.ofSeconds(5), 0,
					Duration.ofSeconds(60), Duration.ofMinutes(5), true, 10);
			EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
					(builder) -> builder.scheduler(scheduler).metrics(metrics));
			this.server.thenStatus(503).thenStatus(503).thenStatus(503);
			AtomicReference<EventReceipt> receipt = new AtomicReference<>();
			publisher.publish(SESSION, OFFERS).subscribe(receipt::set);
			long[] waits = { 1000, 3000, 5000 };
			for (int i = 0; i < waits.length; i++) {
				int retries = i + 1;
				await().until(() -> scheduler.waits.size() == retries);
				scheduler.advanceTimeBy(Duration.ofMillis(waits[i] - 1));
				assertThat(this.server.requests()).hasSize(retries);
				scheduler.advanceTimeBy(Duration.ofMillis(1));
				await().until(() -> this.server.requests().size() == retries + 1);
			}
			await().until(() -> receipt.get() != null);
			assertThat(receipt.get().attempts()).isEqualTo(4);
			assertThat(receipt.get().elapsed()).isEqualTo(Duration.ofSeconds(9));
		}
		finally {
			scheduler.dispose();
		}
	}

	@Test
	void retryAfterInSecondsIsWaitedFor() {
		assertThat(waitAfter(503, "Retry-After: 7", Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(7));
	}

	@Test
	void retryAfterAsDateIsWaitedFor() {
		String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(TIME.plusSeconds(9).atOffset(ZoneOffset.UTC));
		assertThat(waitAfter(429, "Retry-After: " + date, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(9));
	}

	@Test
	void retryAfterIsCapped() {
		assertThat(waitAfter(429, "Retry-After: 3600", Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(4));
	}

	@Test
	void retryAfterThatIsNonsenseIsIgnored() {
		assertThat(waitAfter(429, "Retry-After: soon", Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(1));
	}

	private Duration waitAfter(int status, String header, Duration maxRetryAfter) {
		CountingMetrics metrics = new CountingMetrics();
		WaitsBetweenAttempts scheduler = new WaitsBetweenAttempts(metrics);
		scheduler.advanceTimeTo(TIME);
		try {
			RetryPolicy policy = new RetryPolicy(2, Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 0, maxRetryAfter,
					Duration.ofMinutes(5), true, 10);
			EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy,
					(builder) -> builder.scheduler(scheduler).metrics(metrics).random(() -> 0));
			this.server.thenStatus(status, header);
			AtomicReference<EventReceipt> receipt = new AtomicReference<>();
			publisher.publish(SESSION, OFFERS).subscribe(receipt::set);
			await().until(() -> scheduler.waits.size() == 1);
			scheduler.advanceTimeBy(scheduler.waits.get(0));
			await().until(() -> receipt.get() != null);
			assertThat(receipt.get().elapsed()).isEqualTo(scheduler.waits.get(0));
			return receipt.get().elapsed();
		}
		finally {
			scheduler.dispose();
		}
	}

	@Test
	void givesUpAtOnceWhenTheNextAttemptWouldComeTooLate() {
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0,
				Duration.ofSeconds(60), Duration.ofSeconds(5), true, 10);
		this.server.thenStatus(429, "Retry-After: 30");
		HopperApiException exception = failure(Publishers.create(this.server.baseUrl(), policy), SESSION, OFFERS);
		assertThat(exception).isInstanceOf(HopperApiException.RateLimited.class);
		assertThat(exception.getAttempts()).isEqualTo(1);
		assertThat(exception.getRetryAfter()).isEqualTo(Duration.ofSeconds(30));
		assertThat(exception).hasMessageContaining("hopper.retry.timeout");
	}

	@Test
	void retryBudgetStopsADeadApiFromMultiplyingTraffic() {
		RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ofSeconds(1),
				Duration.ofSeconds(30), true, 5);
		EventPublisher publisher = Publishers.create(this.server.baseUrl(), policy);
		for (int i = 0; i < 25; i++) {
			this.server.thenStatus(503);
		}
		for (int i = 0; i < 20; i++) {
			failure(publisher, SESSION, OFFERS);
		}
		// 20 events and the 5 retries of the budget, instead of 60
		assertThat(this.server.requests()).hasSize(25);
		this.server.thenStatus(503);
		HopperApiException exception = failure(publisher, SESSION, OFFERS);
		assertThat(exception).hasMessageContaining("hopper.retry.budget");
		assertThat(exception.getAttempts()).isEqualTo(1);
		for (int i = 0; i < 10; i++) {
			publisher.publishAndWait(SESSION, OFFERS);
		}
		this.server.thenStatus(503);
		assertThat(publisher.publishAndWait(SESSION, OFFERS).attempts()).as("10 deliveries earn a retry").isEqualTo(2);
	}

	private HopperApiException failure(String sessionId, HopperEvent event) {
		return failure(this.publisher, sessionId, event);
	}

	private static HopperApiException failure(EventPublisher publisher, String sessionId, HopperEvent event) {
		HopperApiException exception = catchThrowableOfType(HopperApiException.class,
				() -> publisher.publishAndWait(sessionId, event));
		assertThat(exception).isNotNull();
		return exception;
	}

	/**
	 * Time that passes when a test says so, and how long is waited before each attempt.
	 */
	private static final class WaitsBetweenAttempts extends VirtualTimeScheduler {

		private final List<Duration> waits = new CopyOnWriteArrayList<>();

		private final CountingMetrics metrics;

		WaitsBetweenAttempts(CountingMetrics metrics) {
			super(false);
			this.metrics = metrics;
		}

		@Override
		public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
			Disposable scheduled = super.schedule(task, delay, unit);
			// A retry is counted just before it is waited for, on the same thread
			if (this.metrics.retries.size() > this.waits.size()) {
				this.waits.add(Duration.of(delay, unit.toChronoUnit()));
			}
			return scheduled;
		}

	}

}
