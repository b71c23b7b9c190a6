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
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that sends events in one way, whenever it is told to.
 */
final class Client {

	private Client() {
	}

	/**
	 * Obey commands of a base URL, a number of events in flight, and for how many
	 * milliseconds to send without and with measuring.
	 * @param args the way to send, and the certificate of the server
	 */
	public static void main(String[] args) throws Exception {
		ScheduledExecutorService probe = Executors.newSingleThreadScheduledExecutor();
		Map<String, Sender> senders = new HashMap<>();
		BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		String command;
		while ((command = commands.readLine()) != null) {
			String[] parts = command.split(" ", 4);
			Sender sender = senders.get(parts[0]);
			if (sender == null) {
				sender = Senders.create(args[0], parts[0], args[1]);
				senders.put(parts[0], sender);
			}
			// Connections that have been closed meanwhile are opened again, for example
			ScheduledFuture<Long> live = probe.schedule(Measurement::liveMemory, Long.parseLong(parts[2]) / 2,
					TimeUnit.MILLISECONDS);
			send(sender, parts[1], parts[2]);
			long liveMemory = live.get();
			System.out.println(send(sender, parts[1], parts[3]).end(liveMemory).format());
		}
		System.exit(0);
	}

	private static Measurement send(Sender sender, String inFlight, String millis) throws InterruptedException {
		Measurement measurement = new Measurement();
		sender.send(Integer.parseInt(inFlight),
				System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Long.parseLong(millis)), measurement);
		return measurement;
	}

}
