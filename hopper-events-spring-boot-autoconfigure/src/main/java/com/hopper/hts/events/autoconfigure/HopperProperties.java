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
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Configuration properties for sending events to Hopper. Those that every application
 * binds are JavaBeans, as Spring Boot's own are: binding records takes several times as
 * long when an application starts. An {@link AopInfrastructureBean}, so that advice on
 * whole packages does not proxy it.
 */
@ConfigurationProperties("hopper")
class HopperProperties implements AopInfrastructureBean {

	/**
	 * Whether events are sent. When disabled, an EventPublisher that drops all events
	 * takes the place of the real one.
	 */
	private boolean enabled = true;

	/**
	 * Base URL of the Hopper Airline API, to which '/events' is added.
	 */
	private String baseUrl = "https://airlines-api.hopper.com/airline/v1.1";

	/**
	 * Whether an event without a session id is refused. Needed for servers on the older
	 * specification, which cannot find the session by the offer ids.
	 */
	private boolean requireSession;

	/**
	 * HTTP client.
	 */
	private final Client client = new Client();

	/**
	 * Additional headers to send with every request to the API, such as 'X-Partner-Id'.
	 */
	private Map<String, String> headers = new LinkedHashMap<>();

	/**
	 * Retrying failed requests.
	 */
	private final Retry retry = new Retry();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public String getBaseUrl() {
		return this.baseUrl;
	}

	public void setBaseUrl(String baseUrl) {
		this.baseUrl = baseUrl;
	}

	public boolean isRequireSession() {
		return this.requireSession;
	}

	public void setRequireSession(boolean requireSession) {
		this.requireSession = requireSession;
	}

	public Client getClient() {
		return this.client;
	}

	public Map<String, String> getHeaders() {
		return this.headers;
	}

	public void setHeaders(Map<String, String> headers) {
		this.headers = headers;
	}

	public Retry getRetry() {
		return this.retry;
	}

	/**
	 * HTTP client.
	 */
	static class Client {

		/**
		 * Time to establish a connection. Defaults to
		 * 'spring.http.clients.connect-timeout', or 2 seconds if that is not set.
		 */
		private @Nullable Duration connectTimeout;

		/**
		 * Longest silence of the API while its answer is awaited or read. Defaults to
		 * 'spring.http.clients.read-timeout', or 5 seconds if that is not set.
		 */
		private @Nullable Duration readTimeout;

		/**
		 * Time for one request, from getting a connection to the last byte of the answer.
		 */
		private Duration responseTimeout = Duration.ofSeconds(10);

		/**
		 * Time that the end of the application waits for requests that have begun.
		 */
		private Duration shutdownTimeout = Duration.ofSeconds(20);

		/**
		 * Whether to use HTTP/2 if the API offers it.
		 */
		private boolean http2;

		/**
		 * SSL.
		 */
		private final Ssl ssl = new Ssl();

		/**
		 * HTTP proxy. Defaults to the proxy of the JVM's system properties.
		 */
		private final Proxy proxy = new Proxy();

		/**
		 * Connection pool.
		 */
		private final Pool pool = new Pool();

		public @Nullable Duration getConnectTimeout() {
			return this.connectTimeout;
		}

		public void setConnectTimeout(@Nullable Duration connectTimeout) {
			this.connectTimeout = connectTimeout;
		}

		public @Nullable Duration getReadTimeout() {
			return this.readTimeout;
		}

		public void setReadTimeout(@Nullable Duration readTimeout) {
			this.readTimeout = readTimeout;
		}

		public Duration getResponseTimeout() {
			return this.responseTimeout;
		}

		public void setResponseTimeout(Duration responseTimeout) {
			this.responseTimeout = responseTimeout;
		}

		public Duration getShutdownTimeout() {
			return this.shutdownTimeout;
		}

		public void setShutdownTimeout(Duration shutdownTimeout) {
			this.shutdownTimeout = shutdownTimeout;
		}

		public boolean isHttp2() {
			return this.http2;
		}

		public void setHttp2(boolean http2) {
			this.http2 = http2;
		}

		public Ssl getSsl() {
			return this.ssl;
		}

		public Proxy getProxy() {
			return this.proxy;
		}

		public Pool getPool() {
			return this.pool;
		}

	}

	/**
	 * SSL.
	 */
	static class Ssl {

		/**
		 * SSL bundle to use, for the API and the identity provider. Defaults to
		 * 'spring.http.clients.ssl.bundle'.
		 */
		private @Nullable String bundle;

		public @Nullable String getBundle() {
			return this.bundle;
		}

		public void setBundle(@Nullable String bundle) {
			this.bundle = bundle;
		}

	}

	/**
	 * HTTP proxy.
	 */
	static class Proxy {

		/**
		 * Host name of the proxy.
		 */
		private @Nullable String host;

		/**
		 * Port of the proxy.
		 */
		private int port = 8080;

		/**
		 * User name to sign in at the proxy.
		 */
		private @Nullable String username;

		/**
		 * Password to sign in at the proxy.
		 */
		private @Nullable String password;

		public @Nullable String getHost() {
			return this.host;
		}

