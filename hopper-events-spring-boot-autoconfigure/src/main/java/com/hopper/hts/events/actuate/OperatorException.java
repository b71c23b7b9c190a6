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
package com.hopper.hts.events.actuate;

import org.jspecify.annotations.Nullable;

/**
 * Says why something that an operator has asked for was not done. Nothing was changed.
 */
class OperatorException extends RuntimeException {

	static final int UNAVAILABLE = 503;

	private static final long serialVersionUID = 1L;

	/**
	 * The HTTP status that means the same.
	 */
	private final int status;

	/**
	 * The name of the parameter that is wrong, or {@code null}.
	 */
	private final @Nullable String parameter;

	private OperatorException(int status, @Nullable String parameter, String message, @Nullable Throwable cause) {
		super(message, cause);
		this.status = status;
		this.parameter = parameter;
	}

	/**
	 * A parameter is missing or has a value that it cannot have.
	 */
	static OperatorException invalid(String parameter, String message) {
		return new OperatorException(400, parameter, "'" + parameter + "' " + message, null);
	}

	/**
	 * What was asked for does not exist, or not any more.
	 */
	static OperatorException notFound(String message) {
		return new OperatorException(404, null, message, null);
	}

	/**
	 * This cannot be done as things stand.
	 */
	static OperatorException conflict(String message) {
		return new OperatorException(409, null, message, null);
	}

	/**
	 * The outbox cannot answer, because its database or broker does not.
	 */
	static OperatorException unavailable(String message, Throwable cause) {
		return new OperatorException(UNAVAILABLE, null, message, cause);
	}

	int status() {
		return this.status;
	}

	@Nullable String parameter() {
		return this.parameter;
	}

}
