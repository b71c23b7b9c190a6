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
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.http.HopperApiBuilder;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.SslProvider;
import reactor.netty.transport.ProxyProvider;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.StringUtils;

/**
 * The connections to Hopper. Always Reactor Netty, because the promises about them (a
 * POST is never repeated behind our back, idle connections go before the peer drops them)
 * are promises about one HTTP client. The application's settings and customizers for it
 * apply; event loops are shared with the application, the pool is our own.
 */
class HopperHttpConnector implements Lifecycle, Phased, DisposableBean {

	private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

	private static final Duration DEFAULT_READ_TIMEOUT = Duration.ofSeconds(5);

	private static final int MAX_SIGN_IN_CONNECTIONS = 2;

	private final HashedWheelTimer timer = new HashedWheelTimer(new DefaultThreadFactory("hopper-pool", true));

	private final HopperProperties.Client properties;

	/**
	 * Event loops that end with the application. Nobody ends Reactor Netty's global ones
	 * if the application has no {@link ReactorResourceFactory}.
	 */
	private final @Nullable ReactorResourceFactory ownResources;

	private final boolean http2;

	private final HttpClientSettings settings;

	private final ReactorClientHttpConnectorBuilder builder;

	private volatile Connections connections;

	private volatile @Nullable SslBundle sslBundle;

	private volatile boolean running = true;

	HopperHttpConnector(HopperProperties.Client properties, boolean tls,
			@Nullable ClientHttpConnectorBuilder<?> connectorBuilder, @Nullable ReactorResourceFactory resourceFactory,
			HttpClientSettings settings, @Nullable SslBundle sslBundle) {
		this.properties = properties;
		this.ownResources = (resourceFactory == null) ? ownResources() : null;
		this.http2 = tls && properties.http2();
		this.settings = settings.withRedirects(HttpRedirects.DONT_FOLLOW)
			.withConnectTimeout(first(properties.connectTimeout(), settings.connectTimeout(), DEFAULT_CONNECT_TIMEOUT))
			.withReadTimeout(first(properties.readTimeout(), settings.readTimeout(), DEFAULT_READ_TIMEOUT));
		this.builder = reactorBuilder(connectorBuilder, resourceFactory)
			// Retrying is the publisher's decision, and the token is in what would be
			// logged
			.withHttpClientCustomizer(
					(client) -> proxied(client, properties.proxy()).disableRetry(true).wiretap(false));
		this.sslBundle = sslBundle;
		this.connections = connect(sslBundle);
	}

	private Connections connect(@Nullable SslBundle sslBundle) {
		HttpClientSettings settings = (sslBundle != null) ? this.settings.withSslBundle(sslBundle) : this.settings;
		ConnectionProvider events = pool("hopper-events", this.properties.pool().maxConnections());
		ConnectionProvider signIn = pool("hopper-auth", MAX_SIGN_IN_CONNECTIONS);
		return new Connections(events,
				connector(events, settings, (client) -> this.http2 ? http2(client, settings.sslBundle()) : client),
				signIn, connector(signIn, settings, UnaryOperator.identity()));
	}

	private ClientHttpConnector connector(ConnectionProvider pool, HttpClientSettings settings,
			UnaryOperator<HttpClient> protocol) {
		ReactorClientHttpConnectorBuilder builder = this.builder.withHttpClientFactory(() -> create(pool))
			.withHttpClientCustomizer(protocol);
		HopperProperties.Proxy proxy = this.properties.proxy();
		return HopperApiBuilder.connector((customizer) -> builder.withHttpClientCustomizer(customizer).build(settings),
				StringUtils.hasText(proxy.host()) ? proxy.host() + ":" + proxy.port() : null);
	}

	/**
	 * Return the connector, which stays the same when certificates change. This class is
	 * not one itself, because a bean of that type would compete with the application's.
	 * @return the connector
	 */
	ClientHttpConnector get() {
		return (method, uri, requestCallback) -> this.connections.connector().connect(method, uri, requestCallback);
	}

	/**
	 * Return the connector for requests for tokens. It has its own connections, so that
	 * requests that wait for a token do not keep the request for it waiting.
	 * @return the connector
	 */
	ClientHttpConnector forSignIn() {
		return (method, uri, requestCallback) -> this.connections.signInConnector()
			.connect(method, uri, requestCallback);
	}

