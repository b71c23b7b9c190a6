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

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.imperative.ImperativeHttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.service.HttpServiceClientPropertiesAutoConfiguration;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration;
import org.springframework.boot.restclient.autoconfigure.service.HttpServiceClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.service.ReactiveHttpServiceClientAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.client.ApiVersionInserter;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.service.annotation.PostExchange;
import org.springframework.web.service.registry.HttpServiceGroup;
import org.springframework.web.service.registry.ImportHttpServices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link HttpServiceConfigurations}.
 */
class HttpServiceConfigurationsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().client("id", "secret").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
				HopperSessionAutoConfiguration.class, WebClientAutoConfiguration.class,
				RestClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				ImperativeHttpClientAutoConfiguration.class, HttpServiceClientPropertiesAutoConfiguration.class,
				HttpServiceClientAutoConfiguration.class, ReactiveHttpServiceClientAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=id",
				"hopper.auth.client-secret=secret");

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void hopperRestClientIsSignedAndTakesPartInTheSession() {
		this.contextRunner.run((context) -> {
			HopperSessionContext customer = HopperSessionContext.create();
			customer.run(() -> {
				ResponseEntity<List<Offer>> offers = post(context, "/cfar_offers");
				assertThat(offers.getStatusCode()).isEqualTo(HttpStatus.CREATED);
				assertThat(offers.getBody()).singleElement().satisfies((offer) -> assertThat(offer.id()).isNotBlank());
				post(context, "/dg_offers");
			});
			assertThat(this.api.requests().get(2).header("HC-Session-ID")).isEqualTo(customer.sessionId()).isNotNull();
		});
	}

	@Test
	void tokenThatIsRejectedIsReplaced() {
		this.contextRunner.run((context) -> {
			post(context, "/cfar_offers");
			this.api.expireTokens();
			assertThat(post(context, "/cfar_offers").getStatusCode()).isEqualTo(HttpStatus.CREATED);
		});
	}

	@Test
	void otherHostsNeverLearnTheToken() throws Exception {
		try (ScriptedServer other = new ScriptedServer()) {
			this.contextRunner.run((context) -> {
				hopperRestClient(context).get().uri(other.baseUrl()).retrieve().toBodilessEntity();
				assertThat(other.requests()).singleElement()
					.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
			});
		}
	}

	@Test
	void versionOfTheApplicationsOwnApisIsNotAdded() {
		this.contextRunner
			.withBean(RestClientCustomizer.class,
					() -> (builder) -> builder.defaultApiVersion("2")
						.apiVersionInserter(ApiVersionInserter.usePathSegment(0)))
			.run((context) -> assertThat(post(context, "/cfar_offers").getStatusCode()).isEqualTo(HttpStatus.CREATED));
	}

	@Test
	void headersOfOtherClientsDoNotReplaceOurs() {
		this.contextRunner
			.withBean(RestClientCustomizer.class,
					() -> (builder) -> builder.defaultHeader("X-Partner-Id", "internal")
						.defaultHeader("User-Agent", "application"))
			.withPropertyValues("hopper.headers.x-partner-id=partner")
			.run((context) -> {
				post(context, "/cfar_offers");
				assertThat(this.api.requests()).last().satisfies((request) -> {
					assertThat(request.header("X-Partner-Id")).isEqualTo("partner");
					assertThat(request.header("User-Agent")).startsWith("hopper-events-spring-boot/");
				});
			});
	}

	@Test
	void failuresAreThoseOfARestClientWithoutSecrets() {
		this.contextRunner.run((context) -> {
			assertThatExceptionOfType(HttpClientErrorException.NotFound.class).isThrownBy(
					() -> hopperRestClient(context).post().uri("/nothing").body(Map.of()).retrieve().toBodilessEntity())
				.withMessageStartingWith("404 Not Found");
			this.api.expectViolations();
			this.api.close();
			assertThatExceptionOfType(ResourceAccessException.class)
				.isThrownBy(() -> hopperRestClient(context).post().uri("/cfar_offers").retrieve().toBodilessEntity())
				.satisfies((failure) -> {
					StringWriter trace = new StringWriter();
					failure.printStackTrace(new PrintWriter(trace));
					assertThat(trace.toString()).doesNotContain("Bearer");
				});
		});
	}

	@Test
	void eventLoopIsNotBlocked() {
		this.contextRunner.run(
				(context) -> assertThatIllegalStateException()
					.isThrownBy(() -> Mono.fromCallable(() -> post(context, "/cfar_offers"))
						.subscribeOn(Schedulers.parallel())
						.block(TIMEOUT))
					.withMessageContaining("must not be called on thread 'parallel-"));
		assertThat(this.api.requests()).noneMatch((request) -> request.path().endsWith("/cfar_offers"));
	}

	@Test
	void hopperRestClientIsNoCandidateForTheApplicationsOwn() {
		this.contextRunner.withUserConfiguration(WantsAnyRestClient.class)
			.run((context) -> assertThat(context.getBean(WantsAnyRestClient.class).restClient).isNull());
	}

	@Test
	void interfacesOfTheGroupAreSigned() {
		this.contextRunner.withUserConfiguration(Services.class).run((context) -> {
			HopperSessionContext customer = HopperSessionContext.create();
			customer.run(() -> {
				assertThat(context.getBean(CfarOffers.class).create(Map.of())).hasSize(1);
				assertThat(context.getBean(CfarOffers.class).create(Map.of())).hasSize(1);
			});
			assertThat(this.api.requests().get(2).header("HC-Session-ID")).isEqualTo(customer.sessionId()).isNotNull();
			this.api.assertNoViolations();
		});
	}

	@Test
	void reactiveInterfacesOfTheGroupAreSigned() {
		this.contextRunner.withUserConfiguration(ReactiveServices.class).run((context) -> {
			DgOffers offers = context.getBean(DgOffers.class);
			HopperSessionContext customer = HopperSessionContext.create();
			assertThat(Mono.defer(() -> offers.create(Map.of()))
				.then(offers.create(Map.of()))
				.contextWrite(customer.toReactorContext())
				.block(TIMEOUT)).hasSize(1);
			assertThat(this.api.requests().get(2).header("HC-Session-ID")).isEqualTo(customer.sessionId()).isNotNull();
			this.api.assertNoViolations();
		});
	}

	@Test
	void disabledClientsAnswerWithoutContent() {
		this.contextRunner.withUserConfiguration(ReactiveServices.class)
			.withPropertyValues("hopper.enabled=false")
			.run((context) -> {
				assertThat(hopperRestClient(context).post()
					.uri("/cfar_offers")
					.retrieve()
					.toBodilessEntity()
					.getStatusCode()).isEqualTo(HttpStatus.NO_CONTENT);
				assertThat(context.getBean(DgOffers.class).create(Map.of()).blockOptional(TIMEOUT)).isEmpty();
			});
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void worksWithoutTheModuleForRestClients() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues("hopper.auth.token=token")
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.restclient"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("hopperRestClient"));
	}

	private static RestClient hopperRestClient(ApplicationContext context) {
		return context.getBean("hopperRestClient", RestClient.class);
	}

	private static ResponseEntity<List<Offer>> post(ApplicationContext context, String path) {
		return hopperRestClient(context).post()
			.uri(path)
			.body(Map.of())
			.retrieve()
			.toEntity(new ParameterizedTypeReference<>() {
			});
	}

	record Offer(String id) {

	}

	interface CfarOffers {

		@PostExchange("/cfar_offers")
		List<Offer> create(@RequestBody Map<String, Object> request);

	}

	interface DgOffers {

		@PostExchange("/dg_offers")
		Mono<List<Offer>> create(@RequestBody Map<String, Object> request);

	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "hopper", types = CfarOffers.class)
	static class Services {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "hopper", types = DgOffers.class, clientType = HttpServiceGroup.ClientType.WEB_CLIENT)
	static class ReactiveServices {

	}

	@Configuration(proxyBeanMethods = false)
	static class WantsAnyRestClient {

		private final RestClient restClient;

		WantsAnyRestClient(ObjectProvider<RestClient> restClient) {
			this.restClient = restClient.getIfAvailable();
		}

	}

}
