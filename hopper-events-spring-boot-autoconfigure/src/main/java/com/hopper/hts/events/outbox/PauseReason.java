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
package com.hopper.hts.events.outbox;

/**
 * Why the relay sends nothing for a while. All but {@link #OPERATOR} end by themselves:
 * one event is sent from time to time to find out.
 *
 * @since 0.1.0
 */
public enum PauseReason {

	/**
	 * {@link EventOutboxOperations#pause} was called.
	 */
	OPERATOR,

	/**
	 * No bearer token could be obtained.
	 */
	SIGN_IN_FAILED,

	/**
	 * The API did not accept the bearer token: {@code 401}.
	 */
	UNAUTHORIZED,

	/**
	 * The client lacks the permission to send events: {@code 403}.
	 */
	FORBIDDEN,

	/**
	 * Nothing gets through because of {@code 404} or answers that the API never gives.
	 * Most often {@code hopper.base-url} is wrong.
	 */
	NOT_FOUND,

	/**
	 * No connection can be made until somebody changes something: an untrusted
	 * certificate, or a host name that does not exist.
	 */
	CONNECTION_FAILED,

	/**
	 * The API asked to wait: {@code 429} with {@code Retry-After}.
	 */
	RATE_LIMITED,

	/**
	 * The API is down or cannot be reached.
	 */
	API_UNAVAILABLE

}
