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

import java.time.Instant;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link FakeHopperApi} can be declared like the containers of the same application.
 */
@Tag("compatibility")
@SpringBootTest(classes = ServiceConnectionTests.Application.class,
		properties = "hopper.base-url=http://127.0.0.1:1/nowhere")
@Import(ServiceConnectionTests.Containers.class)
class ServiceConnectionTests {

	@Test
	void connectsTheApplicationOfATest(@Autowired ApplicationContext context) {
		isConnected(context);
	}

	@Test
	void connectsAnApplicationThatIsStartedForLocalDevelopment() {
		try (ConfigurableApplicationContext context = SpringApplication.from(Application::main)
			.with(Containers.class)
			.run("--spring.main.web-application-type=none", "--hopper.base-url=http://127.0.0.1:1/nowhere")
			.getApplicationContext()) {
			isConnected(context);
		}
	}

	private static void isConnected(ApplicationContext context) {
		assertThat(context.getBeansOfType(ServiceConnectionAutoConfiguration.class)).isNotEmpty();
		assertThat(context.getBeansOfType(HopperConnectionDetails.class)).hasSize(1);
		context.getBean(EventPublisher.class).publishAndWait("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
		assertThat(context.getBean(FakeHopperApi.class).received()).hasSize(1);
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Containers {

		@Bean
		@ServiceConnection
		FakeHopperApi hopper() {
			return FakeHopperApi.builder().start();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		static void main(String[] args) {
			SpringApplication.run(Application.class, args);
		}

	}

}
