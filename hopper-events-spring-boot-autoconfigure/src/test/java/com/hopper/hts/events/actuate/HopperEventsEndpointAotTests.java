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

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jmx.JmxEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.autoconfigure.jmx.JmxAutoConfiguration;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the {@link HopperEventsEndpoint} in applications that are built ahead of
 * time.
 */
class HopperEventsEndpointAotTests {

	@Test
	void answersCanBeWritten() {
		TestGenerationContext generation = generate();
		assertThat(Stream.of(OverviewDescriptor.class, OverviewDescriptor.Pause.class, OverviewDescriptor.Backlog.class,
				OverviewDescriptor.Token.class, RecentFailures.Failure.class, PageDescriptors.DeadLetters.class,
				DeadLetterDescriptor.class, StoredEvent.Failure.class, PageDescriptors.DeliveredEvents.class,
				PageDescriptors.Delivered.class, ActionDescriptor.class, ActionDescriptor.Matching.class,
				PauseDescriptor.class, DiagnosisDescriptor.class, ErrorDescriptor.class))
			.allSatisfy(
					(type) -> assertThat(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getAccessor))
						.allMatch((accessor) -> isInvocable(generation, accessor)));
	}

	@Test
	void operationsCanBeInvoked() {
		TestGenerationContext generation = generate();
		assertThat(Stream
			.of(HopperEventsEndpoint.class, HopperEventsEndpointWebExtension.class,
					HopperEventsEndpointJmxExtension.class)
			.flatMap((type) -> Arrays.stream(type.getDeclaredMethods()))
			.filter((method) -> AnnotatedElementUtils.hasAnnotation(method, ReadOperation.class)
					|| AnnotatedElementUtils.hasAnnotation(method, WriteOperation.class)))
			.hasSize(13)
			.allMatch((method) -> isInvocable(generation, method));
	}

	@Test
	@CompileWithForkedClassLoader
	@SuppressWarnings("unchecked")
	void killSwitchOfTheEndpointIsDecidedWhenTheApplicationRuns() {
		TestCompiler.forSystem().with(generate()).compile((compiled) -> {
			try (GenericApplicationContext generated = new GenericApplicationContext()) {
				configure(generated, Map.of("hopper.enabled", "false"));
				compiled.getInstance(ApplicationContextInitializer.class).initialize(generated);
				generated.refresh();
				assertThat(generated.getBean(HopperEventsEndpoint.class).overview().state())
					.isEqualTo(OverviewDescriptor.State.DISABLED);
			}
		});
	}

	private static boolean isInvocable(TestGenerationContext generation, Method method) {
		return RuntimeHintsPredicates.reflection().onMethodInvocation(method).test(generation.getRuntimeHints());
	}

	private static TestGenerationContext generate() {
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		configure(context, Map.of());
		context.register(JmxAutoConfiguration.class, EndpointAutoConfiguration.class,
				WebEndpointAutoConfiguration.class, JmxEndpointAutoConfiguration.class,
				HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
				HopperActuatorAutoConfiguration.class);
		TestGenerationContext generation = new TestGenerationContext();
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		return generation;
	}

	private static void configure(GenericApplicationContext context, Map<String, Object> more) {
		context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("more", more));
		context.getEnvironment()
			.getPropertySources()
			.addLast(new MapPropertySource("test",
					Map.of("hopper.auth.token", "token", "hopper.base-url", "http://localhost:1",
							"management.endpoints.web.exposure.include", "hopperevents", "spring.jmx.enabled", "true",
							"management.endpoints.jmx.exposure.include", "hopperevents",
							"management.endpoints.jmx.domain", "hopper-aot")));
		ConfigurationPropertySources.attach(context.getEnvironment());
	}

}
