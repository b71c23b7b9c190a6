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
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configuration properties for sending events to Hopper.
 *
 * @param enabled Whether events are sent. When disabled, an EventPublisher that drops all
 * events takes the place of the real one.
 * @param baseUrl Base URL of the Hopper Airline API, to which '/events' is added.
 * @param requireSession Whether an event without a session id is refused. Needed for
 * servers on the older specification, which cannot find the session by the offer ids.
 * @param client HTTP client.
 * @param headers Additional headers to send with every request to the API, such as
 * 'X-Partner-Id'.
 * @param retry Retrying failed requests.
 */
@ConfigurationProperties("hopper")
record HopperProperties(@DefaultValue("true") boolean enabled,
		@DefaultValue("https://airlines-api.hopper.com/airline/v1.1") String baseUrl,
		@DefaultValue("false") boolean requireSession, @DefaultValue Client client,
		@DefaultValue Map<String, String> headers, @DefaultValue Retry retry) implements AopInfrastructureBean {

	// Advice that is meant for everything of ours passes by: a record has no subclasses

	/**
	 * Return a description without secrets.
	 */
	@Override
	public String toString() {
		return "HopperProperties[enabled=" + this.enabled + "]";
	}

	/**
	 * HTTP client.
	 *
	 * @param connectTimeout Time to establish a connection. Defaults to
	 * 'spring.http.clients.connect-timeout', or 2 seconds if that is not set.
	 * @param readTimeout Longest silence of the API while its answer is awaited or read.
	 * Defaults to 'spring.http.clients.read-timeout', or 5 seconds if that is not set.
	 * @param responseTimeout Time for one request, from getting a connection to the last
	 * byte of the answer.
	 * @param shutdownTimeout Time that the end of the application waits for requests that
	 * have begun.
	 * @param http2 Whether to use HTTP/2 if the API offers it.
	 * @param ssl SSL.
	 * @param proxy HTTP proxy. Defaults to the proxy of the JVM's system properties.
	 * @param pool Connection pool.
	 */
	record Client(@Nullable Duration connectTimeout, @Nullable Duration readTimeout,
			@DefaultValue("10s") Duration responseTimeout, @DefaultValue("20s") Duration shutdownTimeout,
			@DefaultValue("false") boolean http2, @DefaultValue Ssl ssl, @DefaultValue Proxy proxy,
			@DefaultValue Pool pool) {

	}

	/**
	 * SSL.
	 *
	 * @param bundle SSL bundle to use, for the API and the identity provider. Defaults to
	 * 'spring.http.clients.ssl.bundle'.
	 */
	record Ssl(@Nullable String bundle) {

	}

	/**
	 * HTTP proxy.
	 *
	 * @param host Host name of the proxy.
	 * @param port Port of the proxy.
	 * @param username User name to sign in at the proxy.
	 * @param password Password to sign in at the proxy.
	 */
	record Proxy(@Nullable String host, @DefaultValue("8080") int port, @Nullable String username,
			@Nullable String password) {

		/**
		 * Return a description without secrets.
		 */
		@Override
		public String toString() {
			return "Proxy[port=" + this.port + "]";
		}

	}

	/**
	 * Connection pool.
	 *
	 * @param maxConnections Maximum number of connections, which is also the maximum
	 * number of requests in flight.
	 * @param maxPendingAcquires Maximum number of requests that wait for a connection.
	 * Together with max-connections, how many events can be published at a time, waits
	 * for a retry included; more are refused at once.
	 * @param maxIdleTime Time after which an unused connection is closed. Keep it below
	 * the idle timeout of every load balancer, proxy and firewall on the way.
	 * @param maxLifeTime Time after which a connection is closed although it is used, so
	 * that a change of the API's address is noticed.
	 */
	record Pool(@DefaultValue("100") int maxConnections, @DefaultValue("1000") int maxPendingAcquires,
			@DefaultValue("20s") Duration maxIdleTime, @DefaultValue("10m") Duration maxLifeTime) {

	}

	/**
	 * Retrying failed requests.
	 *
	 * @param maxAttempts Maximum number of requests for one event, including the first. 1
	 * disables retrying.
	 * @param initialInterval Wait before the first retry.
	 * @param multiplier Factor by which each wait is longer than the one before.
	 * @param maxInterval Maximum wait between two requests, unless the API asks for more.
	 * @param jitter Part of a wait that is random, from 0 to 1, so that many clients do
	 * not come back together.
	 * @param maxRetryAfter Maximum wait that the API can ask for with a 'Retry-After'
	 * header.
	 * @param timeout Maximum time for one event, with all requests and the waits between
	 * them.
	 * @param onTimeout Whether to retry a request that was sent and not answered in time.
	 * The API may have counted it and has no means to recognise the repetition, so an
	 * event can be counted twice. When disabled, it can be lost instead.
	 * @param budget Number of retries that all events together may have spent on requests
	 * that still failed. A delivered event gives back what its retries took and a tenth
	 * of a retry more. While the budget is used up, events are tried once only.
	 */
	record Retry(@DefaultValue("4") int maxAttempts, @DefaultValue("200ms") Duration initialInterval,
			@DefaultValue("2.0") double multiplier, @DefaultValue("5s") Duration maxInterval,
			@DefaultValue("0.5") double jitter, @DefaultValue("10s") Duration maxRetryAfter,
			@DefaultValue("30s") Duration timeout, @DefaultValue("true") boolean onTimeout,
			@DefaultValue("100") int budget) {

	}

}
