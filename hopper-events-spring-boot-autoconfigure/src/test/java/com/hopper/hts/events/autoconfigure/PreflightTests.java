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

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for signing in at the start of the application, and for what is refused then.
 */
@ExtendWith(OutputCaptureExtension.class)
class PreflightTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final FakeHopperApi api = FakeHopperApi.builder().client("client", "canary-secret").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				SslAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=client",
				"hopper.auth.client-secret=canary-secret", "hopper.auth.preflight=off",
				"hopper.retry.initial-interval=20ms");

	@AfterEach
	void close() {
		this.api.close();
	}

	private List<ReceivedRequest> requests(String path) {
		return this.api.requests().stream().filter((request) -> request.path().endsWith(path)).toList();
	}

	@Test
	void preflightSignsInInTheBackground() {
		this.contextRunner.withPropertyValues("hopper.auth.preflight=warn").run((context) -> {
			await().until(() -> requests("/auth").size() == 1);
			context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
			assertThat(requests("/auth")).hasSize(1);
		});
	}

	@Test
	void preflightWarnsByDefault(CapturedOutput output) {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=client",
					"hopper.auth.client-secret=canary-wrong")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				await().until(() -> output.getAll().contains("The application cannot sign in to Hopper"));
				assertThat(output).contains("answered 401").doesNotContain("canary");
			});
	}

	@Test
	void preflightEndsWithTheApplicationAndBeginsAnew() {
		AtomicInteger signingIn = new AtomicInteger();
		AtomicInteger ended = new AtomicInteger();
		Mono<String> token = Mono.<String>never()
			.doOnSubscribe((subscription) -> signingIn.incrementAndGet())
			.doOnCancel(ended::incrementAndGet);
		this.contextRunner.withPropertyValues("hopper.auth.preflight=warn")
			.withBean(BearerTokenProvider.class, () -> () -> token)
			.run((context) -> {
				assertThat(signingIn).hasValue(1);
				context.getSourceApplicationContext().stop();
				assertThat(ended).hasValue(1);
				context.getSourceApplicationContext().start();
				assertThat(signingIn).hasValue(2);
				assertThat(ended).hasValue(1);
				context.getSourceApplicationContext().close();
				assertThat(ended).hasValue(2);
			});
	}

	@Test
	void preflightCanFailTheStart() {
		this.contextRunner.withPropertyValues("hopper.auth.preflight=fail", "hopper.auth.client-secret=canary-wrong")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("hopper.auth.preflight is 'fail'")
				.hasStackTraceContaining("answered 401"));
		this.contextRunner.withPropertyValues("hopper.auth.preflight=fail")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void preflightLeavesReplacedPublishersAlone() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues("hopper.auth.preflight=fail")
			.withBean(HopperEventsAutoConfigurationTests.OtherPublisher.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void preflightConcernsTheAutoConfiguredClientOnly() {
		EventPublisher own = new HopperApiBuilder(WebClient.create(), URI.create(this.api.baseUrl())).publisher();
		ApplicationContextRunner runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues("hopper.auth.preflight=fail");
		runner.withBean("one", EventPublisher.class, () -> own)
			.withBean("two", EventPublisher.class, () -> own)
			.run((context) -> assertThat(context).hasNotFailed());
		runner.withBean("hopperWebClient", WebClient.class, WebClient::create)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(EventPublisher.class));
	}

	@Test
	void preflightCopesWithProvidersThatThrowOrGiveNothing(CapturedOutput output) {
		ApplicationContextRunner runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class));
		runner.withBean(BearerTokenProvider.class, () -> () -> {
			throw new IllegalStateException("no vault");
		}).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).contains("The application cannot sign in to Hopper").contains("no vault");
		});
		runner.withBean(BearerTokenProvider.class, () -> Mono::empty)
			.withPropertyValues("hopper.auth.preflight=fail")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("gave no bearer token"));
	}

	static Stream<Arguments> contradictions() {
		return Stream.of(
				Arguments.of(Map.of("hopper.auth.token", "t", "hopper.auth.client-id", "c"), "mutually exclusive"),
				Arguments.of(Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "first-canary\nsecond"),
						"'hopper.auth.client-secret' must not contain control characters"),
				Arguments.of(Map.of("hopper.auth.token", "t", "hopper.auth.client-secret", "c"), "mutually exclusive"),
				Arguments.of(Map.of("hopper.auth.client-id", "c"), "hopper.auth.client-secret"),
				Arguments.of(Map.of("hopper.auth.client-secret", "canary"), "hopper.auth.client-id"),
				Arguments.of(Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", " "),
						"hopper.auth.client-secret"),
				Arguments.of(Map.of("hopper.auth.token", "t", "hopper.auth.token-uri", "https://idp/token"),
						"hopper.auth.token-uri"),
				Arguments.of(Map.of("hopper.auth.token", "t", "hopper.auth.audience", "a"), "hopper.auth.audience"),
				Arguments.of(Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s", "hopper.auth.scope",
						"a"), "hopper.auth.scope"),
				Arguments.of(
						Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s",
								"hopper.auth.client-authentication-method", "client-secret-basic"),
						"hopper.auth.client-authentication-method"),
				Arguments.of(Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s",
						"hopper.auth.token-uri", "idp/token"), "must begin with https://"),
				Arguments.of(
						Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s", "hopper.auth.token-uri",
								"https://idp/token", "hopper.auth.audience", "${NO_SUCH}"),
						"'hopper.auth.audience' has a placeholder"),
				Arguments.of(
						Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s", "hopper.auth.token-uri",
								"https://idp/token", "hopper.auth.scope[0]", "a"),
						"'hopper.auth.scope' must be one value"),
				Arguments.of(Map.of("hopper.auth.token", "t", "hopper.base-url[0]", "https://localhost"),
						"'hopper.base-url' must be one value"),
				Arguments.of(Map.of("hopper.auth.client-id", "c", "hopper.auth.client-secret", "s",
						"hopper.auth.headers.Authorization", "canary"), "hopper.auth.headers"));
	}

	@ParameterizedTest
	@MethodSource("contradictions")
	void contradictionIsRefusedAtStart(Map<String, String> properties, String message) {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues(properties.entrySet()
				.stream()
				.map((property) -> property.getKey() + "=" + property.getValue())
				.toArray(String[]::new))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfAny(InvalidConfigurationPropertyValueException.class, HopperConfigurationException.class)
				.hasMessageContaining(message)
				.satisfies((failure) -> assertThat(failure.getMessage()).doesNotContain("canary")));
	}

}
