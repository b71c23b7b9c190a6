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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A fault of the {@link FakeHopperApi}: what goes wrong with a request. A fault is for
 * requests to {@code /events}, unless {@link #atSessions()} or {@link #atSignIn()} makes
 * it one for other requests. Immutable; every {@code with} and {@code at} method returns
 * a copy.
 *
 * @since 0.1.0
 */
public final class Fault {

	/**
	 * When the connection is reset.
	 */
	enum Reset {

		NEVER, BEFORE_ACCEPTING, AFTER_ACCEPTING, WITHIN_ANSWER

	}

	/**
	 * Which requests fail.
	 */
	enum Endpoint {

		EVENTS, SESSIONS, SIGN_IN

	}

	private final Endpoint endpoint;

	private final int status;

	private final @Nullable String retryAfter;

	private final Duration delay;

	private final Reset reset;

	private Fault(Endpoint endpoint, int status, @Nullable String retryAfter, Duration delay, Reset reset) {
		this.endpoint = endpoint;
		this.status = status;
		this.retryAfter = retryAfter;
		this.delay = delay;
		this.reset = reset;
	}

	/**
	 * Answer with a status without checking the request. The answers {@code 400} and
	 * {@code 422} have the body with errors that the API promises; all others have no
	 * body.
	 * @param status the HTTP status; {@code 204} at {@link #atSessions() sessions} means
	 * that no session was created
	 * @return the fault
	 */
	public static Fault status(int status) {
		return new Fault(Endpoint.EVENTS, status, null, Duration.ZERO, Reset.NEVER);
	}

	/**
	 * Answer as usual, but late.
	 * @param delay the time before the answer
	 * @return the fault
	 */
	public static Fault delay(Duration delay) {
		return new Fault(Endpoint.EVENTS, 0, null, delay, Reset.NEVER);
	}

	/**
	 * Reset the connection without processing the event.
	 * @return the fault
	 */
	public static Fault reset() {
		return new Fault(Endpoint.EVENTS, 0, null, Duration.ZERO, Reset.BEFORE_ACCEPTING);
	}

	/**
	 * Process the event as usual, then reset the connection instead of answering.
	 * @return the fault
	 */
	public static Fault resetAfterAccepting() {
		return new Fault(Endpoint.EVENTS, 0, null, Duration.ZERO, Reset.AFTER_ACCEPTING);
	}

	/**
	 * Process the event as usual, then reset the connection in the middle of the answer.
	 * @return the fault
	 */
	public static Fault halfAnswer() {
		return new Fault(Endpoint.EVENTS, 0, null, Duration.ZERO, Reset.WITHIN_ANSWER);
	}

	/**
	 * Add a {@code Retry-After} header.
	 * @param retryAfter seconds or an HTTP date
	 * @return a copy with that header
	 */
	public Fault withRetryAfter(String retryAfter) {
		return new Fault(this.endpoint, this.status, retryAfter, this.delay, this.reset);
	}

	/**
	 * Let the fault happen later.
	 * @param delay the time before it happens
	 * @return a copy with that delay
	 */
	public Fault withDelay(Duration delay) {
		return new Fault(this.endpoint, this.status, this.retryAfter, delay, this.reset);
	}

	/**
	 * Let requests to {@code /sessions} fail instead of those to {@code /events}.
	 * @return a copy for sessions
	 */
	public Fault atSessions() {
		return new Fault(Endpoint.SESSIONS, this.status, this.retryAfter, this.delay, this.reset);
	}

	/**
	 * Let requests to {@code /auth} and {@code /oauth/token} fail instead of those to
	 * {@code /events}.
	 * @return a copy for signing in
	 */
	public Fault atSignIn() {
		return new Fault(Endpoint.SIGN_IN, this.status, this.retryAfter, this.delay, this.reset);
	}

	Endpoint endpoint() {
		return this.endpoint;
	}

	int status() {
		return this.status;
	}

	@Nullable String retryAfter() {
		return this.retryAfter;
	}

	Duration delay() {
		return this.delay;
	}

	Reset resets() {
		return this.reset;
	}

}
