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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

import com.hopper.hts.events.time.SchedulerClock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * State that the calls of the API share: the client, limits, the budget of retries.
 */
final class ApiClient {

	private static final Log logger = LogFactory.getLog(ApiClient.class);

	/**
	 * Name of a request attribute, an {@link AtomicReference} of the answer as it was
	 * before any other filter saw it. With it a {@code 401} is noticed that another
	 * filter turns into an exception of its own.
	 */
	static final String ANSWER_ATTRIBUTE = ApiClient.class.getName() + ".answer";

	private final Supplier<WebClient> webClient;

	final RetryPolicy retryPolicy;

	final RetryBudget retryBudget;

	final Duration responseTimeout;

	private final Duration shutdownTimeout;

	final Scheduler scheduler;

	final DoubleSupplier random;

	final ResponseDecoder decoder;

	/**
	 * How many calls there may be at a time, waits between their attempts included.
	 */
	final int maxCalls;

	private final AtomicInteger calls = new AtomicInteger();

	private volatile boolean stopped;

	/**
	 * Signals that the application ends. Created by the first call, as the client is, so
	 * that the application starts faster.
	 */
	private volatile SingletonSupplier<Sinks.Empty<Void>> ending = SingletonSupplier.of(Sinks::empty);

	/**
	 * Whether the API, or something at its address, has ever answered.
	 */
	private volatile boolean reached;

	ApiClient(WebClient webClient, RetryPolicy retryPolicy, Duration responseTimeout, Duration shutdownTimeout,
			int maxCalls, Set<String> publicFields, Scheduler scheduler, DoubleSupplier random) {
		this(SingletonSupplier.of(() -> noting(webClient)), retryPolicy, responseTimeout, shutdownTimeout, maxCalls,
				new ResponseDecoder(publicFields, SchedulerClock.of(scheduler), scheduler), scheduler, random);
	}

	private static WebClient noting(WebClient webClient) {
		WebClient.Builder builder = webClient.mutate();
		// noteAnswer comes last, so that it sees the answer before other filters do. A
		// mocked WebClient returns no builder
		return (builder != null) ? builder.filters((filters) -> {
			filters.replaceAll(ApiClient::catching);
			filters.add(ApiClient::noteAnswer);
		}).build() : webClient;
	}

	/**
	 * Return a filter that does not throw: Reactor would throw an error that it takes for
	 * fatal in the code that provided the token.
	 */
	private static ExchangeFilterFunction catching(ExchangeFilterFunction filter) {
		return (request, next) -> {
			try {
				return filter.filter(request, next);
			}
			catch (Throwable ex) {
				return Mono.error(ex);
			}
		};
	}

	private ApiClient(Supplier<WebClient> webClient, RetryPolicy retryPolicy, Duration responseTimeout,
			Duration shutdownTimeout, int maxCalls, ResponseDecoder decoder, Scheduler scheduler,
			DoubleSupplier random) {
		this.webClient = webClient;
		this.retryPolicy = retryPolicy;
		this.retryBudget = new RetryBudget(retryPolicy.budget());
		this.responseTimeout = responseTimeout;
		this.shutdownTimeout = shutdownTimeout;
		this.maxCalls = maxCalls;
		this.scheduler = scheduler;
		this.random = random;
		this.decoder = decoder;
	}

	WebClient webClient() {
		return this.webClient.get();
	}

	private static Mono<ClientResponse> noteAnswer(ClientRequest request, ExchangeFunction next) {
		if (!(request.attributes().get(ANSWER_ATTRIBUTE) instanceof AtomicReference<?> reference)) {
			return next.exchange(request);
		}
		@SuppressWarnings("unchecked")
		AtomicReference<@Nullable ClientResponse> answer = (AtomicReference<@Nullable ClientResponse>) reference;
		answer.set(null);
		return next.exchange(request).doOnNext(answer::set);
	}

	/**
	 * Take no more calls, let no further attempt begin, and wait for the calls that have
	 * not ended.
	 */
	void stop() {
		this.stopped = true;
		this.ending.obtain().tryEmitEmpty();
		long start = System.nanoTime();
		try {
			while (this.calls.get() > 0 && System.nanoTime() - start < this.shutdownTimeout.toNanos()) {
				TimeUnit.MILLISECONDS.sleep(20);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		int cut = this.calls.get();
		if (cut > 0) {
			logger.warn(cut + " requests to Hopper had not ended when the application did, and were cut after "
					+ Durations.format(this.shutdownTimeout) + " (hopper.client.shutdown-timeout)");
		}
	}

	/**
	 * Take calls again.
	 */
	void start() {
		this.ending = SingletonSupplier.of(Sinks::empty);
		this.stopped = false;
	}

	boolean isEnding() {
		return this.stopped;
	}

	/**
	 * Return a signal that the application ends.
	 */
	Mono<Void> ending() {
		return this.ending.obtain().asMono();
	}

	/**
	 * Take one more call, unless there are too many.
	 * @return whether the call may be made, and ends with {@link #exit()}
	 */
	boolean tryEnter() {
		if (this.calls.incrementAndGet() > this.maxCalls) {
			exit();
			return false;
		}
		return true;
	}

	void exit() {
		this.calls.decrementAndGet();
	}

	void reached() {
		// Reading first keeps threads from writing the same cache line
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
	 */
	ApiClient withoutRetries() {
		return new ApiClient(this.webClient, this.retryPolicy.once(), this.responseTimeout, this.shutdownTimeout,
				Integer.MAX_VALUE, this.decoder, this.scheduler, this.random);
	}

	long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

}
