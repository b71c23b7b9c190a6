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

import java.net.ConnectException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.http.HopperApiBuilder;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.SslProvider;
import reactor.netty.transport.ProxyProvider;

import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpCookieHandling;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * The connections to Hopper. Always Reactor Netty, because the promises about them (a
 * POST is never repeated behind our back, idle connections go before the peer drops them)
 * are promises about one HTTP client. The application's settings and customizers for it
 * apply; event loops are shared with the application, the pool is our own. Nothing of
 * that is created before the first request, because creating event loops starts their
 * threads.
 */
class HopperHttpConnector {

	/**
	 * Tells the support of Hopper what runs.
	 */
	private static final String USER_AGENT = "hopper-events-spring-boot/%s (Spring Boot %s; Java %s)".formatted(
			Objects.requireNonNullElse(HopperHttpConnector.class.getPackage().getImplementationVersion(), "unknown"),
			SpringBootVersion.getVersion(), System.getProperty("java.version"));

	private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

	private static final Duration DEFAULT_READ_TIMEOUT = Duration.ofSeconds(5);

	private static final int MAX_SIGN_IN_CONNECTIONS = 2;

	private static final int MAX_HEADER_SIZE = 64 * 1024;

	private final HopperProperties.Client properties;

	/**
	 * Whether the application has no event loops that end with it, so that the connector
	 * creates its own.
	 */
	private final boolean ownEventLoops;

	private final boolean http2;

	private final HttpClientSettings settings;

	private final ReactorClientHttpConnectorBuilder builder;

	private volatile @Nullable Connections connections;

	private @Nullable ReactorResourceFactory eventLoops;

	private @Nullable HashedWheelTimer timer;

	private @Nullable SslBundle sslBundle;

	private boolean running = true;

	HopperHttpConnector(HopperProperties.Client properties, boolean tls,
			@Nullable ClientHttpConnectorBuilder<?> connectorBuilder, @Nullable ReactorResourceFactory resourceFactory,
			HttpClientSettings settings, @Nullable SslBundle sslBundle) {
		this.properties = properties;
		this.ownEventLoops = (resourceFactory == null);
		this.http2 = tls && properties.isHttp2();
		this.settings = withoutCookies(settings).withRedirects(HttpRedirects.DONT_FOLLOW)
			.withConnectTimeout(
					first(properties.getConnectTimeout(), settings.connectTimeout(), DEFAULT_CONNECT_TIMEOUT))
			.withReadTimeout(first(properties.getReadTimeout(), settings.readTimeout(), DEFAULT_READ_TIMEOUT));
		this.builder = reactorBuilder(connectorBuilder, resourceFactory)
			// Only the publisher retries, a redirect is no confirmation, wiretap would
			// log the token, and HTTP/2 is opt-in
			.withHttpClientCustomizer((client) -> proxied(client, properties.getProxy()).disableRetry(true)
				.followRedirect(false)
				.protocol(HttpProtocol.HTTP11)
				.wiretap(false));
		this.sslBundle = sslBundle;
		if (sslBundle != null || settings.sslBundle() != null) {
			// Created now, so that unreadable certificates fail the start of the
			// application
			this.connections = create(sslBundle);
		}
	}

	/**
	 * Remove the setting for cookies, which is meant for other clients of the
	 * application: Reactor Netty refuses it, and Spring Boot 4.0 does not have it.
	 */
	private static HttpClientSettings withoutCookies(HttpClientSettings settings) {
		return ClassUtils.isPresent("org.springframework.boot.http.client.HttpCookieHandling",
				HttpClientSettings.class.getClassLoader()) ? settings.withCookieHandling(HttpCookieHandling.DISABLE)
						: settings;
	}

