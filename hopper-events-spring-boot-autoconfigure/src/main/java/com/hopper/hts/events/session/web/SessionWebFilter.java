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

import java.util.HashMap;
import java.util.Map;

import com.hopper.hts.events.session.HopperSessionContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.WebSession;

/**
 * Gives each request a {@link HopperSessionContext}, and keeps the session in the web
 * session if it is to be kept there. Nothing is read from the request itself. Not final,
 * so that a bean can be advised.
 */
class SessionWebFilter implements WebFilter, Ordered {

	private static final Log logger = LogFactory.getLog(SessionWebFilter.class);

	private final boolean kept;

	SessionWebFilter(boolean kept) {
		this.kept = kept;
	}

	/**
	 * Before other filters ask for the web session, which is written in the order in
	 * which it was asked for.
	 */
	@Override
	public int getOrder() {
		return SessionServletFilter.ORDER;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		HopperSessionContext context = HopperSessionContext.create();
		Mono<Void> filtered = this.kept ? keep(exchange, chain, context) : chain.filter(exchange);
		return filtered.contextWrite(context.toReactorContext());
	}

	private static Mono<Void> keep(ServerWebExchange exchange, WebFilterChain chain, HopperSessionContext context) {
		Map<String, Object> last = new HashMap<>();
		exchange.getResponse()
			.beforeCommit(() -> KeptSession.of(context).equals(last) ? Mono.empty()
					: exchange.getSession()
						.doOnNext((session) -> keep(session, context, last))
						.then()
						.onErrorResume((ex) -> warn("kept for the next request", ex)));
		return exchange.getSession().doOnNext((session) -> {
			KeptSession.restore(session.getAttribute(KeptSession.ATTRIBUTE), context);
			last.putAll(KeptSession.of(context));
		})
			.then()
			.onErrorResume((ex) -> warn("read from the web session", ex))
			.then(Mono.defer(() -> chain.filter(exchange)))
			.then(Mono.defer(
					() -> (!exchange.getResponse().isCommitted() || KeptSession.of(context).equals(last)) ? Mono.empty()
							: exchange.getSession()
								.flatMap((session) -> keepLate(session, context, last))
								.onErrorResume((ex) -> warn("kept for the next request", ex))));
	}

	private static void keep(WebSession session, HopperSessionContext context, Map<String, Object> last) {
		session.getAttributes().compute(KeptSession.ATTRIBUTE, (name, kept) -> KeptSession.join(kept, last, context));
		last.clear();
		last.putAll(KeptSession.of(context));
	}

	/**
	 * Keep what has become known while the answer was written. The web session was saved
	 * before that, and one of which the client was not told cannot begin any more.
	 */
	private static Mono<Void> keepLate(WebSession session, HopperSessionContext context, Map<String, Object> last) {
		if (!session.isStarted()) {
			logger.warn("The customer's Hopper session is not kept for the next request, because it became known "
					+ "when there could be no web session any more");
			return Mono.empty();
		}
		keep(session, context, last);
		return session.save();
	}

	/**
	 * A web session that cannot be read, or saved late, must not spoil the answer of the
	 * application.
	 */
	private static Mono<Void> warn(String what, Throwable ex) {
		logger.warn("The customer's Hopper session is not " + what + ": " + ex.getMessage());
		return Mono.empty();
	}

}
