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
package com.hopper.hts.events.examples;

import java.time.Instant;
import java.util.function.Function;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.InMemoryReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;

/**
 * Tests for {@link SpringSecurityTokens}.
 */
class SpringSecurityTokensTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner().withConfiguration(
			AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class));

	@Test
	void storedEventIsDeliveredWithATokenOfAServletApplication() {
		isDelivered(SpringSecurityTokens.Servlet.class, (registration) -> {
			ClientRegistrationRepository registrations = new InMemoryClientRegistrationRepository(registration);
			return this.contextRunner.withBean(ClientRegistrationRepository.class, () -> registrations)
				.withBean(OAuth2AuthorizedClientService.class,
						() -> new InMemoryOAuth2AuthorizedClientService(registrations));
		});
	}

	@Test
	void storedEventIsDeliveredWithATokenOfAReactiveApplication() {
		isDelivered(SpringSecurityTokens.Reactive.class, (registration) -> {
			ReactiveClientRegistrationRepository registrations = new InMemoryReactiveClientRegistrationRepository(
					registration);
			return this.contextRunner.withBean(ReactiveClientRegistrationRepository.class, () -> registrations)
				.withBean(ReactiveOAuth2AuthorizedClientService.class,
						() -> new InMemoryReactiveOAuth2AuthorizedClientService(registrations));
		});
	}

	private static void isDelivered(Class<?> example,
			Function<ClientRegistration, ApplicationContextRunner> contextRunner) {
		try (FakeHopperApi api = FakeHopperApi.builder().client("id", "secret").start()) {
			contextRunner
				.apply(ClientRegistration.withRegistrationId("hopper")
					.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
					.clientId("id")
					.clientSecret("secret")
					.tokenUri("http://127.0.0.1:" + api.port() + "/oauth/token")
					.build())
				.withUserConfiguration(example)
				.withPropertyValues("hopper.base-url=" + api.baseUrl())
				.run((context) -> {
					context.getBean(EventOutbox.class).store("session", OffersDisplayed.occurredAt(Instant.EPOCH));
					api.awaitDelivered(1);
				});
			api.assertNoViolations();
		}
	}

}
