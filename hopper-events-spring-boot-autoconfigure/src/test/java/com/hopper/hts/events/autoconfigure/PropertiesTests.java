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
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the properties: what is refused at start, and how it is said.
 */
@Tag("compatibility")
class PropertiesTests {

	private static final AutoConfigurations AUTO_CONFIGURATIONS = AutoConfigurations.of(
			HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class, HttpClientAutoConfiguration.class,
			ReactiveHttpClientAutoConfiguration.class, SslAutoConfiguration.class);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AUTO_CONFIGURATIONS)
		.withPropertyValues("hopper.auth.token=test-token");

	@Test
	void missingTokenFailsAtStart() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(HopperConfigurationException.class)
				.hasMessageContaining("hopper.auth.token"));
	}

	@Test
	void missingTokenFailsAtStartEvenIfBeansAreLazy() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor(new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(HopperConfigurationException.class));
	}

	@Test
	void tokenAndClientIdTogetherAreRefused() {
		this.contextRunner.withPropertyValues("hopper.auth.client-id=id")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(HopperConfigurationException.class)
				.hasMessageContaining("hopper.auth.token")
				.hasMessageContaining("hopper.auth.client-id"));
	}

	@Test
	void tokenThatCannotBeOneIsRefusedWithoutBeingShown() {
		this.contextRunner.withPropertyValues("hopper.auth.token=Bearer canary")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(failure).hasStackTraceContaining("hopper.auth.token")
					.hasStackTraceContaining("without 'Bearer'"))
				.satisfies((failure) -> assertThat(stackTrace(failure)).doesNotContain("canary")));
		this.contextRunner.withPropertyValues("hopper.auth.token=\"canary\"")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(failure).hasStackTraceContaining("hopper.auth.token")
					.hasStackTraceContaining("without quotation marks"))
				.satisfies((failure) -> assertThat(stackTrace(failure)).doesNotContain("canary")));
	}

	static Stream<Arguments> invalidProperties() {
		return Stream.of(Arguments.of("hopper.base-url", "airlines-api.hopper.com", "must begin with https://"),
				Arguments.of("hopper.base-url", "localhost:8080/x", "must begin with https://"),
				Arguments.of("hopper.base-url", "ftp://hopper.com", "must begin with https://"),
				Arguments.of("hopper.base-url", "https:///events", "must name a host"),
				Arguments.of("hopper.base-url", "https://hopper.com/a?b=c", "must not contain a query"),
				Arguments.of("hopper.base-url", "https://hopper.com/a#b", "must not contain a query"),
				Arguments.of("hopper.base-url", "https://u:canary@hopper.com", "must not contain a user name"),
				Arguments.of("hopper.base-url", "https://hopper.com:65536/a", "a port of 1 to 65535"),
				Arguments.of("hopper.base-url", "http://[::1]:99999", "a port of 1 to 65535"),
				Arguments.of("hopper.base-url", "https://hopper.com:0/a", "a port of 1 to 65535"),
				Arguments.of("hopper.auth.token", "${NO_SUCH_CANARY}", "placeholder"),
				Arguments.of("hopper.base-url", "${NO_SUCH_CANARY}", "placeholder"),
				Arguments.of("hopper.base-url", "https://${NO_SUCH_CANARY}/v1.1", "placeholder"),
				Arguments.of("hopper.headers.X-Partner-Id", "${NO_SUCH_CANARY}", "placeholder"),
				Arguments.of("hopper.client.connect-timeout", "-1s", "must be between"),
				Arguments.of("hopper.client.read-timeout", "0", "must be between"),
				Arguments.of("hopper.client.response-timeout", "-5ms", "must be between"),
				Arguments.of("hopper.client.proxy.port", "70000", "must be between 1 and 65535"),
				Arguments.of("hopper.client.proxy.username", "u", "hopper.client.proxy.host"),
				Arguments.of("hopper.client.proxy.host", "${NO_SUCH_CANARY}", "placeholder"),
				Arguments.of("hopper.client.pool.max-connections", "0", "must be 1 or greater"),
				Arguments.of("hopper.client.pool.max-pending-acquires", "-1", "must be 0 or greater"),
				Arguments.of("hopper.client.pool.max-idle-time", "-1s", "must be between"),
				Arguments.of("hopper.client.pool.max-life-time", "0s", "must be between"),
				Arguments.of("hopper.retry.max-attempts", "0", "must be 1 or greater"),
				Arguments.of("hopper.retry.initial-interval", "-1s", "must be between"),
				Arguments.of("hopper.retry.multiplier", "0.5", "must be 1 or greater"),
				Arguments.of("hopper.retry.multiplier", "NaN", "must be 1 or greater"),
				Arguments.of("hopper.retry.max-interval", "0s", "must be between"),
				Arguments.of("hopper.retry.jitter", "1.5", "must be between 0 and 1"),
				Arguments.of("hopper.retry.max-retry-after", "-1s", "must be between"),
				Arguments.of("hopper.retry.timeout", "100d", "must be between"),
				Arguments.of("hopper.retry.timeout", "999999999999d", "must be between"),
				Arguments.of("hopper.retry.budget", "-1", "must be 0 or greater"),
				Arguments.of("hopper.retry.budget", "1000001", "must not be greater"),
				Arguments.of("hopper.headers.Authorization", "canary", "cannot be replaced"),
				Arguments.of("hopper.headers.hc-session-id", "canary", "cannot be replaced"),
				Arguments.of("hopper.headers.X-Bad", "can\u00e4ry", "visible ASCII"),
				Arguments.of("hopper.headers.[X Bad]", "canary", "letters, digits and hyphens"));
	}

	@ParameterizedTest(name = "{0}={1}")
	@MethodSource("invalidProperties")
	void invalidPropertyFailsAtStartAndIsNamed(String name, String value, String message) {
		this.contextRunner.withPropertyValues(name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfAny(InvalidConfigurationPropertyValueException.class, HopperConfigurationException.class)
				.hasMessageContaining(message)
				.hasMessageContaining(name.substring(0, name.lastIndexOf('.')))
				.satisfies((failure) -> assertThat(stackTrace(failure)).doesNotContain("canary")));
	}

	@ParameterizedTest
	@CsvSource({ "username, password", "password, username" })
	void halfOfTheCredentialsOfAProxyIsRefused(String given, String missing) {
		this.contextRunner
			.withPropertyValues("hopper.client.proxy.host=proxy", "hopper.client.proxy." + given + "=canary")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.client.proxy." + missing)
				.satisfies((failure) -> assertThat(stackTrace(failure)).doesNotContain("canary")));
	}

	@ParameterizedTest
	@CsvSource({ "hopper.retry.timeout,soon", "hopper.retry.max-attempts,many", "hopper.enabled,perhaps" })
	void propertyOfTheWrongTypeFailsAtStartAndIsNamed(String name, String value) {
		this.contextRunner.withPropertyValues(name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).containsAnyOf(name, name.replace('.', '-'))));
	}

	@Test
	void everyPropertyBinds() {
		this.contextRunner.withPropertyValues("hopper.base-url=https://staging.api.hopper.com/airline/v1.1",
				"hopper.require-session=true", "hopper.client.connect-timeout=1s", "hopper.client.read-timeout=2s",
				"hopper.client.response-timeout=3s", "hopper.client.shutdown-timeout=4s", "hopper.client.http2=true",
				"hopper.client.proxy.host=proxy", "hopper.client.proxy.port=3128", "hopper.client.proxy.username=u",
				"hopper.client.proxy.password=p", "hopper.client.pool.max-connections=5",
				"hopper.client.pool.max-pending-acquires=6", "hopper.client.pool.max-idle-time=7s",
				"hopper.client.pool.max-life-time=8s", "hopper.retry.max-attempts=9",
				"hopper.retry.initial-interval=10ms", "hopper.retry.multiplier=1.1", "hopper.retry.max-interval=12s",
				"hopper.retry.jitter=0.3", "hopper.retry.max-retry-after=14s", "hopper.retry.timeout=15s",
				"hopper.retry.on-timeout=false", "hopper.retry.budget=16", "hopper.headers.X-A=b")
			.run((context) -> {
				HopperProperties properties = context.getBean(HopperProperties.class);
				assertThat(properties.isRequireSession()).isTrue();
				assertThat(properties.getHeaders()).isEqualTo(Map.of("X-A", "b"));
				assertThat(properties.getClient()).usingRecursiveComparison().isEqualTo(client());
				assertThat(properties.getRetry()).usingRecursiveComparison().isEqualTo(retry());
				HopperAuthProperties auth = context.getBean(HopperAuthProperties.class);
				assertThat(auth.getToken()).isEqualTo("test-token");
				assertThat(properties + " " + auth + " " + properties.getClient()).doesNotContain("test-token",
						"password=p");
			});
	}

	private static HopperProperties.Client client() {
		HopperProperties.Client client = new HopperProperties().getClient();
		client.setConnectTimeout(Duration.ofSeconds(1));
		client.setReadTimeout(Duration.ofSeconds(2));
		client.setResponseTimeout(Duration.ofSeconds(3));
		client.setShutdownTimeout(Duration.ofSeconds(4));
		client.setHttp2(true);
		client.getProxy().setHost("proxy");
		client.getProxy().setPort(3128);
		client.getProxy().setUsername("u");
		client.getProxy().setPassword("p");
		client.getPool().setMaxConnections(5);
		client.getPool().setMaxPendingAcquires(6);
		client.getPool().setMaxIdleTime(Duration.ofSeconds(7));
		client.getPool().setMaxLifeTime(Duration.ofSeconds(8));
		return client;
	}

	private static HopperProperties.Retry retry() {
		HopperProperties.Retry retry = new HopperProperties().getRetry();
		retry.setMaxAttempts(9);
		retry.setInitialInterval(Duration.ofMillis(10));
		retry.setMultiplier(1.1);
		retry.setMaxInterval(Duration.ofSeconds(12));
		retry.setJitter(0.3);
		retry.setMaxRetryAfter(Duration.ofSeconds(14));
		retry.setTimeout(Duration.ofSeconds(15));
		retry.setOnTimeout(false);
		retry.setBudget(16);
		return retry;
	}

	@Test
	void environmentVariablesReadNaturally() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new org.springframework.core.env.SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("HOPPER_BASE_URL", "http://localhost:1/x", "HOPPER_AUTH_TOKEN", "from-env"))))
			.run((context) -> {
				HopperProperties properties = context.getBean(HopperProperties.class);
				assertThat(properties.getBaseUrl()).hasToString("http://localhost:1/x");
				assertThat(context.getBean(HopperAuthProperties.class).getToken()).isEqualTo("from-env");
			});
	}

	@Test
	void headerWithTheDotsOfAnEnvironmentVariableIsRefused() {
		this.contextRunner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new org.springframework.core.env.SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("HOPPER_HEADERS_X_PARTNER_ID", "canary"))))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(HopperConfigurationException.class)
				.hasMessageContaining("hopper.headers.x.partner.id")
				.hasMessageContaining("SPRING_APPLICATION_JSON"));
	}

	private static String stackTrace(Throwable failure) {
		java.io.StringWriter writer = new java.io.StringWriter();
		failure.printStackTrace(new java.io.PrintWriter(writer));
		return writer.toString();
	}

}
