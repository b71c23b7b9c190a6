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
import java.io.PrintWriter;
import java.util.Map;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import jakarta.servlet.http.HttpSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.core.Ordered;
import org.springframework.web.util.WebUtils;

/**
 * Gives each request a {@link HopperSessionContext}, and keeps the session in the HTTP
 * session if it is to be kept there. Nothing is read from what the client has sent. Not
 * final, so that a bean can be advised.
 * <p>
 * The class itself says how it is registered, because the configuration and its
 * annotations are also read where there is no servlet API.
 */
@FilterRegistration(dispatcherTypes = { DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR })
class SessionServletFilter implements Filter, Ordered {

	/**
	 * After the filters that replace the HTTP session, and before those that may need the
	 * current session.
	 */
	static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 1000;

	/**
	 * Name of a request attribute with which code before this filter can provide the
	 * context.
	 */
	private static final String CONTEXT = HopperSessionContext.class.getName();

	private static final String EXCHANGE = SessionServletFilter.class.getName();

	private static final Log logger = LogFactory.getLog(SessionServletFilter.class);

	private final boolean kept;

	SessionServletFilter(boolean kept) {
		this.kept = kept;
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (!(request instanceof HttpServletRequest httpRequest)
				|| !(response instanceof HttpServletResponse httpResponse)) {
			chain.doFilter(request, response);
			return;
		}
		// Async and error dispatches of the same request share one context
		Exchange exchange = (request.getAttribute(EXCHANGE) instanceof Exchange before) ? before
				: new Exchange(httpRequest, this.kept);
		request.setAttribute(EXCHANGE, exchange);
		HopperSessionContext.Scope scope = exchange.context.open();
		try {
			chain.doFilter(request, this.kept ? new KeepingResponse(httpResponse, httpRequest, exchange) : response);
		}
		finally {
			scope.close();
			if (this.kept && !request.isAsyncStarted()) {
				exchange.keep(httpRequest);
			}
		}
	}

	/**
	 * A request of a customer, with all its dispatches.
	 */
	private static final class Exchange {

		private final HopperSessionContext context;

		private final boolean sessionExisted;

		private Map<String, Object> last;

		Exchange(HttpServletRequest request, boolean kept) {
			this.context = (request.getAttribute(CONTEXT) instanceof HopperSessionContext given) ? given
					: HopperSessionContext.create();
			boolean existed = true;
			try {
				HttpSession session = kept ? request.getSession(false) : null;
				existed = session != null;
				if (session != null) {
					KeptSession.restore(session.getAttribute(KeptSession.ATTRIBUTE), this.context);
				}
			}
			catch (RuntimeException ex) {
				// The store fails, or the customer logs out at the same time
				logger.warn("The customer's Hopper session is not read from the HTTP session: " + ex.getMessage());
			}
			this.sessionExisted = existed;
			this.last = KeptSession.of(this.context);
		}

		/**
		 * Keep what has changed.
		 */
		synchronized void keep(HttpServletRequest request) {
			Map<String, Object> before = this.last;
			Map<String, Object> current = KeptSession.of(this.context);
			if (current.equals(before)) {
				return;
			}
			this.last = current;
			try {
				// No new session after one that has ended meanwhile, by a logout for
				// example: the next customer at this browser would get what this one has
				// left behind
				HttpSession session = request.getSession(!this.sessionExisted);
				if (session == null) {
					return;
				}
				synchronized (WebUtils.getSessionMutex(session)) {
					this.last = KeptSession.join(session.getAttribute(KeptSession.ATTRIBUTE), before, this.context);
					session.setAttribute(KeptSession.ATTRIBUTE, this.last);
				}
			}
			catch (RuntimeException ex) {
				// A session that cannot be kept must not spoil the answer of the
				// application
				logger.warn("The customer's Hopper session is not kept for the next request"
						+ ((ex instanceof IllegalStateException)
								? ", because it became known when there could be no HTTP session any more" : "")
						+ ": " + ex.getMessage());
			}
		}

	}

	/**
	 * Keeps the session before the response is committed, after which no HTTP session can
	 * begin.
	 */
	private static final class KeepingResponse extends HttpServletResponseWrapper {

		private final HttpServletRequest request;

		private final Exchange exchange;

		KeepingResponse(HttpServletResponse response, HttpServletRequest request, Exchange exchange) {
			super(response);
			this.request = request;
			this.exchange = exchange;
		}

		@Override
		public ServletOutputStream getOutputStream() throws IOException {
			this.exchange.keep(this.request);
			return super.getOutputStream();
		}

		@Override
		public PrintWriter getWriter() throws IOException {
			this.exchange.keep(this.request);
			return super.getWriter();
		}

		@Override
		public void flushBuffer() throws IOException {
			this.exchange.keep(this.request);
			super.flushBuffer();
		}

		@Override
		public void sendError(int status, String message) throws IOException {
			this.exchange.keep(this.request);
			super.sendError(status, message);
		}

		@Override
		public void sendError(int status) throws IOException {
			this.exchange.keep(this.request);
			super.sendError(status);
		}

		@Override
		public void sendRedirect(String location) throws IOException {
			this.exchange.keep(this.request);
			super.sendRedirect(location);
		}

		@Override
		public void sendRedirect(String location, int status) throws IOException {
			this.exchange.keep(this.request);
			super.sendRedirect(location, status);
		}

		@Override
		public void sendRedirect(String location, boolean clearBuffer) throws IOException {
			this.exchange.keep(this.request);
			super.sendRedirect(location, clearBuffer);
		}

		@Override
		public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
			this.exchange.keep(this.request);
			super.sendRedirect(location, status, clearBuffer);
		}

	}

}
