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

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.function.ObjIntConsumer;

/**
 * What one booking thread has done, in a file that it appends to before and after each
 * {@code store}. What was written outlives the process, however it ends. Written by one
 * thread at a time.
 */
final class Journal implements Closeable {

	/**
	 * The length of an entry in the file, with its line feed.
	 */
	private static final int LENGTH = 16;

	private final FileChannel channel;

	private Journal(FileChannel channel) {
		this.channel = channel;
	}

	/**
	 * Open a journal to go on with it. An entry that was not written to its end is
	 * removed.
	 */
	static Journal open(Path file) throws IOException {
		FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
				StandardOpenOption.WRITE);
		channel.truncate(channel.size() / LENGTH * LENGTH);
		channel.position(channel.size());
		return new Journal(channel);
	}

	static Journal read(Path file) throws IOException {
		return new Journal(FileChannel.open(file, StandardOpenOption.READ));
	}

	void append(int number, State state) throws IOException {
		ByteBuffer entry = ByteBuffer
			.wrap(String.format(Locale.ROOT, "%8d %-6s\n", number, state).getBytes(StandardCharsets.US_ASCII));
		while (entry.hasRemaining()) {
			this.channel.write(entry);
		}
	}

	/**
	 * Return the number of the last entry, or zero if there is none.
	 */
	int lastNumber() throws IOException {
		long count = this.channel.size() / LENGTH;
		return (count > 0) ? number(entry(count - 1)) : 0;
	}

	/**
	 * Return the state of the last entry, or {@link State#FAILED} if there is none.
	 */
	State lastState() throws IOException {
		long count = this.channel.size() / LENGTH;
		return (count > 0) ? state(entry(count - 1)) : State.FAILED;
	}

	void forEach(ObjIntConsumer<State> consumer) throws IOException {
		long count = this.channel.size() / LENGTH;
		for (long i = 0; i < count; i++) {
			String entry = entry(i);
			consumer.accept(state(entry), number(entry));
		}
	}

	private String entry(long index) throws IOException {
		ByteBuffer entry = ByteBuffer.allocate(LENGTH);
		while (entry.hasRemaining()) {
			if (this.channel.read(entry, index * LENGTH + entry.position()) < 0) {
				throw new EOFException("The journal ends within an entry");
			}
		}
		return new String(entry.array(), StandardCharsets.US_ASCII);
	}

	private static int number(String entry) {
		return Integer.parseInt(entry.substring(0, 8).trim());
	}

	private static State state(String entry) {
		return State.valueOf(entry.substring(9).trim());
	}

	@Override
	public void close() throws IOException {
		this.channel.close();
	}

	/**
	 * What became of a number.
	 */
	enum State {

		/**
		 * {@code store} is about to be called.
		 */
		BEGUN,

		/**
		 * {@code store} returned.
		 */
		STORED,

		/**
		 * {@code store} failed.
		 */
		FAILED,

		/**
		 * There are no more numbers.
		 */
		END

	}

}
