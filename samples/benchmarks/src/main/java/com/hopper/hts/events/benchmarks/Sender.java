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

import java.util.function.Supplier;

import reactor.core.publisher.Mono;

/**
 * One way to send an event.
 */
interface Sender {

	/**
	 * Send events, so many at a time, and return when the time is over.
	 */
	void send(int inFlight, long end, Measurement measurement) throws InterruptedException;

	/**
	 * Send and wait, on as many threads as events are in flight.
	 */
	static Sender blocking(Call call) {
		return (inFlight, end, measurement) -> {
			Thread[] threads = new Thread[inFlight];
			for (int i = 0; i < inFlight; i++) {
				threads[i] = new Thread(() -> {
					while (System.nanoTime() < end) {
						long start = System.nanoTime();
						try {
							call.send();
							measurement.succeeded(start);
						}
						catch (Exception ex) {
							measurement.failed(ex);
						}
					}
					measurement.threadEnds();
				}, "sender-" + i);
				threads[i].start();
			}
			for (Thread thread : threads) {
				thread.join();
			}
		};
	}

	/**
	 * Send the next event when one is answered, on whatever thread that happens.
	 */
	static Sender reactive(Supplier<Mono<?>> call) {
		return (inFlight, end, measurement) -> new Pump(call, inFlight, end, measurement).run();
	}

	/**
	 * A call that blocks.
	 */
	interface Call {

		void send() throws Exception;

	}

}