	/**
	 * Use other certificates from now on. Requests in flight end on their connections.
	 * @param sslBundle the bundle
	 */
	void reload(SslBundle sslBundle) {
		this.sslBundle = sslBundle;
		Connections old = this.connections;
		this.connections = connect(sslBundle);
		Schedulers.parallel()
			.schedule(old::dispose, this.properties.responseTimeout().toMillis(), TimeUnit.MILLISECONDS);
	}

	private static ReactorResourceFactory ownResources() {
		ReactorResourceFactory resources = new ReactorResourceFactory();
		resources.setUseGlobalResources(false);
		resources.setLoopResourcesSupplier(() -> LoopResources.create("hopper-http"));
		resources.setShutdownQuietPeriod(Duration.ZERO);
		resources.afterPropertiesSet();
		return resources;
	}

	private HttpClient create(ConnectionProvider provider) {
		// Spring Boot 4.0 does not do so by default; customizers may choose another proxy
		HttpClient client = HttpClient.create(provider)
			.headers((headers) -> headers.set(HttpHeaders.USER_AGENT, UserAgent.VALUE))
			.proxyWithSystemProperties();
		return (this.ownResources != null) ? client.runOn(this.ownResources.getLoopResources()) : client;
	}

	private static HttpClient http2(HttpClient client, @Nullable SslBundle sslBundle) {
		HttpClient http2 = client.protocol(HttpProtocol.H2, HttpProtocol.HTTP11);
		if (sslBundle == null) {
			return http2;
		}
		// The context that Spring Boot makes of a bundle does not negotiate the protocol
		SslManagerBundle managers = sslBundle.getManagers();
		SslOptions options = sslBundle.getOptions();
		SslProvider.GenericSslContextSpec<?> context = Http2SslContextSpec.forClient().configure((builder) -> {
			builder.keyManager(managers.getKeyManagerFactory())
				.trustManager(managers.getTrustManagerFactory())
				.protocols(options.getEnabledProtocols());
			if (options.getCiphers() != null) {
				builder.ciphers(SslOptions.asSet(options.getCiphers()));
			}
		});
		return http2.secure((spec) -> spec.sslContext(context));
	}

	private ConnectionProvider pool(String name, int maxConnections) {
		HopperProperties.Pool pool = this.properties.pool();
		Duration eviction = pool.maxIdleTime().dividedBy(2);
		return ConnectionProvider.builder(name)
			.maxConnections(maxConnections)
			.pendingAcquireMaxCount(pool.maxPendingAcquires())
			// Earlier than the attempt, to tell apart what was never sent
			.pendingAcquireTimeout(this.properties.responseTimeout().dividedBy(2))
			// Cheaper than a task in a heap for each event that waits
			.pendingAcquireTimer(this::schedule)
			.maxIdleTime(pool.maxIdleTime())
			.maxLifeTime(pool.maxLifeTime())
			.evictInBackground(eviction.isZero() ? pool.maxIdleTime() : eviction)
			// The connection used last is the least likely to have been dropped
			.lifo()
			.build();
	}

	private Disposable schedule(Runnable task, Duration delay) {
		Timeout timeout = this.timer.newTimeout((ignored) -> task.run(), delay.toNanos(), TimeUnit.NANOSECONDS);
		return timeout::cancel;
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
		})
			// The proxy resolves names, which this side may not be able to
			.resolver(NoopAddressResolverGroup.INSTANCE);
	}

	private static Duration first(@Nullable Duration own, @Nullable Duration global, Duration fallback) {
		return (own != null) ? own : ((global != null) ? global : fallback);
	}

	/**
	 * Open connections again. Those of before ended with their event loops.
	 */
	@Override
	public void start() {
		if (this.ownResources != null) {
			this.ownResources.start();
		}
		this.connections = connect(this.sslBundle);
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.connections.dispose();
		if (this.ownResources != null) {
			this.ownResources.stop();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/**
	 * Between the event loops of {@link ReactorResourceFactory} and what uses the
	 * connections.
	 */
	@Override
	public int getPhase() {
		return 1;
	}

	@Override
	public void destroy() {
		this.connections.dispose();
		if (this.ownResources != null) {
			this.ownResources.destroy();
		}
		this.timer.stop();
	}

	/**
	 * Pools and what opens their connections.
	 */
	private record Connections(ConnectionProvider provider, ClientHttpConnector connector,
			ConnectionProvider signInProvider, ClientHttpConnector signInConnector) {

		void dispose() {
			this.provider.dispose();
			this.signInProvider.dispose();
		}

	}

}
