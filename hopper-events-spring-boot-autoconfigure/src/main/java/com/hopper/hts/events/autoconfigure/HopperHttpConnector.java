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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.transport.ProxyProvider;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.StringUtils;

/**
 * The connections to Hopper. Always Reactor Netty, because the promises about them (a
 * POST is never repeated behind our back, idle connections go before the peer drops them)
 * are promises about one HTTP client. The application's settings and customizers for it
 * apply; event loops are shared with the application, the pool is our own.
 */
final class HopperHttpConnector implements DisposableBean {

	private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

	private static final Duration DEFAULT_READ_TIMEOUT = Duration.ofSeconds(5);

	private final ConnectionProvider connectionProvider;

	private final ClientHttpConnector connector;

	HopperHttpConnector(HopperProperties.Client properties, @Nullable ClientHttpConnectorBuilder<?> connectorBuilder,
			@Nullable ReactorResourceFactory resourceFactory, HttpClientSettings settings,
			@Nullable SslBundle sslBundle) {
		this.connectionProvider = connectionProvider(properties);
		this.connector = reactorBuilder(connectorBuilder, resourceFactory)
			.withHttpClientFactory(() -> HttpClient.create(this.connectionProvider))
			// Retrying is the publisher's decision
			.withHttpClientCustomizer((client) -> proxied(client, properties.proxy()).disableRetry(true))
			.build(settings(properties, settings, sslBundle));
	}

	private static ConnectionProvider connectionProvider(HopperProperties.Client properties) {
		HopperProperties.Pool pool = properties.pool();
		Duration eviction = pool.maxIdleTime().dividedBy(2);
		return ConnectionProvider.builder("hopper-events")
			.maxConnections(pool.maxConnections())
			.pendingAcquireMaxCount(pool.maxPendingAcquires())
			// Earlier than the attempt, to tell apart what was never sent
			.pendingAcquireTimeout(properties.responseTimeout().dividedBy(2))
			.maxIdleTime(pool.maxIdleTime())
			.maxLifeTime(pool.maxLifeTime())
			.evictInBackground(eviction.isZero() ? pool.maxIdleTime() : eviction)
			// The connection used last is the least likely to have been dropped
			.lifo()
			.build();
	}

	private static ReactorClientHttpConnectorBuilder reactorBuilder(
			@Nullable ClientHttpConnectorBuilder<?> connectorBuilder,
			@Nullable ReactorResourceFactory resourceFactory) {
		if (connectorBuilder instanceof ReactorClientHttpConnectorBuilder reactorBuilder) {
			return reactorBuilder;
		}
		ReactorClientHttpConnectorBuilder builder = ClientHttpConnectorBuilder.reactor();
		return (resourceFactory != null) ? builder.withReactorResourceFactory(resourceFactory) : builder;
	}

	private static HttpClient proxied(HttpClient client, HopperProperties.Proxy properties) {
		String host = properties.host();
		if (!StringUtils.hasText(host)) {
			return client;
		}
		return client.proxy((proxy) -> {
			ProxyProvider.Builder builder = proxy.type(ProxyProvider.Proxy.HTTP).host(host).port(properties.port());
			String password = properties.password();
			if (properties.username() != null && password != null) {
				builder.username(properties.username()).password((username) -> password);
			}
		});
	}

	private static HttpClientSettings settings(HopperProperties.Client properties, HttpClientSettings settings,
			@Nullable SslBundle sslBundle) {
		HttpClientSettings result = settings.withRedirects(HttpRedirects.DONT_FOLLOW)
			.withConnectTimeout(first(properties.connectTimeout(), settings.connectTimeout(), DEFAULT_CONNECT_TIMEOUT))
			.withReadTimeout(first(properties.readTimeout(), settings.readTimeout(), DEFAULT_READ_TIMEOUT));
		return (sslBundle != null) ? result.withSslBundle(sslBundle) : result;
	}

	private static Duration first(@Nullable Duration own, @Nullable Duration global, Duration fallback) {
		return (own != null) ? own : ((global != null) ? global : fallback);
	}

	ClientHttpConnector get() {
		return this.connector;
	}

	@Override
	public void destroy() {
		this.connectionProvider.dispose();
	}

}
