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

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpResponseStatus;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Writes answers to HTTP requests, complete ones and broken ones.
 */
final class HttpAnswers {

	private HttpAnswers() {
	}

	static Mono<Void> send(HttpServerResponse response, Answer answer) {
		addCaching(response);
		if (answer.sessionId() != null) {
			response.header("HTS-Session-ID", answer.sessionId());
		}
		return send(response, answer.status(), answer.body());
	}

	static Mono<Void> send(HttpServerResponse response, Refusal refusal) {
		return send(response, refusal.status(), refusal.body());
	}

	static Mono<Void> send(HttpServerResponse response, Fault fault, String path) {
		if (fault.status() / 100 == 2) {
			addCaching(response);
		}
		String retryAfter = fault.retryAfter();
		if (retryAfter != null) {
			response.header("Retry-After", retryAfter);
		}
		return send(response, fault.status(), body(fault.status(), path));
	}

	static Mono<Void> send(HttpServerResponse response, int status, String body) {
		response.status(HttpResponseStatus.valueOf(status));
		if (body.isEmpty()) {
			return (status == 204) ? response.send() : response.header("Content-Length", "0").send();
		}
		return response.header("Content-Type", "application/json").sendString(Mono.just(body)).then();
	}

	private static void addCaching(HttpServerResponse response) {
		response.header("Expires", "0").header("Cache-Control", "no-cache, no-store, must-revalidate");
	}

	/**
	 * Return the body that the API promises with a status.
	 */
	private static String body(int status, String path) {
		if (RequestContract.isIdentityProvider(path)) {
			return (status == 400) ? Json.write(Map.of("error", "invalid_request")) : "";
		}
		return switch (status) {
			case 400 -> Refusal.malformed(null, "A syntactic error that the test has ordered").body();
			case 422 -> Refusal.senseless(null, "A semantic error that the test has ordered").body();
			default -> "";
		};
	}

	/**
	 * Send a part of an answer's head, because an answer without a body has no other
	 * half, and close the connection.
	 */
	static Mono<Void> sendHalf(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			// Past the encoder, which would complete the head
			channel.pipeline()
				.firstContext()
				.writeAndFlush(Unpooled.copiedBuffer("HTTP/1.1 204 No Content\r\nExpires: 0\r\nCache-C",
						StandardCharsets.US_ASCII))
				.addListener((written) -> channel.close().addListener((closed) -> sink.success()));
		}));
	}

	static Mono<Void> reset(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			channel.config().setOption(ChannelOption.SO_LINGER, 0);
			channel.close().addListener((future) -> sink.success());
		}));
	}

}
