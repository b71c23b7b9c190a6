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

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

import com.hopper.hts.events.EventPublisher;
import reactor.core.publisher.Mono;

/**
 * A JVM that offers events to the publisher as fast as it can, without waiting for any.
 */
final class Outage {

	/**
	 * Much more than an event may take with all its retries.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private Outage() {
	}

	/**
	 * Obey commands of a number of events and of how many of these may be unanswered.
	 * Each is answered with the live bytes before, the most during and after, the number
	 * of threads and the ends.
	 * @param args the base URL
	 */
	public static void main(String[] args) throws Exception {
		EventPublisher publisher = Senders.application(Senders.PUBLISHER, args[0], "").getBean(EventPublisher.class);
		BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		String command;
		while ((command = commands.readLine()) != null) {
			String[] parts = command.split(" ", 2);
			System.out.println("offered " + offer(publisher, Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
		}
		System.exit(0);
	}

	private static String offer(EventPublisher publisher, int events, int unanswered) throws InterruptedException {
		Map<String, LongAdder> ends = new ConcurrentSkipListMap<>();
		CountDownLatch ended = new CountDownLatch(events);
		Semaphore permits = new Semaphore(unanswered);
		long before = live();
		long start = System.nanoTime();
		for (int i = 0; i < events; i++) {
			permits.acquire();
			publisher.publish(Senders.SESSION, Senders.event())
				.map((receipt) -> "delivered")
				.onErrorResume((failure) -> Mono.just(failure.getClass().getSimpleName()))
				.subscribe((end) -> {
					ends.computeIfAbsent(end, (name) -> new LongAdder()).increment();
					permits.release();
					ended.countDown();
				});
		}
		double offered = (System.nanoTime() - start) / 1e9;
		long during = live();
		int threads = ManagementFactory.getThreadMXBean().getThreadCount();
		while (!ended.await(500, TimeUnit.MILLISECONDS) && System.nanoTime() - start < PATIENCE.toNanos()) {
			during = Math.max(during, live());
			threads = Math.max(threads, ManagementFactory.getThreadMXBean().getThreadCount());
		}
		double over = (System.nanoTime() - start) / 1e9;
		ends.computeIfAbsent("not at all", (name) -> new LongAdder()).add(ended.getCount());
		return String.format(Locale.ROOT, "%s;%s;%s;%s;%.1f;%.1f;%s", before, during, live(), threads, offered, over,
				ends.entrySet()
					.stream()
					.filter((end) -> end.getValue().sum() > 0)
					.map((end) -> String.format(Locale.ROOT, "%s %,d", end.getKey(), end.getValue().sum()))
					.collect(Collectors.joining(", ")));
	}

	private static long live() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

}
