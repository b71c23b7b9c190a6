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
package com.hopper.hts.events.http;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;

/**
 * Connects to the API with Reactor Netty. Makes sure that a request only gets its own
 * answer, names the proxy in failures of the proxy, and takes URIs for which
 * {@link URI#getHost()} returns {@code null}, with an underscore in the host for example.
 * For such a URI it creates a client with that base URL and sends a relative one, because
 * Reactor Netty parses base URLs itself.
 */
final class ApiConnector implements ClientHttpConnector {

	private final Function<UnaryOperator<HttpClient>, ClientHttpConnector> factory;

	private final @Nullable String proxy;

	private final ClientHttpConnector connector;

	private final Map<String, ClientHttpConnector> byOrigin = new ConcurrentHashMap<>();

	ApiConnector(Function<UnaryOperator<HttpClient>, ClientHttpConnector> factory, @Nullable String proxy) {
		this.factory = factory;
		this.proxy = proxy;
		this.connector = factory.apply(ApiConnector::watched);
	}

	private static HttpClient watched(HttpClient client) {
		return client.doOnConnected(ResponseFraming::watch).observe(ResponseFraming::watchStream);
	}

	@Override
	public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		return connectToAnyHost(method, uri, requestCallback)
			.onErrorMap((failure) -> ProxyFailure.name(failure, this.proxy));
	}

	private Mono<ClientHttpResponse> connectToAnyHost(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		if (uri.getHost() != null || uri.getRawAuthority() == null) {
			return this.connector.connect(method, uri, requestCallback);
		}
		String origin = uri.getScheme() + "://" + uri.getRawAuthority();
		String path = uri.toString().substring(origin.length());
		return this.byOrigin
			.computeIfAbsent(origin, (key) -> this.factory.apply((client) -> watched(client.baseUrl(key))))
			.connect(method, URI.create(path.startsWith("/") ? path : "/" + path), requestCallback);
	}

}
