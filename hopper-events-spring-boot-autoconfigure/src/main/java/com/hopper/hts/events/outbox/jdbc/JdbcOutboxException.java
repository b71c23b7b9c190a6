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
package com.hopper.hts.events.outbox.jdbc;

import java.io.Serial;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * The outbox in the database cannot start.
 */
final class JdbcOutboxException extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	private final String action;

	JdbcOutboxException(String description, String action, @Nullable SQLException cause) {
		super(description, (cause != null) ? JdbcFailures.withoutValues(cause, false) : null);
		this.action = action;
	}

	String action() {
		return this.action;
	}

}
