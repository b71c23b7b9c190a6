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

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * An {@link AbstractFailureAnalyzer} that says where a property was set and what is wrong
 * with it, and does not show its value. It goes before Spring Boot's own analyzers,
 * because the exception may be the cause of one that they analyze.
 */
@Order(0)
class HopperConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<HopperConfigurationException> {

	private final @Nullable Environment environment;

	HopperConfigurationFailureAnalyzer(@Nullable Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, HopperConfigurationException cause) {
		return new FailureAnalysis(cause.getMessage() + origins(cause.getProperties()), cause.getAction(), cause);
	}

	private String origins(List<String> properties) {
		if (this.environment == null) {
			return "";
		}
		Iterable<ConfigurationPropertySource> sources = ConfigurationPropertySources.get(this.environment);
		String origins = properties.stream()
			.map((property) -> ConfigurationPropertyName.adapt(property, '.'))
			.flatMap((name) -> StreamSupport.stream(sources.spliterator(), false)
				.map((source) -> source.getConfigurationProperty(name)))
			.filter(Objects::nonNull)
			.map((found) -> String.valueOf(found.getOrigin()))
			.distinct()
			.collect(Collectors.joining(System.lineSeparator() + "    "));
		return origins.isEmpty() ? ""
				: System.lineSeparator() + System.lineSeparator()
						+ ((properties.size() > 1) ? "The properties are set by:"
								: "The property is set, the first one counts, by:")
						+ System.lineSeparator() + System.lineSeparator() + "    " + origins;
	}

}
