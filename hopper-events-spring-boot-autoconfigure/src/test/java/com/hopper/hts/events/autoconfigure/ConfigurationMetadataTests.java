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

import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the metadata that editors show.
 */
class ConfigurationMetadataTests {

	@Test
	void everyPropertyIsDescribedAndHasADefaultOrSaysIt() throws Exception {
		List<JsonNode> properties = new ArrayList<>();
		metadata().path("properties").forEach(properties::add);
		assertThat(properties).hasSizeGreaterThan(20).allSatisfy((property) -> {
			String name = property.path("name").stringValue();
			String description = property.path("description").asString("");
			assertThat(name).matches("hopper\\..+|management\\.(health\\.hopper|endpoint\\.hopperevents)\\..+");
			assertThat(description).as(name).isNotBlank().endsWith(".").doesNotStartWith("The ");
			if (property.path("type").stringValue().equals("java.lang.Boolean")) {
				assertThat(description).as(name).startsWith("Whether ");
			}
			if (property.path("type").stringValue().matches("int|double|java.lang.(Integer|Double|Boolean)")
					|| property.path("type").stringValue().endsWith("Duration")) {
				assertThat(property.has("defaultValue") || description.contains("Defaults to")).as(name).isTrue();
			}
		});
	}

	@Test
	void hintsBelongToProperties() throws Exception {
		List<String> names = new ArrayList<>();
		metadata().path("properties").forEach((property) -> names.add(property.path("name").stringValue()));
		List<String> hints = new ArrayList<>();
		metadata().path("hints").forEach((hint) -> hints.add(hint.path("name").stringValue()));
		assertThat(hints).isNotEmpty()
			.allSatisfy((hint) -> assertThat(names).contains(hint.replaceAll("\\.(keys|values)$", "")));
	}

	@Test
	void namesOfBeansAreReferences() throws Exception {
		assertThat(beanReference("hopper.outbox.jdbc.data-source")).isEqualTo("javax.sql.DataSource");
		assertThat(beanReference("hopper.outbox.jdbc.transaction-manager"))
			.isEqualTo("org.springframework.transaction.PlatformTransactionManager");
	}

	private static String beanReference(String name) throws Exception {
		for (JsonNode hint : metadata().path("hints")) {
			if (hint.path("name").stringValue().equals(name)) {
				JsonNode provider = hint.path("providers").path(0);
				assertThat(provider.path("name").stringValue()).isEqualTo("spring-bean-reference");
				return provider.path("parameters").path("target").stringValue();
			}
		}
		throw new AssertionError("There is no hint for " + name);
	}

	static JsonNode metadata() throws Exception {
		// Other modules on the class path have files of the same name
		for (URL resource : Collections.list(ConfigurationMetadataTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream in = resource.openStream()) {
				JsonNode metadata = JsonMapper.builder().build().readTree(in);
				if (metadata.path("groups").path(0).path("name").asString("").equals("hopper")) {
					return metadata;
				}
			}
		}
		throw new AssertionError("There is no metadata");
	}

}
