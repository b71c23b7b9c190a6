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
package com.hopper.hts.events.test;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls that block while {@link HopperTime} stands still.
 */
@SpringBootTest(classes = TimeThatStandsStillTests.Application.class,
		properties = { "hopper.retry.initial-interval=500ms", "hopper.retry.jitter=0" })
@Import({ FakeHopperApiConfiguration.class, HopperTime.class })
@ExtendWith(OutputCaptureExtension.class)
@Timeout(180)
class TimeThatStandsStillTests {

	@Autowired
	private FakeHopperApi api;

	@Autowired
	private HopperTime time;

	@Autowired
	private EventPublisher publisher;

	@Test
	void callThatWaitsForARetrySaysSo(CapturedOutput output) throws Exception {
		this.api.failNext(1, Fault.status(503));
		CompletableFuture<EventReceipt> receipt = publishAndWaitOnAnotherThread("waiting");
		await(output, "publishAndWait on thread 'waiting' waits for what is due in 500 ms of HopperTime, which stands "
				+ "still. Turn it with advanceBy on another thread than the one that waits.");
		this.time.advanceBy(Duration.ofSeconds(1));
		assertThat(receipt.get(30, TimeUnit.SECONDS).attempts()).isEqualTo(2);
	}

	@Test
	void callThatWaitsForALateAnswerSaysSo(CapturedOutput output) throws Exception {
		this.api.latency(Latency.fixed(Duration.ofSeconds(3)));
		CompletableFuture<EventReceipt> receipt = publishAndWaitOnAnotherThread("late");
		await(output, "publishAndWait on thread 'late' waits for an answer that the FakeHopperApi holds or gives late "
				+ "by HopperTime, which stands still");
		this.time.advanceBy(Duration.ofSeconds(3));
		assertThat(receipt.get(30, TimeUnit.SECONDS).attempts()).isEqualTo(1);
	}

	private CompletableFuture<EventReceipt> publishAndWaitOnAnotherThread(String name) {
		CompletableFuture<EventReceipt> receipt = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				receipt
					.complete(this.publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(this.time.now())));
			}
			catch (RuntimeException ex) {
				receipt.completeExceptionally(ex);
			}
		}, name);
		thread.setDaemon(true);
		thread.start();
		return receipt;
	}

	/**
	 * The thread is looked at after two seconds, in which it must have begun to wait. The
	 * first call of all may take longer on a busy machine.
	 */
	@BeforeEach
	void callForTheFirstTime() {
		this.publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(this.time.now()));
	}

	private static void await(CapturedOutput output, String text) {
		long start = System.nanoTime();
		while (!output.toString().contains(text) && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(40)) {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
		}
		assertThat(output.toString()).containsOnlyOnce(text);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
