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
import java.time.temporal.ChronoUnit;
import java.util.List;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.HopperTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the health of the connection to Hopper, and for its diagnosis in the log and
 * at the start.
 */
@ExtendWith(OutputCaptureExtension.class)
class HealthTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder()
		.client("client", "canary-secret")
		.token("canary-token")
		.start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.preflight=off",
				"hopper.health.cache-time-to-live=1ms", "hopper.outbox.shutdown-timeout=50ms");

	private final ApplicationContextRunner clientRunner = this.contextRunner
		.withPropertyValues("hopper.auth.client-id=client", "hopper.auth.client-secret=canary-secret");

	private final ApplicationContextRunner tokenRunner = this.contextRunner
		.withPropertyValues("hopper.auth.token=canary-token");

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void rotatedSecretIsNamedInHealthAndLog(CapturedOutput output) {
		this.clientRunner.run((context) -> {
			deliver(context);
			this.api.failAll(Fault.status(401).atSignIn());
			this.api.expireTokens();
			Health health = whenPaused(context);
			assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(diagnosis(health).get(0)).startsWith("Paused since ")
				.contains("answered 401", "hopper.auth.client-secret was accepted until ",
						"it has probably been rotated")
				.doesNotContain("canary");
			// The log says it a moment after the pause has begun
			await().untilAsserted(() -> assertThat(output).contains("Stored events are not delivered at the moment")
				.contains(diagnosis(health).get(0)));
		});
	}

	@Test
	void expiredTokenIsNamedInHealthAndLog(CapturedOutput output) {
		this.tokenRunner.run((context) -> {
			deliver(context);
			this.api.revokeToken("canary-token");
			Health health = whenPaused(context);
			assertThat(diagnosis(health)).hasSize(1);
			assertThat(diagnosis(health).get(0)).contains("the answer was 401",
					"hopper.auth.token was accepted until ");
			await().untilAsserted(() -> assertThat(output).contains(diagnosis(health).get(0)));
			assertThat(output).doesNotContain("canary-token");
		});
	}

	@Test
	void refusalIsNoticedByAnApplicationThatOnlyPublishes() {
		this.tokenRunner.run((context) -> {
			assertThat(health(context).getStatus().getCode()).isEqualTo("UNKNOWN");
			this.api.revokeToken("canary-token");
			publish(context);
			Health refused = health(context);
			assertThat(refused.getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(diagnosis(refused)).singleElement()
				.asString()
				.startsWith("The API has answered 401 since ")
				.contains("hopper.auth.token has never been accepted");
			this.api.acceptToken("canary-token");
			publish(context);
			assertThat(health(context).getStatus().getCode()).isEqualTo("UP");
			assertThat(diagnosis(health(context))).singleElement().asString().startsWith("Events are flowing");
		});
	}

	@Test
	void failedRenewalIsSaidWhileTheTokenIsGood() {
		this.clientRunner.withUserConfiguration(HopperTime.class).run((context) -> {
			publish(context);
			this.api.failAll(Fault.status(401).atSignIn());
			Instant expiry = (Instant) health(context).getDetails().get("expiresAt");
			HopperTime time = context.getBean(HopperTime.class);
			time.advanceBy(Duration.between(time.now(), expiry).multipliedBy(85).dividedBy(100));
			publish(context);
			await().until(() -> diagnosis(health(context)).size() == 2);
			Health health = health(context);
			assertThat(health.getStatus().getCode()).isEqualTo("UP");
			assertThat(diagnosis(health).get(0)).startsWith("Events are flowing");
			assertThat(diagnosis(health).get(1)).startsWith("The token could not be renewed at ")
				.contains("is used until it expires at " + expiry.truncatedTo(ChronoUnit.SECONDS), "answered 401",
						"hopper.auth.client-secret was accepted until ");
		});
	}

	@Test
	void wrongSecretIsNamedByAnApplicationThatOnlyPublishes() {
		this.clientRunner.withPropertyValues("hopper.auth.client-secret=canary-wrong").run((context) -> {
			publish(context);
			Health health = health(context);
			assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(diagnosis(health)).singleElement()
				.asString()
				.startsWith("Nothing can be sent, signing in failed at ")
				.contains("hopper.auth.client-secret has never been accepted", "hopper.auth.client-id")
				.doesNotContain("canary");
		});
	}

	@Test
	void signInThatFailsForAWhileBlamesNobody() {
		this.clientRunner.withPropertyValues("hopper.retry.max-attempts=1").run((context) -> {
			this.api.failAll(Fault.status(503).atSignIn());
			publish(context);
			assertThat(diagnosis(health(context))).singleElement()
				.asString()
				.contains("answered 503", "Signing in is tried again");
		});
	}

	@Test
	void operatorsPauseIsSaidInLogAndHealth(CapturedOutput output) {
		this.tokenRunner.run((context) -> {
			context.getBean(EventOutboxOperations.class).pause("new prices");
			await().until(() -> health(context).getStatus().getCode().equals("DEGRADED"));
			assertThat(diagnosis(health(context)).get(0)).startsWith("Paused by an operator since ")
				.contains("new prices");
			await().untilAsserted(() -> assertThat(output).contains(diagnosis(health(context)).get(0)));
		});
	}

	@Test
	void startThatFailsIsDiagnosed(CapturedOutput output) {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.run("--hopper.base-url=" + this.api.baseUrl(), "--hopper.auth.client-id=client",
						"--hopper.auth.client-secret=canary-wrong", "--hopper.auth.preflight=fail"));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("hopper.auth.preflight is 'fail'")
			.contains("hopper.auth.client-secret has never been accepted since the application was started")
			.contains("hopper.auth.preflight=warn")
			.doesNotContain("canary");
	}

	@ParameterizedTest
	@CsvSource({ "backlog, 2, BACKLOG", "oldest-age, 1ms, OLDEST_AGE" })
	void limitsAreConfigured(String property, String value, String condition) {
		this.tokenRunner.withPropertyValues("hopper.health." + property + "=" + value).run((context) -> {
			this.api.hold();
			EventOutbox outbox = context.getBean(EventOutbox.class);
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			await().until(() -> health(context).getStatus().getCode().equals("DEGRADED"));
			assertThat(diagnosis(health(context)))
				.anySatisfy((text) -> assertThat(text).contains("hopper.health." + property));
			this.api.release();
			assertThat(outbox.flush(SECONDS)).isTrue();
			await().until(() -> health(context).getStatus().getCode().equals("UP"));
		});
		this.tokenRunner
			.withPropertyValues("hopper.health." + property + "=" + value, "hopper.health.down-on=" + condition)
			.run((context) -> {
				this.api.hold();
				EventOutbox outbox = context.getBean(EventOutbox.class);
				outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
				outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
				await().until(() -> health(context).getStatus().getCode().equals("DOWN"));
				this.api.release();
			});
	}

	@Test
	void deadLettersAreALimitToo() {
		this.tokenRunner.withPropertyValues("hopper.health.dead-letters=2").run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			deliver(context);
			this.api.failNext(1, Fault.status(422));
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			assertThat(outbox.flush(SECONDS)).isTrue();
			await().until(() -> diagnosis(health(context)).size() == 2);
			assertThat(health(context).getStatus().getCode()).isEqualTo("UP");
			this.api.failNext(1, Fault.status(422));
			outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			await().until(() -> health(context).getStatus().getCode().equals("DEGRADED"));
			assertThat(diagnosis(health(context)).get(0)).startsWith("2 events were given up (offers_displayed: 2).");
		});
	}

	@ParameterizedTest
	@CsvSource({ "backlog, 0", "backlog, many", "dead-letters, -1", "oldest-age, 0s", "oldest-age, -1m",
			"oldest-age, 999999999999d", "cache-time-to-live, 0ms", "cache-time-to-live, 9d" })
	void mistakesAreRefusedAtStart(String property, String value) {
		this.tokenRunner.withPropertyValues("hopper.health." + property + "=" + value)
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("hopper.health." + property));
	}

	@Test
	void conditionThatThereIsNotIsNamedAtStart() {
		this.tokenRunner.withPropertyValues("hopper.health.down-on=paused,on-fire")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("hopper.health.down-on")
				.hasStackTraceContaining("Condition.on-fire"));
	}

	@Test
	void ownProviderIsNotOursToJudge() {
		this.contextRunner.withBean(BearerTokenProvider.class, () -> () -> Mono.just("canary-token")).run((context) -> {
			deliver(context);
			assertThat(health(context).getStatus().getCode()).isEqualTo("UNKNOWN");
			this.api.revokeToken("canary-token");
			Health health = whenPaused(context);
			assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(diagnosis(health).get(0))
				.contains("Check the application's BearerTokenProvider: its token has expired")
				.doesNotContain("Lambda", "canary");
		});
	}

	@Test
	void ownConnectionDetailsAreNamed() {
		this.contextRunner.withBean(HopperConnectionDetails.class, () -> new Details(URI.create(this.api.baseUrl())))
			.run((context) -> {
				publish(context);
				assertThat(diagnosis(health(context))).singleElement()
					.asString()
					.contains("HopperConnectionDetails.getClientSecret()")
					.doesNotContain("hopper.auth.client");
			});
	}

	private static void deliver(ApplicationContext context) {
		EventOutbox outbox = context.getBean(EventOutbox.class);
		outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

	private static void publish(ApplicationContext context) {
		context.getBean(EventPublisher.class)
			.publish("session-1", OffersDisplayed.occurredAt(Instant.now()))
			.onErrorComplete()
			.block(SECONDS);
	}

	private static Health whenPaused(ApplicationContext context) {
		context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		await().until(() -> health(context).getDetails().containsKey("paused"));
		return health(context);
	}

	private static Health health(ApplicationContext context) {
		HealthIndicator indicator = context.getBean("hopperHealthContributor", HealthIndicator.class);
		// It waits for half a second, in which a busy machine may not have read the
		// outbox
		return await().pollDelay(Duration.ZERO)
			.until(indicator::health, (health) -> !health.getDetails().toString().contains("TimeoutException"));
	}

	@SuppressWarnings("unchecked")
	private static List<String> diagnosis(Health health) {
		return (List<String>) health.getDetails().get("diagnosis");
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(HopperEventsAutoConfiguration.class)
	static class Application {

	}

	private record Details(URI getBaseUrl) implements HopperConnectionDetails {

		@Override
		public String getClientId() {
			return "client";
		}

		@Override
		public String getClientSecret() {
			return "canary-wrong";
		}

	}

}