		public void setHost(@Nullable String host) {
			this.host = host;
		}

		public int getPort() {
			return this.port;
		}

		public void setPort(int port) {
			this.port = port;
		}

		public @Nullable String getUsername() {
			return this.username;
		}

		public void setUsername(@Nullable String username) {
			this.username = username;
		}

		public @Nullable String getPassword() {
			return this.password;
		}

		public void setPassword(@Nullable String password) {
			this.password = password;
		}

	}

	/**
	 * Connection pool.
	 */
	static class Pool {

		/**
		 * Maximum number of connections, which is also the maximum number of requests in
		 * flight.
		 */
		private int maxConnections = 100;

		/**
		 * Maximum number of requests that wait for a connection. Together with
		 * max-connections, how many events can be published at a time, waits for a retry
		 * included; more are refused at once.
		 */
		private int maxPendingAcquires = 1000;

		/**
		 * Time after which an unused connection is closed. Keep it below the idle timeout
		 * of every load balancer, proxy and firewall on the way.
		 */
		private Duration maxIdleTime = Duration.ofSeconds(20);

		/**
		 * Time after which a connection is closed although it is used, so that a change
		 * of the API's address is noticed.
		 */
		private Duration maxLifeTime = Duration.ofMinutes(10);

		public int getMaxConnections() {
			return this.maxConnections;
		}

		public void setMaxConnections(int maxConnections) {
			this.maxConnections = maxConnections;
		}

		public int getMaxPendingAcquires() {
			return this.maxPendingAcquires;
		}

		public void setMaxPendingAcquires(int maxPendingAcquires) {
			this.maxPendingAcquires = maxPendingAcquires;
		}

		public Duration getMaxIdleTime() {
			return this.maxIdleTime;
		}

		public void setMaxIdleTime(Duration maxIdleTime) {
			this.maxIdleTime = maxIdleTime;
		}

		public Duration getMaxLifeTime() {
			return this.maxLifeTime;
		}

		public void setMaxLifeTime(Duration maxLifeTime) {
			this.maxLifeTime = maxLifeTime;
		}

	}

	/**
	 * Retrying failed requests.
	 */
	static class Retry {

		/**
		 * Maximum number of requests for one event, including the first. 1 disables
		 * retrying.
		 */
		private int maxAttempts = 4;

		/**
		 * Wait before the first retry.
		 */
		private Duration initialInterval = Duration.ofMillis(200);

		/**
		 * Factor by which each wait is longer than the one before.
		 */
		private double multiplier = 2.0;

		/**
		 * Maximum wait between two requests, unless the API asks for more.
		 */
		private Duration maxInterval = Duration.ofSeconds(5);

		/**
		 * Part of a wait that is random, from 0 to 1, so that many clients do not come
		 * back together.
		 */
		private double jitter = 0.5;

		/**
		 * Maximum wait that the API can ask for with a 'Retry-After' header.
		 */
		private Duration maxRetryAfter = Duration.ofSeconds(10);

		/**
		 * Maximum time for one event, with all requests and the waits between them.
		 */
		private Duration timeout = Duration.ofSeconds(30);

		/**
		 * Whether to retry a request that was sent and not answered in time. The API may
		 * have counted it and has no means to recognise the repetition, so an event can
		 * be counted twice. When disabled, it can be lost instead.
		 */
		private boolean onTimeout = true;

		/**
		 * Number of retries that all events together may have spent on requests that
		 * still failed. A delivered event gives back what its retries took and a tenth of
		 * a retry more. While the budget is used up, events are tried once only.
		 */
		private int budget = 100;

		public int getMaxAttempts() {
			return this.maxAttempts;
		}

		public void setMaxAttempts(int maxAttempts) {
			this.maxAttempts = maxAttempts;
		}

		public Duration getInitialInterval() {
			return this.initialInterval;
		}

		public void setInitialInterval(Duration initialInterval) {
			this.initialInterval = initialInterval;
		}

		public double getMultiplier() {
			return this.multiplier;
		}

		public void setMultiplier(double multiplier) {
			this.multiplier = multiplier;
		}

		public Duration getMaxInterval() {
			return this.maxInterval;
		}

		public void setMaxInterval(Duration maxInterval) {
			this.maxInterval = maxInterval;
		}

		public double getJitter() {
			return this.jitter;
		}

		public void setJitter(double jitter) {
			this.jitter = jitter;
		}

		public Duration getMaxRetryAfter() {
			return this.maxRetryAfter;
		}

		public void setMaxRetryAfter(Duration maxRetryAfter) {
			this.maxRetryAfter = maxRetryAfter;
		}

		public Duration getTimeout() {
			return this.timeout;
		}

		public void setTimeout(Duration timeout) {
			this.timeout = timeout;
		}

		public boolean isOnTimeout() {
			return this.onTimeout;
		}

		public void setOnTimeout(boolean onTimeout) {
			this.onTimeout = onTimeout;
		}

		public int getBudget() {
			return this.budget;
		}

		public void setBudget(int budget) {
			this.budget = budget;
		}

	}

}
