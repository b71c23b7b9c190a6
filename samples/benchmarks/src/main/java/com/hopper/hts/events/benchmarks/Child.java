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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM. All have the same settings, to which the system property
 * {@code benchmark.<name>} can add, for a profile of one of them for example.
 */
record Child(Process process, BufferedReader output, Writer input) implements AutoCloseable {

	static final List<String> JVM_OPTIONS = List.of("-Xms512m", "-Xmx512m", "-XX:+UseG1GC",
			"-XX:+ExitOnOutOfMemoryError");

	static Child start(String name, Class<?> main, String... arguments) throws IOException {
		return start(name, System.getProperty("java.class.path"), main, arguments);
	}

	static Child start(String name, String classPath, Class<?> main, String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(JVM_OPTIONS);
		String options = System.getProperty("benchmark." + name);
		if (options != null) {
			command.addAll(List.of(options.split(" ")));
		}
		command.addAll(List.of("-cp", classPath, main.getName()));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		return new Child(process,
				new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
				new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * Run a program and wait for its end.
	 */
	static void runToEnd(List<String> command) throws IOException {
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		if (process.onExit().completeOnTimeout(process, 60, TimeUnit.SECONDS).join().isAlive()
				|| process.exitValue() != 0) {
			throw new IOException("Failed: " + String.join(" ", command));
		}
	}

	/**
	 * Give a command and wait for the line that answers it.
	 * @return what follows the first word of that line
	 */
	String ask(String command, String answer) throws IOException {
		this.input.write(command + "\n");
		this.input.flush();
		return await(answer);
	}

	/**
	 * Wait for a line, and pass on those before it: messages of a client.
	 */
	String await(String answer) throws IOException {
		String line = readLine();
		while (!line.startsWith(answer)) {
			System.err.println(line);
			line = readLine();
		}
		return line.substring(answer.length()).trim();
	}

	String readLine() throws IOException {
		String line = this.output.readLine();
		if (line == null) {
			throw new IOException("The JVM has ended");
		}
		return line;
	}

	void signal(String signal) throws IOException {
		runToEnd(List.of("kill", "-" + signal, String.valueOf(this.process.pid())));
	}

	@Override
	public void close() {
		try {
			this.input.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			// Not just told to end: one that is stopped by a signal would not hear it
			this.process.onExit().completeOnTimeout(this.process, 5, TimeUnit.SECONDS).join().destroyForcibly();
		}
	}

}
