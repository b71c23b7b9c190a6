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

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.http.HttpHeaders;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.support.RestClientHttpServiceGroupConfigurer;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.support.WebClientHttpServiceGroupConfigurer;
import org.springframework.web.service.registry.HttpServiceProxyRegistry;
import org.springframework.web.util.DefaultUriBuilderFactory;

/**
 * Other ways to call the API than {@code hopperWebClient}, through which all of them send
 * their requests. Imported by {@link HopperEventsAutoConfiguration}.
 */
final class HttpServiceConfigurations {

	/**
	 * The group of HTTP service interfaces that call Hopper.
	 */
	private static final String GROUP = "hopper";

	private HttpServiceConfigurations() {
	}

	/**
	 * Configure a client for calls to Hopper, after the customizers for all clients.
	 */
	private static void configure(RestClient.Builder builder, HopperProperties properties,
			ObjectProvider<HopperConnectionDetails> connectionDetails, ObjectProvider<WebClient> webClient) {
		if (properties.isEnabled()) {
			URI baseUrl = EventPublisherConfigurations.Client.baseUrl(connectionDetails.getObject());
			builder.uriBuilderFactory(new DefaultUriBuilderFactory(baseUrl.toString()));
		}
		builder.requestFactory(new WebClientRequestFactory(webClient::getObject))
			// hopperWebClient sets these headers itself, and would let the ones set here
			// win
			.defaultHeaders((headers) -> {
				headers.remove(HttpHeaders.USER_AGENT);
				properties.getHeaders().keySet().forEach(headers::remove);
			})
			.apiVersionInserter(EventPublisherConfigurations.Client.NO_VERSION)
			// hopperWebClient observes the request already
			.observationRegistry(ObservationRegistry.NOOP);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RestClientCustomizer.class)
	static class HopperRestClient {

		@Bean(defaultCandidate = false)
		@Lazy
		@Qualifier("hopperRestClient")
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean(name = "hopperRestClient")
		RestClient hopperRestClient(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				@Qualifier("hopperWebClient") ObjectProvider<WebClient> webClient,
				ObjectProvider<RestClientCustomizer> customizers) {
			RestClient.Builder builder = RestClient.builder();
			customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			configure(builder, properties, connectionDetails, webClient);
			return builder.build();
		}

	}

	// No lambdas, so that the beans can be spied on

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(HttpServiceProxyRegistry.class)
	static class Groups {

		@Bean
		@ConditionalOnMissingBean(name = "hopperRestClientGroup")
		RestClientHttpServiceGroupConfigurer hopperRestClientGroup(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				@Qualifier("hopperWebClient") ObjectProvider<WebClient> webClient) {
			return new RestClientHttpServiceGroupConfigurer() {

				@Override
				public void configureGroups(Groups<RestClient.Builder> groups) {
					groups.filterByName(GROUP)
						.forEachClient(
								(group, builder) -> configure(builder, properties, connectionDetails, webClient));
				}

			};
		}

		@Bean
		@ConditionalOnMissingBean(name = "hopperWebClientGroup")
		WebClientHttpServiceGroupConfigurer hopperWebClientGroup(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				ObjectProvider<BearerTokenProvider> tokenProvider, ObjectProvider<HopperStart> start,
				ObjectProvider<HopperWebClientCustomizer> customizers) {
			return new WebClientHttpServiceGroupConfigurer() {

				@Override
				public void configureGroups(Groups<WebClient.Builder> groups) {
					groups.filterByName(GROUP)
						.forEachClient((group, builder) -> EventPublisherConfigurations.Client.configure(builder,
								properties, connectionDetails, tokenProvider, start.getObject(), customizers));
				}

			};
		}

	}

}
