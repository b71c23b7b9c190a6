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
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configuration also works as code that was generated ahead of time.
 */
class AotTests {

	@Test
	@CompileWithForkedClassLoader
	void publishesFromGeneratedCode() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			generate(api, (generated) -> {
				publish(generated);
				HopperSessionContext.create().run(() -> learn(generated));
				generated.getBean(EventOutbox.class).store("session", OffersDisplayed.occurredAt(Instant.EPOCH));
				assertThat(generated.getBean(EventOutbox.class).flush(Duration.ofSeconds(60))).isTrue();
				generated.close();
				assertThat(api.received()).hasSize(2);
			}, HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
					HopperSessionAutoConfiguration.class);
		}
	}

	private static void learn(GenericApplicationContext generated) {
		generated.getBean("hopperRestClient", RestClient.class)
			.post()
			.uri("/cfar_offers")
			.body(Map.of())
			.retrieve()
			.toBodilessEntity();
		assertThat(HopperSessionContext.current().sessionId()).isNotNull();
	}

	@Test
	@CompileWithForkedClassLoader
	void metersAreRecordedByGeneratedCode() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			generate(api, (generated) -> {
				publish(generated);
				assertThat(generated.getBean(MeterRegistry.class).getMeters())
					.extracting((meter) -> meter.getId().getName())
					.contains("hopper.events.publish", "http.client.requests");
				generated.close();
			}, MetricsAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class,
					WebClientObservationAutoConfiguration.class, ObservationAutoConfiguration.class,
					HopperEventsAutoConfiguration.class);
		}
	}

	@Test
	@CompileWithForkedClassLoader
	void whereEventsAreKeptIsDecidedWhenTheApplicationRuns() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			generate(api, Map.of(), Map.of("hopper.outbox.type", "jdbc", "hopper.outbox.jdbc.initialize-schema",
					"always", "spring.datasource.url", "jdbc:h2:mem:aot"), (generated) -> {
						generated.getBean(EventOutbox.class)
							.store("session", OffersDisplayed.occurredAt(Instant.EPOCH));
						assertThat(generated.getBean(EventOutbox.class).flush(Duration.ofSeconds(60))).isTrue();
						assertThat(new JdbcTemplate(generated.getBean(DataSource.class))
							.queryForObject("select count(*) from hopper_event_outbox", Long.class)).isZero();
						generated.close();
						assertThat(api.received()).hasSize(1);
					}, DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
					HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class);
		}
	}

	@Test
	@CompileWithForkedClassLoader
	void killSwitchWorksWhenTheApplicationRuns() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			generate(api, Map.of(), Map.of("hopper.enabled", "false"), (generated) -> {
				assertThat(generated.getBean(EventOutboxOperations.class).state().running()).isFalse();
				generated.getBean(EventOutbox.class).store("session", OffersDisplayed.occurredAt(Instant.EPOCH));
				generated.getBean(EventPublisher.class)
					.publishAndWait("session", OffersDisplayed.occurredAt(Instant.EPOCH));
				generated.close();
				assertThat(api.requests()).isEmpty();
			}, HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class);
		}
	}

	@Test
	@CompileWithForkedClassLoader
	void whatWasBuiltWithoutSendingCanSend() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			generate(api, Map.of("hopper.enabled", "false"), Map.of(), (generated) -> {
				publish(generated);
				generated.getBean(EventOutbox.class).store("session", OffersDisplayed.occurredAt(Instant.EPOCH));
				assertThat(generated.getBean(EventOutbox.class).flush(Duration.ofSeconds(60))).isTrue();
				generated.close();
				assertThat(api.received()).hasSize(2);
			}, HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class);
		}
	}

	private static void publish(GenericApplicationContext context) {
		assertThat(context.getBean(EventPublisher.class)
			.publishAndWait("session", OffersDisplayed.occurredAt(Instant.EPOCH))
			.delivered()).isTrue();
	}

	private static void generate(FakeHopperApi api, Consumer<GenericApplicationContext> use,
			Class<?>... configurations) {
		generate(api, Map.of(), Map.of(), use, configurations);
	}

	@SuppressWarnings("unchecked")
	private static void generate(FakeHopperApi api, Map<String, Object> built, Map<String, Object> run,
			Consumer<GenericApplicationContext> use, Class<?>... configurations) {
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		configure(context, api, built);
		context.register(configurations);
		TestGenerationContext generation = new TestGenerationContext();
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		TestCompiler.forSystem().with(generation).compile((compiled) -> {
			GenericApplicationContext generated = new GenericApplicationContext();
			configure(generated, api, run);
			compiled.getInstance(ApplicationContextInitializer.class).initialize(generated);
			generated.refresh();
			use.accept(generated);
		});
	}

	private static void configure(GenericApplicationContext context, FakeHopperApi api, Map<String, Object> more) {
		MutablePropertySources sources = context.getEnvironment().getPropertySources();
		sources.addFirst(
				new MapPropertySource("test", Map.of("hopper.auth.token", "token", "hopper.base-url", api.baseUrl())));
		sources.addFirst(new MapPropertySource("more", more));
		ConfigurationPropertySources.attach(context.getEnvironment());
	}

}
