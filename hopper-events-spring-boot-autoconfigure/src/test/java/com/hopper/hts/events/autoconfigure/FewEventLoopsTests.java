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
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FewEventLoops}.
 */
class FewEventLoopsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private final LoopResources all = LoopResources.create("few", 4, true);

	@AfterEach
	void close() {
		this.all.disposeLater(Duration.ZERO, TIMEOUT).block(TIMEOUT);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3 })
	void areOfThoseThatOthersUse(int count) {
		LoopResources few = new FewEventLoops(this.all, count);
		Set<EventLoopGroup> used = ConcurrentHashMap.newKeySet();
		for (int i = 0; i < 1000; i++) {
			used.add(few.onClient(true));
		}
		assertThat(used).hasSize(count);
		assertThat(this.all.onClient(true)).contains(used.toArray(EventExecutor[]::new));
	}

	@Test
	void areNoMoreThanThereAre() {
		LoopResources few = new FewEventLoops(this.all, 100);
		Set<EventLoopGroup> used = ConcurrentHashMap.newKeySet();
		for (int i = 0; i < 1000; i++) {
			used.add(few.onClient(true));
		}
		assertThat(used).hasSize(4);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void connectionsShareThem(boolean useNative) {
		ConnectionProvider connections = ConnectionProvider.builder("few").maxConnections(20).build();
		HttpClient client = HttpClient.create(connections).runOn(new FewEventLoops(this.all, 1), useNative);
		DisposableServer server = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.handle((request, response) -> Mono.delay(Duration.ofMillis(20)).then(response.status(204).send()))
			.bindNow();
		try {
			Set<String> threads = ConcurrentHashMap.newKeySet();
			Flux.range(0, 100)
				.flatMap((index) -> client.get()
					.uri("http://127.0.0.1:" + server.port())
					.responseSingle((response, content) -> content.then(Mono.just(response.status().code())))
					.doOnNext((status) -> threads.add(Thread.currentThread().getName())), 20)
				.doOnNext((status) -> assertThat(status).isEqualTo(204))
				.blockLast(TIMEOUT);
			assertThat(threads).singleElement().asString().startsWith("few-");
		}
		finally {
			server.disposeNow();
			connections.dispose();
		}
	}

	@Test
	void disposingOfThemLeavesThemToOthers() {
		new FewEventLoops(this.all, 1).dispose();
		assertThat(this.all.isDisposed()).isFalse();
		assertThat(new FewEventLoops(this.all, 1).onServer(true)).isSameAs(this.all.onServer(true));
	}

}
