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

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of the memory when many more events are published than an API that is down
 * can take.
 */
final class OutageBenchmark {

	private OutageBenchmark() {
	}

	static void run(Options options) throws IOException {
		int offered = options.number("offered", 100_000);
		System.out.printf(Locale.ROOT, "%n## An outage%n%n%,d events offered to `publish` at once, without waiting for "
				+ "any, with default timeouts and retries. MiB are live objects, after garbage collection; during is "
				+ "the most, seen twice a second.%n%n", offered);
		System.out
			.println("| the API | MiB before | during | after | threads | s to offer all | s until all have ended "
					+ "| how they ended |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
		outage("accepts connections, never answers", false, offered);
		outage("refuses connections", true, offered);
	}

	private static void outage(String title, boolean refuse, int offered) throws IOException {
		Benchmarks.progress("outage: the API " + title);
		Api api = Api.start();
		try (Child client = Child.start("outage", Outage.class, api.http("/plain"))) {
			client.ask("20000 64", "offered");
			row("answers", client, offered, 64);
			if (refuse) {
				api.close();
			}
			else {
				api.child().signal("STOP");
			}
			row("**" + title + "**", client, offered, offered);
			if (refuse) {
				api = api.again();
			}
			else {
				api.child().signal("CONT");
			}
			row("answers again", client, offered, 64);
		}
		catch (IOException ex) {
			System.out.printf("| **%s** | | | | | | | **%s** |%n", title, ex.getMessage());
		}
		finally {
			api.close();
		}
	}

	private static void row(String title, Child client, int offered, int unanswered) throws IOException {
		List<String> values = List.of(client.ask("%s %s".formatted(offered, unanswered), "offered").split(";", 7));
		System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.1f | %s | %s | %s | %s |%n", title,
				mebibytes(values.get(0)), mebibytes(values.get(1)), mebibytes(values.get(2)), values.get(3),
				values.get(4), values.get(5), values.get(6));
	}

	private static double mebibytes(String bytes) {
		return Long.parseLong(bytes) / 1024.0 / 1024;
	}

}
