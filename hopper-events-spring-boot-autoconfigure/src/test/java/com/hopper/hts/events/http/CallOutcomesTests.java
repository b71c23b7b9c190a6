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
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.session.Session;
import com.hopper.hts.events.session.SessionRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
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
 * Tests for {@link ApiCall} of what comes of a call when things happen in an unusual
 * order or fail in an unusual way.
 */
class CallOutcomesTests {

	private static final URI BASE = URI.create("https://api.example/v1");

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final CountingMetrics metrics = new CountingMetrics();

	private final List<ClientRequest> requests = new ArrayList<>();

	private final List<Mono<ClientResponse>> answers = new ArrayList<>();

	private final List<ExchangeFilterFunction> filters = new ArrayList<>();

	private boolean writing = true;

	private int tries;

	private int maxAttempts = 2;

	private int maxConcurrency = 1;

	@AfterEach
	void close() {
		this.time.dispose();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorThrownByAFilterIsAFailureAndGivesThePlaceBack(boolean deferred) {
		failFirst(deferred);
		EventPublisher publisher = builder().publisher();
		Result<EventReceipt> result = new Result<>(publisher.publish("session", OFFERS));
		assertThat(result.failure).isInstanceOf(HopperApiException.ConnectionFailed.class)
			.hasMessageContaining("NoClassDefFoundError");
		assertThat(new Result<>(publisher.publish("session", OFFERS)).value).isNotNull();
		assertThat(this.metrics.finished).containsExactly("offers_displayed 1 ConnectionFailed",
				"offers_displayed 1 delivered");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void errorThrownByAFilterBeforeARetryReachesTheCaller(boolean deferred) {
		failFirst(deferred);
		this.filters.add(0, (request, next) -> (this.tries++ == 0) ? Mono.just(response(503, Flux.empty()))
				: next.exchange(request));
		Result<EventReceipt> result = new Result<>(builder().publisher().publish("session", OFFERS));
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(result.failure).isInstanceOf(HopperApiException.ConnectionFailed.class)
			.hasMessageContaining("NoClassDefFoundError");
	}

	@Test
	void errorThrownByAFilterHarmsNobodyElseWhoWaitsForTheToken() {
		Sinks.One<String> token = Sinks.one();
		this.filters.add(BearerTokenProvider.filter(BASE, token::asMono));
		failFirst(false);
		this.maxConcurrency = 2;
		EventPublisher publisher = builder().publisher();
		Result<EventReceipt> first = new Result<>(publisher.publish("session", OFFERS));
		Result<EventReceipt> second = new Result<>(publisher.publish("session", OFFERS));
		token.tryEmitValue("token");
		assertThat(first.failure).isInstanceOf(HopperApiException.ConnectionFailed.class);
		assertThat(second.value).isNotNull();
	}

	@Test
	void errorWhileAnEventIsWrittenGivesThePlaceBack() {
		EventPublisher publisher = builder().publisher();
		BigDecimal amount = new BigDecimal("1") {

			@Override
			public String toString() {
				throw new StackOverflowError("canary");
			}

		};
		Result<EventReceipt> result = new Result<>(publisher.publish("session",
				CustomEvent.occurredAt("seat", Instant.EPOCH).withAttribute("amount", amount)));
		assertThat(result.failure).isInstanceOf(StackOverflowError.class);
		assertThat(new Result<>(publisher.publish("session", OFFERS)).value).isNotNull();
	}

	@Test
	void sessionWhoseAnswerNeverEndsMayHaveBeenCreated() {
		this.answers.add(answer(201, Flux.concat(Flux.just(buffer("{\"id\":")), Flux.never())));
		this.maxAttempts = 1;
		Result<Session> result = new Result<>(builder().sessions().create(request()));
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(result.failure).isInstanceOfSatisfying(HopperApiException.Timeout.class, (failure) -> {
			assertThat(failure).hasMessageContaining("no complete answer");
			assertThat(failure.isDeliveryUnknown()).isTrue();
		});
	}

	@Test
	void sessionWhoseAnswerBreaksMayHaveBeenCreated() {
		this.answers.add(answer(201,
				Flux.concat(Flux.just(buffer("{\"id\":")), Flux.error(new IOException("Connection reset")))));
		this.maxAttempts = 1;
		Result<Session> result = new Result<>(builder().sessions().create(request()));
		assertThat(result.failure).isInstanceOfSatisfying(HopperApiException.ConnectionFailed.class,
				(failure) -> assertThat(failure.isDeliveryUnknown()).isTrue());
	}

	@Test
	void answerIsKnownWhileATokenIsReplaced() {
		this.answers.add(answer(401));
		this.filters.add(BearerTokenProvider.filter(BASE, new BearerTokenProvider() {

			@Override
			public Mono<String> getToken() {
				return Mono.just("first");
			}

			@Override
			public Mono<String> replaceToken(String rejectedToken) {
				return Mono.never();
			}

		}));
		this.maxAttempts = 1;
		Result<EventReceipt> result = new Result<>(builder().publisher().publish("session", OFFERS));
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(result.failure).isInstanceOfSatisfying(HopperApiException.Timeout.class,
				(failure) -> assertThat(failure.isDeliveryUnknown()).isFalse());
	}

	@Test
	void eventThatArrivedIsDeliveredWhateverBecomesOfTheCredentials() {
		AtomicInteger reads = new AtomicInteger();
		RotatingTokenProvider provider = new RotatingTokenProvider(() -> {
			if (reads.incrementAndGet() > 1) {
				throw new IllegalStateException("The file of the token is being written");
			}
			return "token";
		}, List::of, () -> {
			throw new IllegalStateException();
		}, WebClient::create, Duration.ofSeconds(10), (failure) -> {
		}, this.time);
		this.filters.add(BearerTokenProvider.filter(BASE, provider));
		assertThat(new Result<>(builder().publisher().publish("session", OFFERS)).value).isNotNull();
	}

	@Test
	void attemptThatWasGivenUpSendsNothing() {
		this.writing = false;
		this.answers.add(Mono.never());
		this.maxAttempts = 1;
		Result<EventReceipt> result = new Result<>(builder().publisher().publish("session", OFFERS));
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(result.failure).isInstanceOfSatisfying(HopperApiException.Timeout.class,
				(failure) -> assertThat(failure.isDeliveryUnknown()).isFalse());
		MockClientHttpRequest late = new MockClientHttpRequest(HttpMethod.POST, BASE);
		new Result<>(this.requests.get(0).writeTo(late, ExchangeStrategies.withDefaults()));
		assertThat(new Result<>(late.getBodyAsString()).value).isNullOrEmpty();
	}

	private void failFirst(boolean deferred) {
		AtomicInteger calls = new AtomicInteger();
		this.filters.add((request, next) -> {
			if (calls.getAndIncrement() > 0) {
				return next.exchange(request);
			}
			if (deferred) {
				return Mono.fromRunnable(() -> {
					throw new NoClassDefFoundError("canary");
				});
			}
			throw new NoClassDefFoundError("canary");
		});
	}

	private HopperApiBuilder builder() {
		WebClient webClient = WebClient.builder()
			.filters((all) -> all.addAll(this.filters))
			.exchangeFunction(this::exchange)
			.build();
		return new HopperApiBuilder(webClient, BASE)
			.retryPolicy(new RetryPolicy(this.maxAttempts, Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 0,
					Duration.ofSeconds(10), Duration.ofMinutes(1), true, 10))
			.responseTimeout(Duration.ofSeconds(10))
			.maxConcurrency(this.maxConcurrency)
			.shutdownTimeout(Duration.ofMillis(1))
			.scheduler(this.time)
			.random(() -> 0)
			.metrics(this.metrics);
	}

	private Mono<ClientResponse> exchange(ClientRequest request) {
		this.requests.add(request);
		Mono<ClientResponse> answer = this.answers.isEmpty() ? answer(204) : this.answers.remove(0);
		return this.writing ? request
			.writeTo(new MockClientHttpRequest(HttpMethod.POST, request.url()), ExchangeStrategies.withDefaults())
			.then(answer) : answer;
	}

	private static SessionRequest request() {
		return SessionRequest.purchase("US", "en");
	}

	private static Mono<ClientResponse> answer(int status) {
		return answer(status, Flux.empty());
	}

	private static Mono<ClientResponse> answer(int status, Flux<DataBuffer> body) {
		return Mono.fromSupplier(() -> response(status, body));
	}

	private static ClientResponse response(int status, Flux<DataBuffer> body) {
		return ClientResponse.create(HttpStatusCode.valueOf(status))
			.request(new org.springframework.mock.http.client.MockClientHttpRequest(HttpMethod.POST, BASE))
			.body(body)
			.build();
	}

	private static DataBuffer buffer(String text) {
		return DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * What has come of a call so far.
	 */
	private static final class Result<T> {

		private T value;

		private Throwable failure;

		Result(Mono<? extends T> call) {
			call.subscribe((value) -> this.value = value, (failure) -> this.failure = failure);
		}

	}

}
