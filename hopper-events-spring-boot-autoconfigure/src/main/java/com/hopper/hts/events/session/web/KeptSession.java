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

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The form in which a session is kept between requests: types of the JDK, which every
 * store of HTTP sessions can write and other versions can read.
 */
final class KeptSession {

	/**
	 * Name of the attribute of the HTTP session.
	 */
	static final String ATTRIBUTE = "com.hopper.hts.events.session";

	private static final String ID = "id";

	private static final String CFAR_OFFERS = "cfar-offer-ids";

	private static final String DG_OFFERS = "dg-offer-ids";

	private KeptSession() {
	}

	static Map<String, Object> of(HopperSessionContext context) {
		Map<String, Object> kept = new HashMap<>();
		String sessionId = context.sessionId();
		if (sessionId != null) {
			kept.put(ID, sessionId);
		}
		if (!context.cfarOfferIds().isEmpty()) {
			kept.put(CFAR_OFFERS, new ArrayList<>(context.cfarOfferIds()));
		}
		if (!context.dgOfferIds().isEmpty()) {
			kept.put(DG_OFFERS, new ArrayList<>(context.dgOfferIds()));
		}
		return kept;
	}

	/**
	 * Return what is to be kept after a request, together with what other requests of the
	 * same customer have kept meanwhile. Of two session ids the one that is new counts.
	 * @param kept what is kept
	 * @param before what was kept when the request began
	 * @param context the context of the request
	 */
	static Map<String, Object> join(@Nullable Object kept, Map<String, Object> before, HopperSessionContext context) {
		String sessionId = context.sessionId();
		Object other = (kept instanceof Map<?, ?> values) ? values.get(ID) : null;
		if (sessionId == null || other == null || sessionId.equals(other) || sessionId.equals(before.get(ID))) {
			restore(kept, context);
		}
		return of(context);
	}

	/**
	 * Put what was kept into a context. What cannot be read is left out.
	 */
	static void restore(@Nullable Object kept, HopperSessionContext context) {
		if (!(kept instanceof Map<?, ?> values)) {
			return;
		}
		if (values.get(ID) instanceof String sessionId && !sessionId.equals(context.sessionId())
				&& SessionEvent.findSessionIdProblem(sessionId) == null) {
			context.setSessionId(sessionId, HopperSessionContext.Origin.HTTP_SESSION);
		}
		context.addCfarOfferIds(texts(values.get(CFAR_OFFERS)));
		context.addDgOfferIds(texts(values.get(DG_OFFERS)));
	}

	private static Collection<String> texts(@Nullable Object values) {
		return (values instanceof Collection<?> collection) ? collection.stream()
			.filter(String.class::isInstance)
			.map(String.class::cast)
			.filter(StringUtils::hasText)
			.toList() : new ArrayList<>();
	}

}
