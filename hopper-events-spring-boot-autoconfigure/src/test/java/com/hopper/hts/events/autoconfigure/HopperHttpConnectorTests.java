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

import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ClientHttpConnectorBuilderCustomizer;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HopperHttpConnector}: its end, and settings that are meant for others
 * of the application's clients.
 */
class HopperHttpConnectorTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, HttpClientAutoConfiguration.class,
				ReactiveHttpClientAutoConfiguration.class));

	private final FakeHopperApi api = FakeHopperApi.builder().token("token").client("id", "secret").start();

	private final HopperHttpConnector connector = new HopperHttpConnector(new HopperProperties().getClient(), false,
			null, null, HttpClientSettings.defaults(), null);

	@AfterEach
	void close() {
		this.connector.stop();
		this.api.close();
	}

	@Test
	void certificatesThatChangeAfterTheEndOpenNoConnections() {
		send();
		assertThat(this.api.requests()).hasSize(1);
		this.connector.stop();
		this.connector.reload(SslBundle.of(null));
		assertThatException().isThrownBy(this::send)
			.havingRootCause()
			.isInstanceOf(ConnectException.class)
			.withMessageContaining("The application has ended");
		assertThat(this.api.requests()).hasSize(1);
		this.connector.start();
		send();
		assertThat(this.api.requests()).hasSize(2);
	}

	@Test
	void cookiesOfOtherClientsDoNotStopEvents() {
		publish("spring.http.clients.cookie-handling=enable", "spring.http.clients.reactive.connector=jdk",
				"hopper.base-url=" + this.api.baseUrl());
	}

	@Test
	void filterOfAddressesDoesNotStopEventsThroughAProxy() throws Exception {
		try (ProxyTests.ForwardProxy proxy = new ProxyTests.ForwardProxy(null)) {
			publish("hopper.base-url=" + this.api.baseUrl().replace("127.0.0.1", "localhost"),
					"hopper.client.proxy.host=127.0.0.1", "hopper.client.proxy.port=" + proxy.port());
			assertThat(proxy.targets).containsExactly("localhost:" + this.api.port());
		}
	}

	@Test
	void redirectIsNotFollowedAlthoughOtherClientsDo() throws Exception {
		try (ScriptedServer server = new ScriptedServer().thenStatus(307, "Location: /elsewhere")) {
			allClients((client) -> client.followRedirect(true))
				.withPropertyValues("hopper.auth.token=token", "hopper.base-url=" + server.baseUrl())
				.run((context) -> assertThatExceptionOfType(HopperApiException.UnexpectedResponse.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS)));
			assertThat(server.requests()).hasSize(1);
		}
	}

	@Test
	void protocolOfOtherClientsDoesNotStopEvents() {
		allClients((client) -> client.protocol(HttpProtocol.H2C))
			.withPropertyValues("hopper.auth.client-id=id", "hopper.auth.client-secret=secret",
					"hopper.base-url=" + this.api.baseUrl(), "hopper.retry.max-attempts=1")
			.run((context) -> assertThat(
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).delivered())
				.isTrue());
	}

	private ApplicationContextRunner allClients(UnaryOperator<HttpClient> customizer) {
		return this.contextRunner.withBean("customizer", ClientHttpConnectorBuilderCustomizer.class,
				() -> (ClientHttpConnectorBuilderCustomizer<ReactorClientHttpConnectorBuilder>) (builder) -> builder
					.withHttpClientCustomizer(customizer));
	}

	private void publish(String... properties) {
		this.contextRunner.withUserConfiguration(AddressFilter.class)
			.withPropertyValues("hopper.auth.token=token", "hopper.retry.max-attempts=1")
			.withPropertyValues(properties)
			.run((context) -> assertThat(
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS).delivered())
				.isTrue());
	}

	private void send() {
		this.connector.get()
			.connect(HttpMethod.GET, URI.create(this.api.baseUrl() + "/events"), ClientHttpRequest::setComplete)
			.block(Duration.ofSeconds(60));
	}

	/**
	 * A class of its own, because Spring Boot 4.0 has no such filter.
	 */
	@Configuration(proxyBeanMethods = false)
	static class AddressFilter {

		@Bean
		InetAddressFilter addressFilter() {
			return InetAddressFilter.of("127.0.0.1");
		}

	}

}
