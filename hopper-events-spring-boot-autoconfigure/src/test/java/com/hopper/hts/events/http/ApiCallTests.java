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

import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ApiCall}, without a network and with a time that tests turn.
 */
class ApiCallTests {

	private static final URI BASE = URI.create("https://api.example/v1");

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final AtomicInteger started = new AtomicInteger();

	private final CountingMetrics metrics = new CountingMetrics() {

		@Override
		public void started() {
			ApiCallTests.this.started.incrementAndGet();
		}

	};

	private final List<MockClientHttpRequest> requests = new ArrayList<>();

	private final List<Mono<ClientResponse>> answers = new ArrayList<>();

	private RetryPolicy policy = policy(3, Duration.ofSeconds(1), Duration.ofMinutes(1), 10);

	private ExchangeFilterFunction filter = (request, next) -> next.exchange(request);

	@AfterEach
	void close() {
		this.time.dispose();
	}

	@Test
	void callBeyondTheBoundIsRefusedAndCounted() {
		EventPublisher publisher = publisher();
		this.answers.add(Mono.never());
		Disposable first = publisher.publish("session", OFFERS).subscribe();
		assertThat(failure(publish(publisher))).isInstanceOf(HopperApiException.Overloaded.class);
		assertThat(this.metrics.finished).containsExactly("offers_displayed 0 Overloaded");
		assertThat(this.started).hasValue(2);
		first.dispose();
		assertThat(publish(publisher).receipt).isNotNull();
	}

	@Test
	void eventThatCannotBeSentTakesNoPlace() {
		EventPublisher publisher = publisher();
		Result refused = new Result();
		publisher.publish(" ", OFFERS).subscribe(refused::receipt, refused::failure);
		assertThat(failure(refused)).isInstanceOf(HopperApiException.InvalidEvent.class);
		assertThat(this.metrics.finished).containsExactly("offers_displayed 0 InvalidEvent");
		assertThat(publish(publisher).receipt).isNotNull();
	}

	@Test
	void callAfterTheEndIsRefused() {
		EventPublisher publisher = publisher();
		((ApiLifecycle) publisher).stop();
		assertThat(failure(publish(publisher))).isInstanceOf(HopperApiException.ConnectionFailed.class)
			.hasMessageContaining("the application is ending")
			.hasMessageContaining("Nothing was sent");
		assertThat(this.requests).isEmpty();
	}

	@Test
	void endOfTheApplicationEndsTheWaitForTheNextAttempt() {
		EventPublisher publisher = publisher();
		this.answers.add(answer(503));
		Result result = publish(publisher);
		assertThat(result.failure).isNull();
		((ApiLifecycle) publisher).stop();
		assertThat(failure(result)).isInstanceOf(HopperApiException.ServerError.class)
			.hasMessageContaining("after 1 attempt; not retried again because the application is ending");
		assertThat(this.metrics.finished).containsExactly("offers_displayed 1 ServerError");
	}

	@ParameterizedTest
	@CsvSource({ "9000, false", "8999, true" })
	void attemptWithoutATenthOfItsTimeIsNotMade(int interval, boolean retried) {
		this.policy = policy(2, Duration.ofMillis(interval), Duration.ofSeconds(10), 10);
		EventPublisher publisher = publisher();
		this.answers.add(answer(503));
		Result result = publish(publisher);
		this.time.advanceTimeBy(Duration.ofMillis(interval));
		assertThat(this.requests).hasSize(retried ? 2 : 1);
		assertThat(result.receipt != null).isEqualTo(retried);
	}

	@Test
	void retryThatHelpedCostsNothing() {
		this.policy = policy(2, Duration.ofSeconds(1), Duration.ofMinutes(1), 2);
		EventPublisher publisher = publisher();
		for (int i = 0; i < 5; i++) {
			this.answers.add(answer(503));
			this.answers.add(answer(204));
			Result result = publish(publisher);
			this.time.advanceTimeBy(Duration.ofSeconds(1));
			assertThat(result.receipt).isNotNull();
		}
		assertThat(this.requests).hasSize(10);
	}

	@Test
	void successAtOnceEarnsATenthOfARetry() {
		this.policy = policy(2, Duration.ofSeconds(1), Duration.ofMinutes(1), 1);
		EventPublisher publisher = publisher();
		this.answers.addAll(List.of(answer(503), answer(503)));
		Result failed = publish(publisher);
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		failure(failed);
		assertThat(publish(publisher).receipt).isNotNull();
		this.answers.add(answer(503));
		assertThat(failure(publish(publisher))).hasMessageContaining("hopper.retry.budget");
	}

	@Test
	void answerOfAnEarlierAttemptIsNotTheAnswerOfThisOne() {
		AtomicInteger attempts = new AtomicInteger();
		this.filter = (request, next) -> (attempts.incrementAndGet() == 1) ? next.exchange(request)
				: Mono.error(new IllegalStateException("The filter failed"));
		EventPublisher publisher = publisher();
		this.answers.add(answer(503));
		Result result = publish(publisher);
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(failure(result).getStatusCode()).isNull();
		assertThat(attempts).hasValue(2);
	}

	@Test
	void nameThatHasBeenResolvedOnceIsRight() {
		EventPublisher publisher = publisher();
		this.answers.add(Mono.error(new UnknownHostException("api.example")));
		assertThat(failure(publish(publisher)).isTransient()).isFalse();
		assertThat(publish(publisher).receipt).isNotNull();
		this.answers.add(Mono.error(new UnknownHostException("api.example")));
		Result result = publish(publisher);
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(result.receipt).isNotNull();
		assertThat(result.receipt.attempts()).isEqualTo(2);
	}

