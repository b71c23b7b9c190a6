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

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.handler.proxy.ProxyConnectException;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that cannot be reached, or does not make the connection that it was asked for.
 * The message names the proxy and the properties to look at.
 */
final class ProxyFailure extends ConnectException {

	/**
	 * Netty says all this in its message only: "http, basic, proxy/10.0.0.1:8080 =>
	 * host:443, status: 407 Proxy Authentication Required".
	 */
	private static final Pattern MESSAGE = Pattern
		.compile("(?<protocol>\\w+), \\w+, (?<proxy>\\S+) => (?<target>\\S+?)(, (?<problem>.*))?", Pattern.DOTALL);

	private static final Pattern HTTP_STATUS = Pattern.compile("status: (\\d{3}).*", Pattern.DOTALL);

	/**
	 * Words of a SOCKS proxy that refuses for good.
	 */
	private static final Pattern SOCKS_REFUSAL = Pattern.compile("(?i)auth|forbidden|unsupported");

	private static final String PROPERTIES = "check hopper.client.proxy.*, or the JVM's proxy if that is not set";

	private final boolean temporary;

	private ProxyFailure(String message, boolean temporary, Throwable cause) {
		super(message);
		this.temporary = temporary;
		initCause(cause);
	}

	/**
	 * Return whether the failure may pass by itself.
	 * @return {@code false} if the proxy refuses, or has no address
	 */
	boolean isTransient() {
		return this.temporary;
	}

	static Throwable name(Throwable failure, @Nullable String proxy) {
		ProxyFailure proxyFailure = find(failure);
		if (proxyFailure != null || proxy == null) {
			return (proxyFailure != null) ? proxyFailure : failure;
		}
		if (failure instanceof UnresolvedAddressException) {
			return new ProxyFailure(
					"the name of the proxy " + proxy + " could not be resolved (check hopper.client.proxy.host)", false,
					failure);
		}
		return (failure instanceof ConnectException || failure instanceof NoRouteToHostException)
				? new ProxyFailure("no connection could be made to the proxy " + proxy + " (" + failure.getMessage()
						+ "; check hopper.client.proxy.host and hopper.client.proxy.port)", true, failure)
				: failure;
	}

	static @Nullable ProxyFailure find(Throwable failure) {
		ProxyFailure known = AttemptFailure.find(failure, ProxyFailure.class);
		ProxyConnectException refusal = AttemptFailure.find(failure, ProxyConnectException.class);
		return (known != null || refusal == null) ? known : of(refusal);
	}

	private static ProxyFailure of(ProxyConnectException refusal) {
		Matcher message = MESSAGE.matcher(String.valueOf(refusal.getMessage()));
		if (!message.matches()) {
			return new ProxyFailure("the proxy made no connection (" + refusal.getMessage() + "; " + PROPERTIES + ")",
					true, refusal);
		}
		String proxy = "the proxy " + address(message.group("proxy"));
		String target = address(message.group("target"));
		String problem = String.valueOf(message.group("problem"));
		Matcher status = HTTP_STATUS.matcher(problem);
		if (status.matches()) {
			int code = Integer.parseInt(status.group(1));
			return new ProxyFailure(
					proxy + " answered " + code + " and makes no connection to " + target + " ("
							+ ((code == 407) ? "check hopper.client.proxy.username and hopper.client.proxy.password"
									: PROPERTIES)
							+ ")",
					code == 408 || code == 429 || (code >= 500 && code < 600), refusal);
		}
		return new ProxyFailure(proxy + " made no connection to " + target + " (" + problem + "; " + PROPERTIES + ")",
				!SOCKS_REFUSAL.matcher(problem).find(), refusal);
	}

	/**
	 * Make {@code host:port} of the text of a socket's address.
	 */
	private static String address(String text) {
		int slash = text.indexOf('/');
		return (slash > 0) ? text.substring(0, slash) + text.substring(text.lastIndexOf(':'))
				: text.substring(slash + 1);
	}

}
