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
package com.hopper.hts.events.outbox.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * How events and dead letters look as records. What is written here is read by other
 * versions.
 */
final class KafkaRecords {

	/**
	 * When to send the event, in milliseconds since the epoch.
	 */
	private static final String NOT_BEFORE = "hopper-not-before";

	private static final String REASON = "hopper-reason";

	private static final String DEAD_SINCE = "hopper-dead-since";

	/**
	 * Set if the value is what was found in the topic, and not a stored event.
	 */
	private static final String UNREADABLE = "hopper-unreadable";

	private static final String ORIGIN = "hopper-origin";

	private static final String UNREADABLE_TYPE = "unreadable";

	/**
	 * The end of the 22nd century. No event waits that long: the header is damaged.
	 */
	private static final long LATEST = Instant.parse("2200-01-01T00:00:00Z").toEpochMilli();

	private static final Pattern POSITION = Pattern.compile("[A-Za-z0-9._-]{1,249}-[0-9]{1,10}@[0-9]{1,19}");

	private static final int BATCH_OVERHEAD = 100;

	private static final int HEADER_OVERHEAD = 10;

	private KafkaRecords() {
	}

	static ProducerRecord<byte[], byte[]> event(String topic, StoredEvent event) {
		return new ProducerRecord<>(topic, key(event), event.toJson());
	}

	/**
	 * Return the record of an event that is to be sent later.
	 */
	static ProducerRecord<byte[], byte[]> event(String topic, StoredEvent event, Instant notBefore) {
		ProducerRecord<byte[], byte[]> result = event(topic, event);
		put(result.headers(), NOT_BEFORE, Long.toString(notBefore.toEpochMilli()));
		return result;
	}

	/**
	 * Return how many bytes a record takes at the most, in a batch of its own.
	 */
	static int size(ProducerRecord<byte[], byte[]> outgoing) {
		int size = BATCH_OVERHEAD + length(outgoing.key()) + length(outgoing.value());
		for (Header header : outgoing.headers()) {
			size += HEADER_OVERHEAD + utf8(header.key()).length + length(header.value());
		}
		return size;
	}

	private static int length(byte @Nullable [] bytes) {
		return (bytes != null) ? bytes.length : 0;
	}

	private static byte[] key(StoredEvent event) {
		String sessionId = event.sessionId();
		return utf8((sessionId != null) ? sessionId : event.id().toString());
	}

	static Instant notBefore(ConsumerRecord<byte[], byte[]> consumed) {
		String value = get(consumed.headers(), NOT_BEFORE);
		try {
			long millis = (value != null) ? Long.parseLong(value) : 0;
			return (millis > 0 && millis < LATEST) ? Instant.ofEpochMilli(millis) : Instant.EPOCH;
		}
		catch (NumberFormatException ex) {
			return Instant.EPOCH;
		}
	}

	static StoredEvent readEvent(ConsumerRecord<byte[], byte[]> consumed) {
		return DeadLetter.fromJson(value(consumed)).event();
	}

	private static byte[] value(ConsumerRecord<byte[], byte[]> consumed) {
		byte[] value = consumed.value();
		return (value != null) ? value : new byte[0];
	}

	/**
	 * Return the record of a dead letter in as few bytes as possible: with the last
	 * failure only, and without what the API said of it.
	 */
	static ProducerRecord<byte[], byte[]> smallestDead(String topic, DeadLetter letter,
			ConsumerRecord<byte[], byte[]> origin) {
		return dead(topic, new DeadLetter(letter.event().withoutDetails(), letter.reason(), letter.deadSince()),
				origin);
	}

	static ProducerRecord<byte[], byte[]> dead(String topic, DeadLetter letter, ConsumerRecord<byte[], byte[]> origin) {
		boolean unreadable = letter.event().type().equals(UNREADABLE_TYPE);
		byte[] value = unreadable ? value(origin) : letter.toJson();
		ProducerRecord<byte[], byte[]> result = new ProducerRecord<>(topic, utf8(letter.event().id().toString()),
				value);
		put(result.headers(), REASON, letter.reason().name());
		put(result.headers(), DEAD_SINCE, letter.deadSince().toString());
		put(result.headers(), ORIGIN, position(origin));
		if (unreadable) {
			put(result.headers(), UNREADABLE, "true");
		}
		return result;
	}

