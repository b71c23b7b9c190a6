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
package com.hopper.hts.events.http;

import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.auth.BearerTokenProvider;
import reactor.netty.http.client.HttpClient;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Publishers for tests that need no application context.
 */
final class Publishers {

	static final String TOKEN = "canary-token-4711";

	private Publishers() {
	}

	static RetryPolicy retryPolicy(int maxAttempts) {
		return new RetryPolicy(maxAttempts, Duration.ofMillis(1), 2, Duration.ofMillis(5), 0.5, Duration.ofSeconds(10),
				Duration.ofSeconds(30), true, 100);
	}

	static EventPublisher create(URI baseUrl, RetryPolicy retryPolicy) {
		return create(baseUrl, retryPolicy, (builder) -> {
		});
	}

	static EventPublisher create(URI baseUrl, RetryPolicy retryPolicy, Consumer<HopperApiBuilder> customizer) {
		HopperApiBuilder builder = new HopperApiBuilder(webClient(baseUrl), baseUrl).retryPolicy(retryPolicy);
		customizer.accept(builder);
		return builder.publisher();
	}

	static WebClient webClient(URI baseUrl) {
		return WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(HttpClient.newConnection().disableRetry(true)))
			.filter(BearerTokenProvider.filter(baseUrl, BearerTokenProvider.of(TOKEN)))
			.build();
	}

}
