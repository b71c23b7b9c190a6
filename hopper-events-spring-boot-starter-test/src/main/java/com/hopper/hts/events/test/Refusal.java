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

import java.io.Serial;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A request that is refused, with what the API would say.
 */
final class Refusal extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	private final int status;

	private final @Nullable String code;

	private final @Nullable String field;

	private Refusal(int status, String message, @Nullable String code, @Nullable String field) {
		super(message, null, false, false);
		this.status = status;
		this.code = code;
		this.field = field;
	}

	static Refusal status(int status) {
		return new Refusal(status, "", null, null);
	}

	static Refusal malformed(@Nullable String field, String message) {
		return new Refusal(400, message, "bad_request", field);
	}

	static Refusal senseless(@Nullable String field, String message) {
		return new Refusal(422, message, "unprocessable_entity", field);
	}

	int status() {
		return this.status;
	}

	/**
	 * Return the body that the API promises for 400 and 422.
	 * @return the body, empty for other statuses
	 */
	String body() {
		if (this.status != 400 && this.status != 422) {
			return "";
		}
		Map<String, Object> error = new LinkedHashMap<>();
		error.put("message", String.valueOf(getMessage()));
		if (this.code != null) {
			error.put("code", this.code);
		}
		if (this.field != null) {
			error.put("messages", Map.of(this.field, String.valueOf(getMessage())));
		}
		return Json.write(Map.of("errors", List.of(error)));
	}

}
