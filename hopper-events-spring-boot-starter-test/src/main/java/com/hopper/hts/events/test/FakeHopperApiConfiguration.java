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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Starts a {@link FakeHopperApi} and connects the application with it, whatever the
 * application's properties say. For a test:
 *
 * <pre class="code">
 * &#064;SpringBootTest
 * &#064;Import(FakeHopperApiConfiguration.class)
 * class BookingTests {
 * </pre>
 *
 * For local development, in the test sources:
 *
 * <pre class="code">
 * public static void main(String[] args) {
 * 	SpringApplication.from(BookingApplication::main).with(FakeHopperApiConfiguration.class).run(args);
 * }
 * </pre>
 *
 * Declare a bean of type {@link FakeHopperApi} instead to change its settings.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
public final class FakeHopperApiConfiguration {

	private static final Log logger = LogFactory.getLog(FakeHopperApiConfiguration.class);

	FakeHopperApiConfiguration() {
	}

	@Bean
	FakeHopperApi fakeHopperApi() {
		FakeHopperApi api = FakeHopperApi.builder().start();
		logger.info("A fake of the Hopper API listens at " + api.baseUrl());
		return api;
	}

}
