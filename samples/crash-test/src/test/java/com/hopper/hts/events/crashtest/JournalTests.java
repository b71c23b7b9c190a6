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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Journal} and {@link Journals}.
 */
class JournalTests {

	@TempDir
	private Path directory;

	@Test
	void entryThatWasCutOffIsForgottenAndWrittenOver() throws IOException {
		Journals journals = new Journals(this.directory, 2);
		try (Journal journal = Journal.open(journals.file(1))) {
			journal.append(2, Journal.State.BEGUN);
			journal.append(2, Journal.State.STORED);
			journal.append(4, Journal.State.BEGUN);
		}
		Files.write(journals.file(1), "       4 ST".getBytes(StandardCharsets.US_ASCII), StandardOpenOption.APPEND);
		assertThat(journals.taken()).isEqualTo(2);
		assertThat(journals.stored().stream()).containsExactly(2);
		assertThat(journals.unknown().stream()).containsExactly(4);
		try (Journal journal = Journal.open(journals.file(1))) {
			assertThat(journal.lastNumber()).isEqualTo(4);
			assertThat(journal.lastState()).isEqualTo(Journal.State.BEGUN);
			journal.append(6, Journal.State.BEGUN);
			journal.append(6, Journal.State.FAILED);
			journal.append(8, Journal.State.END);
		}
		assertThat(journals.unknown().stream()).containsExactly(4, 6);
		assertThat(journals.areOver()).isFalse();
		try (Journal journal = Journal.open(journals.file(0))) {
			journal.append(9, Journal.State.END);
		}
		assertThat(journals.areOver()).isTrue();
	}

}
