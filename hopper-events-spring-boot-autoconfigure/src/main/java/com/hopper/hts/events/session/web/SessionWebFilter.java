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
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Gives each request a {@link HopperSessionContext}, and keeps the session in the web
 * session if it is to be kept there. Nothing is read from the request itself. Not final,
 * so that a bean can be advised.
 */
class SessionWebFilter implements WebFilter, Ordered {

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
		Map<String, Object> before = new HashMap<>();
		exchange.getResponse()
			.beforeCommit(() -> KeptSession.of(context).equals(before) ? Mono.empty()
					: exchange.getSession()
						.doOnNext((session) -> session.getAttributes()
							.compute(KeptSession.ATTRIBUTE, (name, kept) -> KeptSession.join(kept, before, context)))
						.then());
		return exchange.getSession().doOnNext((session) -> {
			KeptSession.restore(session.getAttribute(KeptSession.ATTRIBUTE), context);
			before.putAll(KeptSession.of(context));
		}).then(Mono.defer(() -> chain.filter(exchange)));
	}

}
