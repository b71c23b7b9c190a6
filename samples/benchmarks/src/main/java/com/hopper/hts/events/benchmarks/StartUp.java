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

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application that does nothing but start, with or without the starter's
 * auto-configuration, in a JVM of its own. Prints milliseconds, bean definitions, bytes
 * of heap and threads.
 */
final class StartUp {

	private static final String OURS = String.join(",",
			"com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration",
			"com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration",
			"com.hopper.hts.events.autoconfigure.HopperHealthContributorAutoConfiguration");

	private StartUp() {
	}

	public static void main(String[] args) {
		String excluded = "spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";
		long start = System.nanoTime();
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Senders.Application.class)
			.web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off", "logging.level.root=warn",
					"hopper.base-url=https://airlines-api.example.com/airline/v1.1", "hopper.auth.token=token",
					args[0].equals("with") ? excluded : excluded + "," + OURS)
			.run();
		double millis = (System.nanoTime() - start) / 1e6;
		System.gc();
		System.out.println("%s %s %s %s".formatted(millis, context.getBeanDefinitionCount(),
				ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), Thread.activeCount()));
	}

}
