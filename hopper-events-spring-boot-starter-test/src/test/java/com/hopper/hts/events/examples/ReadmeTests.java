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
package com.hopper.hts.events.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.HopperEventsRecorder;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Compares the README of this module with these sources.
 */
class ReadmeTests {

	private static final Path EXAMPLES = Path.of("src/test/java/com/hopper/hts/events/examples");

	@Test
	void examplesAreCompiled() throws Exception {
		List<String> sources = new ArrayList<>();
		try (Stream<Path> files = Files.list(EXAMPLES)) {
			for (Path file : files.toList()) {
				sources.add(Files.readString(file));
			}
		}
		assertThat(blocks("java")).hasSizeGreaterThanOrEqualTo(5)
			.allSatisfy(
					(block) -> assertThat(sources).anySatisfy((source) -> assertThat(source.replaceAll("(?m)^\\s+", ""))
						.contains(block.replaceAll("(?m)^\\s+", ""))));
	}

	@Test
	void failureMessageIsThePrintedOne() throws Exception {
		HopperEventsRecorder published = new HopperEventsRecorder();
		OffersDisplayed offers = OffersDisplayed.occurredAt(java.time.Instant.parse("2026-01-01T10:00:00Z"));
		published.publisher().publishAndWait("session-1", offers);
		published.outbox()
			.store("session-1", BookingConfirmed.occurredAt(offers.occurredAt()).withCfarContractId("contract-2"));
		Throwable failure = catchThrowable(() -> assertThat(published).contains(BookingConfirmed.class)
			.forSession("session-1")
			.withCfarContractId("contract-1")
			.once());
		assertThat(blocks("text")).contains(failure.getMessage() + "\n");
	}

	private static List<String> blocks(String language) throws Exception {
		String readme = Files.readString(Path.of("README.md"));
		List<String> blocks = new ArrayList<>();
		Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(readme);
		while (block.find()) {
			blocks.add(block.group(1));
		}
		return blocks;
	}

}
