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

import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link HopperConfigurationFailureAnalyzer} and for what other mistakes look
 * like at start-up.
 */
@ExtendWith(OutputCaptureExtension.class)
class HopperConfigurationFailureAnalyzerTests {

	@Test
	void showsTheYamlToAdd(CapturedOutput output) {
		start();
		assertThat(output).contains("APPLICATION FAILED TO START",
				"neither the property 'hopper.auth.token' nor 'hopper.auth.client-id' is set",
				"        client-id: your-client-id\n        client-secret: your-client-secret\n",
				"    hopper:\n      auth:\n        token: your-token\n", "HOPPER_AUTH_TOKEN", "BearerTokenProvider",
				"hopper.enabled=false");
	}

	@Test
	void tellsAnEmptyTokenFromAMissingOne(CapturedOutput output) {
		start("--hopper.auth.token=");
		assertThat(output).contains("'hopper.auth.token' is empty");
	}

	@Test
	void secretWithoutIdIsReported(CapturedOutput output) {
		start("--hopper.auth.client-secret=canary");
		assertThat(output).contains("APPLICATION FAILED TO START", "hopper.auth.client-id",
				"belongs to hopper.auth.client-secret");
		assertThat(output).doesNotContain("canary");
	}

	@Test
	void otherMistakesAreReportedWithTheirProperty(CapturedOutput output) {
		start("--hopper.auth.token=t", "--hopper.base-url=hopper.com");
		assertThat(output).contains("APPLICATION FAILED TO START", "hopper.base-url", "'hopper.com'",
				"must begin with https:// or http://");
	}

	@Test
	void mutuallyExclusivePropertiesAreReported(CapturedOutput output) {
		start("--hopper.auth.token=canary", "--hopper.auth.client-id=id");
		assertThat(output).contains("APPLICATION FAILED TO START", "hopper.auth.client-id", "hopper.auth.token",
				"mutually exclusive");
		assertThat(output).doesNotContain("canary");
	}

	@Test
	void mutuallyExclusivePropertiesAreReportedHoweverTheyAreSpelt(CapturedOutput output) {
		start("--hopper.auth.token=canary", "--hopper.auth.clientSecret=canary");
		assertThat(output).contains("APPLICATION FAILED TO START", "mutually exclusive", "hopper.auth.clientSecret");
		assertThat(output).doesNotContain("canary");
	}

	@Test
	void switchWithoutValueForItsPlaceholderIsReportedWithItsProperty(CapturedOutput output) {
		start("--hopper.enabled=${NO_SUCH}");
		assertThat(output).contains("APPLICATION FAILED TO START", "hopper.enabled", "${NO_SUCH}");
	}

	private static void start(String... arguments) {
		assertThatException().isThrownBy(
				() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE).run(arguments));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HopperSessionAutoConfiguration.class, HopperEventsAutoConfiguration.class,
			HopperOutboxAutoConfiguration.class })
	static class Application {

	}

}
