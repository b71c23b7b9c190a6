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

/**
 * Another JVM with the same class path.
 */
record Child(Process process, BufferedReader output, Writer input) implements AutoCloseable {

	static Child start(Class<?> main, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-cp",
						System.getProperty("java.class.path")));
		String options = System.getProperty("benchmark." + ((arguments.length > 0) ? arguments[0] : "server"));
		if (options != null) {
			command.addAll(2, List.of(options.split(" ")));
		}
		command.add(main.getName());
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		return new Child(process,
				new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
				new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
	}

	Round round(String command) throws IOException {
		this.input.write(command + "\n");
		this.input.flush();
		String line = readLine();
		while (!line.startsWith("round ")) {
			System.err.println(line);
			line = readLine();
		}
		return Round.parse(line);
	}

	String readLine() throws IOException {
		String line = this.output.readLine();
		if (line == null) {
			throw new IOException("The JVM has ended");
		}
		return line;
	}

	@Override
	public void close() {
		try {
			this.input.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.process.destroy();
	}

}
