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
import java.util.concurrent.atomic.AtomicReference;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link BearerTokenProvider} and the filter that signs requests with it.
 */
class BearerTokenFilterTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	@ParameterizedTest
	@CsvSource({ "https://api.hopper.com/airline,https://api.hopper.com/airline/events,true",
			"https://api.hopper.com/airline,https://API.hopper.com:443/sessions,true",
			"http://localhost:8080,http://localhost:8080/events,true",
			"https://api.hopper.com/airline,http://api.hopper.com/airline/events,false",
			"https://api.hopper.com/airline,https://api.hopper.com:8443/airline/events,false",
			"https://api.hopper.com/airline,https://evil.example/airline/events,false",
			"https://api.hopper.com/airline,https://api.hopper.com.evil.example/,false",
			"https://api.hopper.com/airline,/relative,false" })
	void onlyTheApiLearnsTheToken(URI baseUrl, URI target, boolean signed) {
		AtomicReference<ClientRequest> sent = new AtomicReference<>();
		BearerTokenProvider.filter(baseUrl, BearerTokenProvider.of("secret"))
			.filter(ClientRequest.create(HttpMethod.POST, target).build(), (request) -> {
				sent.set(request);
				return Mono.just(ClientResponse.create(org.springframework.http.HttpStatus.NO_CONTENT).build());
			})
			.block(TIMEOUT);
		assertThat(sent.get().headers().getFirst("Authorization")).isEqualTo(signed ? "Bearer secret" : null);
	}

	@Test
	void tokenIsAskedForOnEachAttempt() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			int[] calls = new int[1];
			EventPublisher publisher = publisher(server.baseUrl(),
					() -> Mono.fromSupplier(() -> "token-" + ++calls[0]));
			server.thenStatus(503);
			publisher.publishAndWait("session", OffersDisplayed.occurredAt(java.time.Instant.EPOCH));
			assertThat(server.requests()).extracting((request) -> request.header("Authorization"))
				.containsExactly("Bearer token-1", "Bearer token-2");
		}
	}

	@Test
	void providerThatFailsOrGivesNothingOrThrowsIsAFailedSignIn() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			assertSignInFailed(publisher(server.baseUrl(), () -> Mono.error(new IllegalStateException("secret"))),
					"IllegalStateException", 1);
			assertSignInFailed(publisher(server.baseUrl(), () -> Mono.error(new NoClassDefFoundError("secret"))),
					"NoClassDefFoundError", 1);
			assertSignInFailed(publisher(server.baseUrl(), Mono::empty), "gave no bearer token", 1);
			assertSignInFailed(publisher(server.baseUrl(), () -> {
				throw new IllegalArgumentException("secret");
			}), "IllegalArgumentException", 1);
			assertSignInFailed(
					publisher(server.baseUrl(), () -> Mono.error(new java.net.ConnectException("vault is down"))),
					"ConnectException", 3);
			assertSignInFailed(publisher(server.baseUrl(), () -> Mono.just("secret\n")),
					"must consist of visible ASCII", 1);
			assertThat(server.requests()).isEmpty();
		}
	}

	private static void assertSignInFailed(EventPublisher publisher, String message, int attempts) {
		assertThatExceptionOfType(HopperApiException.SignInFailed.class)
			.isThrownBy(() -> publisher.publishAndWait("session", OffersDisplayed.occurredAt(java.time.Instant.EPOCH)))
			.withMessageContaining(message)
			.satisfies((ex) -> {
				assertThat(ex.getMessage()).doesNotContain("secret");
				assertThat(ex.getAttempts()).isEqualTo(attempts);
				assertThat(ex.isTransient()).isEqualTo(attempts > 1);
				assertThat(ex.isDeliveryUnknown()).isFalse();
			});
	}

	private static EventPublisher publisher(URI baseUrl, BearerTokenProvider provider) {
		return new HopperApiBuilder(WebClient.builder().filter(BearerTokenProvider.filter(baseUrl, provider)).build(),
				baseUrl)
			.retryPolicy(Publishers.retryPolicy(3))
			.publisher();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "Bearer abc", "with space", "line\nbreak", "ümlaut" })
	void textThatCannotBeATokenIsRefusedWithoutShowingIt(String token) {
		assertThatIllegalArgumentException().isThrownBy(() -> BearerTokenProvider.of(token))
			.withMessageContaining("'token' must")
			.satisfies((ex) -> {
				if (!token.isBlank()) {
					assertThat(ex.getMessage()).doesNotContain(token);
				}
			});
	}

	@Test
	void descriptionDoesNotShowTheToken() {
		assertThat(BearerTokenProvider.of("secret")).asString().doesNotContain("secret");
	}

}
