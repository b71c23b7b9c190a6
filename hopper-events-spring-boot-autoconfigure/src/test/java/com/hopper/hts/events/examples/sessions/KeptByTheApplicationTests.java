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
package com.hopper.hts.events.examples.sessions;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.http.Cookie;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the examples of applications that keep the session themselves.
 */
class KeptByTheApplicationTests {

	private final SessionCookieFilter filter = new SessionCookieFilter("a secret".getBytes(StandardCharsets.UTF_8));

	@Test
	void bookingInTheDatabaseHasTheSession() {
		EmbeddedDatabase database = new EmbeddedDatabaseBuilder().setType(EmbeddedDatabaseType.H2)
			.generateUniqueName(true)
			.build();
		JdbcClient client = JdbcClient.create(database);
		client.sql("create table booking (reference varchar(20), hopper_session varchar(4096))").update();
		RememberedSessions sessions = new RememberedSessions(client);
		HopperSessionContext.of("session-1").run(() -> sessions.reserve("PNR123"));
		AtomicReference<String> session = new AtomicReference<>();
		sessions.paid("PNR123", () -> session.set(HopperSessionContext.current().sessionId()));
		assertThat(session).hasValue("session-1");
		database.shutdown();
	}

	@Test
	void cookieIsTakenOnlyWithItsSignature() throws Exception {
		MockHttpServletResponse response = new MockHttpServletResponse();
		HopperSessionContext.of("session-1").run(() -> this.filter.keep(response));
		Cookie cookie = response.getCookie("hopper");
		assertThat(sessionWith(cookie)).isEqualTo("session-1");
		assertThat(sessionWith(new Cookie("hopper", cookie.getValue().replace("session-1", "session-2")))).isNull();
		assertThat(sessionWith(new Cookie("hopper", "session-2"))).isNull();
		assertThat(sessionWith(new Cookie("other", cookie.getValue()))).isNull();
	}

	private String sessionWith(Cookie cookie) throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setCookies(cookie);
		HopperSessionContext context = HopperSessionContext.create();
		HopperSessionContext.Scope scope = context.open();
		try {
			this.filter.doFilter(request, new MockHttpServletResponse(), (sent, answer) -> {
			});
			return context.sessionId();
		}
		finally {
			scope.close();
		}
	}

}
