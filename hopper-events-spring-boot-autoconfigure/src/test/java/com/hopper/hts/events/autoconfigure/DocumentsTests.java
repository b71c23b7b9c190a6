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
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the documents with the code that they describe.
 */
class DocumentsTests {

	private static final Path ROOT = Path.of("..");

	private static final Path README = ROOT.resolve("README.md");

	private static final Path DOCS = Path.of("docs");

	private static final Path EXAMPLES = Path.of("src/test/java/com/hopper/hts/events/examples");

	/**
	 * Documents leave it out.
	 */
	private static final String LOGGER = "\tprivate static final Logger logger = .*\n";

	private static final Map<String, String> PROPERTIES = Map.of("hopper", "autoconfigure.HopperProperties",
			"hopper.auth", "autoconfigure.HopperAuthProperties", "hopper.outbox", "outbox.OutboxProperties",
			"hopper.session", "session.web.HopperSessionProperties", "hopper.outbox.memory",
			"outbox.memory.MemoryOutboxProperties", "hopper.outbox.jdbc", "outbox.jdbc.JdbcOutboxProperties",
			"hopper.outbox.kafka", "outbox.kafka.KafkaOutboxProperties", "hopper.health",
			"actuate.HopperHealthProperties");

	@Test
	void readmeIsShort() throws Exception {
		assertThat(Files.size(README)).isLessThanOrEqualTo(10_000);
	}

	@Test
	void tableOfPropertiesIsTheMetadata() throws Exception {
		Map<String, String> documented = new LinkedHashMap<>();
		Matcher row = Pattern.compile("(?m)^\\| `((?:hopper|management)\\.[a-z0-9.*-]+)` \\| (.*?) \\|")
			.matcher(Files.readString(DOCS.resolve("properties.md")));
		while (row.find()) {
			documented.put(row.group(1).replace(".*", ""), row.group(2));
		}
		Map<String, String> actual = new LinkedHashMap<>();
		for (JsonNode property : ConfigurationMetadataTests.metadata().path("properties")) {
			if (!property.has("deprecation")) {
				actual.put(property.path("name").stringValue(), property.path("defaultValue").asString(""));
			}
		}
		assertThat(documented.keySet()).containsExactlyInAnyOrderElementsOf(actual.keySet());
		actual.forEach((name, value) -> {
			if (!value.isEmpty()) {
				assertThat(documented.get(name)).as(name).isEqualTo("`" + value + "`");
			}
		});
	}

	@Test
	void everyPropertyThatIsNoMoreIsInTheDocumentForThoseWhoUpgrade() throws Exception {
		String document = Files.readString(DOCS.resolve("upgrading.md"));
		List<JsonNode> removed = ConfigurationMetadataTests.metadata()
			.path("properties")
			.valueStream()
			.filter((property) -> property.has("deprecation"))
			.toList();
		assertThat(removed).isNotEmpty().allSatisfy((property) -> {
			assertThat(document).contains("| `" + property.path("name").stringValue() + "` |");
			assertThat(property.at("/deprecation/level").asString()).isIn("warning", "error");
			assertThat(property.at("/deprecation/reason").asString()).endsWith(".");
			assertThat(property.at("/deprecation/since").asString()).isNotBlank();
		});
	}

	@Test
	void tableOfErrorsHasEveryTypeAndKind() throws Exception {
		Matcher row = Pattern.compile("(?m)^\\| `([A-Z][A-Za-z]+)` \\| `([A-Z_]+)` \\| .* \\| (yes|no)\\b.*\\|$")
			.matcher(Files.readString(README));
		Set<String> types = new TreeSet<>();
		Map<FailureKind, Boolean> kinds = new EnumMap<>(FailureKind.class);
		while (row.find()) {
			types.add(row.group(1));
			kinds.put(FailureKind.valueOf(row.group(2)), row.group(3).equals("yes"));
		}
		assertThat(kinds).hasSameSizeAs(FailureKind.values())
			.allSatisfy((kind, retried) -> assertThat(retried).as(kind.name()).isEqualTo(kind.isRetried()));
		assertThat(types).containsExactlyElementsOf(Stream.of(HopperApiException.class.getDeclaredClasses())
			.filter(HopperApiException.class::isAssignableFrom)
			.map(Class::getSimpleName)
			.sorted()
			.toList());
	}

	@Test
	void testCommandIsWhatContinuousIntegrationRuns() throws Exception {
		String script = Files.readString(ROOT.resolve(".ci/run")).strip();
		String command = script.substring(script.lastIndexOf('\n') + 1);
		assertThat(command).startsWith("mvn ");
		assertThat(Files.readString(README)).contains("```shell\n" + command + "\n```");
	}

	@Test
	void readmeConnectsWithTheStandInOfTheSamples() throws Exception {
		assertThat(Files.readString(README)).contains("```yaml\n"
				+ Files.readString(ROOT.resolve("samples/quickstart/src/main/resources/application.yml")) + "```");
	}

	@Test
	void examplesAreCompiled() throws Exception {
		List<String> sources = new ArrayList<>();
		try (Stream<Path> files = Files.walk(EXAMPLES)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				sources.add(withoutIndentation(Files.readString(file).replaceAll(LOGGER, "")));
			}
		}
		assertThat(blocks("java")).hasSizeGreaterThanOrEqualTo(10)
			.allSatisfy((block) -> assertThat(sources)
				.anySatisfy((source) -> assertThat(source).contains(withoutIndentation(block))));
	}

	@Test
	void configurationBinds() throws Exception {
		assertThat(blocks("yaml")).hasSizeGreaterThanOrEqualTo(5).allSatisfy((block) -> {
			List<PropertySource<?>> sources = new YamlPropertySourceLoader().load("document",
					new ByteArrayResource(block.getBytes(StandardCharsets.UTF_8)));
			boolean bound = false;
			for (String prefix : PROPERTIES.keySet()) {
				ConfigurationPropertyName name = ConfigurationPropertyName.of(prefix);
				bound |= bind(sources, prefix, Class.forName("com.hopper.hts.events." + PROPERTIES.get(prefix)),
						(candidate) -> name.isAncestorOf(candidate) && PROPERTIES.keySet()
							.stream()
							.noneMatch((other) -> other.startsWith(prefix + ".")
									&& ConfigurationPropertyName.of(other).isAncestorOf(candidate)));
			}
			assertThat(bound).isTrue();
		});
	}

	private static boolean bind(List<PropertySource<?>> sources, String prefix, Class<?> type,
			Predicate<ConfigurationPropertyName> filter) {
		List<ConfigurationPropertySource> filtered = new ArrayList<>();
		ConfigurationPropertySources.from(sources).forEach((source) -> filtered.add(source.filter(filter)));
		return new Binder(filtered, null, ApplicationConversionService.getSharedInstance())
			.bind(prefix, Bindable.of(type), new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
			.isBound();
	}

	/**
	 * The documents of this module. Those about testing are compared by the module that
	 * they are about.
	 */
	private static List<String> blocks(String language) throws Exception {
		List<Path> documents = new ArrayList<>(List.of(README));
		try (Stream<Path> files = Files.list(DOCS)) {
			files.forEach(documents::add);
		}
		List<String> blocks = new ArrayList<>();
		for (Path document : documents) {
			Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(Files.readString(document));
			while (block.find()) {
				blocks.add(block.group(1));
			}
		}
		return blocks;
	}

	private static String withoutIndentation(String source) {
		return source.replaceAll("(?m)^\\s+", "").strip();
	}

}
