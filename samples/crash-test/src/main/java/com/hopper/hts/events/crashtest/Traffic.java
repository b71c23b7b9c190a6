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
package com.hopper.hts.events.crashtest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import com.hopper.hts.events.test.ReceivedRequest;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * The requests of an application, as it sends them and as the API sees them.
 */
final class Traffic implements ExchangeFilterFunction {

	/**
	 * How many requests after a recovery are looked at one by one.
	 */
	private static final int FIRST = 100;

	private final BitSet delivered;

	private long duplicates;

	private final int events;

	private long requests;

	private long begin = System.nanoTime();

	private final List<Integer> perSecond = new ArrayList<>();

	private int sending;

	private int answered;

	private boolean herd;

	private final List<Integer> inFlight = new ArrayList<>();

	Traffic(int events) {
		this.events = events;
		this.delivered = new BitSet(events + 1);
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.defer(() -> {
			began();
			AtomicBoolean ended = new AtomicBoolean();
			Runnable end = () -> {
				if (ended.compareAndSet(false, true)) {
					ended();
				}
			};
			// Before the outbox hears of it, and sends the next one
			return next.exchange(request).doOnTerminate(end).doOnCancel(end);
		});
	}

	/**
	 * Whoever begins with one request and lets each answer allow for one more never has
	 * more in flight than that.
	 */
	private synchronized void began() {
		this.sending++;
		this.herd |= this.sending > 1 + this.answered;
		if (this.inFlight.size() < FIRST) {
			this.inFlight.add(this.sending);
		}
	}

	private synchronized void ended() {
		this.sending--;
		this.answered++;
	}

	/**
	 * The API has answered.
	 */
	synchronized void received(ReceivedRequest request) {
		this.requests++;
		int second = (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - this.begin);
		while (this.perSecond.size() <= second) {
			this.perSecond.add(0);
		}
		this.perSecond.set(second, this.perSecond.get(second) + 1);
		if (request.accepted()) {
			int number = Numbers.ofSession(String.valueOf(request.header("HC-Session-ID")));
			this.duplicates += this.delivered.get(number) ? 1 : 0;
			this.delivered.set(number);
		}
	}

	/**
	 * Count anew.
	 * @return the requests that were counted
	 */
	synchronized long next() {
		long counted = this.requests;
		this.requests = 0;
		this.begin = System.nanoTime();
		this.perSecond.clear();
		this.answered = 0;
		this.herd = false;
		this.inFlight.clear();
		return counted;
	}

	/**
	 * Return how many different events the API has accepted, but for those before and
	 * after the ones that count.
	 */
	synchronized long delivered() {
		return this.delivered.get(1, this.events + 1).cardinality();
	}

	synchronized long duplicates() {
		return this.duplicates;
	}

	/**
	 * Return the requests in each second.
	 */
	synchronized List<Integer> perSecond() {
		return List.copyOf(this.perSecond);
	}

	/**
	 * Return how many requests were in flight with each of the first ones.
	 */
	synchronized List<Integer> inFlight() {
		return List.copyOf(this.inFlight);
	}

	/**
	 * Return whether there ever were more requests in flight than answers allowed for.
	 */
	synchronized boolean isHerd() {
		return this.herd;
	}

}
