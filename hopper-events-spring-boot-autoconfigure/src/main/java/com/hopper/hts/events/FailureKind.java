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
package com.hopper.hts.events;

import java.util.Locale;

import org.springframework.http.HttpStatusCode;

/**
 * Everything that can go wrong with a call of the Hopper API. A constant says all there
 * is to know about a kind of failure: its name in metrics, whether it passes, whether the
 * call is repeated, whose fault it is, and what to do.
 *
 * @since 0.1.0
 * @see HopperApiException#getKind()
 */
public enum FailureKind {

	/**
	 * There is a mistake in the session id or in the event, so nothing was sent.
	 */
	INVALID_EVENT(false, false, Fault.EVENT, "Correct it."),

	/**
	 * The API read the event and refused it: {@code 400} or {@code 422}.
	 */
	REJECTED(false, false, Fault.EVENT, "Correct it; sending it again unchanged fails again."),

	/**
	 * The API or a gateway before it takes nothing of this size: {@code 413}.
	 */
	TOO_LARGE(false, false, Fault.EVENT, "It is too large: put less into it."),

	/**
	 * There is no bearer token at the moment.
	 */
	SIGN_IN_FAILED(true, true, Fault.CLIENT, "Check hopper.auth.* or the application's BearerTokenProvider."),

	/**
	 * There is no bearer token because the credentials were refused, or cannot be used.
	 */
	SIGN_IN_REFUSED(false, false, Fault.CLIENT, "Check hopper.auth.* or the application's BearerTokenProvider."),

	/**
	 * The API did not accept the bearer token: {@code 401}.
	 */
	UNAUTHORIZED(false, false, Fault.CLIENT,
			"Check that the token of hopper.auth.* has not expired and was issued for the API at hopper.base-url."),

	/**
	 * The client lacks a permission: {@code 403}.
	 */
	FORBIDDEN(false, false, Fault.CLIENT, "Ask Hopper to permit this client to do this; another token does not help."),

	/**
	 * There is nothing at this address, or the API does not know the session:
	 * {@code 404}.
	 */
	NOT_FOUND(false, false, Fault.EVENT_OR_ADDRESS, "Check hopper.base-url, and that the session exists."),

	/**
	 * Too many requests: {@code 429}.
	 */
	RATE_LIMITED(true, true, Fault.API, "Send fewer at a time, or this one later."),

	/**
	 * The API or a gateway before it failed: {@code 500}, {@code 502}, {@code 503} or
	 * {@code 504}.
	 */
	SERVER_ERROR(true, true, Fault.API, "Send it again later."),

	/**
	 * Any other {@code 5xx}.
	 */
	OTHER_SERVER_ERROR(true, false, Fault.API, "Send it again later."),

	/**
	 * There was no complete answer in time, or the answer was {@code 408}.
	 */
	TIMEOUT(true, true, Fault.API, "Send it again later, or allow more time with hopper.client.response-timeout."),

	/**
	 * No connection could be made, or it broke before the answer came.
	 */
	CONNECTION_FAILED(true, true, Fault.API, "Send it again later."),

	/**
	 * No connection can be made before somebody changes something: the certificate is not
	 * trusted, the host name is not known, a proxy refuses, or what answers does not
	 * speak HTTP.
	 */
	UNREACHABLE(false, false, Fault.CLIENT, "Check hopper.base-url and hopper.client.*."),

	/**
	 * Too many events were being published at a time, so nothing was sent.
	 */
	OVERLOADED(true, true, Fault.LOAD, "Send fewer at a time, or this one later."),

	/**
	 * The API never gives such an answer.
	 */
	UNEXPECTED_RESPONSE(false, false, Fault.EVENT_OR_ADDRESS,
			"The API never answers this: check hopper.base-url and the proxies and gateways on the way.");

	private final String tag;

	private final boolean temporary;

	private final boolean retried;

	private final Fault fault;

	private final String advice;

	FailureKind(boolean temporary, boolean retried, Fault fault, String advice) {
		this.tag = name().toLowerCase(Locale.ROOT);
		this.temporary = temporary;
		this.retried = retried;
		this.fault = fault;
		this.advice = advice;
	}

	/**
	 * Return what the status of an answer means, other than success.
	 * @param statusCode the HTTP status
	 * @return the kind of failure
	 */
	public static FailureKind ofStatus(HttpStatusCode statusCode) {
		return switch (statusCode.value()) {
			case 400, 422 -> REJECTED;
			case 401 -> UNAUTHORIZED;
			case 403 -> FORBIDDEN;
			case 404 -> NOT_FOUND;
			case 408 -> TIMEOUT;
			case 413 -> TOO_LARGE;
			case 429 -> RATE_LIMITED;
			case 500, 502, 503, 504 -> SERVER_ERROR;
			default -> statusCode.is5xxServerError() ? OTHER_SERVER_ERROR : UNEXPECTED_RESPONSE;
		};
	}

	/**
	 * Return the name in metrics and stored failures.
	 * @return the name in lower case, for example {@code rate_limited}
	 */
	public String tag() {
		return this.tag;
	}

	/**
	 * Return whether the failure may pass without anybody changing the event or the
	 * configuration.
	 * @return whether sending the same event again later can succeed
	 */
	public boolean isTransient() {
		return this.temporary;
	}

	/**
	 * Return whether the call is repeated within the limits of {@code hopper.retry.*}.
	 * With {@code hopper.retry.on-timeout=false} a request that was sent and not answered
	 * is not repeated.
	 * @return whether another attempt may follow
	 */
	public boolean isRetried() {
		return this.retried;
	}

	/**
	 * Return whose fault it is, by which the outbox decides what becomes of the event.
	 * @return the fault
	 */
	public Fault fault() {
		return this.fault;
	}

	/**
	 * Return what to do.
	 * @return a sentence
	 */
	public String advice() {
		return this.advice;
	}

	/**
	 * Whose fault a failure is.
	 */
	public enum Fault {

		/**
		 * The event's: a stored event becomes a dead letter at once.
		 */
		EVENT,

		/**
		 * The event's, if others get through, or else the address's: a stored event
		 * becomes a dead letter after some attempts during which others got through.
		 */
		EVENT_OR_ADDRESS,

		/**
		 * The application's, or its surroundings': every other event would fail as well,
		 * so the outbox pauses.
		 */
		CLIENT,

		/**
		 * The API's, or the way's to it: a stored event is sent again later.
		 */
		API,

		/**
		 * Nobody's: there was too much to do. A stored event is sent again later.
		 */
		LOAD

	}

}
