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

import com.hopper.hts.events.session.HopperSessionContext;

import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Lets a {@code RestClient} take part in the current session. Not final, so that a bean
 * can be advised.
 */
class SessionRestClientInterceptor implements ClientHttpRequestInterceptor {

	private final SessionTraffic traffic;

	SessionRestClientInterceptor(SessionTraffic traffic) {
		this.traffic = traffic;
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		HopperSessionContext context = HopperSessionContext.current();
		if (!this.traffic.concerns(context, request.getURI())) {
			return execution.execute(request, body);
		}
		String sessionId = this.traffic.sessionId(context, request.getURI());
		if (sessionId != null && !request.getHeaders().containsHeader(SessionTraffic.REQUEST_HEADER)) {
			request.getHeaders().set(SessionTraffic.REQUEST_HEADER, sessionId);
		}
		ClientHttpResponse response = execution.execute(request, body);
		this.traffic.learn(context, response.getStatusCode().value(),
				response.getHeaders().getFirst(SessionTraffic.RESPONSE_HEADER));
		return response;
	}

}
