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
package com.hopper.hts.events.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.Mockito;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.aop.MethodBeforeAdvice;
import org.springframework.aop.aspectj.AspectJExpressionPointcutAdvisor;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HopperEventsEndpointConfiguration}.
 */
@ExtendWith(OutputCaptureExtension.class)
class HopperEventsEndpointConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withInitializer((context) -> context.getEnvironment().setConversionService(new ApplicationConversionService()))
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, HopperActuatorAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=token", "hopper.base-url=http://localhost:1");

	@Test
	void nothingIsRecordedForAnEndpointThatIsNotExposed() {
		this.contextRunner.run((context) -> assertThat(context).doesNotHaveBean(HopperEventsEndpoint.class)
			.doesNotHaveBean(RecentFailures.class));
		this.contextRunner
			.withPropertyValues("management.endpoints.web.exposure.include=*",
					"management.endpoint.hopperevents.access=none")
			.run((context) -> assertThat(context).doesNotHaveBean(HopperEventsEndpoint.class)
				.doesNotHaveBean(RecentFailures.class));
	}

	@Test
	void extensionsAreThoseOfTheTechnologiesInUse() {
		this.contextRunner.withPropertyValues("management.endpoints.web.exposure.include=hopperevents")
			.run((context) -> assertThat(context).hasSingleBean(HopperEventsEndpointWebExtension.class)
				.doesNotHaveBean(HopperEventsEndpointJmxExtension.class));
		this.contextRunner
			.withPropertyValues("spring.jmx.enabled=true", "management.endpoints.jmx.exposure.include=hopperevents")
			.run((context) -> assertThat(context).hasSingleBean(HopperEventsEndpointJmxExtension.class)
				.doesNotHaveBean(HopperEventsEndpointWebExtension.class));
	}

	@Test
	void adviceReachesTheEndpoint() {
		Set<String> seen = ConcurrentHashMap.newKeySet();
		AspectJExpressionPointcutAdvisor advisor = new AspectJExpressionPointcutAdvisor();
		advisor.setExpression("within(com.hopper.hts.events..*)");
		advisor.setAdvice((MethodBeforeAdvice) (method, arguments, target) -> seen.add(method.getName()));
		this.contextRunner.withBean(AspectJExpressionPointcutAdvisor.class, () -> advisor)
			.withPropertyValues("management.endpoints.web.exposure.include=hopperevents")
			.run((context) -> {
				HopperEventsEndpointWebExtension endpoint = context.getBean(HopperEventsEndpointWebExtension.class);
				assertThat(endpoint.overview().getStatus()).isEqualTo(200);
				assertThat(endpoint.list("dead", null, null, null, null, null, null, null).getStatus()).isEqualTo(200);
				assertThat(endpoint.show(SecurityContext.NONE, "dead", "none").getStatus()).isEqualTo(400);
				assertThat(seen).contains("overview", "list", "show", "deadLetters");
			});
	}

	@Test
	void agesAreThoseOfTheTimeThatTheOutboxHas() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		this.contextRunner.withBean("hopperScheduler", Scheduler.class, () -> time)
			.withPropertyValues("management.endpoints.web.exposure.include=hopperevents")
			.run((context) -> {
				context.getBean(EventOutboxOperations.class).pause("test");
				context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
				time.advanceTimeBy(Duration.ofHours(2));
				HopperEventsEndpoint endpoint = context.getBean(HopperEventsEndpoint.class);
				assertThat(endpoint.overview().oldestAge()).isEqualTo(Duration.ofHours(2));
			});
	}

	@Test
	void endpointCanBeReplaced() {
		HopperEventsEndpoint replacement = Mockito.mock(HopperEventsEndpoint.class);
		this.contextRunner.withBean(HopperEventsEndpoint.class, () -> replacement)
			.withPropertyValues("management.endpoints.web.exposure.include=hopperevents")
			.run((context) -> assertThat(context.getBean(HopperEventsEndpoint.class)).isSameAs(replacement));
	}

	@Test
	void emptyTypeOfTheOutboxIsTheDefault() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();
				OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET, api,
						"hopper.outbox.type=")) {
			assertThat(application.get("").string("/engine")).isEqualTo("memory");
		}
	}

	@Test
	void logSaysWhoDidWhatToHowMany(CapturedOutput output) {
		try (FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();
				OperatedApplication application = OperatedApplication.start(WebApplicationType.SERVLET, api,
						OperatedApplications.WRITABLE)) {
			api.failAll(Fault.status(422));
			EventOutbox outbox = application.bean(EventOutbox.class);
			outbox.store("session-of-a-customer", OffersDisplayed.occurredAt(Instant.EPOCH));
			outbox.store("session-of-a-customer", OffersDisplayed.occurredAt(Instant.EPOCH));
			assertThat(outbox.flush(Duration.ofSeconds(20))).isTrue();
			application.post("/replay", "{\"session\": \"session-of-a-customer\", \"comment\": \"ticket 17\"}");
		}
		assertThat(output).containsOnlyOnce("Operator operator: replay {count=2, session=sess***, comment=ticket 17}")
			.doesNotContain("session-of-a-customer", "canary");
	}

}
