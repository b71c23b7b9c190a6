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
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.actuate.HopperActuatorAutoConfiguration;
import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import com.hopper.hts.events.testing.ScriptedServer;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.tracing.Tracer;
import jakarta.servlet.Filter;
import okhttp3.Interceptor;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.kafka.core.KafkaTemplate;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.reactor.netty.autoconfigure.ReactorNettyConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the starter adds to the start of an application.
 */
class StartUpTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final AutoConfigurations OURS = AutoConfigurations.of(HopperEventsAutoConfiguration.class,
			HopperOutboxAutoConfiguration.class, HopperActuatorAutoConfiguration.class,
			HopperSessionAutoConfiguration.class);

	/**
	 * Without what neither {@code spring-boot-starter-webclient} nor the starter brings.
	 */
	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withClassLoader(new FilteredClassLoader(SanitizingFunction.class, Endpoint.class, HealthIndicator.class,
				MeterRegistry.class, Tracer.class, RestClientCustomizer.class, Interceptor.class, Filter.class,
				DataSourceUtils.class, JdbcTemplate.class, HikariDataSource.class, KafkaTemplate.class,
				ReactorNettyConfigurations.class))
		.withConfiguration(AutoConfigurations.of(WebClientAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token");

	@Test
	void addsFewBeans() {
		Set<String> names = new LinkedHashSet<>();
		this.contextRunner.withConfiguration(OURS)
			.run((context) -> names.addAll(Arrays.asList(context.getBeanDefinitionNames())));
		this.contextRunner.run((context) -> Arrays.asList(context.getBeanDefinitionNames()).forEach(names::remove));
		// What binds properties is there in every application of Spring Boot
		names.removeIf((name) -> name.startsWith("org.springframework.boot.context"));
		assertThat(names).contains("hopperEventPublisher", "hopperEventOutbox").hasSizeLessThanOrEqualTo(20);
	}

	@Test
	void startsNoThreadAndOpensNoConnectionBeforeTheFirstEvent() throws Exception {
		// Those of contexts that other tests have left in the cache do not count
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withConfiguration(OURS)
				.withPropertyValues("hopper.base-url=" + server.baseUrl())
				.run((context) -> {
					assertThat(ours(before)).isEmpty();
					assertThat(server.connectionsOpen()).isZero();
					context.getBean(EventPublisher.class).publishAndWait("session", OFFERS);
					assertThat(ours(before)).isNotEmpty();
					context.getBean(EventOutbox.class).store("session", OFFERS);
					assertThat(context.getBean(EventOutbox.class).flush(TIMEOUT)).isTrue();
				});
			assertThat(server.requests()).hasSize(2);
		}
	}

	@Test
	void firstEventCanBePublishedFromAThreadThatMustNotBlock() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			this.contextRunner.withConfiguration(OURS)
				.withPropertyValues("hopper.base-url=" + server.baseUrl())
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					assertThat(Mono.defer(() -> publisher.publish("session", OFFERS))
						.subscribeOn(Schedulers.parallel())
						.block(TIMEOUT)).isNotNull();
				});
			assertThat(server.requests()).hasSize(1);
		}
	}

	private static Set<String> ours(Set<Thread> others) {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> !others.contains(thread))
			.map(Thread::getName)
			.filter((name) -> name.startsWith("hopper-"))
			.collect(Collectors.toSet());
	}

}
