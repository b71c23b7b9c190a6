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
package com.hopper.hts.events.crashtest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts JVMs with the class path of this one.
 */
final class Processes {

	private Processes() {
	}

	static List<String> java(List<String> options, List<String> mainClassAndArguments) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.add("-XX:TieredStopAtLevel=1");
		command.addAll(options);
		command.add("-cp");
		command.add(System.getProperty("java.class.path"));
		command.addAll(mainClassAndArguments);
		return command;
	}

}
