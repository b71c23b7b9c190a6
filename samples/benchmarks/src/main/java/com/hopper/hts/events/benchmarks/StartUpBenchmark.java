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
package com.hopper.hts.events.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the starter adds to an empty application, and how much of that is
 * {@code spring-boot-starter-webclient} and one client that is created with it.
 */
final class StartUpBenchmark {

	/**
	 * What {@code spring-boot-starter} alone brings.
	 */
	private static final Pattern EMPTY = Pattern.compile("(spring-boot(-autoconfigure|-starter|-starter-logging)?|"
			+ "spring-(core|context|beans|aop|expression)|logback-(classic|core)|slf4j-api|jul-to-slf4j|"
			+ "log4j-(api|to-slf4j)|jakarta\\.annotation-api|snakeyaml|micrometer-(commons|observation)|jspecify|"
			+ "commons-logging)-\\d.*");

	private static final String WEB_CLIENT = "`spring-boot-starter-webclient`, one `WebClient`";

	private static final Pattern OURS = Pattern.compile("hopper-events-.*");

	private StartUpBenchmark() {
	}

	static void run(Options options) throws IOException {
		List<Path> starter = Arrays
			.stream(options.text("starter-class-path", System.getProperty("java.class.path"))
				.split(File.pathSeparator, -1))
			.map(Path::of)
			.filter(Files::isRegularFile)
			.toList();
		Map<String, List<Path>> applications = new LinkedHashMap<>();
		applications.put("empty", select(starter, EMPTY.asMatchPredicate()));
		applications.put(WEB_CLIENT, select(starter, OURS.asMatchPredicate().negate()));
		applications.put("**`hopper-events-spring-boot-starter`**", starter);
		int starts = options.number("starts", 11);
		Map<String, List<List<Double>>> results = new LinkedHashMap<>();
		for (int i = 0; i < starts; i++) {
			Benchmarks.progress("start-up: round %s of %s".formatted(i + 1, starts));
			for (Map.Entry<String, List<Path>> application : applications.entrySet()) {
				results.computeIfAbsent(application.getKey(), (name) -> new ArrayList<>())
					.add(start(application.getValue(), application.getKey().equals(WEB_CLIENT)
							? new String[] { StartUp.WEB_CLIENT } : new String[0]));
			}
		}
		System.out.printf("%n## Start-up%n%nMedians of %s starts in a JVM each.%n%n", starts);
		row("application with", List.copyOf(applications.keySet()));
		System.out.println("| --- |" + " ---: |".repeat(applications.size()));
		measured("time to start, ms", results, 0);
		measured("CPU time from the start of the JVM, ms", results, 5);
		measured("bean definitions", results, 1);
		measured("heap after garbage collection, KiB", results, 2);
		measured("threads", results, 3);
		measured("loaded classes", results, 4);
		row("jars", applications.values().stream().map((jars) -> String.valueOf(jars.size())).toList());
		row("size of the jars, KiB", sizes(applications, (jar) -> true));
		row("of which ours, KiB", sizes(applications, OURS.asMatchPredicate()));
	}

	private static List<Path> select(List<Path> jars, Predicate<String> names) {
		return jars.stream().filter((jar) -> names.test(jar.getFileName().toString())).toList();
	}

	private static List<Double> start(List<Path> jars, String... arguments) throws IOException {
		String classPath = classes() + File.pathSeparator
				+ jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
		try (Child child = Child.start("start-up", classPath, StartUp.class, arguments)) {
			return Arrays.stream(child.await("started").split(" ", 6)).map(Double::valueOf).toList();
		}
	}

	/**
	 * Where the class of the application is.
	 */
	private static String classes() {
		return Path
			.of(java.net.URI.create(StartUp.class.getProtectionDomain().getCodeSource().getLocation().toString()))
			.toString();
	}

	private static void measured(String title, Map<String, List<List<Double>>> results, int value) {
		double divisor = title.endsWith("KiB") ? 1024 : 1;
		row(title,
				results.values()
					.stream()
					.map((starts) -> String.format(Locale.ROOT, "%,.0f",
							Statistics.median(starts, (start) -> start.get(value)) / divisor))
					.toList());
	}

	private static List<String> sizes(Map<String, List<Path>> applications, Predicate<String> names) {
		ToDoubleFunction<Path> size = (jar) -> jar.toFile().length() / 1024.0;
		return applications.values()
			.stream()
			.map((jars) -> String.format(Locale.ROOT, "%,.0f", select(jars, names).stream().mapToDouble(size).sum()))
			.toList();
	}

	private static void row(String title, List<String> values) {
		System.out.printf("| %s | %s |%n", title, String.join(" | ", values));
	}

}
