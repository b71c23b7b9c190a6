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

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootVersion;

/**
 * The {@code User-Agent} of requests to Hopper, which tells their support what runs.
 */
final class UserAgent {

	static final String VALUE = "hopper-events-spring-boot/%s (Spring Boot %s; Java %s)".formatted(
			orUnknown(UserAgent.class.getPackage().getImplementationVersion()),
			orUnknown(SpringBootVersion.getVersion()), orUnknown(System.getProperty("java.version")));

	private UserAgent() {
	}

	private static String orUnknown(@Nullable String version) {
		return (version != null) ? version : "unknown";
	}

}
