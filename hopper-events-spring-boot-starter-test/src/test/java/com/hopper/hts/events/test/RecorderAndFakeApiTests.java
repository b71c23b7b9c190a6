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

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test that records events has no use for a {@link FakeHopperApi}, which would receive
 * none.
 */
@Tag("compatibility")
class RecorderAndFakeApiTests {

	@Test
	void fakeApiOfTheStarterIsRefused() {
		isRefused(ImportedCase.class, "the FakeHopperApi (bean 'fakeHopperApi')");
	}

	@Test
	void fakeApiOfTheApplicationIsRefused() {
		isRefused(DeclaredCase.class, "the FakeHopperApi (bean 'acmeHopper')");
	}

	@Test
	void fakeApiThatIsAnExtensionIsRefused() {
		isRefused(ExtensionCase.class, "the FakeHopperApi (an extension of JUnit)");
	}

	private static void isRefused(Class<?> test, String fake) {
		Events tests = EngineTestKit.engine("junit-jupiter")
			.selectors(DiscoverySelectors.selectClass(test))
			.execute()
			.allEvents();
		assertThat(tests.failed().list()).isNotEmpty().allSatisfy((failed) -> {
			Throwable failure = failed.getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
				.getThrowable()
				.orElseThrow();
			assertThat(failure).hasStackTraceContaining("@AutoConfigureHopperEvents records events instead of sending "
					+ "them, so " + fake + " would never receive any. Remove one of the two from the test: "
					+ "@AutoConfigureHopperEvents is for tests of what is published, FakeHopperApi for tests of "
					+ "what is sent and answered.");
		});
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@SpringBootTest(classes = Application.class)
	@AutoConfigureHopperEvents
	@Import(FakeHopperApiConfiguration.class)
	static class ImportedCase {

		@Test
		void isNeverRun() {
		}

	}

	@SpringBootTest(classes = { Application.class, DeclaredCase.Declared.class })
	@AutoConfigureHopperEvents
	static class DeclaredCase {

		@Test
		void isNeverRun() {
		}

		@Configuration(proxyBeanMethods = false)
		static class Declared {

			@Bean
			FakeHopperApi acmeHopper() {
				return FakeHopperApi.builder().start();
			}

		}

	}

	@SpringBootTest(classes = Application.class)
	@AutoConfigureHopperEvents
	static class ExtensionCase {

		@RegisterExtension
		static final FakeHopperApi hopper = FakeHopperApi.builder().start();

		@Test
		void isNeverRun() {
		}

	}

}
