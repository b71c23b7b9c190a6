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
import java.net.URI;

import com.hopper.hts.events.session.HopperSessionContext;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Lets an OkHttp client take part in the current session. A call that is enqueued runs on
 * another thread and takes the context that its request is tagged with. Not final, so
 * that a bean can be advised.
 */
class SessionOkHttpInterceptor implements Interceptor {

	private final SessionTraffic traffic;

	SessionOkHttpInterceptor(SessionTraffic traffic) {
		this.traffic = traffic;
	}

	@Override
	public Response intercept(Chain chain) throws IOException {
		Request request = chain.request();
		HopperSessionContext tag = request.tag(HopperSessionContext.class);
		HopperSessionContext context = (tag != null) ? tag : HopperSessionContext.current();
		URI url = request.url().uri();
		if (!this.traffic.concerns(context, url)) {
			return chain.proceed(request);
		}
		String sessionId = (request.header(SessionTraffic.REQUEST_HEADER) == null)
				? this.traffic.sessionId(context, url) : null;
		Request sent = (sessionId != null)
				? request.newBuilder().header(SessionTraffic.REQUEST_HEADER, sessionId).build() : request;
		Response response = chain.proceed(sent);
		this.traffic.learn(context, response.code(), response.header(SessionTraffic.RESPONSE_HEADER));
		return response;
	}

}
