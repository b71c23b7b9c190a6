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

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The README says what the code does.
 */
class ReadmeTests {

	private static final Path ROOT = Path.of("..");

	@Test
	void tableOfPropertiesIsTheMetadata() throws Exception {
		Map<String, String> documented = new LinkedHashMap<>();
		Matcher row = Pattern.compile("(?m)^\\| `(hopper\\.[a-z0-9.*-]+)` \\| (.*?) \\|")
			.matcher(readme().substring(readme().indexOf("## Properties")));
		while (row.find()) {
			documented.put(row.group(1).replace(".*", ""), row.group(2));
		}
		Map<String, String> actual = new LinkedHashMap<>();
		for (JsonNode property : ConfigurationMetadataTests.metadata().path("properties")) {
			actual.put(property.path("name").stringValue(), property.path("defaultValue").asString(""));
		}
		assertThat(documented.keySet()).containsExactlyInAnyOrderElementsOf(actual.keySet());
		actual.forEach((name, value) -> {
			if (!value.isEmpty()) {
				assertThat(documented.get(name)).as(name).isEqualTo("`" + value + "`");
			}
		});
	}

	@Test
	void testCommandIsWhatContinuousIntegrationRuns() throws Exception {
		String script = Files.readString(ROOT.resolve(".ci/run")).strip();
		String command = script.substring(script.lastIndexOf('\n') + 1);
		assertThat(command).startsWith("mvn ");
		assertThat(readme()).contains("```shell\n" + command + "\n```");
	}

	private static String readme() throws Exception {
		return Files.readString(ROOT.resolve("README.md"));
	}

}
