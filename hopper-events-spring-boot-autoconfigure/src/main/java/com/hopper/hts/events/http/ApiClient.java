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

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.auth.BearerTokenFilter;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * What calls to the API share.
 */
final class ApiClient {

	final WebClient webClient;

	final RetryPolicy retryPolicy;

	final RetryBudget retryBudget;

	final Duration responseTimeout;

	final Scheduler scheduler;

	final DoubleSupplier random;

	final ResponseDecoder decoder;

	/**
	 * How many calls there may be at a time, waits between their attempts included.
	 */
	final int maxCalls;

	private final AtomicInteger calls = new AtomicInteger();

	/**
	 * Whether the API, or something at its address, has ever answered.
	 */
	private volatile boolean reached;

	ApiClient(WebClient webClient, RetryPolicy retryPolicy, Duration responseTimeout, int maxCalls,
			Set<String> publicFields, Scheduler scheduler, DoubleSupplier random) {
		// Last, so that no filter of the application stands between it and the answer
		this(webClient.mutate().filter(ApiClient::noteAnswer).build(), retryPolicy, responseTimeout, maxCalls,
				new ResponseDecoder(publicFields, SchedulerClock.of(scheduler), scheduler), scheduler, random);
	}

	private ApiClient(WebClient webClient, RetryPolicy retryPolicy, Duration responseTimeout, int maxCalls,
			ResponseDecoder decoder, Scheduler scheduler, DoubleSupplier random) {
		this.webClient = webClient;
		this.retryPolicy = retryPolicy;
		this.retryBudget = new RetryBudget(retryPolicy.budget());
		this.responseTimeout = responseTimeout;
		this.maxCalls = maxCalls;
		this.scheduler = scheduler;
		this.random = random;
		this.decoder = decoder;
	}

	private static Mono<ClientResponse> noteAnswer(ClientRequest request, ExchangeFunction next) {
		if (!(request.attributes().get(BearerTokenFilter.ANSWER_ATTRIBUTE) instanceof AtomicReference<?> reference)) {
			return next.exchange(request);
		}
		@SuppressWarnings("unchecked")
		AtomicReference<@Nullable ClientResponse> answer = (AtomicReference<@Nullable ClientResponse>) reference;
		answer.set(null);
		return next.exchange(request).doOnNext(answer::set);
	}

	/**
	 * Take one more call, unless there are too many.
	 * @return whether the call may be made, and ends with {@link #exit()}
	 */
	boolean tryEnter() {
		if (this.calls.incrementAndGet() > this.maxCalls) {
			this.calls.decrementAndGet();
			return false;
		}
		return true;
	}

	void exit() {
		this.calls.decrementAndGet();
	}

	void reached() {
		// A read first: what all threads write, none has at hand
		if (!this.reached) {
			this.reached = true;
		}
	}

	boolean isReached() {
		return this.reached;
	}

	/**
	 * Return a client that makes one attempt only, for a caller that limits its calls
	 * itself.
	 * @return the client
	 */
	ApiClient withoutRetries() {
		RetryPolicy policy = this.retryPolicy;
		return new ApiClient(this.webClient,
				new RetryPolicy(1, policy.initialInterval(), policy.multiplier(), policy.maxInterval(), policy.jitter(),
						policy.maxRetryAfter(), policy.timeout(), policy.onTimeout(), policy.budget()),
				this.responseTimeout, Integer.MAX_VALUE, this.decoder, this.scheduler, this.random);
	}

	long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

}
