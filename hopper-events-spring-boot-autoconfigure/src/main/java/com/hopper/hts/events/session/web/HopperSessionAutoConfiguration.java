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
package com.hopper.hts.events.session.web;

import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.Filter;
import okhttp3.Interceptor;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.WebFilter;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the current session: what
 * requests of customers and calls of the API put into {@link HopperSessionContext}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = HopperEventsAutoConfiguration.class)
@ConditionalOnClass(WebClient.class)
public final class HopperSessionAutoConfiguration implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a final class cannot be proxied with a subclass

	HopperSessionAutoConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean
	SessionWebClientCustomizer hopperSessionWebClientCustomizer(Environment environment,
			ObjectProvider<HopperConnectionDetails> connectionDetails) {
		return new SessionWebClientCustomizer(SessionTraffic.of(environment, connectionDetails));
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RestClientCustomizer.class)
	static class Rest {

		// No candidate for injection by type: the application's own clients call other
		// hosts as well

		@Bean(defaultCandidate = false)
		@Qualifier("hopperRestClientInterceptor")
		@ConditionalOnMissingBean(name = "hopperRestClientInterceptor")
		SessionRestClientInterceptor hopperRestClientInterceptor(Environment environment,
				ObjectProvider<HopperConnectionDetails> connectionDetails) {
			return new SessionRestClientInterceptor(SessionTraffic.of(environment, connectionDetails));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Interceptor.class)
	static class OkHttp {

		@Bean(defaultCandidate = false)
		@Qualifier("hopperOkHttpInterceptor")
		@ConditionalOnMissingBean(name = "hopperOkHttpInterceptor")
		SessionOkHttpInterceptor hopperOkHttpInterceptor(Environment environment,
				ObjectProvider<HopperConnectionDetails> connectionDetails) {
			return new SessionOkHttpInterceptor(SessionTraffic.of(environment, connectionDetails));
		}

	}

	// No condition on properties decides where a session is kept: AOT processing would
	// fix the decision at build time

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(Filter.class)
	@EnableConfigurationProperties(HopperSessionProperties.class)
	static class Servlet {

		@Bean
		@ConditionalOnMissingBean
		SessionServletFilter hopperSessionFilter(HopperSessionProperties properties) {
			return new SessionServletFilter(properties.store() == HopperSessionProperties.Store.HTTP_SESSION);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@ConditionalOnClass(WebFilter.class)
	@EnableConfigurationProperties(HopperSessionProperties.class)
	static class Reactive {

		@Bean
		@ConditionalOnMissingBean
		SessionWebFilter hopperSessionFilter(HopperSessionProperties properties) {
			return new SessionWebFilter(properties.store() == HopperSessionProperties.Store.HTTP_SESSION);
		}

	}

}
