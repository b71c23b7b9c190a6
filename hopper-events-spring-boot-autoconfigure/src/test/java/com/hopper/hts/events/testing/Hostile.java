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
package com.hopper.hts.events.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/**
 * Hostile input for parsers.
 */
public final class Hostile {

	/**
	 * What must not be repeated anywhere.
	 */
	public static final String SECRET = "canary-5ecret";

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private static final int TIME_LIMIT = 60;

	/**
	 * Values of JSON that parsers stumble over.
	 */
	private static final List<String> VALUES = List.of("null", "true", "false", "{}", "[]", "\"\"", "\" \"", "0", "-1",
			"-0", "-0.0", "1.5", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1e400",
			"1e-400", "1e999999999", "-1e999999999", "1e-999999999", "9".repeat(900), "\"NaN\"", "\"1e99\"",
			"\"\\u0000\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\r\\nSet-Cookie: a=b\"", "\"\\u0085\\u2028\\u2029\"",
			"\"\\u202e\\u200b\\ufeff\"", "\"\\u009b31m\"", "\"" + SECRET + "\"", "\"a " + SECRET + " b\"",
			"\"\\u0063anary-5ecret\"", "\"canary-\\u00005ecret\"", "\"canary-\\u200b5ecret\"",
			"\"" + "x".repeat(5000) + "\"", "\"" + "\uD83D\uDE00".repeat(400) + "\"", "\"😀\"",
			"\"+1000000000-12-31T23:59:59.999999999Z\"", "\"-1000000000-01-01T00:00:00Z\"",
			"\"+999999999-12-31T23:59:59.999999999-18:00\"", "\"9999-12-31T23:59:60Z\"", "\"2026-02-30T00:00:00Z\"",
			"\"2026-01-01T00:00:00Z\"", "\"0-0-0-0-0\"", "\"ffffffffffffffff-1-1-1-1\"",
			"[".repeat(499) + "]".repeat(499), "[".repeat(3000) + "]".repeat(3000),
			"{\"a\":".repeat(600) + "1" + "}".repeat(600), "{\"\":\"\",\"\\u0000\":{}}",
			"{\"" + SECRET + "\":\"" + SECRET + "\"}", "[null,[],{},\"\",1]",
			IntStream.range(0, 300)
				.mapToObj((i) -> "\"k" + i + "\":\"v\"")
				.toList()
				.toString()
				.replace('[', '{')
				.replace(']', '}'));

	/**
	 * Texts that are put between the bytes of a document.
	 */
	private static final List<String> PIECES = List.of("{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\u0000",
			"\r\n", "\n", "\uFEFF", "//", "null", "NaN", "-", "e999999999", "\u0085", "\u2028", "\u202e", "é", "😀",
			SECRET, "[[[[[[[[", "Bearer ", "%00", "&", ";", "=");

	private Hostile() {
	}

