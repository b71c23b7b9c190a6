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
package com.hopper.hts.events.simulator;

import com.hopper.hts.events.test.FakeHopperApi;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Runs {@link FakeHopperApi} as an application.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableConfigurationProperties(SimulatorProperties.class)
class HopperApiSimulatorApplication {

	private static final Log logger = LogFactory.getLog(HopperApiSimulatorApplication.class);

	public static void main(String[] args) {
		application().run(args);
	}

	static SpringApplication application() {
		SpringApplication application = new SpringApplication(HopperApiSimulatorApplication.class);
		application.setBannerMode(Banner.Mode.OFF);
		// There is no web server of Spring's that would keep the JVM alive
		application.setKeepAlive(true);
		return application;
	}

	@Bean(destroyMethod = "close")
	FakeHopperApi fakeHopperApi(SimulatorProperties properties) {
		FakeHopperApi.Builder builder = FakeHopperApi.builder()
			.port(properties.port())
			.pathPrefix(properties.pathPrefix())
			.client(properties.clientId(), properties.clientSecret())
			.requireSession(properties.requireSession())
			.onRequest((request) -> logger.info(request));
		properties.tokens().forEach(builder::token);
		properties.customEventTypes().forEach(builder::customEventType);
		FakeHopperApi api = builder.start();
		logger.info("The Hopper API simulator listens at " + api.baseUrl());
		return api;
	}

}
