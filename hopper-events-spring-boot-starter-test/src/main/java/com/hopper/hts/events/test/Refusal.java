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
 * Thrown when a request is refused, with the answer of the API. Unless the test has
 * arranged it, the request is a mistake of the application, and there is advice.
 */
final class Refusal extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	private final int status;

	private final String body;

	private final @Nullable String subject;

	private final String fix;

	private Refusal(int status, String message, String body, @Nullable String subject, String fix) {
		super(message, null, false, false);
		this.status = status;
		this.body = body;
		this.subject = subject;
		this.fix = fix;
	}

	/**
	 * Create a refusal that the test has arranged.
	 */
	static Refusal arranged(int status) {
		return new Refusal(status, "", "", null, "");
	}

	static Refusal of(int status, String subject, String message, String fix) {
		return new Refusal(status, message, "", subject, fix);
	}

	static Refusal withBody(int status, String body, String subject, String message, String fix) {
		return new Refusal(status, message, body, subject, fix);
	}

	static Refusal malformed(@Nullable String field, String message) {
		return error(400, "bad_request", field, message);
	}

	static Refusal senseless(@Nullable String field, String message) {
		return error(422, "unprocessable_entity", field, message);
	}

	static Refusal malformed(String field, String message, String fix) {
		return new Refusal(400, message, body("bad_request", field, message), "field '" + field + "'", fix);
	}

	private static Refusal error(int status, String code, @Nullable String field, String message) {
		String subject = "body";
		String fix = "Let the starter write the body: publish or store an event instead of calling the API directly.";
		if (field != null && Character.isUpperCase(field.charAt(0))) {
			subject = "header " + field;
			fix = field.equals("HC-Session-ID")
					? "Give the id of the session to publish or store. Only a booking that names the offers shown can go without."
					: "Check hopper.headers.* and what customizes the client: the starter itself sends application/json.";
		}
		else if (field != null) {
			subject = "field '" + field + "'";
			fix = "Correct '" + field + "' where the event is created.";
		}
		return new Refusal(status, message, body(code, field, message), subject, fix);
	}

	/**
	 * Return the body that the API promises for 400 and 422.
	 */
	private static String body(String code, @Nullable String field, String message) {
		Map<String, Object> error = new LinkedHashMap<>();
		error.put("message", message);
		error.put("code", code);
		if (field != null) {
			error.put("messages", Map.of(field, message));
		}
		return Json.write(Map.of("errors", List.of(error)));
	}

	int status() {
		return this.status;
	}

	String body() {
		return this.body;
	}

	@Nullable ContractViolation violation(ReceivedRequest request) {
		return (this.subject != null)
				? new ContractViolation(request, this.subject, String.valueOf(getMessage()), this.body, this.fix)
				: null;
	}

}
