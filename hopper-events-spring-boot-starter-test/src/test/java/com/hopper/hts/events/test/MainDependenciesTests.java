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
package com.hopper.hts.events.test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;

import javax.xml.parsers.DocumentBuilderFactory;

import com.hopper.hts.events.EventPublisher;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is for tests stays out of applications.
 */
class MainDependenciesTests {

	private static final Path ROOT = Path.of("..");

	@Test
	void mainCodeRefersToNoTestClass() throws Exception {
		Path main = Path.of(EventPublisher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		ClassFileImporter importer = new ClassFileImporter();
		JavaClasses classes = Files.isDirectory(main) ? importer.importPath(main)
				: importer.importJar(new JarFile(main.toFile()));
		assertThat(classes.contain(EventPublisher.class)).isTrue();
		// Of the sources that its tests share with this module, nothing is packaged
		assertThat(classes).extracting(JavaClass::getPackageName)
			.noneMatch((name) -> name.startsWith("com.hopper.hts.events.test"));
		noClasses().should()
			.dependOnClassesThat()
			.resideInAnyPackage("com.hopper.hts.events.test..", "org.junit..", "org.assertj..", "org.mockito..",
					"org.hamcrest..", "org.springframework.test..", "org.springframework.boot.test..")
			.check(classes);
	}

	@Test
	void starterBringsNoTestLibrary() throws Exception {
		for (String module : new String[] { "hopper-events-spring-boot-autoconfigure",
				"hopper-events-spring-boot-starter" }) {
			List<String> compiled = dependencies(module).stream()
				.filter((dependency) -> !text(dependency, "scope").equals("test"))
				.map((dependency) -> text(dependency, "artifactId"))
				.toList();
			assertThat(compiled).as(module)
				.isNotEmpty()
				.noneMatch((artifact) -> artifact.contains("test") || artifact.contains("junit")
						|| artifact.contains("assertj") || artifact.contains("mockito"));
		}
	}

	@Test
	void testStarterBringsOnlyTheStarterAndTestLibraries() throws Exception {
		assertThat(dependencies("hopper-events-spring-boot-starter-test").stream()
			.filter((dependency) -> text(dependency, "scope").isEmpty() && text(dependency, "optional").isEmpty())
			.map((dependency) -> text(dependency, "artifactId")))
			.containsExactly("hopper-events-spring-boot-starter", "spring-boot-starter-test");
	}

	private static List<Element> dependencies(String module) throws Exception {
		NodeList nodes = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(ROOT.resolve(module).resolve("pom.xml").toFile())
			.getElementsByTagName("dependency");
		List<Element> dependencies = new ArrayList<>();
		for (int i = 0; i < nodes.getLength(); i++) {
			// Those of the module, and not those of its plugins
			if (nodes.item(i).getParentNode().getParentNode().getNodeName().equals("project")) {
				dependencies.add((Element) nodes.item(i));
			}
		}
		return dependencies;
	}

	private static String text(Element dependency, String name) {
		NodeList nodes = dependency.getElementsByTagName(name);
		return (nodes.getLength() > 0) ? Objects.toString(nodes.item(0).getTextContent(), "").strip() : "";
	}

}
