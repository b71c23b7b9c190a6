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

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checks the links between the documents of the repository.
 */
class DocumentLinksTests {

	private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

	private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

	@Test
	void linksLeadToFilesAndHeadings() throws Exception {
		List<String> broken = new ArrayList<>();
		for (Path document : documents()) {
			for (String link : links(document)) {
				Path target = target(document, link);
				if (!target.startsWith(ROOT) || !Files.exists(target)) {
					broken.add(ROOT.relativize(document) + " -> " + link + ": no such file");
				}
				else if (link.contains("#") && !anchors(target).contains(link.substring(link.indexOf('#') + 1))) {
					broken.add(ROOT.relativize(document) + " -> " + link + ": no such heading");
				}
			}
		}
		assertThat(broken).isEmpty();
	}

	@Test
	void readmeLeadsToEveryDocument() throws Exception {
		Set<Path> reached = new HashSet<>();
		Deque<Path> open = new ArrayDeque<>(List.of(ROOT.resolve("README.md")));
		while (!open.isEmpty()) {
			Path document = open.pop();
			if (document.toString().endsWith(".md") && Files.exists(document) && reached.add(document)) {
				for (String link : links(document)) {
					open.push(target(document, link));
				}
			}
		}
		assertThat(documents()).hasSizeGreaterThanOrEqualTo(15).allMatch(reached::contains);
	}

	private static List<Path> documents() throws IOException {
		List<Path> documents = new ArrayList<>();
		Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
				String name = directory.getFileName().toString();
				boolean skipped = !directory.equals(ROOT)
						&& (name.startsWith(".") || name.equals("target") || name.equals("src"));
				return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
				if (file.toString().endsWith(".md")) {
					documents.add(file);
				}
				return FileVisitResult.CONTINUE;
			}

		});
		return documents;
	}

	/**
	 * Links to other sites are left out: the build must not need the internet.
	 */
	private static List<String> links(Path document) throws IOException {
		List<String> links = new ArrayList<>();
		Matcher link = LINK.matcher(text(document));
		while (link.find()) {
			if (!link.group(1).contains("://")) {
				links.add(link.group(1));
			}
		}
		return links;
	}

	private static Path target(Path document, String link) {
		String path = link.contains("#") ? link.substring(0, link.indexOf('#')) : link;
		return path.isEmpty() ? document : document.resolveSibling(path).normalize();
	}

	/**
	 * The anchors that GitHub and GitLab give to headings.
	 */
	private static Set<String> anchors(Path document) throws IOException {
		Set<String> anchors = new HashSet<>();
		Matcher heading = HEADING.matcher(text(document));
		while (heading.find()) {
			anchors.add(heading.group(1)
				.strip()
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-'));
		}
		return anchors;
	}

	private static String text(Path document) throws IOException {
		return Files.readString(document).replaceAll("(?ms)^```.*?^```$", "").replaceAll("`[^`\n]*`", "code");
	}

}
