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
package com.hopper.hts.events;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What no byte code shows: what the sources say.
 */
class SourcesTests {

	/**
	 * Conversions of {@link java.util.Formatter} that print the digits of the default
	 * locale, and methods that fold case as it does.
	 */
	private static final Pattern DEFAULT_LOCALE = Pattern.compile(
			"%(?:\\d+\\$)?[-#+ 0,(]*\\d*(?:\\.\\d+)?[dfeg]|to(?:Lower|Upper)Case\\(\\)|(?:Decimal|Number|Message)Format\\b");

	@Test
	void nothingDependsOnTheDefaultLocale() throws IOException {
		List<String> found = new ArrayList<>();
		for (Path file : sources()) {
			// A statement at a time, for the locale stands before the format
			for (String statement : Files.readString(file).split(";\\s*\n")) {
				Matcher matcher = DEFAULT_LOCALE.matcher(statement);
				if (matcher.find() && !statement.contains("Locale.ROOT")) {
					found.add(file + ": " + matcher.group() + " in: " + statement.strip());
				}
			}
		}
		assertThat(found).as("needs Locale.ROOT, or %%s for a number").isEmpty();
	}

	private static List<Path> sources() throws IOException {
		List<Path> sources = new ArrayList<>();
		for (String directory : List.of("src/main/java", "../hopper-events-spring-boot-starter-test/src/main/java",
				"../samples")) {
			try (Stream<Path> files = Files.walk(Path.of(directory))) {
				files
					.filter((file) -> file.toString().endsWith(".java") && file.toString().contains("src/main/java")
							&& !file.toString().contains("benchmarks"))
					.forEach(sources::add);
			}
		}
		assertThat(sources).hasSizeGreaterThan(100);
		return sources;
	}

}
