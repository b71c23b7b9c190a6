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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.autoconfigure.ConfigurationPropertiesRebinderAutoConfiguration;
import org.springframework.cloud.autoconfigure.RefreshAutoConfiguration;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.cloud.context.refresh.ContextRefresher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Credentials that change while the application runs are used from then on.
 */
class RotationTests {

	private final List<String> tokens = new CopyOnWriteArrayList<>();

	private final List<String> secrets = new CopyOnWriteArrayList<>();

	/**
	 * Contexts that end take the global ones with them.
	 */
	private final LoopResources eventLoops = LoopResources.create("test-server");

	private final DisposableServer server = HttpServer.create()
		.runOn(this.eventLoops)
		.host("localhost")
		.route((routes) -> routes.post("/events", (request, response) -> {
			this.tokens.add(request.requestHeaders().get("Authorization"));
			return response.status(204);
		}).post("/auth", (request, response) -> request.receive().aggregate().asString().flatMapMany((body) -> {
			this.secrets.add(body.replaceAll(".*\"client_secret\":\"([^\"]*)\".*", "$1"));
			return response.header("Content-Type", "application/json")
				.sendString(Mono.just("{\"access_token\":\"token-" + this.secrets.size()
						+ "\",\"token_type\":\"Bearer\",\"expires_in\":3600}"));
		})))
		.bindNow();

	private final Map<String, Object> properties = new HashMap<>(
			Map.of("hopper.base-url", "http://localhost:" + this.server.port(), "hopper.auth.preflight", "off"));

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RefreshAutoConfiguration.class,
				ConfigurationPropertiesRebinderAutoConfiguration.class, HopperEventsAutoConfiguration.class))
		.withInitializer((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("test", this.properties)));

	@AfterEach
	void disposeServer() {
		this.server.disposeNow(Duration.ofMinutes(1));
		this.eventLoops.dispose();
	}

	@Test
	void tokenOfPropertiesIsFollowed() {
		this.properties.put("hopper.auth.token", "first");
		this.contextRunner.run((context) -> {
			publish(context);
			this.properties.put("hopper.auth.token", "second");
			context.publishEvent(new EnvironmentChangeEvent(this.properties.keySet()));
			publish(context);
			assertThat(this.tokens).containsExactly("Bearer first", "Bearer second");
		});
	}

	@Test
	void clientSecretOfPropertiesIsFollowed() {
		this.properties.put("hopper.auth.client-id", "id");
		this.properties.put("hopper.auth.client-secret", "first");
		this.contextRunner.run((context) -> {
			publish(context);
			publish(context);
			this.properties.put("hopper.auth.client-secret", "second");
			context.publishEvent(new EnvironmentChangeEvent(this.properties.keySet()));
			publish(context);
			assertThat(this.secrets).containsExactly("first", "second");
			assertThat(this.tokens).containsExactly("Bearer token-1", "Bearer token-1", "Bearer token-2");
		});
	}

	@Test
	void baseUrlStaysForTokensAndEventsAlike() {
		this.properties.put("hopper.auth.client-id", "id");
		this.properties.put("hopper.auth.client-secret", "secret");
		this.contextRunner.run((context) -> {
			publish(context);
			this.properties.put("hopper.base-url", "http://localhost:" + this.server.port() + "/other");
			context.publishEvent(new EnvironmentChangeEvent(this.properties.keySet()));
			publish(context);
			assertThat(this.secrets).containsExactly("secret");
			assertThat(this.tokens).containsExactly("Bearer token-1", "Bearer token-1");
		});
	}

	@Test
	void mountedFileIsFollowedWhenTheApplicationRefreshes(@TempDir Path directory) throws Exception {
		Path file = directory.resolve("hopper.auth.token");
		Files.writeString(file, "first\n");
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.run("--spring.config.import=configtree:" + directory + "/",
					"--hopper.base-url=http://localhost:" + this.server.port())) {
			publish(context);
			Files.writeString(file, "second\n");
			context.getBean(ContextRefresher.class).refresh();
			publish(context);
		}
		assertThat(this.tokens).containsExactly("Bearer first", "Bearer second");
	}

	@Test
	void connectionDetailsInRefreshScopeAreFollowed() {
		this.properties.put("partner.token", "first");
		this.contextRunner.withUserConfiguration(RefreshedDetails.class).run((context) -> {
			publish(context);
			this.properties.put("partner.token", "second");
			context.getBean(org.springframework.cloud.context.scope.refresh.RefreshScope.class).refreshAll();
			publish(context);
			assertThat(this.tokens).containsExactly("Bearer first", "Bearer second");
		});
	}

	@Test
	void connectionDetailsOfTheApplicationAreAskedEachTime() {
		AtomicReference<String> token = new AtomicReference<>("first");
		this.contextRunner
			.withBean(HopperConnectionDetails.class,
					() -> new Details("http://localhost:" + this.server.port(), token::get))
			.run((context) -> {
				publish(context);
				token.set("second");
				publish(context);
				assertThat(this.tokens).containsExactly("Bearer first", "Bearer second");
			});
	}

	private static void publish(BeanFactory context) {
		context.getBean(EventPublisher.class)
			.publish("session", OffersDisplayed.occurredAt(Instant.EPOCH))
			.block(Duration.ofSeconds(30));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ RefreshAutoConfiguration.class, ConfigurationPropertiesRebinderAutoConfiguration.class,
			HopperEventsAutoConfiguration.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class RefreshedDetails {

		@Bean
		@RefreshScope
		HopperConnectionDetails hopper(Environment environment) {
			String token = environment.getRequiredProperty("partner.token");
			return new Details(environment.getRequiredProperty("hopper.base-url"), () -> token);
		}

	}

	static class Details implements HopperConnectionDetails {

		private final String baseUrl;

		private final Supplier<String> token;

		Details(String baseUrl, Supplier<String> token) {
			this.baseUrl = baseUrl;
			this.token = token;
		}

		@Override
		public URI getBaseUrl() {
			return URI.create(this.baseUrl);
		}

		@Override
		public @Nullable String getToken() {
			return this.token.get();
		}

	}

}
