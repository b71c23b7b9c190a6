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
package com.hopper.hts.events.outbox;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ids that sort by time (RFC 9562, version 7), so that new rows go to the end of an index
 * and the oldest event is the smallest id.
 */
final class UuidV7 {

	/**
	 * Milliseconds and a counter of 12 bits, which may run ahead of the clock.
	 */
	private final AtomicLong last = new AtomicLong();

	/**
	 * From {@link SecureRandom}, because instances that start together must not create
	 * the same ids, and {@code ThreadLocalRandom} is seeded by the clock alone. Read
	 * early, because an event loop must not wait for it.
	 */
	private final long salt = new SecureRandom().nextLong();

	UUID create(Instant now) {
		long ticks = this.last.accumulateAndGet(now.toEpochMilli() << 12,
				(previous, current) -> Math.max(previous + 1, current));
		long most = (ticks >>> 12) << 16 | 0x7000 | (ticks & 0xFFF);
		long least = (ThreadLocalRandom.current().nextLong() ^ this.salt) >>> 2 | 0x8000_0000_0000_0000L;
		return new UUID(most, least);
	}

	static Instant timestamp(UUID id) {
		return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
	}

}
