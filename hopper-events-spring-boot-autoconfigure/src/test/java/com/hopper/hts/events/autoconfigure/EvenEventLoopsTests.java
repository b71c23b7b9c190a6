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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EvenEventLoops}.
 */
class EvenEventLoopsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private final LoopResources loops = LoopResources.create("even", 4, true);

	@AfterEach
	void close() {
		this.loops.disposeLater(Duration.ZERO, TIMEOUT).block(TIMEOUT);
	}

	@Test
	void takeTurns() {
		LoopResources even = new EvenEventLoops(this.loops);
		Map<EventLoopGroup, Integer> used = new HashMap<>();
		for (int i = 0; i < 1000; i++) {
			used.merge(even.onClient(true), 1, Integer::sum);
		}
		assertThat(used).hasSize(4).allSatisfy((loop, count) -> assertThat(count).isEqualTo(250));
		assertThat(this.loops.onClient(true)).contains(used.keySet().toArray(EventExecutor[]::new));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void connectionsOpenedOnOneEventLoopAreOnAll(boolean useNative) {
		ConnectionProvider connections = ConnectionProvider.builder("even").maxConnections(20).build();
		HttpClient client = HttpClient.create(connections).runOn(new EvenEventLoops(this.loops), useNative);
		DisposableServer server = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.handle((request, response) -> Mono.delay(Duration.ofMillis(200)).then(response.status(204).send()))
			.bindNow();
		try {
			Set<String> threads = ConcurrentHashMap.newKeySet();
			Flux.range(0, 20)
				.flatMap((index) -> client.get()
					.uri("http://127.0.0.1:" + server.port())
					.responseSingle((response, content) -> content.then(Mono.just(response.status().code())))
					.doOnNext((status) -> threads.add(Thread.currentThread().getName())), 20)
				.subscribeOn(Schedulers.fromExecutor(this.loops.onClient(useNative).next()))
				.doOnNext((status) -> assertThat(status).isEqualTo(204))
				.blockLast(TIMEOUT);
			assertThat(threads).hasSize(4).allSatisfy((name) -> assertThat(name).startsWith("even-"));
		}
		finally {
			server.disposeNow();
			connections.dispose();
		}
	}

	@Test
	void disposingOfThemLeavesThemToOthers() {
		new EvenEventLoops(this.loops).dispose();
		assertThat(this.loops.isDisposed()).isFalse();
		assertThat(new EvenEventLoops(this.loops).onServer(true)).isSameAs(this.loops.onServer(true));
	}

}
