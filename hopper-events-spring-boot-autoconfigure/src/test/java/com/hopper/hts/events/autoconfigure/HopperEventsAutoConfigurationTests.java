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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HopperEventsAutoConfiguration}.
 */
@Tag("compatibility")
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
	void connectionDetailsReplaceTheProperties() {
		try (FakeHopperApi api = FakeHopperApi.builder().client("client", "secret").start()) {
			HopperConnectionDetails details = new HopperConnectionDetails() {

				@Override
				public URI getBaseUrl() {
					return URI.create(api.baseUrl());
				}

				@Override
				public String getClientId() {
					return "client";
				}

				@Override
				public String getClientSecret() {
					return "secret";
				}

			};
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
				.withBean(HopperConnectionDetails.class, () -> details)
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(api.requests()).anyMatch((request) -> request.path().endsWith("/auth"));
					assertThat(api.received()).hasSize(1);
				});
		}
	}

	@Test
	void publishesNothingUnderAGenericType() {
		this.contextRunner.withUserConfiguration(WantsAnyWebClient.class).run((context) -> {
			assertThat(context).getBean(WantsAnyWebClient.class).extracting((bean) -> bean.webClient).isNull();
			assertThat(context.getBeanNamesForType(WebClient.class)).containsExactly("hopperWebClient");
			List<Class<?>> ours = Stream.of(context.getBeanDefinitionNames())
				.filter((name) -> name.startsWith("hopper"))
				// Not candidates for autowiring
				.filter((name) -> !name.equals("hopperWebClient") && !name.equals("hopperRestClient"))
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
					.block(Duration.ofSeconds(60));
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
					.block(Duration.ofSeconds(60));
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

	@Test
	void backsOffWithoutWebClientOrReactorNetty() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EventPublisher.class));
		this.contextRunner.withClassLoader(new FilteredClassLoader(HttpClient.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EventPublisher.class));
	}

	@Test
	void sessionCanBeRequired() {
		this.contextRunner.withPropertyValues("hopper.require-session=true")
			.run((context) -> assertThat(context.getBean(EventPublisher.class)
				.publish(BookingConfirmed.occurredAt(Instant.EPOCH).withCfarOfferIds("o"))
				.map(EventReceipt::toString)
				.onErrorResume((ex) -> Mono.just(ex.getMessage()))
				.block(Duration.ofSeconds(60))).contains("hopper.require-session"));
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
		public Mono<EventReceipt> publish(HopperEvent event) {
			return Mono.empty();
		}

	}

}
