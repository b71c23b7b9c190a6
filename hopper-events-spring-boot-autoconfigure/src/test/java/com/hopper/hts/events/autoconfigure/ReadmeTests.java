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

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The README says what the code does.
 */
class ReadmeTests {

	private static final Path ROOT = Path.of("..");

	private static final Path EXAMPLES = Path.of("src/test/java/com/hopper/hts/events/examples");

	/**
	 * Goes without saying.
	 */
	private static final String LOGGER = "\tprivate static final Logger logger = .*\n";

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

	/**
	 * Those of the chapter about testing are compared by the module that they are about.
	 */
	@Test
	void examplesAreCompiled() throws Exception {
		List<String> sources = new ArrayList<>();
		try (Stream<Path> files = Files.walk(EXAMPLES)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				sources.add(withoutIndentation(Files.readString(file).replaceAll(LOGGER, "")));
			}
		}
		String readme = readme();
		int testing = readme.indexOf("\n## Testing\n");
		String others = readme.substring(0, testing) + readme.substring(readme.indexOf("\n## ", testing + 1));
		assertThat(blocks(others, "java")).hasSizeGreaterThanOrEqualTo(10)
			.allSatisfy((block) -> assertThat(sources)
				.anySatisfy((source) -> assertThat(source).contains(withoutIndentation(block))));
	}

	@Test
	void configurationBinds() throws Exception {
		assertThat(blocks(readme(), "yaml")).hasSizeGreaterThanOrEqualTo(5).allSatisfy((block) -> {
			List<PropertySource<?>> sources = new YamlPropertySourceLoader().load("README",
					new ByteArrayResource(block.getBytes(StandardCharsets.UTF_8)));
			Binder binder = new Binder(ConfigurationPropertySources.from(sources), null,
					ApplicationConversionService.getSharedInstance());
			assertThat(binder
				.bind("hopper", Bindable.of(HopperProperties.class),
						new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
				.isBound()).isTrue();
		});
	}

	private static List<String> blocks(String text, String language) {
		List<String> blocks = new ArrayList<>();
		Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(text);
		while (block.find()) {
			blocks.add(block.group(1));
		}
		return blocks;
	}

	private static String withoutIndentation(String source) {
		return source.replaceAll("(?m)^\\s+", "").strip();
	}

	private static String readme() throws Exception {
		return Files.readString(ROOT.resolve("README.md"));
	}

}
