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

import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for properties without a value, as containers and placeholders such as
 * {@code ${PROXY_USER:}} leave them behind: they count as not set.
 */
class EmptyPropertiesTests {

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").client("id", "secret").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
						WebClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl());

	@AfterEach
	void stop() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "HOPPER_ENABLED", "HOPPER_REQUIRESESSION", "HOPPER_AUTH_PREFLIGHT",
			"HOPPER_CLIENT_RESPONSETIMEOUT", "HOPPER_CLIENT_HTTP2", "HOPPER_CLIENT_PROXY_PORT",
			"HOPPER_CLIENT_POOL_MAXCONNECTIONS", "HOPPER_CLIENT_SSL_BUNDLE", "HOPPER_RETRY_MAXATTEMPTS",
			"HOPPER_RETRY_MULTIPLIER", "HOPPER_RETRY_ONTIMEOUT", "HOPPER_OUTBOX_TYPE", "HOPPER_OUTBOX_CONCURRENCY",
			"HOPPER_OUTBOX_SHOWPAYLOAD", "HOPPER_OUTBOX_MEMORY_MAXEVENTS", "HOPPER_HEADERS", "HOPPER_SESSION_LEARN",
			"HOPPER_AUTH_CLIENTID,HOPPER_AUTH_CLIENTSECRET", "HOPPER_AUTH_TOKENURI",
			"HOPPER_AUTH_AUDIENCE,HOPPER_AUTH_SCOPE,HOPPER_AUTH_CLIENTAUTHENTICATIONMETHOD",
			"HOPPER_CLIENT_PROXY_HOST,HOPPER_CLIENT_PROXY_USERNAME,HOPPER_CLIENT_PROXY_PASSWORD" })
	void emptyPropertyIsNotSet(String variables) {
		publishes(this.contextRunner.withPropertyValues("hopper.auth.token=test-token"), variables);
	}

	@Test
	void emptyTokenUriMeansTheApiItself() {
		publishes(this.contextRunner.withPropertyValues("hopper.auth.client-id=id", "hopper.auth.client-secret=secret"),
				"HOPPER_AUTH_TOKEN,HOPPER_AUTH_TOKENURI,HOPPER_AUTH_AUDIENCE,HOPPER_AUTH_SCOPE");
	}

	private void publishes(ApplicationContextRunner runner, String variables) {
		Map<String, Object> empty = Stream.of(variables.split(","))
			.collect(Collectors.toMap((name) -> name, (n) -> ""));
		runner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("systemEnvironment", empty)))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				context.getBean(EventPublisher.class)
					.publishAndWait("session", OffersDisplayed.occurredAt(Instant.EPOCH));
				assertThat(this.api.received()).hasSize(1);
			});
	}

}
