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

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.web.client.ApiVersionInserter;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that URIs are sent as they are written in properties, and that requests are not
 * logged with the token.
 */
@ExtendWith(OutputCaptureExtension.class)
class UriTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class));

	@ParameterizedTest
	@ValueSource(strings = { "/air%20line/v1", "/Air%2FLine/%7Bv1%7D", "/air%C3%BCline", "/a+b/c;d=e/~f",
			"/air//line///v1", "//v1", "" })
	void pathIsSentAsItIsWritten(String path) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			for (String slash : new String[] { "", "/" }) {
				this.contextRunner
					.withPropertyValues("hopper.base-url=http://127.0.0.1:" + server.port() + path + slash,
							"hopper.auth.token=test-token")
					.run((context) -> {
						server.thenStatus(204);
						context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
						context.getBean("hopperWebClient", WebClient.class)
							.get()
							.uri("/things/{id}", "a b/%")
							.retrieve()
							.toBodilessEntity()
							.block(TIMEOUT);
					});
			}
			assertThat(server.requests()).extracting(ScriptedServer.Request::requestLine)
				.filteredOn((line) -> line.startsWith("POST"))
				.hasSize(2)
				.containsOnly("POST " + path + "/events HTTP/1.1");
			assertThat(server.requests()).extracting(ScriptedServer.Request::requestLine)
				.filteredOn((line) -> line.startsWith("GET"))
				.containsOnly("GET " + path + "/things/a%20b%2F%25 HTTP/1.1");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/v1", "/air%20line/v1", "/air//line" })
	void pathsOfTheApplicationAreEncodedAsByAnyClient(String path) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withConfiguration(AutoConfigurations.of(RestClientAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=http://127.0.0.1:" + server.port() + path,
						"hopper.auth.token=test-token")
				.run((context) -> {
					WebClient webClient = context.getBean("hopperWebClient", WebClient.class);
					webClient.get().uri("/a b?name=Jos\u00e9").retrieve().toBodilessEntity().block(TIMEOUT);
					webClient.get()
						.uri((uri) -> uri.path("/a b").queryParam("name", "Jos\u00e9").build())
						.retrieve()
						.toBodilessEntity()
						.block(TIMEOUT);
					context.getBean("hopperRestClient", RestClient.class)
						.get()
						.uri("/a b?name={name}", "Jos\u00e9")
						.retrieve()
						.toBodilessEntity();
				});
			assertThat(server.requests()).hasSize(3)
				.extracting(ScriptedServer.Request::requestLine)
				.containsOnly("GET " + path + "/a%20b?name=Jos%C3%A9 HTTP/1.1");
		}
	}

	@Test
	void oneSlashAtTheEndIsCutAndNoMore() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + server.baseUrl() + "//", "hopper.auth.token=test-token")
				.run((context) -> {
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					context.getBean("hopperWebClient", WebClient.class)
						.get()
						.uri("/things")
						.retrieve()
						.toBodilessEntity()
						.block(TIMEOUT);
				});
			assertThat(server.requests()).extracting(ScriptedServer.Request::requestLine)
				.containsExactly("POST /airline/v1.1//events HTTP/1.1", "GET /airline/v1.1//things HTTP/1.1");
		}
	}

	@Test
	void tokenUriIsSentAsItIsWritten() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer(ScriptedServer.response(200, "{\"access_token\":\"t\"}"));
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.auth.client-id=id",
						"hopper.auth.client-secret=secret",
						"hopper.auth.token-uri=http://127.0.0.1:" + server.port() + "/o%20auth/%2Ftoken/")
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
			assertThat(server.requests()).first()
				.extracting(ScriptedServer.Request::requestLine)
				.isEqualTo("POST /o%20auth/%2Ftoken/ HTTP/1.1");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://air_line:8080/v1", "HTTP://AIR_Line:8080/v1", "http://AIRLINE.example:8080/v1" })
	void hostIsSentAsItIsWrittenWithTheToken(String baseUrl) throws Exception {
		try (ScriptedServer proxy = new ScriptedServer()) {
			proxy.thenAnswer("HTTP/1.1 200 Connection established\r\n\r\n");
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + baseUrl, "hopper.auth.token=test-token",
						"hopper.client.proxy.host=127.0.0.1", "hopper.client.proxy.port=" + proxy.port())
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
			assertThat(proxy.requests()).hasSize(2);
			assertThat(proxy.requests().get(1).requestLine()).isEqualTo("POST /v1/events HTTP/1.1");
			assertThat(proxy.requests().get(1).header("Host"))
				.isEqualToIgnoringCase(baseUrl.substring(7, baseUrl.length() - 3));
			assertThat(proxy.requests().get(1).header("Authorization")).isEqualTo("Bearer test-token");
		}
	}

	@Test
	void uriThatIsNoneIsReportedWithItsProperty() {
		this.contextRunner.withPropertyValues("hopper.base-url=http://host/air line", "hopper.auth.token=t")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hopper.base-url")
				.hasMessageContaining("percent-encoded"));
	}

	@Test
	void versionOfTheApplicationsOwnApisIsNotAdded() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.auth.token=test-token")
				.withBean(WebClientCustomizer.class,
						() -> (builder) -> builder.defaultApiVersion("2")
							.apiVersionInserter(ApiVersionInserter.usePathSegment(0)))
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
			assertThat(server.requests()).extracting(ScriptedServer.Request::requestLine)
				.containsExactly("POST /airline/v1.1/events HTTP/1.1");
		}
	}

	@Test
	void detailsOfRequestsAreNotLogged(CapturedOutput output) throws Exception {
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		String[] loggers = { "org.springframework.web", "org.springframework.http", "reactor.netty", "io.netty" };
		try (ScriptedServer server = new ScriptedServer()) {
			for (String logger : loggers) {
				logging.setLogLevel(logger, LogLevel.TRACE);
			}
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.auth.token=canary-token")
				.withBean(WebClientCustomizer.class,
						() -> (builder) -> builder
							.codecs((codecs) -> codecs.defaultCodecs().enableLoggingRequestDetails(true)))
				.run((context) -> context.getBean(EventPublisher.class).publishAndWait("session", OFFERS));
		}
		finally {
			for (String logger : loggers) {
				logging.setLogLevel(logger, null);
			}
		}
		assertThat(output.getAll()).contains("HTTP POST").doesNotContain("canary-token");
	}

}
