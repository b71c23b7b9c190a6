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

import com.hopper.hts.events.session.HopperSessionContext;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.webmvc.test.autoconfigure.MockMvcBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.web.servlet.request.RequestPostProcessor;
import org.springframework.test.web.servlet.setup.ConfigurableMockMvcBuilder;
import org.springframework.test.web.servlet.setup.MockMvcConfigurer;
import org.springframework.web.context.WebApplicationContext;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that gives requests with
 * {@code MockMvc} the session of the test.
 *
 * @since 0.1.0
 */
@AutoConfiguration
@ConditionalOnClass(MockMvcBuilderCustomizer.class)
public final class HopperSessionMockMvcAutoConfiguration {

	HopperSessionMockMvcAutoConfiguration() {
	}

	@Configuration(proxyBeanMethods = false)
	static class Requests {

		@Bean
		@ConditionalOnMissingBean
		SessionOfTest hopperSessionMockMvcBuilderCustomizer() {
			return new SessionOfTest();
		}

	}

	/**
	 * Hands the current context over with the request, as code before the filter of the
	 * starter does. Not final, so that a bean can be advised.
	 */
	static class SessionOfTest implements MockMvcBuilderCustomizer, MockMvcConfigurer {

		@Override
		public void customize(ConfigurableMockMvcBuilder<?> builder) {
			builder.apply(this);
		}

		@Override
		public @Nullable RequestPostProcessor beforeMockMvcCreated(ConfigurableMockMvcBuilder<?> builder,
				WebApplicationContext context) {
			return (request) -> {
				HopperSessionContext current = HopperSessionContext.current();
				if (current != HopperSessionContext.none()) {
					request.setAttribute(HopperSessionContext.class.getName(), current);
				}
				return request;
			};
		}

	}

}
