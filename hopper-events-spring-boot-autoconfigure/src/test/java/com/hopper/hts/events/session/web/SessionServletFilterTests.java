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
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockHttpSession;

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

	@Test
	void storeOfHttpSessionsThatFailsCostsNoAnswer() throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest() {

			@Override
			public HttpSession getSession(boolean create) {
				if (create) {
					throw new UncheckedIOException(new IOException("no connection"));
				}
				return null;
			}

		};
		MockHttpServletResponse response = new MockHttpServletResponse();
		new SessionServletFilter(true).doFilter(request, response, (ignored, answer) -> {
			HopperSessionContext.current().setSessionId("session-1");
			answer.getWriter().write("booked");
		});
		assertThat(response.getContentAsString()).isEqualTo("booked");
	}

	@Test
	void customerWhoLogsOutAsARequestBeginsGetsItsAnswer() throws Exception {
		MockHttpSession session = new MockHttpSession();
		session.invalidate();
		MockHttpServletRequest request = new MockHttpServletRequest() {

			@Override
			public HttpSession getSession(boolean create) {
				return session;
			}

		};
		MockHttpServletResponse response = new MockHttpServletResponse();
		new SessionServletFilter(true).doFilter(request, response,
				(ignored, answer) -> answer.getWriter().write("booked"));
		assertThat(response.getContentAsString()).isEqualTo("booked");
	}

	@Test
	void requestsAtOnceKeepWhatEachOfThemHasLearned() throws Exception {
		assertThat(keptAfter(Map.of(), (context) -> context.setSessionId("session-1"),
				(context) -> context.addCfarOfferIds(List.of("offer-1"))))
			.isEqualTo(Map.of("id", "session-1", "cfar-offer-ids", List.of("offer-1")));
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.addDgOfferIds(List.of("offer-1")),
				(context) -> context.addDgOfferIds(List.of("offer-2"))))
			.isEqualTo(Map.of("id", "session-1", "dg-offer-ids", List.of("offer-2", "offer-1")));
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.setSessionId("session-2"),
				(context) -> context.addDgOfferIds(List.of("offer-1"))))
			.isEqualTo(Map.of("id", "session-2"));
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.addDgOfferIds(List.of("offer-1")),
				(context) -> context.setSessionId("session-2")))
			.isEqualTo(Map.of("id", "session-2"));
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.addDgOfferIds(List.of("offer-1")),
				(context) -> {
				}))
			.isEqualTo(Map.of("id", "session-1", "dg-offer-ids", List.of("offer-1")));
	}

	/**
	 * Return what is kept after two requests, of which the first ends within the second.
	 */
	private static Object keptAfter(Map<String, Object> before, Consumer<HopperSessionContext> inner,
			Consumer<HopperSessionContext> outer) throws Exception {
		MockHttpSession session = new MockHttpSession();
		session.setAttribute(KeptSession.ATTRIBUTE, before);
		SessionServletFilter filter = new SessionServletFilter(true);
		filter.doFilter(request(session), new MockHttpServletResponse(), (outerRequest, outerResponse) -> {
			filter.doFilter(request(session), new MockHttpServletResponse(),
					(innerRequest, innerResponse) -> inner.accept(HopperSessionContext.current()));
			outer.accept(HopperSessionContext.current());
		});
		return session.getAttribute(KeptSession.ATTRIBUTE);
	}

	private static MockHttpServletRequest request(MockHttpSession session) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setSession(session);
		return request;
	}

	/**
	 * How an application answers.
	 */
	@FunctionalInterface
	interface Answer {

		void send(HttpServletResponse response) throws IOException;

	}

}
