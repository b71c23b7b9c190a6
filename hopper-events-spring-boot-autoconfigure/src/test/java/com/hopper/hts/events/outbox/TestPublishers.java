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
package com.hopper.hts.events.outbox;

import java.net.URI;
import java.time.Duration;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.test.FakeHopperApi;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Publishers to a fake API, without an application context.
 */
final class TestPublishers {

	static final String TOKEN = "canary-token-4711";

	private TestPublishers() {
	}

	static EventPublisher create(FakeHopperApi api) {
		return create(api, BearerTokenProvider.of(TOKEN));
	}

	static EventPublisher create(FakeHopperApi api, BearerTokenProvider tokens) {
		URI baseUrl = URI.create(api.baseUrl());
		HttpClient http = HttpClient.create(ConnectionProvider.builder("outbox").maxConnections(100).build())
			.disableRetry(true);
		WebClient client = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(http))
			.filter(BearerTokenProvider.filter(baseUrl, tokens))
			.build();
		return new HopperApiBuilder(client, baseUrl)
			.backoff(Duration.ofMillis(1), 2, Duration.ofMillis(5), 0.5, Duration.ofSeconds(10))
			.responseTimeout(Duration.ofSeconds(20))
			.publisher();
	}

}
