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

import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.session.HopperSessionContext;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Lets {@code hopperWebClient} take part in the current session. Not final, so that a
 * bean can be advised.
 */
class SessionWebClientCustomizer implements HopperWebClientCustomizer, Ordered {

	private final SessionTraffic traffic;

	SessionWebClientCustomizer(SessionTraffic traffic) {
		this.traffic = traffic;
	}

	@Override
	public int getOrder() {
		return 0;
	}

	@Override
	public void customize(WebClient.Builder builder) {
		// First, because a later filter may run on another thread than the caller's
		builder.filters((filters) -> filters.add(0, this::filter));
	}

	private Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.deferContextual((view) -> {
			HopperSessionContext context = HopperSessionContext.from(view);
			if (!this.traffic.concerns(context, request.url())) {
				return next.exchange(request);
			}
			String sessionId = request.headers().containsHeader(SessionTraffic.REQUEST_HEADER) ? null
					: this.traffic.sessionId(context, request.url());
			ClientRequest sent = (sessionId != null)
					? ClientRequest.from(request).header(SessionTraffic.REQUEST_HEADER, sessionId).build() : request;
			return next.exchange(sent)
				.doOnNext((response) -> this.traffic.learn(context, response.statusCode().value(),
						response.headers().asHttpHeaders().getFirst(SessionTraffic.RESPONSE_HEADER)));
		});
	}

}
