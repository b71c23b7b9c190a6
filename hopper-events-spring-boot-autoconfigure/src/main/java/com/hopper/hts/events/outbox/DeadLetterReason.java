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
 * Why an event was given up.
 *
 * @since 0.1.0
 */
public enum DeadLetterReason {

	/**
	 * The API read it and refused it: {@code 400}, {@code 413} or {@code 422}.
	 */
	REJECTED,

	/**
	 * It cannot be sent as it is, or what was stored cannot be read.
	 */
	INVALID,

	/**
	 * The API answered {@code 404} or in a way that has no meaning for events, several
	 * times, while it took other events. Most often the session is not known to the API.
	 */
	NOT_FOUND,

	/**
	 * It could not be delivered within {@code hopper.outbox.max-age}.
	 */
	EXPIRED

}
