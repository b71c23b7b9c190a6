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
package com.hopper.hts.events.benchmarks;

import java.lang.management.ManagementFactory;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * An application that does nothing but start, with what is on the class path. Prints
 * milliseconds, bean definitions, bytes of heap, threads, loaded classes and milliseconds
 * of CPU time.
 */
final class StartUp {

	/**
	 * The argument of an application that has a client, as our publisher has one.
	 */
	static final String WEB_CLIENT = "web-client";

	private StartUp() {
	}

	public static void main(String[] args) {
		long start = System.nanoTime();
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off", "logging.level.root=warn",
					"hopper.base-url=https://airlines-api.example.com/airline/v1.1", "hopper.auth.token=token")
			.run();
		if (args.length > 0) {
			Clients.create(context);
		}
		double millis = (System.nanoTime() - start) / 1e6;
		double cpuMillis = ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
			.getProcessCpuTime() / 1e6;
		int classes = ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
		System.gc();
		System.out.println("started %s %s %s %s %s %s".formatted(millis, context.getBeanDefinitionCount(),
				ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
				ManagementFactory.getThreadMXBean().getThreadCount(), classes, cpuMillis));
		System.exit(0);
	}

	/**
	 * Nothing but auto-configuration.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	/**
	 * A class of its own, because an empty application has no {@link WebClient}.
	 */
	private static final class Clients {

		private static void create(ConfigurableApplicationContext context) {
			context.getBean(WebClient.Builder.class).baseUrl("https://airlines-api.example.com/airline/v1.1").build();
		}

	}

}
