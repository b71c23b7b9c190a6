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
package com.hopper.hts.events.test;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/**
 * A request that was read to its end and is not answered yet.
 *
 * @param method the HTTP method
 * @param path the path without the query, as it was sent
 * @param headers the headers
 * @param body the body as text, without the end if it is too long
 * @param utf8 whether the body is valid UTF-8
 * @param tooLong whether the body is longer than {@link #MAX_BODY_SIZE}
 * @param client the port of the client
 * @param test the number of the test in which the request arrived
 */
record IncomingRequest(String method, String path, HttpHeaders headers, String body, boolean utf8, boolean tooLong,
		int client, int test) {

	static final int MAX_BODY_SIZE = 1024 * 1024;

	static Mono<IncomingRequest> read(HttpServerRequest request, int test) {
		// Read to the end even if it is too long, so that the answer is not lost in a
		// reset
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		int[] size = new int[1];
		InetSocketAddress address = request.remoteAddress();
		int client = (address != null) ? address.getPort() : 0;
		return request.receive().doOnNext((buffer) -> {
			size[0] += buffer.readableBytes();
			if (size[0] <= MAX_BODY_SIZE) {
				byte[] bytes = new byte[buffer.readableBytes()];
				buffer.getBytes(buffer.readerIndex(), bytes);
				content.writeBytes(bytes);
			}
		})
			.then(Mono.fromSupplier(() -> new IncomingRequest(request.method().name(), path(request.uri()),
					request.requestHeaders(), content.toString(StandardCharsets.UTF_8), isUtf8(content.toByteArray()),
					size[0] > MAX_BODY_SIZE, client, test)));
	}

	/**
	 * Return the path of a request. Nothing is decoded, so no path is malformed.
	 * @param uri the target of the request: a path, or a complete URL from a client that
	 * expects a proxy
	 * @return the path without the query
	 */
	private static String path(String uri) {
		int start = uri.startsWith("http://") ? uri.indexOf('/', "http://".length()) : 0;
		int query = uri.indexOf('?');
		String path = (query >= 0) ? uri.substring(0, query) : uri;
		return (start >= 0 && start <= path.length()) ? path.substring(start) : "/";
	}

	private static boolean isUtf8(byte[] bytes) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
			return true;
		}
		catch (CharacterCodingException ex) {
			return false;
		}
	}

	boolean isPost() {
		return this.method.equals("POST");
	}

	ReceivedRequest toReceivedRequest(int status, @Nullable String eventType) {
		Map<String, List<String>> headers = new LinkedHashMap<>();
		this.headers.forEach((header) -> headers
			.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), (name) -> new ArrayList<>())
			.add(header.getValue()));
		return new ReceivedRequest(this.method, this.path, headers, this.body, status, eventType);
	}

}
