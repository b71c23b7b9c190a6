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

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Starts JVMs with the class path of this one.
 */
final class Processes {

	private Processes() {
	}

	/**
	 * Start a JVM, which ends with this one at the latest.
	 * @param name the name of the process in the log
	 * @param heap the size of the heap
	 * @param log where its output is appended to
	 * @param mainClassAndArguments what to run
	 */
	static Process start(String name, String heap, Path log, String... mainClassAndArguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.add("-XX:TieredStopAtLevel=1");
		command.add("-Xmx" + heap);
		command.add("-Dcrash-test.process=" + name);
		command.add("-cp");
		command.add(System.getProperty("java.class.path"));
		command.add(Child.class.getName());
		command.add(Long.toString(ProcessHandle.current().pid()));
		command.addAll(Arrays.asList(mainClassAndArguments));
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(log.toString())))
			.start();
	}

}
