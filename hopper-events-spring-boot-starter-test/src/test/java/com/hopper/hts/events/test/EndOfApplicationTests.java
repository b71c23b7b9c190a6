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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.task.SimpleAsyncTaskSchedulerBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the order in which an application ends: whatever Spring waits for can still
 * store events, and they are delivered.
 */
class EndOfApplicationTests {

	private static final int EXECUTORS = Integer.MAX_VALUE / 2;

	private static final int LISTENER_CONTAINERS = Integer.MAX_VALUE - 100;

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@AfterEach
	void close() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "false", "true" })
	void asyncTaskThatSpringWaitsForStores(String virtualThreads) throws Exception {
		ConfigurableApplicationContext context = run(WebApplicationType.NONE, AsyncApplication.class, EXECUTORS + 1,
				"--spring.task.execution.shutdown.await-termination=true",
				"--spring.task.execution.shutdown.await-termination-period=30s",
				"--spring.threads.virtual.enabled=" + virtualThreads);
		AsyncWork work = context.getBean(AsyncWork.class);
		CompletableFuture<Void> result = work.book();
		context.getBean(Work.class).awaitBegin();
		context.close();
		result.get(60, TimeUnit.SECONDS);
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void scheduledTaskThatSpringWaitsForStores() {
		ConfigurableApplicationContext context = run(WebApplicationType.NONE, SchedulingApplication.class,
				EXECUTORS + 1, "--spring.task.scheduling.shutdown.await-termination=true",
				"--spring.task.scheduling.shutdown.await-termination-period=30s");
		context.getBean(Work.class).awaitBegin();
		context.close();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void taskOfASimpleSchedulerThatSpringWaitsForStores() {
		ConfigurableApplicationContext context = run(WebApplicationType.NONE, SimpleSchedulingApplication.class, 0,
				"--spring.task.scheduling.shutdown.await-termination=true",
				"--spring.task.scheduling.shutdown.await-termination-period=30s");
		context.getBean(Work.class).awaitBegin();
		context.close();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void requestInFlightStores() throws Exception {
		ConfigurableApplicationContext context = run(WebApplicationType.SERVLET, WebApplication.class,
				LISTENER_CONTAINERS, "--server.port=0", "--server.shutdown=graceful");
		URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + "/");
		CompletableFuture<HttpResponse<String>> response = HttpClient.newHttpClient()
			.sendAsync(HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.noBody()).build(),
					HttpResponse.BodyHandlers.ofString());
		context.getBean(Work.class).awaitBegin();
		context.close();
		assertThat(response.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
		assertThat(this.api.received()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { LISTENER_CONTAINERS, EXECUTORS, EXECUTORS - 1 })
	void whateverStopsFirstStores(int phase) {
		ConfigurableApplicationContext context = run(WebApplicationType.NONE, StoppingApplication.class, phase);
		context.getBean(Work.class).begun.countDown();
		context.close();
		assertThat(this.api.received()).hasSize(1);
	}

	private ConfigurableApplicationContext run(WebApplicationType type, Class<?> application, int phase,
			String... arguments) {
		return new SpringApplicationBuilder(application).web(type)
			.properties("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
					"hopper.outbox.type=memory", "spring.main.banner-mode=off", "phase=" + phase)
			.properties("spring.autoconfigure.exclude="
					+ "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
			.run(arguments);
	}

	/**
	 * Work that begins while the application runs and stores while it ends.
	 */
	static class Work {

		private final EventOutbox outbox;

		private final CountDownLatch begun = new CountDownLatch(1);

		private final CountDownLatch ending = new CountDownLatch(1);

		Work(EventOutbox outbox) {
			this.outbox = outbox;
		}

		void awaitBegin() {
			await(this.begun);
		}

		void book() {
			this.begun.countDown();
			await(this.ending);
			store();
		}

		void store() {
			this.outbox.store("session-1", BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("c"));
		}

		private static void await(CountDownLatch latch) {
			try {
				assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * Lets the work go on when what is in a phase stops.
	 */
	static class Ending implements SmartLifecycle {

		private final Work work;

		private final int phase;

		private final boolean stores;

		private final AtomicBoolean running = new AtomicBoolean();

		Ending(Work work, int phase, boolean stores) {
			this.work = work;
			this.phase = phase;
			this.stores = stores;
		}

		@Override
		public void start() {
			this.running.set(true);
		}

		@Override
		public void stop() {
			this.running.set(false);
			if (this.stores) {
				this.work.store();
			}
			this.work.ending.countDown();
		}

		@Override
		public boolean isRunning() {
			return this.running.get();
		}

		@Override
		public int getPhase() {
			return this.phase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WorkConfiguration {

		@Bean
		Work work(EventOutbox outbox) {
			return new Work(outbox);
		}

		@Bean
		Ending ending(Work work, @Value("${phase}") int phase) {
			return new Ending(work, phase, false);
		}

	}

	static class AsyncWork {

		private final Work work;

		AsyncWork(Work work) {
			this.work = work;
		}

		@Async
		public CompletableFuture<Void> book() {
			this.work.book();
			return CompletableFuture.completedFuture(null);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync(proxyTargetClass = true)
	static class AsyncApplication extends WorkConfiguration {

		@Bean
		AsyncWork asyncWork(Work work) {
			return new AsyncWork(work);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableScheduling
	static class SchedulingApplication extends WorkConfiguration {

		@Bean
		Object schedule(Work work) {
			return new Object() {
				@Scheduled(fixedDelay = 3600_000)
				void book() {
					work.book();
				}
			};
		}

	}

	/**
	 * Has the scheduler of virtual threads, on any JDK. Its task goes on when somebody
	 * waits for it.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableScheduling
	static class SimpleSchedulingApplication {

		@Bean
		Work work(EventOutbox outbox) {
			return new Work(outbox);
		}

		@Bean
		SimpleAsyncTaskScheduler taskScheduler(SimpleAsyncTaskSchedulerBuilder builder, ObjectProvider<Work> work) {
			return builder.configure(new SimpleAsyncTaskScheduler() {
				@Override
				public void close() {
					work.getObject().ending.countDown();
					super.close();
				}
			});
		}

		@Bean
		Object schedule(Work work) {
			return new Object() {
				@Scheduled(fixedRate = 3600_000)
				void book() {
					work.book();
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WebApplication extends WorkConfiguration {

		@Bean
		BookingController bookingController(Work work) {
			return new BookingController(work);
		}

	}

	@RestController
	static class BookingController {

		private final Work work;

		BookingController(Work work) {
			this.work = work;
		}

		@PostMapping("/")
		String book() {
			this.work.book();
			return "booked";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class StoppingApplication {

		@Bean
		Work work(EventOutbox outbox) {
			return new Work(outbox);
		}

		@Bean
		Ending ending(Work work, @Value("${phase}") int phase) {
			return new Ending(work, phase, true);
		}

	}

}
