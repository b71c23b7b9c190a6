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
import java.util.Map;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.actuate.autoconfigure.beans.BeansEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.condition.ConditionsReportEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.context.properties.ConfigurationPropertiesReportEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.env.EnvironmentEndpointAutoConfiguration;
import org.springframework.boot.actuate.beans.BeansEndpoint;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.env.EnvironmentEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what operators see.
 */
@Tag("compatibility")
class ActuatorTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
		.withPropertyValues("hopper.auth.client-id=client", "hopper.auth.client-secret=canary-secret",
				"hopper.auth.preflight=off");

	@Test
	void healthFollowsTheToken() {
		try (FakeHopperApi api = FakeHopperApi.builder()
			.client("client", "canary-secret")
			.tokenLifetime(Duration.ofHours(1))
			.start()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + api.baseUrl()).run((context) -> {
				HealthIndicator indicator = context.getBean("hopperHealthContributor", HealthIndicator.class);
				assertThat(indicator.health().getStatus()).isEqualTo(Status.UNKNOWN);
				context.getBean(EventPublisher.class).publishAndWait("s", OFFERS);
				Health health = indicator.health();
				assertThat(health.getStatus()).isEqualTo(Status.UP);
				assertThat(health.getDetails()).containsEntry("token", "valid").containsKey("expiresAt");
				assertThat((Instant) health.getDetails().get("expiresAt")).isAfter(Instant.now());
			});
			assertThat(api.requests()).as("a health check makes no request").hasSize(2);
		}
	}

	@Test
	void failedSignInIsDegradedAndSaysWhy() {
		try (FakeHopperApi api = FakeHopperApi.builder().client("client", "other").start()) {
			this.contextRunner.withPropertyValues("hopper.base-url=" + api.baseUrl()).run((context) -> {
				context.getBean(EventPublisher.class)
					.publish("s", OFFERS)
					.onErrorResume((ex) -> Mono.empty())
					.block(Duration.ofSeconds(60));
				Health health = context.getBean("hopperHealthContributor", HealthIndicator.class).health();
				assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
				assertThat(health.getDetails().get("failure")).asString().contains("401").doesNotContain("canary");
				assertThat(health.getDetails()).containsKey("failedAt");
			});
		}
	}

	@Test
	void givenTokenIsNotOursToJudge() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
			.withPropertyValues("hopper.auth.token=canary")
			.run((context) -> assertThat(
					context.getBean("hopperHealthContributor", HealthIndicator.class).health().getStatus())
				.isEqualTo(Status.UNKNOWN));
	}

	@Test
	void healthCanBeSwitchedOffAndBacksOff() {
		this.contextRunner.withPropertyValues("management.health.hopper.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("hopperHealthContributor"));
		this.contextRunner.withBean(HopperEventsAutoConfigurationTests.OtherPublisher.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("hopperHealthContributor"));
	}

	@Test
	void healthSaysThatHopperIsOff() {
		this.contextRunner.withPropertyValues("hopper.enabled=false").run((context) -> {
			Health health = context.getBean("hopperHealthContributor", HealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
			assertThat(health.getDetails()).containsOnlyKeys("enabled", "diagnosis").containsEntry("enabled", false);
			assertThat(health.getDetails().get("diagnosis")).asString().contains("hopper.enabled is false");
		});
	}

	@Test
	void worksWithoutActuator() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasSingleBean(EventPublisher.class)
				.doesNotHaveBean("hopperSanitizingFunction"));
	}

	@Test
	void secretsAreNotShownEvenWhereValuesAre() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
					EnvironmentEndpointAutoConfiguration.class,
					ConfigurationPropertiesReportEndpointAutoConfiguration.class))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("HOPPER_AUTH_CLIENT_SECRET", "canary-env", "HOPPER_AUTH_CLIENTSECRET", "canary-env",
								"HOPPER_HEADERS_XKEY", "canary-env", "HOPPER_AUTH_TOKEN", "", "SPRING_APPLICATION_JSON",
								"{\"hopper\":{\"auth\":{\"client-secret\":\"canary\"}}}", "JAVA_TOOL_OPTIONS",
								"-Dhopper.auth.client-secret=canary", "JAVA_OPTS",
								"-Xmx1g -Dhopper.headers.X-Key=canary", "JDK_JAVA_OPTIONS", "-Dvisible=option"))))
			.withPropertyValues("hopper.auth.client-id=visible-id", "hopper.auth.client-secret=canary",
					"hopper.client.proxy.host=proxy", "hopper.client.proxy.username=u",
					"hopper.client.proxy.password=canary", "hopper.headers.X-Key=canary",
					"hopper.auth.headers.X-Key=canary", "hopper.auth.preflight=off",
					"management.endpoints.web.exposure.include=*", "management.endpoints.jmx.exposure.include=*",
					"spring.jmx.enabled=true", "management.endpoint.env.show-values=always",
					"management.endpoint.configprops.show-values=always")
			.run((context) -> {
				JsonMapper mapper = JsonMapper.builder().build();
				String env = mapper.writeValueAsString(
						context.getBean(EnvironmentEndpoint.class).environment("hopper.*|HOPPER.*|SPRING.*|J.*"));
				String properties = mapper
					.writeValueAsString(context.getBean(ConfigurationPropertiesReportEndpoint.class)
						.configurationPropertiesWithPrefix("hopper"));
				assertThat(env)
					.contains("visible-id", "hopper.auth.client-secret", "HOPPER_AUTH_CLIENT_SECRET",
							"SPRING_APPLICATION_JSON", "JAVA_TOOL_OPTIONS", "-Dvisible=option")
					.doesNotContain("canary");
				assertThat(properties).contains("visible-id", "clientSecret", "maxAttempts").doesNotContain("canary");
			});
	}

	@Test
	void noEndpointShowsASecretAfterTheApplicationWasUsed() {
		try (FakeHopperApi api = FakeHopperApi.builder().client("client", "canary-secret").start()) {
			this.contextRunner
				.withConfiguration(AutoConfigurations.of(BeansEndpointAutoConfiguration.class,
						ConditionsReportEndpointAutoConfiguration.class, MetricsAutoConfiguration.class,
						CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class,
						ObservationAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "management.endpoints.jmx.exposure.include=*",
						"spring.jmx.enabled=true")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					publisher.publishAndWait("canary-session", OFFERS);
					String token = context.getBean(BearerTokenProvider.class).getToken().block();
					api.failNext(4, Fault.status(500));
					publisher.publish("canary-session", OFFERS).onErrorResume((ex) -> Mono.empty()).block();
					StringBuilder shown = new StringBuilder();
					shown.append(JsonMapper.builder()
						.build()
						.writeValueAsString(context.getBean(BeansEndpoint.class).beans()));
					shown.append(context.getBean("hopperHealthContributor", HealthIndicator.class).health());
					context.getBean(MeterRegistry.class)
						.getMeters()
						.forEach((meter) -> shown.append(meter.getId()).append(meter.measure()));
					assertThat(shown.toString()).contains("hopper.events.publish", "hopperEventPublisher")
						.doesNotContain("canary", token);
				});
		}
	}

}
