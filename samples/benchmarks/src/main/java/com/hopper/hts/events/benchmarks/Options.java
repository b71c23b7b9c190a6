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

import java.util.Arrays;
import java.util.List;

import org.springframework.boot.DefaultApplicationArguments;

/**
 * What was said on the command line.
 */
final class Options {

	private final DefaultApplicationArguments arguments;

	Options(String... args) {
		this.arguments = new DefaultApplicationArguments(args);
	}

	String text(String name, String otherwise) {
		List<String> values = this.arguments.getOptionValues(name);
		return (values != null && !values.isEmpty()) ? values.get(0) : otherwise;
	}

	int number(String name, int otherwise) {
		return Integer.parseInt(text(name, String.valueOf(otherwise)));
	}

	List<String> list(String name, String otherwise) {
		return Arrays.asList(text(name, otherwise).split(",", -1));
	}

	List<Integer> numbers(String name, String otherwise) {
		return list(name, otherwise).stream().map(Integer::valueOf).toList();
	}

}
