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

/**
 * A request that the Hopper API would always refuse: a mistake of the application, not a
 * fault that a test has ordered.
 *
 * @param request the request
 * @param subject the header, the field or the part of the request that is wrong
 * @param problem what is wrong with it
 * @param answer the body that the API answers, or an empty text
 * @param fix what to do about it
 * @since 0.1.0
 */
public record ContractViolation(ReceivedRequest request, String subject, String problem, String answer, String fix) {

	/**
	 * Return everything in words.
	 */
	@Override
	public String toString() {
		String session = this.request.header("HC-Session-ID");
		return "%s %s%s%n   What is wrong: %s (%s)%n   The API says:  %s%s%n   To fix it:     %s".formatted(
				this.request.method(), this.request.path(), (session != null) ? " of session '" + session + "'" : "",
				this.problem, this.subject, this.request.status(), this.answer.isEmpty() ? "" : " " + this.answer,
				this.fix);
	}

}
