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
package com.hopper.hts.events.observation;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;

/**
 * Takes spans as a collector of OpenTelemetry does: OTLP over HTTP, in the binary format
 * of Protocol Buffers.
 */
class OtlpReceiver implements AutoCloseable {

	private final HttpServer server;

	private final List<byte[]> requests = new CopyOnWriteArrayList<>();

	OtlpReceiver() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/v1/traces", (exchange) -> {
			this.requests.add(exchange.getRequestBody().readAllBytes());
			exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
			exchange.sendResponseHeaders(200, -1);
			exchange.close();
		});
		this.server.start();
	}

	String endpoint() {
		return "http://localhost:" + this.server.getAddress().getPort() + "/v1/traces";
	}

	/**
	 * Return everything received, as it came.
	 */
	String raw() {
		StringBuilder raw = new StringBuilder();
		this.requests.forEach((request) -> raw.append(new String(request, StandardCharsets.UTF_8)));
		return raw.toString();
	}

	List<Span> spans() {
		List<Span> spans = new ArrayList<>();
		for (byte[] request : this.requests) {
			// resource_spans, scope_spans, spans
			Message.of(request)
				.messages(1)
				.flatMap((resource) -> resource.messages(2))
				.flatMap((scope) -> scope.messages(2))
				.forEach((span) -> spans.add(new Span(span.hex(1), span.hex(2), span.hex(4), span.text(5),
						span.number(6), span.messages(13).map((link) -> link.hex(1) + "/" + link.hex(2)).toList())));
		}
		return spans;
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

	record Span(String traceId, String spanId, String parentId, String name, long kind, List<String> links) {

		static final long CLIENT = 3;

		static final long PRODUCER = 4;

		static final long CONSUMER = 5;

	}

	private record Field(int number, Object value) {
	}

	/**
	 * A message of Protocol Buffers.
	 */
	private record Message(List<Field> fields) {

		static Message of(byte[] bytes) {
			List<Field> fields = new ArrayList<>();
			ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
			while (buffer.hasRemaining()) {
				int key = (int) varint(buffer);
				fields.add(new Field(key >>> 3, switch (key & 7) {
					case 0 -> varint(buffer);
					case 1 -> buffer.getLong();
					case 2 -> bytes(buffer, (int) varint(buffer));
					case 5 -> buffer.getInt();
					default -> throw new IllegalArgumentException("Wire type " + (key & 7));
				}));
			}
			return new Message(fields);
		}

		private static long varint(ByteBuffer buffer) {
			long value = 0;
			int shift = 0;
			byte next;
			do {
				next = buffer.get();
				value |= (long) (next & 0x7F) << shift;
				shift += 7;
			}
			while (next < 0);
			return value;
		}

		private static byte[] bytes(ByteBuffer buffer, int length) {
			byte[] bytes = new byte[length];
			buffer.get(bytes);
			return bytes;
		}

		private Stream<Object> values(int number) {
			return this.fields.stream().filter((field) -> field.number() == number).map(Field::value);
		}

		Stream<Message> messages(int number) {
			return values(number).map((value) -> of((byte[]) value));
		}

		String hex(int number) {
			return values(number).map((value) -> HexFormat.of().formatHex((byte[]) value)).findFirst().orElse("");
		}

		String text(int number) {
			return values(number).map((value) -> new String((byte[]) value, StandardCharsets.UTF_8))
				.findFirst()
				.orElse("");
		}

		long number(int number) {
			return values(number).map((value) -> (Long) value).findFirst().orElse(0L);
		}

	}

}
