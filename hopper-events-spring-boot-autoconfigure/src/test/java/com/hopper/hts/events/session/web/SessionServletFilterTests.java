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
package com.hopper.hts.events.session.web;

import java.io.IOException;
import java.util.stream.Stream;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SessionServletFilter}.
 */
class SessionServletFilterTests {

	@ParameterizedTest
	@MethodSource
	void sessionIsKeptBeforeTheResponseIsCommitted(Answer answer) throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		new SessionServletFilter(true).doFilter(request, new MockHttpServletResponse(), (ignored, response) -> {
			HopperSessionContext.current().setSessionId("session-1");
			answer.send((HttpServletResponse) response);
			assertThat(request.getSession(false)).isNotNull();
		});
	}

	static Stream<Answer> sessionIsKeptBeforeTheResponseIsCommitted() {
		return Stream.of((response) -> response.sendRedirect("/next"),
				(response) -> response.sendRedirect("/next", 303), (response) -> response.sendRedirect("/next", false),
				(response) -> response.sendRedirect("/next", 303, true), (response) -> response.sendError(404),
				(response) -> response.sendError(404, "not found"), HttpServletResponse::flushBuffer,
				HttpServletResponse::getWriter, HttpServletResponse::getOutputStream);
	}

	/**
	 * How an application answers.
	 */
	@FunctionalInterface
	interface Answer {

		void send(HttpServletResponse response) throws IOException;

	}

}
