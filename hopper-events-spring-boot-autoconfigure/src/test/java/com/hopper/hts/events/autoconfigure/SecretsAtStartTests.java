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

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * A start that fails shows no value that may be a secret, whichever property source it is
 * from, neither in its report nor in its exceptions.
 */
@ExtendWith(OutputCaptureExtension.class)
class SecretsAtStartTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			hopper.auth.token              | canary\\u0007two       | hopper.auth.token
			hopper.auth.token              | Bearer canary          | hopper.auth.token
			hopper.auth.token              | ''                     | hopper.auth.token
			hopper.auth.token              | canary${hopper.auth.token} | hopper.auth.token
			hopper.auth.token[0]           | canary                 | hopper.auth.token
			hopper.auth.client-secret      | canary                 | hopper.auth.client-id
			hopper.auth.client-secret[0]   | canary                 | hopper.auth.client-secret
			hopper.auth.client-secret      | canary${canary         | hopper.auth.client-id
			hopper.auth.client-secret      | canary${canary}        | hopper.auth.client-id
			hopper.auth.token-uri          | https://u:canary@host  | hopper.auth.token-uri
			hopper.auth.token-uri          | https://u:can ary@host | hopper.auth.token-uri
			hopper.auth.headers            | X-Key=canary           | hopper.auth.headers
			hopper.headers                 | X-Key=canary           | hopper.headers
			hopper.headers.X-Key           | canary\\u0007          | hopper.headers.X-Key
			hopper.headers.X-Key           | canary${hopper.headers.X-Key} | hopper.headers
			hopper.headers.Authorization   | canary                 | hopper.headers.Authorization
			hopper.base-url                | https://u:canary@host  | hopper.base-url
			hopper.base-url                | https://u:can ary@host | hopper.base-url
			hopper.base-url                | u:canary@host          | hopper.base-url
			hopper.base-url                | https://u:canary/y@h   | hopper.base-url
			hopper.client                  | canary                 | hopper.client
			hopper.client.proxy            | http://u:canary@proxy  | hopper.client.proxy
			hopper.client.proxy.host       | u:canary@proxy         | hopper.client.proxy.host
			hopper.client.proxy.password   | canary                 | hopper.client.proxy.host
			hopper.client.proxy.password   | canary${canary}        | hopper.client.proxy.host
			""")
	void valueIsNotShown(String name, String value, String named, CapturedOutput output) {
		boolean credentials = name.startsWith("hopper.auth.token[") || name.equals("hopper.auth.token")
				|| name.contains("secret");
		Throwable failure = start((environment) -> {
			Map<String, Object> bad = new LinkedHashMap<>();
			bad.put(name, value.replace("\\u0007", "\u0007"));
			environment.getPropertySources().addFirst(new MapPropertySource("the bad one", bad));
			// The same property is right in another source, or the credentials are
			Map<String, Object> good = new LinkedHashMap<>();
			good.put(credentials ? name : "hopper.auth.token", "canary-good");
			environment.getPropertySources().addLast(new MapPropertySource("the good one", good));
		});
		assertThat(failure).isNotNull();
		assertThat(output).contains("APPLICATION FAILED TO START", named).doesNotContain("canary", "can ary");
		assertThat(stackTrace(failure)).contains(named).doesNotContain("canary", "can ary");
	}

	@Test
	void reportSaysWhereTheValueIsFromAndWhatIsWrongWithItsShape(CapturedOutput output) {
		start((environment) -> {
			environment.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("HOPPER_AUTH_TOKEN", "canary two")));
			environment.getPropertySources()
				.addLast(new MapPropertySource("the good one", Map.of("hopper.auth.token", "canary-good")));
		});
		assertThat(output)
			.contains("'hopper.auth.token' must consist of visible ASCII characters, but character 7 of 10 is not one",
					"System Environment Property \"HOPPER_AUTH_TOKEN\"",
					"\"hopper.auth.token\" from property source \"the good one\"")
			.doesNotContain("canary");
	}

	@Test
	void connectionDetailsAreBlamedForWhatTheyReturn(CapturedOutput output) {
		Throwable failure = start(
				(environment) -> environment.getPropertySources()
					.addFirst(new MapPropertySource("properties",
							Map.of("hopper.base-url", "https://canary.example", "hopper.auth.token", "canary"))),
				BadDetails.class);
		assertThat(failure).isNotNull();
		assertThat(output).contains("HopperConnectionDetails.getBaseUrl()", "must not contain a user name")
			.doesNotContain("canary", "'hopper.base-url'");
	}

	@ParameterizedTest
	@CsvSource({ "hopper.auth.preflight,sometimes,FAIL", "hopper.auth.client-authentication-method,canary,",
			"hopper.outbox.type,redis,JDBC", "hopper.outbox.memory.overflow,explode,REJECT",
			"hopper.outbox.jdbc.initialize-schema,perhaps,EMBEDDED" })
	void valueOfAnEnumThatIsNotAllowedIsNamedWithThoseThatAre(String name, String value, @Nullable String allowed,
			CapturedOutput output) {
		Throwable failure = start((environment) -> environment.getPropertySources()
			.addFirst(new MapPropertySource("test", Map.of(name, value, "hopper.auth.token", "t"))));
		assertThat(failure).isNotNull();
		assertThat(output).contains("APPLICATION FAILED TO START", "Property: " + name,
				"The following values are valid:");
		if (allowed != null) {
			assertThat(output).contains("    " + allowed);
		}
	}

	private static String stackTrace(Throwable failure) {
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		return trace.toString();
	}

	private static @Nullable Throwable start(Consumer<StandardEnvironment> customizer, Class<?>... more) {
		StandardEnvironment environment = new StandardEnvironment();
		customizer.accept(environment);
		SpringApplication application = new SpringApplication(Application.class);
		application.addPrimarySources(List.of(more));
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setEnvironment(environment);
		return catchThrowable(() -> application.run().close());
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class BadDetails {

		@Bean
		HopperConnectionDetails details() {
			return new HopperConnectionDetails() {

				@Override
				public URI getBaseUrl() {
					return URI.create("https://user:canary@host");
				}

				@Override
				public @Nullable String getToken() {
					return "canary";
				}

			};
		}

	}

}
