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
package com.hopper.hts.events.session.web;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.support.ContextPropagatingTaskDecorator;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.mock.http.client.reactive.MockClientHttpResponse;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that no event is ever sent in the session of another customer, however the
 * requests of customers are interleaved.
 */
@Isolated("switches the automatic propagation of Reactor on and keeps the machine busy")
class InterleavedCustomersTests {

	private static final int AT_A_TIME = 200;

	private static final Duration TIMEOUT = Duration.ofSeconds(120);

	private final Api api = new Api();

	private final Map<String, String> sessionsOfListeners = new ConcurrentHashMap<>();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, HopperSessionAutoConfiguration.class))
		.withUserConfiguration(Application.class)
		.withBean(HopperWebClientCustomizer.class, () -> (builder) -> builder.clientConnector(this.api))
		.withBean(EventDeliveryListener.class, this::listener)
		.withPropertyValues("hopper.auth.token=token", "hopper.outbox.memory.max-events=10000",
				"hopper.base-url=http://localhost/airline/v1.1");

	@AfterEach
	void switchPropagationOff() {
		Hooks.disableAutomaticContextPropagation();
		assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
	}

	@ParameterizedTest
	@CsvSource({ "10000, false", "2000, true" })
	void noEventHasTheSessionOfAnotherCustomer(int count, boolean automaticPropagation) {
		if (automaticPropagation) {
			Hooks.enableAutomaticContextPropagation();
		}
		this.contextRunner.run((context) -> {
			List<Integer> customers = Flux.range(0, count)
				.flatMap((customer) -> serve(context, customer).thenReturn(customer), AT_A_TIME)
				.collectList()
				.block(TIMEOUT);
			assertThat(customers).hasSize(count);
			assertThat(context.getBean(EventOutbox.class).flush(TIMEOUT)).isTrue();
			assertThat(this.api.wrong).isEmpty();
			assertThat(this.api.right).hasSize(count);
			assertThat(this.sessionsOfListeners)
				.allSatisfy((contract, session) -> assertThat(session).isEqualTo(contract));
			assertNothingIsLeft(context);
		});
	}

	/**
	 * Serve one customer: get offers, of whose session the answer tells, and confirm the
	 * booking without naming the session.
	 */
	private Mono<?> serve(ApplicationContext context, int customer) {
		WebClient hopper = context.getBean("hopperWebClient", WebClient.class);
		EventPublisher publisher = context.getBean(EventPublisher.class);
		EventOutbox outbox = context.getBean(EventOutbox.class);
		ThreadPoolTaskExecutor requests = context.getBean("requests", ThreadPoolTaskExecutor.class);
		BookingConfirmed booking = booking(customer);
		Mono<?> offers = hopper.post().uri("/cfar_offers?customer=" + customer).retrieve().toBodilessEntity();
		return switch (customer % 5) {
			case 0 -> offers.then(Mono.defer(() -> publisher.publish(booking)))
				.contextWrite(HopperSessionContext.create().toReactorContext());
			case 1 -> offers.then(Mono.defer(() -> outbox.storeReactively(booking)))
				.contextWrite(HopperSessionContext.create().toReactorContext());
			case 2 -> onThread(requests, () -> {
				offers.block(TIMEOUT);
				outbox.store(booking);
			});
			case 3 -> onThread(requests, () -> {
				context.getBean("hopperRestClient", RestClient.class)
					.post()
					.uri("/cfar_offers?customer=" + customer)
					.retrieve()
					.toBodilessEntity();
				publisher.publishAndWait(booking);
			});
			default -> onThread(requests, () -> {
				offers.block(TIMEOUT);
				wait(context.getBean(Confirmation.class).confirm(booking));
			});
		};
	}

	private static Mono<?> onThread(ThreadPoolTaskExecutor requests, Runnable request) {
		return Mono.fromFuture(CompletableFuture.runAsync(() -> HopperSessionContext.create().run(request), requests));
	}

	private static void wait(Future<?> future) {
		try {
			future.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private EventDeliveryListener listener() {
		return new EventDeliveryListener() {

			@Override
			public void delivered(StoredEvent event, EventReceipt receipt) {
				String contract = ((BookingConfirmed) event.event()).cfarContractId();
				InterleavedCustomersTests.this.sessionsOfListeners.put(String.valueOf(contract),
						String.valueOf(HopperSessionContext.current().sessionId()));
			}

		};
	}

	/**
	 * Ask every thread of the pools at the same time whether it still has a session.
	 */
	private static void assertNothingIsLeft(ApplicationContext context) throws Exception {
		List<Future<HopperSessionContext>> left = new ArrayList<>();
		for (ThreadPoolTaskExecutor pool : context.getBeansOfType(ThreadPoolTaskExecutor.class).values()) {
			CountDownLatch all = new CountDownLatch(pool.getCorePoolSize());
			for (int i = 0; i < pool.getCorePoolSize(); i++) {
				left.add(pool.getThreadPoolExecutor().submit(() -> {
					all.countDown();
					all.await();
					return HopperSessionContext.current();
				}));
			}
		}
		for (Future<HopperSessionContext> thread : left) {
			assertThat(thread.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isSameAs(HopperSessionContext.none());
		}
	}

	private static BookingConfirmed booking(int customer) {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("session-" + customer);
	}

	/**
	 * Answers on threads of Reactor like a connection does, for 10,000 of them would take
	 * the build too long. The session of a customer has the name of the contract.
	 */
	private static final class Api implements ClientHttpConnector {

		private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

		private final Set<String> right = ConcurrentHashMap.newKeySet();

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
				Function<? super ClientHttpRequest, Mono<Void>> callback) {
			MockClientHttpRequest request = new MockClientHttpRequest(method, uri);
			request.setWriteHandler((body) -> Flux.from(body).doOnNext((buffer) -> {
				byte[] bytes = new byte[buffer.readableByteCount()];
				buffer.read(bytes);
				received(((BookingConfirmed) EventCodec.decode(bytes)).cfarContractId(),
						request.getHeaders().getFirst("HC-Session-ID"));
			}).then());
			return callback.apply(request).then(Mono.fromSupplier(() -> {
				MockClientHttpResponse response = new MockClientHttpResponse(
						uri.getPath().endsWith("/events") ? HttpStatus.NO_CONTENT : HttpStatus.CREATED);
				if (uri.getQuery() != null) {
					response.getHeaders().set("HTS-Session-ID", uri.getQuery().replace("customer=", "session-"));
				}
				return (ClientHttpResponse) response;
			}).subscribeOn(Schedulers.parallel()));
		}

		private void received(String contract, String sessionId) {
			if (!contract.equals(sessionId)) {
				this.wrong.add(contract + " in " + sessionId);
			}
			else if (!this.right.add(contract)) {
				this.wrong.add(contract + " twice");
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	static class Application {

		@Bean
		ThreadPoolTaskExecutor requests() {
			return pool(16);
		}

		@Bean
		ThreadPoolTaskExecutor taskExecutor() {
			return pool(4);
		}

		private static ThreadPoolTaskExecutor pool(int size) {
			ThreadPoolTaskExecutor pool = new ThreadPoolTaskExecutor();
			pool.setCorePoolSize(size);
			pool.setTaskDecorator(new ContextPropagatingTaskDecorator());
			return pool;
		}

		@Bean
		Confirmation confirmation(EventOutbox outbox) {
			return new Confirmation(outbox);
		}

	}

	static class Confirmation {

		private final EventOutbox outbox;

		Confirmation(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@Async
		Future<UUID> confirm(BookingConfirmed booking) {
			return CompletableFuture.completedFuture(this.outbox.store(booking));
		}

	}

}
