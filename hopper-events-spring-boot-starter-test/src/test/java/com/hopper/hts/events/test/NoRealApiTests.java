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
package com.hopper.hts.events.test;

import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistrar;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests of an application that does nothing about Hopper in its tests.
 */
@Tag("compatibility")
class NoRealApiTests {

	private static final OffersDisplayed EVENT = OffersDisplayed.occurredAt(Instant.EPOCH);

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Nested
	@DirtiesContext
	@SpringBootTest(classes = Application.class, properties = { "hopper.auth.client-id=id",
			"hopper.auth.client-secret=secret", "hopper.auth.preflight=fail" })
	class WithCredentialsOfTheRealApi {

		@Test
		void publishFailsAtOnceAndSaysHowToGoOn(@Autowired EventPublisher publisher) {
			assertThatExceptionOfType(HopperApiException.class)
				.isThrownBy(() -> publisher.publish("session-1", EVENT).block(Duration.ofSeconds(30)))
				.satisfies((ex) -> {
					assertThat(ex.getKind()).isEqualTo(FailureKind.UNREACHABLE);
					assertThat(ex.getAttempts()).isOne();
				})
				.withStackTraceContaining("airlines-api.hopper.com")
				.withStackTraceContaining("@AutoConfigureHopperEvents")
				.withStackTraceContaining("FakeHopperApiConfiguration")
				.withStackTraceContaining("hopper.test.real-api=true");
		}

		@Test
		void otherRequestsFailToo(@Autowired @Qualifier("hopperWebClient") WebClient webClient) {
			assertThat(catchThrowable(
					() -> webClient.get().uri("/flights").retrieve().toBodilessEntity().block(Duration.ofSeconds(30))))
				.hasStackTraceContaining("@AutoConfigureHopperEvents");
		}

	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void storedEventDoesNotHoldUpTheEnd(CapturedOutput output) {
		ConfigurableApplicationContext context = (ConfigurableApplicationContext) new TestContextManager(
				WithAStoredEvent.class)
			.getTestContext()
			.getApplicationContext();
		// Neither the event nor its attempt is waited for
		assertThat(context.getEnvironment().getProperty("hopper.outbox.shutdown-timeout")).isEqualTo("1ms");
		assertThat(context.getEnvironment().getProperty("hopper.client.shutdown-timeout")).isEqualTo("1ms");
		context.getBean(EventOutbox.class).store("session-1", EVENT);
		context.close();
		assertThat(context.isActive()).isFalse();
		assertThat(output).contains("This test would have sent a request to airlines-api.hopper.com");
	}

	@Nested
	@DirtiesContext
	@SpringBootTest(classes = Application.class, properties = "hopper.auth.token=token")
	class WithAServerOfThisMachine {

		private static final LoopResources eventLoops = LoopResources.create("test-server");

		private static final DisposableServer server = HttpServer.create()
			.runOn(eventLoops)
			.host("localhost")
			.route((routes) -> routes.post("/events", (request, response) -> response.status(204)))
			.bindNow();

		@DynamicPropertySource
		static void baseUrl(DynamicPropertyRegistry registry) {
			registry.add("hopper.base-url", () -> "http://localhost:" + server.port());
		}

		@Test
		void eventIsSent(@Autowired EventPublisher publisher, @Autowired Environment environment) {
			assertThat(publisher.publish("session-1", EVENT).block(Duration.ofSeconds(30)).delivered()).isTrue();
			assertThat(environment.getProperty("hopper.outbox.shutdown-timeout")).isNull();
			server.disposeNow(Duration.ofMinutes(1));
			eventLoops.dispose();
		}

	}

	@Nested
	@DirtiesContext
	@SpringBootTest(classes = { Application.class, WithAServerThatABeanNames.ServerProperties.class })
	class WithAServerThatABeanNames {

		@RegisterExtension
		static final FakeHopperApi server = FakeHopperApi.builder().client("id", "secret").start();

		@Test
		void eventIsSent(@Autowired EventPublisher publisher, @Autowired Environment environment) {
			assertThat(publisher.publish("session-1", EVENT).block(Duration.ofSeconds(30)).delivered()).isTrue();
			assertThat(environment.getProperty("hopper.outbox.shutdown-timeout")).isNull();
		}

		@Configuration(proxyBeanMethods = false)
		static class ServerProperties {

			@Bean
			DynamicPropertyRegistrar serverProperties() {
				return (registry) -> {
					registry.add("hopper.base-url", server::baseUrl);
					registry.add("hopper.auth.client-id", () -> "id");
					registry.add("hopper.auth.client-secret", () -> "secret");
				};
			}

		}

	}

	@Nested
	@DirtiesContext
	@SpringBootTest(classes = Application.class,
			properties = { "hopper.base-url=http://localhost:1", "hopper.auth.client-id=id",
					"hopper.auth.client-secret=secret", "hopper.auth.token-uri=https://identity.example/oauth/token",
					"hopper.auth.preflight=fail" })
	class WithAnIdentityProviderElsewhere {

		@Test
		void nobodySignsIn(@Autowired EventPublisher publisher) {
			assertThatExceptionOfType(HopperApiException.SignInFailed.class)
				.isThrownBy(() -> publisher.publish("session-1", EVENT).block(Duration.ofSeconds(30)))
				.satisfies((ex) -> assertThat(ex.isTransient()).isFalse())
				.withMessageContainingAll("identity.example", "@AutoConfigureHopperEvents",
						"hopper.test.real-api=true");
		}

	}

	@Nested
	@DirtiesContext
	@SpringBootTest(classes = Application.class,
			properties = { "hopper.auth.token=token", "hopper.base-url=https://hopper.example",
					"hopper.test.real-api=true", "hopper.client.proxy.host=localhost", "hopper.client.proxy.port=1",
					"hopper.retry.max-attempts=1" })
	class ThatIsMeantToReachTheRealApi {

		@Test
		void requestIsSent(@Autowired EventPublisher publisher) {
			assertThat(catchThrowable(() -> publisher.publish("session-1", EVENT).block(Duration.ofSeconds(30))))
				.isInstanceOf(HopperApiException.class)
				.satisfies((ex) -> assertThat(ex.getCause()).isNotInstanceOf(NoRealApi.TestReachesForRealApi.class));
		}

	}

	@SpringBootTest(classes = Application.class, properties = "hopper.auth.token=token")
	static class WithAStoredEvent {

	}

}
