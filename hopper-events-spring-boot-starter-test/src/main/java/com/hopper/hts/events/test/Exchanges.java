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

import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;

import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Knows which requests are in flight: from the subscription until the application has
 * handled the answer or the failure.
 */
final class Exchanges implements ExchangeFilterFunction {

	private final Set<Exchange> open = ConcurrentHashMap.newKeySet();

	private final Runnable subscribed;

	/**
	 * Create an instance.
	 * @param subscribed called for each request on the thread that begins it
	 */
	Exchanges(Runnable subscribed) {
		this.subscribed = subscribed;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.defer(() -> {
			this.subscribed.run();
			Exchange exchange = new Exchange();
			this.open.add(exchange);
			return next.exchange(ClientRequest.from(request).httpRequest(exchange::connected).build())
				.map((response) -> response.mutate().body((body) -> Flux.defer(() -> {
					// There is a second subscription, which releases a body that was not
					// read
					exchange.bodies.incrementAndGet();
					return body.doFinally((signal) -> {
						if (exchange.bodies.decrementAndGet() == 0) {
							close(exchange);
						}
					});
				})).build())
				.doOnNext((response) -> exchange.answered = true)
				.doFinally((signal) -> {
					// An exchange with an answer ends with the body
					if (!exchange.answered) {
						close(exchange);
					}
				});
		});
	}

	/**
	 * Close an exchange after the current task of the event loop, because operators may
	 * cancel their source before they pass on its value.
	 */
	private void close(Exchange exchange) {
		EventLoop eventLoop = exchange.eventLoop;
		if (eventLoop != null && eventLoop.inEventLoop() && !eventLoop.isShuttingDown()) {
			eventLoop.execute(() -> this.open.remove(exchange));
		}
		else {
			this.open.remove(exchange);
		}
	}

	/**
	 * Return how many requests will end without help, because no server lets them wait.
	 * @param waiting the ports of the clients that a server lets wait
	 * @param tokenAwaited whether what is not connected waits for a token
	 */
	long moving(Set<Integer> waiting, boolean tokenAwaited) {
		return this.open.stream()
			.filter((exchange) -> !waiting.contains(exchange.port) && !(tokenAwaited && exchange.port == -1))
			.count();
	}

	int count() {
		return this.open.size();
	}

	/**
	 * A request and its answer.
	 */
	private static final class Exchange {

		private volatile int port = -1;

		private volatile @Nullable EventLoop eventLoop;

		private final AtomicInteger bodies = new AtomicInteger();

		private volatile boolean answered;

		void connected(ClientHttpRequest request) {
			if (request.getNativeRequest() instanceof Connection connection
					&& connection.channel().localAddress() instanceof InetSocketAddress address) {
				this.eventLoop = connection.channel().eventLoop();
				this.port = address.getPort();
			}
		}

	}

}
