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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * The journals of all booking threads of all instances. The numbers are dealt out to the
 * threads, so that nobody has to be asked for the next one.
 */
final class Journals implements Bookings {

	private final Path directory;

	private final int count;

	/**
	 * Create an instance.
	 * @param directory the directory of the files
	 * @param count the number of journals, one for each thread of each instance
	 */
	Journals(Path directory, int count) {
		this.directory = directory;
		this.count = count;
	}

	/**
	 * Return the file of a journal.
	 * @param index the index of the journal; its numbers start with the one after it, and
	 * are as far apart as there are journals
	 */
	Path file(int index) {
		return this.directory.resolve("journal-" + index);
	}

	int first(int index) {
		return index + 1;
	}

	int next(int number) {
		return number + this.count;
	}

	@Override
	public long taken() throws IOException {
		long taken = 0;
		for (int i = 0; i < this.count; i++) {
			if (Files.exists(file(i))) {
				try (Journal journal = Journal.read(file(i))) {
					int last = journal.lastNumber();
					taken += (last > 0) ? (last - first(i)) / this.count + 1 : 0;
				}
			}
		}
		return taken;
	}

	@Override
	public boolean areOver() throws IOException {
		for (int i = 0; i < this.count; i++) {
			if (!Files.exists(file(i))) {
				return false;
			}
			try (Journal journal = Journal.read(file(i))) {
				if (journal.lastState() != Journal.State.END) {
					return false;
				}
			}
		}
		return true;
	}

	@Override
	public BitSet stored() throws IOException {
		return numbers(Journal.State.STORED);
	}

	@Override
	public BitSet unknown() throws IOException {
		BitSet unknown = numbers(Journal.State.BEGUN);
		unknown.andNot(stored());
		return unknown;
	}

	private BitSet numbers(Journal.State wanted) throws IOException {
		BitSet numbers = new BitSet();
		for (int i = 0; i < this.count; i++) {
			if (Files.exists(file(i))) {
				try (Journal journal = Journal.read(file(i))) {
					journal.forEach((state, number) -> {
						if (state == wanted) {
							numbers.set(number);
						}
					});
				}
			}
		}
		return numbers;
	}

}
