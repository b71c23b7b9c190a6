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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import reactor.core.publisher.Mono;

import org.springframework.aop.MethodBeforeAdvice;
import org.springframework.aop.aspectj.AspectJExpressionPointcutAdvisor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.service.annotation.PostExchange;
import org.springframework.web.service.registry.ImportHttpServices;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every bean in the company of mocks, spies and advice.
 */
class BeansInCompanyTests {

	private static final Set<String> INTERNAL = Set.of("hopperOutboxLifecycle", "hopperStart", "hopperJdbcOutbox",
			"hopperKafkaOutbox");

	/**
	 * What an application can name.
	 */
	private static final Map<String, Class<?>> TYPES = Map.of("hopperConnectionDetails", HopperConnectionDetails.class);

	private FakeHopperApi api;

	private ApplicationContextRunner runner;

	@BeforeEach
	void start() {
		this.api = FakeHopperApi.builder().token("token").start();
		this.runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, ObservationAutoConfiguration.class,
					MetricsAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class,
					HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
					HopperActuatorAutoConfiguration.class, HopperSessionAutoConfiguration.class))
			.withUserConfiguration(Services.class)
			.withPropertyValues("hopper.base-url=" + this.api.baseUrl());
	}

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void everyBeanCanBeMockedAlone() {
		Set<String> mocked = ConcurrentHashMap.newKeySet();
		List<String> names = List.of("hopperEventPublisher", "hopperEventOutbox", "hopperEventOutboxOperations",
				"hopperSessions", "hopperBearerTokenProvider", "hopperConnectionDetails", "hopperWebClient",
				"hopperHealthContributor", "hopperDiagnosis", "hopperOutboxGauges", "hopperSanitizingFunction",
				"hopperOutboxMetrics", "hopperMetrics", "hopperRestClient", "hopperRestClientGroup",
				"hopperWebClientGroup", "hopperSessionWebClientCustomizer", "hopperRestClientInterceptor",
				"hopperOkHttpInterceptor");
		for (String name : names) {
			this.runner.withPropertyValues("hopper.auth.token=token")
				.withInitializer(
						(context) -> context.addBeanFactoryPostProcessor((factory) -> mock(factory, name, mocked)))
				.run((context) -> {
					assertThat(context).as(name).hasNotFailed();
					use(context);
				});
		}
		assertThat(mocked).contains("hopperEventPublisher", "hopperEventOutbox", "hopperEventOutboxOperations",
				"hopperSessions", "hopperBearerTokenProvider", "hopperConnectionDetails", "hopperWebClient",
				"hopperRestClient", "hopperRestClientGroup", "hopperWebClientGroup", "hopperSessionWebClientCustomizer",
				"hopperRestClientInterceptor", "hopperOkHttpInterceptor");
	}

	@ParameterizedTest
	@ValueSource(strings = { "hopperEventPublisher", "hopperBearerTokenProvider", "hopperConnectionDetails" })
	void mockedBeanNeedsNoCredentials(String name) {
		this.runner
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor((factory) -> mock(factory, name, ConcurrentHashMap.newKeySet())))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * Does what {@code MockitoBean} does.
	 */
	private static void mock(ConfigurableListableBeanFactory beanFactory, String name, Set<String> mocked) {
		DefaultListableBeanFactory factory = (DefaultListableBeanFactory) beanFactory;
		if (factory.containsBeanDefinition(name)) {
			Class<?> type = TYPES.getOrDefault(name, factory.getType(name, false));
			factory.removeBeanDefinition(name);
			factory.registerSingleton(name, Mockito.mock(type));
			mocked.add(name);
		}
	}

	@Test
	void everyBeanCanBeSpiedOn() {
		this.runner.withPropertyValues("hopper.auth.token=token").withBean(Spies.class).run((context) -> {
			assertThat(context).hasNotFailed();
			use(context);
			assertThat(this.api.received()).hasSize(2);
			assertThat(Mockito.mockingDetails(context.getBean(EventOutboxOperations.class)).isSpy()).isTrue();
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "true | within(com.hopper.hts.events..*)", "true | bean(hopper*)",
					"true | execution(* com.hopper.hts.events..*.*(..))", "false | within(com.hopper.hts.events..*)",
					"false | bean(hopper*)", "false | execution(* com.hopper.hts.events..*.*(..))" })
	void adviceReachesEveryBean(boolean proxyTargetClass, String pointcut) {
		Set<String> seen = ConcurrentHashMap.newKeySet();
		this.runner.withPropertyValues("hopper.auth.token=token", "spring.aop.proxy-target-class=" + proxyTargetClass)
			.withBean(AspectJExpressionPointcutAdvisor.class, () -> advisor(pointcut, seen))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				use(context);
				assertThat(this.api.received()).hasSize(2);
				assertThat(seen).contains("publish", "store", "state");
			});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void advisedBeansAreKnown(boolean proxyTargetClass) {
		ApplicationContextRunner advised = this.runner
			.withPropertyValues("spring.aop.proxy-target-class=" + proxyTargetClass)
			.withBean(AspectJExpressionPointcutAdvisor.class,
					() -> advisor("within(com.hopper.hts.events..*)", ConcurrentHashMap.newKeySet()));
		advised.run((context) -> assertThat(context).getFailure()
			.hasRootCauseInstanceOf(HopperConfigurationException.class));
		advised.withPropertyValues("hopper.auth.token=token").run((context) -> {
			use(context);
			assertThat(context.getBean("hopperHealthContributor", HealthIndicator.class).health().getStatus())
				.isEqualTo(Status.UP);
		});
	}

	private static AspectJExpressionPointcutAdvisor advisor(String pointcut, Set<String> seen) {
		AspectJExpressionPointcutAdvisor advisor = new AspectJExpressionPointcutAdvisor();
		advisor.setExpression(pointcut);
		advisor.setAdvice((MethodBeforeAdvice) (method, arguments, target) -> seen.add(method.getName()));
		return advisor;
	}

	private void use(AssertableApplicationContext context) {
		context.getBean(EventOutboxOperations.class).state();
		context.getBean("hopperHealthContributor", HealthIndicator.class).health();
		context.getBean(MeterRegistry.class).getMeters().forEach((meter) -> meter.measure().forEach((each) -> {
			assertThat(each.getStatistic()).isNotNull();
			each.getValue();
		}));
		context.getBean("hopperWebClient", WebClient.class);
		context.getBean("hopperRestClient", RestClient.class);
		context.getBean(BearerTokenProvider.class);
		context.getBean(HopperConnectionDetails.class);
		context.getBean(HopperSessions.class);
		OffersDisplayed event = OffersDisplayed.occurredAt(Instant.EPOCH);
		Mono<EventReceipt> publication = context.getBean(EventPublisher.class).publish("session-1", event);
		if (publication != null) {
			publication.onErrorComplete().block(Duration.ofSeconds(60));
		}
		EventOutbox outbox = context.getBean(EventOutbox.class);
		outbox.store("session-1", event);
		outbox.flush(Duration.ofSeconds(2));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "hopper", types = Offers.class)
	static class Services {

	}

	interface Offers {

		@PostExchange("/cfar_offers")
		void create();

	}

	/**
	 * Does what {@code MockitoSpyBean} does.
	 */
	static class Spies implements BeanPostProcessor {

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return (beanName.matches("hopper[A-Z].*") && !INTERNAL.contains(beanName)) ? Mockito.spy(bean) : bean;
		}

	}

}
