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
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that sends events in one way, whenever it is told to.
 */
final class Client {

	private Client() {
	}

	public static void main(String[] args) throws Exception {
		String url = args[1];
		Map<String, Sender> senders = new HashMap<>();
		BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		System.out.println("ready");
		String command;
		while ((command = commands.readLine()) != null) {
			String[] parts = command.split(" ", 3);
			Sender sender = senders.get(parts[0]);
			if (sender == null) {
				sender = Senders.create(args[0], url + "/" + parts[0]);
				senders.put(parts[0], sender);
			}
			Measurement measurement = new Measurement();
			sender.send(Integer.parseInt(parts[1]),
					System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Long.parseLong(parts[2])), measurement);
			System.out.println(measurement.end().format());
		}
		System.exit(0);
	}

}
