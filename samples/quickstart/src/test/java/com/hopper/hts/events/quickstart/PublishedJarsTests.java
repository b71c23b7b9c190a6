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
package com.hopper.hts.events.quickstart;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for the jars that are published, as the applications that depend on them see
 * them.
 */
class PublishedJarsTests {

	@ParameterizedTest
	@CsvSource({ "hopper-events-spring-boot-autoconfigure, com.hopper.hts.events, ",
			"hopper-events-spring-boot-starter, com.hopper.hts.events.starter, dependencies-starter",
			"hopper-events-spring-boot-starter-test, com.hopper.hts.events.test, " })
	void jarHasLicenseAndModuleName(String module, String moduleName, String jarType) throws Exception {
		Path jar = jar(module);
		try (JarFile file = new JarFile(jar.toFile())) {
			Attributes manifest = file.getManifest().getMainAttributes();
			assertThat(manifest.getValue("Automatic-Module-Name")).isEqualTo(moduleName);
			assertThat(manifest.getValue("Spring-Boot-Jar-Type")).isEqualTo(jarType);
			assertThat(file.getEntry("META-INF/LICENSE")).isNotNull();
		}
		String name = jar.getFileName().toString().replaceAll("\\.jar$", "");
		for (String classifier : new String[] { "sources", "javadoc" }) {
			Path attached = jar.resolveSibling(name + "-" + classifier + ".jar");
			if (Files.exists(attached)) {
				try (JarFile file = new JarFile(attached.toFile())) {
					assertThat(file.getEntry("META-INF/LICENSE")).as(attached.toString()).isNotNull();
				}
			}
		}
	}

	/**
	 * There is no jar yet when Maven stops before the phase package.
	 */
	private static Path jar(String module) {
		Optional<Path> jar = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.filter((entry) -> entry.getFileName().toString().matches(Pattern.quote(module) + "-\\d.*\\.jar"))
			.findFirst();
		assumeThat(jar).isPresent();
		return jar.get();
	}

}