	@Test
	void requestSaysHowLongItIsAndWhatIsInIt() {
		publish(publisher());
		MockClientHttpRequest request = this.requests.get(0);
		String body = request.getBodyAsString().block(Duration.ofSeconds(60));
		assertThat(request.getHeaders().getContentLength()).isEqualTo(body.length()).isPositive();
		assertThat(request.getHeaders().getFirst("Content-Type")).isEqualTo("application/json");
		assertThat(request.getHeaders().getFirst("Accept")).isEqualTo("application/json");
		assertThat(request.getHeaders().getFirst("HC-Session-ID")).isEqualTo("session");
	}

	@Test
	void attemptThatIsCancelledInFlightMayHaveArrived() {
		EventPublisher publisher = publisher();
		this.answers.add(Mono.never());
		publisher.publish("session", OFFERS).subscribe().dispose();
		assertThat(this.metrics.unknown).containsExactly("offers_displayed");
		this.answers.add(answer(503));
		publisher.publish("session", OFFERS).subscribe().dispose();
		assertThat(this.metrics.unknown).as("cancelled while it waited").hasSize(1);
		assertThat(this.metrics.finished).containsExactly("offers_displayed 1 cancelled",
				"offers_displayed 1 cancelled");
	}

	@Test
	void answerIsAwaitedAsLongAsConfigured() {
		this.policy = policy(1, Duration.ofSeconds(1), Duration.ofMinutes(1), 10);
		this.answers.add(Mono.never());
		Result result = publish(publisher());
		this.time.advanceTimeBy(Duration.ofMillis(9999));
		assertThat(result.failure).isNull();
		this.time.advanceTimeBy(Duration.ofMillis(1));
		HopperApiException failure = failure(result);
		assertThat(failure).isInstanceOf(HopperApiException.Timeout.class)
			.hasMessageContaining("The event may have been counted");
		assertThat(failure.isDeliveryUnknown()).isTrue();
		assertThat(failure.getAttempts()).isEqualTo(1);
	}

	@ParameterizedTest
	@CsvSource({ "401, true", "403, true", "404, true", "422, false", "501, false" })
	void answerThatMayBeOfSomebodyElseIsReportedWithItsAddress(int status, boolean reported) {
		this.answers.add(answer(status));
		HopperApiException failure = failure(publish(publisher()));
		assertThat(failure).hasMessageContaining("after 1 attempt.");
		assertThat(failure.getMessage().contains(", from https://api.example/v1/events, ")).isEqualTo(reported);
	}

	@Test
	void failureWithoutAnAnswerHasNoAddress() {
		this.answers.add(Mono.error(new UnknownHostException("api.example")));
		assertThat(failure(publish(publisher())).getMessage()).doesNotContain(", from ");
	}

	@Test
	void attemptsAreCountedInTheMessage() {
		this.policy = policy(2, Duration.ofSeconds(1), Duration.ofMinutes(1), 10);
		this.answers.addAll(List.of(answer(503), answer(503)));
		Result result = publish(publisher());
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(failure(result)).hasMessageContaining("after 2 attempts.");
	}

	private EventPublisher publisher() {
		WebClient webClient = WebClient.builder()
			.filter((request, next) -> this.filter.filter(request, next))
			.exchangeFunction(this::exchange)
			.build();
		return new HopperApiBuilder(webClient, BASE).retryPolicy(this.policy)
			.responseTimeout(Duration.ofSeconds(10))
			.maxConcurrency(1)
			.shutdownTimeout(Duration.ofMillis(1))
			.scheduler(this.time)
			.random(() -> 0)
			.metrics(this.metrics)
			.publisher();
	}

	private Mono<ClientResponse> exchange(ClientRequest request) {
		MockClientHttpRequest sent = new MockClientHttpRequest(HttpMethod.POST, request.url());
		this.requests.add(sent);
		Mono<ClientResponse> answer = this.answers.isEmpty() ? answer(204) : this.answers.remove(0);
		return request.writeTo(sent, ExchangeStrategies.withDefaults()).then(answer);
	}

	private Result publish(EventPublisher publisher) {
		Result result = new Result();
		publisher.publish("session", OFFERS).subscribe(result::receipt, result::failure);
		return result;
	}

	private static HopperApiException failure(Result result) {
		assertThat(result.failure).isInstanceOf(HopperApiException.class);
		return (HopperApiException) result.failure;
	}

	private static Mono<ClientResponse> answer(int status) {
		return Mono.fromSupplier(() -> ClientResponse.create(HttpStatusCode.valueOf(status))
			.request(new org.springframework.mock.http.client.MockClientHttpRequest(HttpMethod.POST, BASE))
			.build());
	}

	private static RetryPolicy policy(int maxAttempts, Duration interval, Duration timeout, int budget) {
		return new RetryPolicy(maxAttempts, interval, 1, interval, 0, Duration.ofSeconds(10), timeout, true, budget);
	}

	/**
	 * What has come of a publication so far.
	 */
	private static final class Result {

		private EventReceipt receipt;

		private Throwable failure;

		private void receipt(EventReceipt receipt) {
			this.receipt = receipt;
		}

		private void failure(Throwable failure) {
			this.failure = failure;
		}

	}

}
