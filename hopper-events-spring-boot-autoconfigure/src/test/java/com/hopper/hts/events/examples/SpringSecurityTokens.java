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

import java.util.Map;

import com.hopper.hts.events.auth.BearerTokenProvider;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.WebClientReactiveClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.util.MultiValueMap;

/**
 * Tokens of Spring Security, in either kind of application.
 */
final class SpringSecurityTokens {

	private SpringSecurityTokens() {
	}

	@Configuration(proxyBeanMethods = false)
	static class Servlet {

		@Bean
		BearerTokenProvider hopperTokens(ClientRegistrationRepository registrations,
				OAuth2AuthorizedClientService tokens) {
			var endpoint = new RestClientClientCredentialsTokenResponseClient();
			endpoint.addParametersConverter(
					(grant) -> MultiValueMap.fromSingleValue(Map.of("audience", "https://airlines-api.hopper.com")));
			var clients = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, tokens);
			clients.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder()
				.clientCredentials((grant) -> grant.accessTokenResponseClient(endpoint))
				.build());
			var request = OAuth2AuthorizeRequest.withClientRegistrationId("hopper").principal("hopper").build();
			return () -> Mono.fromCallable(() -> clients.authorize(request))
				.map((client) -> client.getAccessToken().getTokenValue())
				.subscribeOn(Schedulers.boundedElastic());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Reactive {

		@Bean
		BearerTokenProvider hopperTokens(ReactiveClientRegistrationRepository registrations,
				ReactiveOAuth2AuthorizedClientService tokens) {
			var endpoint = new WebClientReactiveClientCredentialsTokenResponseClient();
			endpoint.addParametersConverter(
					(grant) -> MultiValueMap.fromSingleValue(Map.of("audience", "https://airlines-api.hopper.com")));
			var clients = new AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager(registrations, tokens);
			clients.setAuthorizedClientProvider(ReactiveOAuth2AuthorizedClientProviderBuilder.builder()
				.clientCredentials((grant) -> grant.accessTokenResponseClient(endpoint))
				.build());
			var request = OAuth2AuthorizeRequest.withClientRegistrationId("hopper").principal("hopper").build();
			return () -> clients.authorize(request).map((client) -> client.getAccessToken().getTokenValue());
		}

	}

}