	private Connections create(@Nullable SslBundle sslBundle) {
		HttpClientSettings settings = (sslBundle != null) ? this.settings.withSslBundle(sslBundle) : this.settings;
		if (this.ownEventLoops && this.eventLoops == null) {
			this.eventLoops = eventLoops();
		}
		HashedWheelTimer timer = this.timer;
		if (timer == null) {
			timer = new HashedWheelTimer(new DefaultThreadFactory("hopper-pool", true));
			this.timer = timer;
		}
		ConnectionProvider events = pool("hopper-events", this.properties.getPool().getMaxConnections(), timer);
		ConnectionProvider signIn = pool("hopper-auth", MAX_SIGN_IN_CONNECTIONS, timer);
		return new Connections(events,
				connector(events, settings, (client) -> this.http2 ? http2(client, settings.sslBundle()) : client),
				signIn, connector(signIn, settings, UnaryOperator.identity()));
	}

	private ClientHttpConnector connector(ConnectionProvider pool, HttpClientSettings settings,
			UnaryOperator<HttpClient> protocol) {
		ReactorResourceFactory eventLoops = this.eventLoops;
		ReactorClientHttpConnectorBuilder builder = this.builder.withHttpClientFactory(() -> client(pool, eventLoops))
			.withHttpClientCustomizer(protocol);
		HopperProperties.Proxy proxy = this.properties.getProxy();
		return HopperApiBuilder.connector((customizer) -> builder.withHttpClientCustomizer(customizer).build(settings),
				StringUtils.hasText(proxy.getHost()) ? proxy.getHost() + ":" + proxy.getPort() : null);
	}

	/**
	 * Return the connector, which stays the same when certificates change. This class is
	 * not one itself, because a bean of that type would compete with the application's.
	 */
	ClientHttpConnector get() {
		return connector(Connections::connector);
	}

	/**
	 * Return the connector for requests for tokens. It has its own connections, so that
	 * requests that wait for a token do not keep the request for it waiting.
	 */
	ClientHttpConnector forSignIn() {
		return connector(Connections::signInConnector);
	}

	private ClientHttpConnector connector(Function<Connections, ClientHttpConnector> which) {
		return (method, uri, requestCallback) -> {
			Connections connections = this.connections;
			if (connections != null) {
				return which.apply(connections).connect(method, uri, requestCallback);
			}
			Mono<Connections> created = Mono.fromCallable(this::connections);
			// Creating the client reads the files with hosts and name servers, which
			// blocks
			return (Schedulers.isInNonBlockingThread() ? created.subscribeOn(Schedulers.boundedElastic()) : created)
				.flatMap((first) -> which.apply(first).connect(method, uri, requestCallback));
		};
	}

	private synchronized Connections connections() throws ConnectException {
		Connections connections = this.connections;
		if (connections == null) {
			if (!this.running) {
				throw new ConnectException("The application has ended");
			}
			connections = create(this.sslBundle);
			this.connections = connections;
		}
		return connections;
	}

