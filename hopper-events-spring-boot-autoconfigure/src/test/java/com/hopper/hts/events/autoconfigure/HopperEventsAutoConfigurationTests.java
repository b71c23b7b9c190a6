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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.observation.DefaultEventPublishObservationConvention;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link HopperEventsAutoConfiguration}.
 */
class HopperEventsAutoConfigurationTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final AutoConfigurations AUTO_CONFIGURATIONS = AutoConfigurations.of(
			HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class, HttpClientAutoConfiguration.class,
			ReactiveHttpClientAutoConfiguration.class, SslAutoConfiguration.class);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AUTO_CONFIGURATIONS)
		.withPropertyValues("hopper.auth.token=test-token");

	@Test
	void providesAPublisher() {
		this.contextRunner.run((context) -> assertThat(context).hasSingleBean(EventPublisher.class)
			.hasSingleBean(BearerTokenProvider.class)
			.hasBean("hopperWebClient"));
	}

	@Test
	void worksWithoutTheAutoConfigurationsOfTheHttpClient() throws Exception {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
				.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + api.baseUrl())
				.run((context) -> assertThat(
						context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).delivered())
					.isTrue());
		}
	}

	@Test
	void publishesNothingUnderAGenericType() {
		this.contextRunner.withUserConfiguration(WantsAnyWebClient.class).run((context) -> {
			assertThat(context).getBean(WantsAnyWebClient.class).extracting((bean) -> bean.webClient).isNull();
			assertThat(context.getBeanNamesForType(WebClient.class)).containsExactly("hopperWebClient");
			List<Class<?>> ours = Stream.of(context.getBeanDefinitionNames())
				.filter((name) -> name.startsWith("hopper") && !name.equals("hopperWebClient"))
				.<Class<?>>map((name) -> context.getBeanFactory().getType(name))
				.toList();
			assertThat(ours).isNotEmpty()
				.allSatisfy((type) -> assertThat(type.getPackageName()).startsWith("com.hopper.hts.events"));
		});
	}

	@Test
	void applicationsOwnWebClientIsUntouched() {
		this.contextRunner.withUserConfiguration(ApplicationWebClient.class).run((context) -> {
			assertThat(context.getBean(WebClient.class)).isSameAs(context.getBean("applicationWebClient"));
			assertThat(context.getBean("hopperWebClient")).isNotSameAs(context.getBean("applicationWebClient"));
			assertThat(context).hasSingleBean(EventPublisher.class);
		});
	}

	@Test
	void sharedBuilderOfTheApplicationNeverLearnsTheToken() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl()).run((context) -> {
				context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
				context.getBean(WebClient.Builder.class)
					.build()
					.get()
					.uri(server.baseUrl())
					.retrieve()
					.toBodilessEntity()
					.block(Duration.ofSeconds(20));
				assertThat(server.requests()).extracting((request) -> request.header("Authorization"))
					.containsExactly("Bearer test-token", null);
			});
		}
	}

	@Test
	void hopperWebClientSignsCallsToOtherEndpoints() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl() + "/").run((context) -> {
				context.getBean("hopperWebClient", WebClient.class)
					.post()
					.uri("/sessions")
					.retrieve()
					.toBodilessEntity()
					.block(Duration.ofSeconds(20));
				assertThat(server.requests()).singleElement().satisfies((request) -> {
					assertThat(request.requestLine()).startsWith("POST /airline/v1.1/sessions ");
					assertThat(request.header("Authorization")).isEqualTo("Bearer test-token");
				});
			});
		}
	}

	@ParameterizedTest
	@CsvSource({ "/airline/v1.1,/airline/v1.1/events", "/airline/v1.1/,/airline/v1.1/events", "'',/events", "/,/events",
			"/gateway/hopper/airline,/gateway/hopper/airline/events" })
	void pathOfTheBaseUrlIsHonoured(String path, String expected) {
		try (FakeHopperApi api = FakeHopperApi.builder()
			.pathPrefix(path.replaceAll("/$", ""))
			.token("test-token")
			.start()) {
			this.contextRunner.withPropertyValues("hopper.base-url=http://127.0.0.1:" + api.port() + path)
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.received()).singleElement()
						.satisfies((received) -> assertThat(received.request().path()).isEqualTo(expected));
				});
		}
	}

	@Test
	void headersAndUserAgentAreSent() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.headers.X-Partner-Id=p 1",
						"hopper.headers.x-other=o")
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.requests()).singleElement().satisfies((request) -> {
						assertThat(request.header("X-Partner-Id")).isEqualTo("p 1");
						assertThat(request.header("X-Other")).isEqualTo("o");
						assertThat(request.header("User-Agent"))
							.matches("hopper-events-spring-boot/\\S+ \\(Spring Boot \\d\\S+; Java \\d\\S+\\)");
					});
				});
		}
	}

	@Test
	void customizersApplyInTheirOrder() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			this.contextRunner.withUserConfiguration(Customizers.class)
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.headers.X-Order=hopper")
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.requests()).singleElement().satisfies((request) -> {
						assertThat(request.header("X-Application")).isEqualTo("yes");
						assertThat(request.header("X-Order")).isEqualTo("last");
						assertThat(request.header("Authorization")).isEqualTo("Bearer test-token");
					});
				});
		}
	}

	@Test
	void everyBeanCanBeReplaced() {
		this.contextRunner.withUserConfiguration(Replacements.class).run((context) -> {
			assertThat(context).hasSingleBean(EventPublisher.class).hasSingleBean(BearerTokenProvider.class);
			assertThat(context.getBean(EventPublisher.class)).isInstanceOf(OtherPublisher.class);
			assertThat(context.getBean("hopperWebClient")).isSameAs(Replacements.WEB_CLIENT);
		});
	}

	@Test
	void publisherThatIsReplacedNeedsNoToken() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withBean(OtherPublisher.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void ownTokenProviderNeedsNoToken() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("vault-token").start()) {
			new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
				.withBean(BearerTokenProvider.class, () -> () -> Mono.just("vault-token"))
				.withPropertyValues("hopper.base-url=" + api.baseUrl())
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.received()).hasSize(1);
				});
		}
	}

	// Optional classes

	@Test
	void worksWithoutAMeterRegistry() throws Exception {
		assertDelivers(this.contextRunner, (context) -> {
		});
	}

	@Test
	void worksWithoutMicrometerMetricsOnTheClassPath() throws Exception {
		assertDelivers(this.contextRunner.withClassLoader(new FilteredClassLoader("io.micrometer.core")), (context) -> {
		});
	}

	@Test
	void backsOffWithoutWebClientOrReactorNetty() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EventPublisher.class));
		this.contextRunner.withClassLoader(new FilteredClassLoader(HttpClient.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EventPublisher.class));
	}

	@Test
	void metersAreRecordedWithBootsMetrics() throws Exception {
		assertDelivers(
				this.contextRunner.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class,
						MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
						SimpleMetricsExportAutoConfiguration.class, WebClientObservationAutoConfiguration.class)),
				(registry) -> {
					assertThat(registry.get("hopper.events.publish")
						.tags("event.type", "offers_displayed", "outcome", "delivered", "status", "204")
						.timer()
						.count()).isEqualTo(1);
					assertThat(registry.get("hopper.events.publish.attempts").summary().totalAmount()).isEqualTo(1);
					assertThat(registry.get("hopper.events.publish.in.flight").gauge().value()).isZero();
					// WebClient records it when the answer has been handed on
					await().untilAsserted(
							() -> assertThat(registry.get("http.client.requests").tag("status", "204").timer().count())
								.isEqualTo(1));
				});
	}

	@Test
	void severalMeterRegistriesWithoutAPrimaryOneDoNoHarm() {
		this.contextRunner.withBean("one", SimpleMeterRegistry.class)
			.withBean("two", SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasSingleBean(EventPublisher.class)
				.doesNotHaveBean(HopperMetrics.class));
	}

	@Test
	void conventionIsReplaceable() throws Exception {
		TestObservationRegistry registry = TestObservationRegistry.create();
		EventPublishObservationConvention convention = new DefaultEventPublishObservationConvention() {

			@Override
			public String getName() {
				return "airline.events";
			}

		};
		assertDelivers(
				this.contextRunner.withBean(TestObservationRegistry.class, () -> registry)
					.withBean(EventPublishObservationConvention.class, () -> convention),
				(context) -> TestObservationRegistryAssert.assertThat(registry)
					.hasObservationWithNameEqualTo("airline.events"));
	}

	private void assertDelivers(ApplicationContextRunner runner, Consumer<MeterRegistry> assertions) {
		try (FakeHopperApi api = FakeHopperApi.builder().token("test-token").start()) {
			runner.withPropertyValues("hopper.base-url=" + api.baseUrl()).run((context) -> {
				assertThat(context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).delivered())
					.isTrue();
				assertThat(api.received()).hasSize(1);
				assertions.accept(context.getBeanProvider(MeterRegistry.class).getIfAvailable());
			});
		}
	}

	// Disabled

	@Test
	void disabledPublisherDropsQuietlyAndCounts() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withBean(MeterRegistry.class, () -> registry)
			.withPropertyValues("hopper.enabled=false", "hopper.base-url=nonsense")
			.run((context) -> {
				EventPublisher publisher = context.getBean(EventPublisher.class);
				EventReceipt receipt = publisher.publishAndWait("session", OFFERS);
				assertThat(receipt.delivered()).isFalse();
				assertThat(receipt.outcome()).isEqualTo(EventReceipt.Outcome.DISCARDED);
				assertThat(receipt.attempts()).isZero();
				assertThat(publisher.publish(null, null).block(Duration.ofSeconds(5)).delivered()).isFalse();
				assertThat(publisher.publishAndWait(BookingConfirmed.occurredAt(Instant.EPOCH)).delivered()).isFalse();
				assertThat(publisher
					.publishAll(Flux.just(new SessionEvent(null, CustomEvent.occurredAt("x", Instant.EPOCH))), 1)
					.blockLast()
					.error()).isNull();
				assertThat(registry.get("hopper.events.discarded")
					.tags("reason", "disabled", "event.type", "offers_displayed")
					.counter()
					.count()).isEqualTo(1);
			});
	}

	@Test
	void disabledPublisherWorksWithoutAMeterRegistry() {
		new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withPropertyValues("hopper.enabled=false")
			.run((context) -> assertThat(context.getBean(EventPublisher.class).publishAndWait("s", OFFERS).delivered())
				.isFalse());
	}

	// Sign-in

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
				.isInstanceOf(MutuallyExclusiveConfigurationPropertiesException.class)
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
	}

	// Properties

	static Stream<Arguments> invalidProperties() {
		return Stream.of(Arguments.of("hopper.base-url", "airlines-api.hopper.com", "must begin with https://"),
				Arguments.of("hopper.base-url", "localhost:8080/x", "must begin with https://"),
				Arguments.of("hopper.base-url", "ftp://hopper.com", "must begin with https://"),
				Arguments.of("hopper.base-url", "https:///events", "must name a host"),
				Arguments.of("hopper.base-url", "https://hopper.com/a?b=c", "must not contain a query"),
				Arguments.of("hopper.base-url", "https://hopper.com/a#b", "must not contain a query"),
				Arguments.of("hopper.base-url", "https://u:canary@hopper.com", "must not contain a user name"),
				Arguments.of("hopper.client.connect-timeout", "-1s", "must be between"),
				Arguments.of("hopper.client.read-timeout", "0", "must be between"),
				Arguments.of("hopper.client.response-timeout", "-5ms", "must be between"),
				Arguments.of("hopper.client.proxy.port", "70000", "must be between 1 and 65535"),
				Arguments.of("hopper.client.proxy.username", "u", "hopper.client.proxy.host"),
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
				Arguments.of("hopper.retry.budget", "-1", "must be 0 or greater"),
				Arguments.of("hopper.retry.budget", "1000001", "must not be greater"),
				Arguments.of("hopper.headers.Authorization", "canary", "cannot be replaced"),
				Arguments.of("hopper.headers.hc-session-id", "canary", "cannot be replaced"),
				Arguments.of("hopper.headers.X-Bad", "can\u00e4ry", "visible ASCII"));
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
				assertThat(properties.requireSession()).isTrue();
				assertThat(properties.headers()).isEqualTo(Map.of("X-A", "b"));
				assertThat(properties.client()).isEqualTo(new HopperProperties.Client(Duration.ofSeconds(1),
						Duration.ofSeconds(2), Duration.ofSeconds(3), Duration.ofSeconds(4), true,
						new HopperProperties.Ssl(null), new HopperProperties.Proxy("proxy", 3128, "u", "p"),
						new HopperProperties.Pool(5, 6, Duration.ofSeconds(7), Duration.ofSeconds(8))));
				assertThat(properties.retry()).isEqualTo(new HopperProperties.Retry(9, Duration.ofMillis(10), 1.1,
						Duration.ofSeconds(12), 0.3, Duration.ofSeconds(14), Duration.ofSeconds(15), false, 16));
				HopperAuthProperties auth = context.getBean(HopperAuthProperties.class);
				assertThat(auth.getToken()).isEqualTo("test-token");
				assertThat(properties + " " + auth + " " + properties.client()).doesNotContain("test-token",
						"password=p");
			});
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
				assertThat(properties.baseUrl()).hasToString("http://localhost:1/x");
				assertThat(context.getBean(HopperAuthProperties.class).getToken()).isEqualTo("from-env");
			});
	}

	@Test
	void sessionCanBeRequired() {
		this.contextRunner.withPropertyValues("hopper.require-session=true")
			.run((context) -> assertThat(context.getBean(EventPublisher.class)
				.publish(BookingConfirmed.occurredAt(Instant.EPOCH).withCfarOfferIds("o"))
				.map(EventReceipt::toString)
				.onErrorResume((ex) -> Mono.just(ex.getMessage()))
				.block(Duration.ofSeconds(5))).contains("hopper.require-session"));
	}

	private static String stackTrace(Throwable failure) {
		java.io.StringWriter writer = new java.io.StringWriter();
		failure.printStackTrace(new java.io.PrintWriter(writer));
		return writer.toString();
	}

	@Configuration(proxyBeanMethods = false)
	static class WantsAnyWebClient {

		private final WebClient webClient;

		WantsAnyWebClient(ObjectProvider<WebClient> webClient) {
			this.webClient = webClient.getIfAvailable();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ApplicationWebClient {

		@Bean
		WebClient applicationWebClient(WebClient.Builder builder) {
			return builder.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Customizers {

		@Bean
		WebClientCustomizer applicationCustomizer() {
			return (builder) -> builder.defaultHeader("X-Application", "yes")
				.defaultHeader("X-Order", "first")
				.defaultHeader("Authorization", "Bearer other");
		}

		@Bean
		HopperWebClientCustomizer hopperCustomizer() {
			return (builder) -> builder.defaultHeaders((headers) -> {
				assertThat(headers.get("X-Order")).isEqualTo(List.of("hopper"));
				headers.set("X-Order", "last");
			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Replacements {

		static final WebClient WEB_CLIENT = WebClient.create();

		@Bean
		WebClient hopperWebClient() {
			return WEB_CLIENT;
		}

		@Bean
		BearerTokenProvider tokenProvider() {
			return BearerTokenProvider.of("other");
		}

		@Bean
		OtherPublisher otherPublisher() {
			return new OtherPublisher();
		}

	}

	static class OtherPublisher implements EventPublisher {

		@Override
		public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
			return Mono.empty();
		}

		@Override
		public Mono<EventReceipt> publish(BookingConfirmed event) {
			return Mono.empty();
		}

	}

}