	/**
	 * Return documents that were valid once, changed in their bytes and in their
	 * structure.
	 */
	public static Arbitrary<byte[]> documents(String... valid) {
		Arbitrary<List<Change>> structure = changes(Kind.REPLACE, Kind.REMOVE, Kind.RENAME, Kind.REPEAT);
		Arbitrary<List<Change>> bytes = changes(Kind.FLIP, Kind.INSERT, Kind.CUT, Kind.DOUBLE, Kind.END);
		Arbitrary<byte[]> changed = Combinators
			.combine(Arbitraries.of(valid), structure, bytes, Arbitraries.integers().between(0, 3))
			.as((document, inside, outside, which) -> {
				byte[] result = (which != 0) ? restructure(document, inside) : utf8(document);
				return (which < 2) ? disturb(result, outside) : result;
			});
		return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(20, changed),
				net.jqwik.api.Tuple.of(2, Arbitraries.of(VALUES).map(Hostile::utf8)),
				net.jqwik.api.Tuple.of(1, Arbitraries.bytes().array(byte[].class).ofMaxSize(64)),
				net.jqwik.api.Tuple.of(1, texts().map(Hostile::utf8)));
	}

	/**
	 * Return texts of all characters, often long or with pieces that mean something.
	 */
	public static Arbitrary<String> texts() {
		Arbitrary<String> any = Arbitraries.strings().all().ofMaxLength(40);
		Arbitrary<String> ascii = Arbitraries.strings().ascii().ofMaxLength(40);
		Arbitrary<String> digits = Arbitraries.strings().withChars("0123456789+-.e ").ofMaxLength(25);
		Arbitrary<String> pieces = Arbitraries.of(PIECES).list().ofMaxSize(6).map((list) -> String.join("", list));
		Arbitrary<String> values = Arbitraries.of(VALUES).map((value) -> value.replace("\"", ""));
		Arbitrary<String> one = Arbitraries.oneOf(any, ascii, digits, pieces, values);
		return Arbitraries.oneOf(one, one.list().ofMaxSize(4).map((list) -> String.join("", list)));
	}

	/**
	 * Return texts that HTTP lets through in the value of a header.
	 */
	public static Arbitrary<String> headers(String... valid) {
		Arbitrary<String> changed = Combinators
			.combine(Arbitraries.of(valid), changes(Kind.FLIP, Kind.INSERT, Kind.CUT, Kind.DOUBLE, Kind.END))
			.as((text, changes) -> new String(disturb(utf8(text), changes), StandardCharsets.ISO_8859_1));
		return Arbitraries.oneOf(Arbitraries.of(valid), changed, texts())
			.map((text) -> text.replaceAll("[\\x00-\\x08\\x0a-\\x1f\\x7f]", ""));
	}

	/**
	 * Call a parser. It fails the test if there is no end.
	 */
	public static <T> T call(Callable<T> parser) {
		FutureTask<T> task = new FutureTask<>(parser);
		Thread thread = new Thread(task, "parser");
		thread.setDaemon(true);
		thread.start();
		try {
			return task.get(TIME_LIMIT, TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RuntimeException exception) {
				throw exception;
			}
			throw new AssertionError("The parser failed", ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new AssertionError("The parser has not ended", ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Return whether a text can stand in one line of a log: no control or format
	 * characters, and no half of a character.
	 */
	public static boolean isOneLine(String text) {
		return text.codePoints().allMatch((c) -> switch (Character.getType(c)) {
			case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
					Character.SURROGATE ->
				false;
			default -> true;
		});
	}

	private static Arbitrary<List<Change>> changes(Kind... kinds) {
		return Combinators
			.combine(Arbitraries.of(kinds), Arbitraries.integers().between(0, 9999),
					Arbitraries.integers().between(1, 30), Arbitraries.of(VALUES), Arbitraries.of(PIECES))
			.as(Change::new)
			.list()
			.ofMinSize(1)
			.ofMaxSize(4);
	}

	private static byte[] disturb(byte[] document, List<Change> changes) {
		byte[] bytes = document;
		for (Change change : changes) {
			int at = change.at() % (bytes.length + 1);
			int end = Math.min(bytes.length, at + change.length());
			byte[] middle = switch (change.kind()) {
				case INSERT -> utf8(change.piece());
				case DOUBLE -> part(bytes, at, end, 2);
				case FLIP -> flip(part(bytes, at, end, 1), change.length());
				default -> new byte[0];
			};
			ByteArrayOutputStream out = new ByteArrayOutputStream();
			out.write(bytes, 0, at);
			out.writeBytes(middle);
			int rest = (change.kind() == Kind.INSERT) ? at : end;
			if (change.kind() != Kind.END) {
				out.write(bytes, rest, bytes.length - rest);
			}
			bytes = out.toByteArray();
		}
		return bytes;
	}

	private static byte[] part(byte[] bytes, int from, int to, int times) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		for (int i = 0; i < times; i++) {
			out.write(bytes, from, to - from);
		}
		return out.toByteArray();
	}

	private static byte[] flip(byte[] bytes, int bit) {
		for (int i = 0; i < bytes.length; i += 3) {
			bytes[i] ^= (byte) (1 << (bit % 8));
		}
		return bytes;
	}

	private static byte[] restructure(String document, List<Change> changes) {
		JsonNode root = MAPPER.readTree(document);
		for (Change change : changes) {
			List<Runnable> places = new ArrayList<>();
			collect(root, change, places);
			places.get(change.at() % places.size()).run();
		}
		return utf8(MAPPER.writeValueAsString(root));
	}

	private static void collect(JsonNode node, Change change, List<Runnable> places) {
		RawValue raw = new RawValue(change.value());
		if (node instanceof ObjectNode object) {
			places.add(() -> object.putRawValue("added", raw));
			object.properties().forEach((property) -> {
				String name = property.getKey();
				JsonNode value = property.getValue();
				places.add(() -> {
					switch (change.kind()) {
						case REMOVE -> object.remove(name);
						case RENAME -> object.set(change.piece(), object.remove(name));
						case REPEAT -> object.putArray(name).add(value).add(value).addRawValue(raw);
						default -> object.putRawValue(name, raw);
					}
				});
				collect(value, change, places);
			});
		}
		else if (node instanceof ArrayNode array) {
			for (int i = 0; i < array.size(); i++) {
				int index = i;
				places.add(() -> array.setRawValue(index, raw));
				collect(array.get(i), change, places);
			}
			places.add(() -> IntStream.range(0, change.length() * 10).forEach((i) -> array.addRawValue(raw)));
		}
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private enum Kind {

		REPLACE, REMOVE, RENAME, REPEAT, FLIP, INSERT, CUT, DOUBLE, END

	}

	private record Change(Kind kind, int at, int length, String value, String piece) {

	}

}
