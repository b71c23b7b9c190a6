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
package com.hopper.hts.events.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/**
 * Keeps a number of calls in flight: the next one is made where one has ended.
 */
final class Pump {

	private final Supplier<Mono<?>> call;

	private final int inFlight;

	private final long end;

	private final Measurement measurement;

	private final CountDownLatch running;

	Pump(Supplier<Mono<?>> call, int inFlight, long end, Measurement measurement) {
		this.call = call;
		this.inFlight = inFlight;
		this.end = end;
		this.measurement = measurement;
		this.running = new CountDownLatch(inFlight);
	}

	void run() throws InterruptedException {
		for (int i = 0; i < this.inFlight; i++) {
			next();
		}
		if (!this.running.await(this.end - System.nanoTime() + TimeUnit.MINUTES.toNanos(1), TimeUnit.NANOSECONDS)) {
			throw new IllegalStateException(this.running.getCount() + " calls have not ended");
		}
	}

	private void next() {
		if (System.nanoTime() >= this.end) {
			this.running.countDown();
			return;
		}
		long start = System.nanoTime();
		this.call.get().subscribe(new CoreSubscriber<Object>() {

			@Override
			public void onSubscribe(Subscription subscription) {
				subscription.request(Long.MAX_VALUE);
			}

			@Override
			public void onNext(Object value) {
			}

			@Override
			public void onError(Throwable failure) {
				Pump.this.measurement.failed(failure);
				next();
			}

			@Override
			public void onComplete() {
				Pump.this.measurement.succeeded(start);
				next();
			}

		});
	}

}
