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

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the public types of the published modules, and their public and protected
 * members, with the file that lists those of the last release.
 */
class PublicApiTests {

	private static final Path BASELINE = Path.of("src/test/resources/public-api.txt");

	private static final List<Path> SOURCES = List.of(Path.of("src/main/java"),
			Path.of("../hopper-events-spring-boot-starter-test/src/main/java"));

	/**
	 * Each line is something that an application may rely on, so an addition is a new
	 * line and an incompatible change is a line that is gone.
	 */
	@Test
	void nothingThatApplicationsRelyOnIsGone() throws Exception {
		Set<String> api = api();
		if (Boolean.getBoolean("public-api.renew")) {
			Files.writeString(BASELINE, String.join("\n", api) + "\n");
		}
		Set<String> gone = new TreeSet<>(Files.readAllLines(BASELINE));
		assertThat(gone).isNotEmpty();
		gone.removeAll(api);
		assertThat(gone)
			.as("""
					lines of %s that no longer hold. The change breaks applications that rely on them. \
					Take it back, or where the next version may break applications, tell them in CHANGELOG.md and renew the \
					file: mvn -o test -pl hopper-events-spring-boot-autoconfigure -Dtest=PublicApiTests -Dpublic-api.renew=true\
					""",
					BASELINE)
			.isEmpty();
	}

	@Test
	void incompatibleChangesRemoveLines() {
		assertThat(describe(Before.class)).anyMatch((line) -> !describe(After.class).contains(line))
			.filteredOn((line) -> !describe(After.class).contains(line))
			.containsExactlyInAnyOrder("? extends java.lang.Runnable", "? can be extended, with run()",
					"?.changed(int) : int", "?.nullness() : java.lang.String",
					"?.nullness(@Nullable java.lang.String) : void", "?.removed() : void");
	}

	private static Set<String> api() throws Exception {
		Set<String> api = new TreeSet<>();
		for (Path sources : SOURCES) {
			try (Stream<Path> files = Files.walk(sources)) {
				for (Path file : files.filter(PublicApiTests::isType).toList()) {
					String name = sources.relativize(file).toString().replace(".java", "").replaceAll("[/\\\\]", ".");
					describe(ClassUtils.forName(name, null), api);
				}
			}
		}
		return api;
	}

	private static boolean isType(Path file) {
		String name = file.getFileName().toString();
		return name.endsWith(".java") && !name.equals("package-info.java");
	}

	private static Set<String> describe(Class<?> type) {
		Set<String> lines = new TreeSet<>();
		describe(type, lines);
		return lines.stream()
			.map((line) -> line.replace(type.getName(), "?"))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static void describe(Class<?> type, Set<String> lines) {
		if (!isAccessible(type.getModifiers())) {
			return;
		}
		String name = type.getName();
		lines.add(name);
		supertypes(type).stream().filter(PublicApiTests::isVisible).forEach((supertype) -> {
			if (supertype != type) {
				lines.add(name + " extends " + supertype.getName());
			}
		});
		if (isExtensible(type)) {
			lines.add(name + " can be extended, with " + abstractMethods(type));
		}
		for (Constructor<?> constructor : type.getDeclaredConstructors()) {
			if (isAccessible(constructor, type)) {
				lines.add(name + "(" + parameters(constructor) + ")");
			}
		}
		supertypes(type).stream()
			.filter((supertype) -> supertype == type || isHidden(supertype))
			.forEach((supertype) -> {
				for (Field field : supertype.getDeclaredFields()) {
					if (isAccessible(field, type)) {
						lines.add(name + "." + field.getName() + " : " + describe(field.getAnnotatedType()));
					}
				}
				for (Method method : supertype.getDeclaredMethods()) {
					if (isAccessible(method, type) && !ReflectionUtils.isObjectMethod(method)) {
						lines.add(name + "." + method.getName() + "(" + parameters(method) + ") : "
								+ describe(method.getAnnotatedReturnType()));
					}
				}
			});
		for (Class<?> nested : type.getDeclaredClasses()) {
			describe(nested, lines);
		}
	}

	/**
	 * The type itself and everything that it can be assigned to.
	 */
	private static Set<Class<?>> supertypes(Class<?> type) {
		Set<Class<?>> supertypes = new LinkedHashSet<>();
		supertypes.add(type);
		Stream.concat(Stream.ofNullable(type.getSuperclass()), Arrays.stream(type.getInterfaces()))
			.forEach((supertype) -> supertypes.addAll(supertypes(supertype)));
		return supertypes;
	}

	private static boolean isExtensible(Class<?> type) {
		if (Modifier.isFinal(type.getModifiers()) || type.isSealed() || type.isAnnotation() || type.isEnum()) {
			return false;
		}
		return type.isInterface() || Stream.of(type.getDeclaredConstructors())
			.anyMatch((constructor) -> isAccessible(constructor.getModifiers()));
	}

	private static String abstractMethods(Class<?> type) {
		Set<String> methods = new TreeSet<>();
		for (Method method : type.getMethods()) {
			if (Modifier.isAbstract(method.getModifiers())) {
				methods.add(method.getName() + "(" + parameters(method) + ")");
			}
		}
		return methods.isEmpty() ? "nothing" : String.join(" ", methods);
	}

	private static String parameters(Executable executable) {
		AnnotatedType[] annotated = executable.getAnnotatedParameterTypes();
		Type[] types = executable.getGenericParameterTypes();
		return IntStream.range(0, annotated.length)
			.mapToObj((index) -> ((types.length == annotated.length) ? describe(annotated[index], types[index])
					: describe(annotated[index])))
			.collect(Collectors.joining(", "));
	}

	private static String describe(AnnotatedType type) {
		return describe(type, type.getType());
	}

	private static String describe(AnnotatedType annotated, Type type) {
		return (annotated.isAnnotationPresent(Nullable.class) ? "@Nullable " : "") + type.getTypeName();
	}

	private static boolean isAccessible(Member member, Class<?> type) {
		return isAccessible(member.getModifiers()) && !member.isSynthetic()
				&& (Modifier.isPublic(member.getModifiers()) || isExtensible(type));
	}

	private static boolean isAccessible(int modifiers) {
		return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
	}

	private static boolean isVisible(Class<?> type) {
		return isAccessible(type.getModifiers()) && type != Object.class;
	}

	/**
	 * Its members are listed with the types that inherit them, because no application can
	 * name it.
	 */
	private static boolean isHidden(Class<?> type) {
		return type.getName().startsWith("com.hopper.hts.") && !isAccessible(type.getModifiers());
	}

	public abstract static class Before implements Runnable {

		public void removed() {
		}

		public int changed(int value) {
			return value;
		}

		public String nullness() {
			return "";
		}

		public void nullness(@Nullable String value) {
		}

	}

	public abstract static class After {

		public abstract void added();

		public long changed(int value) {
			return value;
		}

		public @Nullable String nullness() {
			return null;
		}

		public void nullness(String value) {
		}

	}

}