	/**
	 * Use other certificates from now on. Requests in flight end on their connections.
	 */
	synchronized void reload(SslBundle sslBundle) {
		this.sslBundle = sslBundle;
		Connections old = this.connections;
		if (old != null) {
			this.connections = create(sslBundle);
			Schedulers.parallel()
				.schedule(old::dispose, this.properties.getResponseTimeout().toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	/**
	 * Return event loops that end with the application. Nobody ends Reactor Netty's
	 * global ones if the application has no {@link ReactorResourceFactory}.
	 */
	private static ReactorResourceFactory eventLoops() {
		ReactorResourceFactory resources = new ReactorResourceFactory();
		resources.setUseGlobalResources(false);
		resources.setLoopResourcesSupplier(() -> LoopResources.create("hopper-http"));
		resources.setShutdownQuietPeriod(Duration.ZERO);
		resources.afterPropertiesSet();
		return resources;
	}

	private static HttpClient client(ConnectionProvider provider, @Nullable ReactorResourceFactory eventLoops) {
		// Spring Boot 4.0 does not use the system's proxy by default; customizers may
		// choose another one
		HttpClient client = HttpClient.create(provider)
			.headers((headers) -> headers.set(HttpHeaders.USER_AGENT, USER_AGENT))
			// An event whose confirmation cannot be read is sent again, and may be
			// counted twice
			.httpResponseDecoder((decoder) -> decoder.maxHeaderSize(MAX_HEADER_SIZE))
			.proxyWithSystemProperties();
		return (eventLoops != null) ? client.runOn(eventLoops.getLoopResources()) : client;
	}

	private static HttpClient http2(HttpClient client, @Nullable SslBundle sslBundle) {
		HttpClient http2 = client.protocol(HttpProtocol.H2, HttpProtocol.HTTP11);
		if (sslBundle == null) {
			return http2;
		}
		// The SSL context that Spring Boot makes of a bundle does not negotiate HTTP/2
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

	private ConnectionProvider pool(String name, int maxConnections, HashedWheelTimer timer) {
		HopperProperties.Pool pool = this.properties.getPool();
		Duration eviction = pool.getMaxIdleTime().dividedBy(2);
		return ConnectionProvider.builder(name)
			.maxConnections(maxConnections)
			.pendingAcquireMaxCount(pool.getMaxPendingAcquires())
			// Ends before the attempt does, so that an event that got no connection is
			// known to be unsent
			.pendingAcquireTimeout(this.properties.getResponseTimeout().dividedBy(2))
			// A wheel timer: cheaper than a scheduled task for each event that waits
			.pendingAcquireTimer((task, delay) -> schedule(timer, task, delay))
			.maxIdleTime(pool.getMaxIdleTime())
			.maxLifeTime(pool.getMaxLifeTime())
			.evictInBackground(eviction.isZero() ? pool.getMaxIdleTime() : eviction)
			// The connection that was used last is the least likely to have been closed
			// by the server
			.lifo()
			.build();
	}

	private static Disposable schedule(HashedWheelTimer timer, Runnable task, Duration delay) {
		Timeout timeout = timer.newTimeout((ignored) -> task.run(), delay.toNanos(), TimeUnit.NANOSECONDS);
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
		String host = properties.getHost();
		if (!StringUtils.hasText(host)) {
			return client;
		}
		return client.proxy((proxy) -> {
			ProxyProvider.Builder builder = proxy.type(ProxyProvider.Proxy.HTTP).host(host).port(properties.getPort());
			String password = properties.getPassword();
			String username = properties.getUsername();
			if (StringUtils.hasText(username) && StringUtils.hasText(password)) {
				builder.username(username).password((name) -> password);
			}
		})
			// The proxy resolves host names, because this machine may not be able to
			.resolver(NoopAddressResolverGroup.INSTANCE)
			// Replaces a filter of Spring Boot that fails on unresolved addresses
			.resolvedAddressesSelector((config, addresses) -> addresses);
	}

	private static Duration first(@Nullable Duration own, @Nullable Duration global, Duration fallback) {
		return (own != null) ? own : ((global != null) ? global : fallback);
	}

	/**
	 * Open connections again.
	 */
	synchronized void start() {
		this.running = true;
	}

	/**
	 * Close the connections, and open none until the next start.
	 */
	synchronized void stop() {
		this.running = false;
		Connections connections = this.connections;
		this.connections = null;
		if (connections != null) {
			connections.dispose();
		}
		if (this.eventLoops != null) {
			this.eventLoops.destroy();
			this.eventLoops = null;
		}
		if (this.timer != null) {
			this.timer.stop();
			this.timer = null;
		}
	}

	/**
	 * The two pools and their connectors.
	 */
	private record Connections(ConnectionProvider provider, ClientHttpConnector connector,
			ConnectionProvider signInProvider, ClientHttpConnector signInConnector) {

		void dispose() {
			this.provider.dispose();
			this.signInProvider.dispose();
		}

	}

}
