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
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.ReceivedRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for signing in, from the properties to the wire.
 */
@Tag("compatibility")
@ExtendWith(OutputCaptureExtension.class)
class SignInTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final FakeHopperApi api = FakeHopperApi.builder().client("client", "canary-secret").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				SslAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=client",
				"hopper.auth.client-secret=canary-secret", "hopper.auth.preflight=off",
				"hopper.retry.initial-interval=20ms");

	private final String tokenUri = "hopper.auth.token-uri=http://127.0.0.1:" + this.api.port() + "/oauth/token";

	@AfterEach
	void close() {
		this.api.close();
	}

	private List<ReceivedRequest> requests(String path) {
		return this.api.requests().stream().filter((request) -> request.path().endsWith(path)).toList();
	}

	@Test
	void clientCredentialsSignInAtTheApiItself() {
		this.contextRunner.run((context) -> {
			assertThat(context.getBean(EventPublisher.class).publishAndWait("s", OFFERS).attempts()).isEqualTo(1);
			assertThat(requests("/airline/v1.1/auth")).hasSize(1);
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void clientCredentialsSignInAtTheIdentityProviderOfTheTokenUri() {
		this.contextRunner.withPropertyValues(this.tokenUri).run((context) -> {
			context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
			assertThat(requests("/auth")).isEmpty();
			assertThat(requests("/oauth/token")).singleElement()
				.satisfies((request) -> assertThat(request.body()).contains("audience=http%3A%2F%2F127.0.0.1")
					.doesNotContain("scope"));
		});
	}

	@Test
	void audienceScopeAndAuthenticationMethodAreSettings() {
		this.contextRunner
			.withPropertyValues(this.tokenUri, "hopper.auth.audience=https://staging.api.hopper.com",
					"hopper.auth.scope=events", "hopper.auth.client-authentication-method=client-secret-basic")
			.run((context) -> {
				context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
				assertThat(requests("/oauth/token")).singleElement().satisfies((request) -> {
					assertThat(request.body()).isEqualTo(
							"grant_type=client_credentials&audience=https%3A%2F%2Fstaging.api.hopper.com&scope=events");
					assertThat(request.header("authorization")).startsWith("Basic ");
				});
			});
	}

	@Test
	void thousandEventsAtOnceShareOneSignIn() {
		this.contextRunner.run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			List<EventReceipt> receipts = Flux.range(0, 1000)
				.flatMap((i) -> publisher.publish("s" + i, OFFERS), 1000)
				.collectList()
				.block(Duration.ofSeconds(60));
			assertThat(receipts).hasSize(1000);
			assertThat(this.api.received()).hasSize(1000);
			assertThat(requests("/auth")).hasSize(1);
		});
	}

	@Test
	void revokedTokenIsReplacedAndTheEventGoesThroughWithoutUsingUpAnAttempt() {
		this.contextRunner.withPropertyValues("hopper.retry.max-attempts=1").run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			publisher.publishAndWait("s", OFFERS);
			this.api.revokeToken(context.getBean(BearerTokenProvider.class).getToken().block());
			List<EventReceipt> receipts = Flux.range(0, 200)
				.flatMap((i) -> publisher.publish("s" + i, OFFERS), 50)
				.collectList()
				.block(Duration.ofSeconds(60));
			assertThat(receipts).hasSize(200).allSatisfy((receipt) -> assertThat(receipt.attempts()).isEqualTo(1));
			assertThat(requests("/auth")).as("concurrent 401s on the same token").hasSize(2);
		});
	}

	@Tag("slow")
	@Test
	void renewalUnderLoadFailsNoEvent() {
		AtomicInteger signIns = new AtomicInteger();
		try (FakeHopperApi shortLived = FakeHopperApi.builder()
			.client("client", "canary-secret")
			// The fake forgets it then: long enough for a busy machine to renew it
			.tokenLifetime(Duration.ofSeconds(10))
			.onRequest((request) -> signIns.addAndGet(request.path().endsWith("/auth") ? 1 : 0))
			.start()) {
			this.contextRunner
				.withPropertyValues("hopper.base-url=" + shortLived.baseUrl(), "hopper.retry.max-attempts=1")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					// Until the token was renewed several times
					List<EventReceipt> receipts = Flux.range(0, Integer.MAX_VALUE)
						.flatMap((i) -> publisher.publish("s", OFFERS), 16)
						.takeUntil((receipt) -> signIns.get() >= 3)
						.collectList()
						.block(Duration.ofSeconds(120));
					assertThat(receipts).isNotEmpty().allSatisfy((receipt) -> {
						assertThat(receipt.delivered()).isTrue();
						assertThat(receipt.attempts()).isEqualTo(1);
					});
					assertThat(shortLived.requests()).extracting(ReceivedRequest::status).doesNotContain(401);
				});
		}
	}

	@Test
	void second401IsTheError() {
		this.contextRunner.run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			publisher.publishAndWait("s", OFFERS);
			for (int i = 0; i < 10; i++) {
				this.api.failNext(2, Fault.status(401));
				assertThatExceptionOfType(HopperApiException.Unauthorized.class)
					.isThrownBy(() -> publisher.publishAndWait("s", OFFERS));
				this.api.recover();
			}
			assertThat(requests("/auth")).as("no sign-in for each event").hasSizeLessThan(10);
		});
	}

	@Test
	void forbiddenNeverSignsIn() {
		this.contextRunner.run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			publisher.publishAndWait("s", OFFERS);
			this.api.failNext(1, Fault.status(403));
			assertThatExceptionOfType(HopperApiException.Forbidden.class)
				.isThrownBy(() -> publisher.publishAndWait("s", OFFERS));
			assertThat(requests("/auth")).hasSize(1);
		});
	}

	@Test
	void givenTokenFailsAtOnce() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
			.withPropertyValues("hopper.auth.token=unknown", "hopper.base-url=" + this.api.baseUrl())
			.run((context) -> {
				assertThatExceptionOfType(HopperApiException.Unauthorized.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("s", OFFERS));
				assertThat(this.api.requests()).hasSize(1);
			});
	}

	@Test
	void wrongSecretFailsEveryEventQuicklyAndSaysWhy() {
		this.contextRunner.withPropertyValues("hopper.auth.client-secret=canary-wrong").run((context) -> {
			EventPublisher publisher = context.getBean(EventPublisher.class);
			for (int i = 0; i < 50; i++) {
				assertThatExceptionOfType(HopperApiException.SignInFailed.class)
					.isThrownBy(() -> publisher.publishAndWait("s", OFFERS))
					.withMessageContaining("signing in failed")
					.withMessageContaining("/airline/v1.1/auth answered 401")
					.withMessageContaining("hopper.auth")
					.satisfies((ex) -> {
						assertThat(ex.getAttempts()).isEqualTo(1);
						assertThat(ex.isTransient()).isFalse();
						assertThat(ex.isDeliveryUnknown()).isFalse();
					});
			}
			assertThat(requests("/auth")).as("no hammering").hasSizeLessThan(10);
			assertThat(requests("/events")).isEmpty();
		});
	}

	@Test
	void failedSignInThatMayPassIsRetriedLikeAnyFailure() throws Exception {
		try (ScriptedServer identityProvider = new ScriptedServer()) {
			identityProvider.thenStatus(503)
				.thenAnswer(ScriptedServer.response(200, "{\"access_token\":\"t\",\"expires_in\":60}"));
			this.api.acceptToken("t");
			this.contextRunner
				.withPropertyValues("hopper.auth.token-uri=" + identityProvider.baseUrl(),
						"hopper.retry.initial-interval=200ms")
				.run((context) -> {
					EventReceipt receipt = context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
					assertThat(receipt.attempts()).isGreaterThan(1);
					assertThat(identityProvider.requests()).hasSize(2);
				});
		}
	}

	@Test
	void nothingMeantForTheApiReachesTheIdentityProvider() {
		this.contextRunner
			.withPropertyValues(this.tokenUri, "hopper.headers.X-Api=api", "hopper.auth.headers.X-Idp=idp")
			.withBean(HopperWebClientCustomizer.class, () -> (builder) -> builder.defaultHeader("X-Customized", "yes"))
			.withBean(WebClientCustomizer.class, () -> (builder) -> builder.defaultHeader("X-Application", "yes"))
			.run((context) -> {
				context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
				assertThat(requests("/oauth/token")).singleElement().satisfies((request) -> {
					assertThat(request.headers()).doesNotContainKeys("x-api", "x-customized", "x-application",
							"authorization", "hc-session-id");
					assertThat(request.header("x-idp")).isEqualTo("idp");
					assertThat(request.header("user-agent")).startsWith("hopper-events-spring-boot/");
				});
				assertThat(requests("/events")).singleElement().satisfies((request) -> {
					assertThat(request.headers()).containsKeys("x-api", "x-customized", "x-application")
						.doesNotContainKey("x-idp");
				});
			});
	}

	@Test
	void signInsAreCountedAndTheExpiryIsAGauge() {
		SimpleMeterRegistry meters = new SimpleMeterRegistry();
		this.contextRunner.withBean(MeterRegistry.class, () -> meters).run((context) -> {
			assertThat(meters.get("hopper.auth.token.expiry").timeGauge().value()).isZero();
			context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
			assertThat(meters.get("hopper.auth.token.requests").tag("outcome", "success").counter().count())
				.isEqualTo(1);
			assertThat(meters.get("hopper.auth.token.expiry").timeGauge().value()).isBetween(86000.0, 86400.0);
		});
	}

	@Test
	void identityProviderThatDoesNotAnswerIsAFailedSignInAndNothingWasCounted() throws Exception {
		try (ScriptedServer identityProvider = new ScriptedServer()) {
			identityProvider.then(ScriptedServer.Exchange::hang);
			this.contextRunner
				.withPropertyValues("hopper.auth.token-uri=" + identityProvider.baseUrl(),
						"hopper.client.response-timeout=500ms", "hopper.retry.max-attempts=1")
				.run((context) -> assertThatExceptionOfType(HopperApiException.SignInFailed.class)
					.isThrownBy(() -> context.getBean(EventPublisher.class).publishAndWait("s", OFFERS))
					.satisfies((ex) -> {
						assertThat(ex.isDeliveryUnknown()).isFalse();
						assertThat(ex.isTransient()).isTrue();
					}));
		}
	}

	@Test
	void requestsThatWereRejectedDoNotKeepTheRequestForATokenWaiting() {
		AtomicInteger tokens = new AtomicInteger();
		// Contexts that end take the global event loops with them
		LoopResources eventLoops = LoopResources.create("test-server");
		DisposableServer server = HttpServer.create()
			.runOn(eventLoops)
			.host("127.0.0.1")
			.handle((request, response) -> {
				if (request.fullPath().endsWith("/auth")) {
					return request.receive()
						.then(response.status(201)
							.sendString(Mono.fromSupplier(() -> "{\"access_token\":\"t" + tokens.incrementAndGet()
									+ "\",\"expires_in\":3600}"))
							.then());
				}
				if ("Bearer t1".equals(request.requestHeaders().get("Authorization")) && tokens.get() > 0) {
					// The body comes later than the headers
					return request.receive()
						.then(response.status(401)
							.sendString(Flux.just("{", "}").delayElements(Duration.ofMillis(50)))
							.then());
				}
				return request.receive().then(response.status(204).send());
			})
			.bindNow();
		try {
			this.contextRunner
				.withPropertyValues("hopper.base-url=http://127.0.0.1:" + server.port(),
						"hopper.client.pool.max-connections=2", "hopper.retry.max-attempts=1")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					List<EventReceipt> receipts = Flux.range(0, 20)
						.flatMap((i) -> publisher.publish("s", OFFERS), 20)
						.collectList()
						.block(Duration.ofSeconds(60));
					assertThat(receipts).hasSize(20);
					assertThat(tokens).hasValue(2);
				});
		}
		finally {
			server.disposeNow(Duration.ofMinutes(1));
			eventLoops.dispose();
		}
	}

	@Test
	void secretsAndTokensAreNeverLogged(CapturedOutput output) {
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		logging.setLogLevel("com.hopper.hts", LogLevel.TRACE);
		try {
			this.contextRunner.run((context) -> {
				EventPublisher publisher = context.getBean(EventPublisher.class);
				publisher.publishAndWait("s", OFFERS);
				String token = context.getBean(BearerTokenProvider.class).getToken().block();
				this.api.revokeToken(token);
				publisher.publishAndWait("s", OFFERS);
				this.api.failNext(2, Fault.status(401));
				publisher.publish("s", OFFERS).onErrorResume((ex) -> Mono.empty()).block();
				assertThat(output.getAll()).contains("Signed in to Hopper", "was rejected")
					.doesNotContain("canary", token);
			});
		}
		finally {
			logging.setLogLevel("com.hopper.hts", null);
		}
	}

}