	/**
	 * Return the dead letter for a record that is not a stored event. Its id is always
	 * the same for the same record.
	 */
	static DeadLetter unreadable(ConsumerRecord<byte[], byte[]> consumed, String message, Instant now) {
		UUID id = UUID.nameUUIDFromBytes(utf8(position(consumed)));
		return unreadable(id, value(consumed), timestamp(consumed), message, now);
	}

	private static Instant timestamp(ConsumerRecord<byte[], byte[]> consumed) {
		return Instant.ofEpochMilli(Math.min(Math.max(consumed.timestamp(), 0), LATEST));
	}

	private static DeadLetter unreadable(UUID id, byte[] value, Instant storedAt, String message, Instant now) {
		StoredEvent event = StoredEvent.restore(id, storedAt, null, UNREADABLE_TYPE, value, 0, null, null, null);
		event = event.failed(new StoredEvent.Failure(now, "invalid_event", null, message, List.of()));
		return new DeadLetter(event, DeadLetter.Reason.INVALID, now);
	}

	/**
	 * Read a dead letter.
	 * @return the dead letter, or {@code null} if the record is not one of this outbox
	 */
	static @Nullable Letter readDead(ConsumerRecord<byte[], byte[]> consumed) {
		UUID id = readId(consumed);
		if (id == null) {
			return null;
		}
		if (get(consumed.headers(), UNREADABLE) == null) {
			try {
				DeadLetter letter = DeadLetter.fromJson(value(consumed));
				return new Letter(id, consumed.partition(), letter, null);
			}
			catch (RuntimeException ex) {
				// The letter is shown as one that cannot be read
			}
		}
		Instant stored = timestamp(consumed);
		String origin = get(consumed.headers(), ORIGIN);
		String position = (origin != null && POSITION.matcher(origin).matches()) ? origin : position(consumed);
		return new Letter(
				id, consumed.partition(), unreadable(id, value(consumed), stored,
						"The record from " + position + " is not a stored event", deadSince(consumed, stored)),
				value(consumed));
	}

	static @Nullable UUID readId(ConsumerRecord<byte[], byte[]> consumed) {
		try {
			byte[] key = consumed.key();
			return (key != null) ? UUID.fromString(new String(key, StandardCharsets.UTF_8)) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static Instant deadSince(ConsumerRecord<byte[], byte[]> consumed, Instant otherwise) {
		String value = get(consumed.headers(), DEAD_SINCE);
		try {
			Instant time = (value != null) ? Instant.parse(value) : otherwise;
			return (time.isBefore(Instant.EPOCH) || time.isAfter(Instant.ofEpochMilli(LATEST))) ? otherwise : time;
		}
		catch (DateTimeParseException ex) {
			return otherwise;
		}
	}

	static String position(ConsumerRecord<?, ?> consumed) {
		return consumed.topic() + "-" + consumed.partition() + "@" + consumed.offset();
	}

	private static void put(Headers headers, String name, String value) {
		headers.add(name, utf8(value));
	}

	private static @Nullable String get(Headers headers, String name) {
		Header header = headers.lastHeader(name);
		return (header != null && header.value() != null) ? new String(header.value(), StandardCharsets.UTF_8) : null;
	}

	private static byte[] utf8(String value) {
		return value.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * A record of the dead-letter topic.
	 *
	 * @param id the id of the event, the key of the record
	 * @param partition where the record is
	 * @param letter the dead letter
	 * @param raw what to replay if it is not a stored event, otherwise {@code null}
	 */
	@SuppressWarnings("ArrayRecordComponent") // Never compared
	record Letter(UUID id, int partition, DeadLetter letter, byte @Nullable [] raw) {

		ProducerRecord<byte[], byte[]> replay(String topic, Instant now) {
			return (this.raw != null) ? new ProducerRecord<>(topic, utf8(this.id.toString()), this.raw)
					: event(topic, this.letter.event().replayed(now));
		}

		/**
		 * Return what removes the dead letter. It is in the same partition, so that it
		 * follows the dead letter even if the topic has more of them by now.
		 */
		ProducerRecord<byte[], byte[]> tombstone(String topic) {
			return new ProducerRecord<>(topic, this.partition, utf8(this.id.toString()), null);
		}

	}

}
