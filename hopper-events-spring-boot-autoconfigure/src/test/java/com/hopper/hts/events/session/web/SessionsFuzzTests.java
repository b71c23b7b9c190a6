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

import java.net.URI;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries {@link KeptSession} and {@link SessionTraffic} with hostile input: what a store
 * of HTTP sessions may give back, and what an answer may have in its header.
 */
class SessionsFuzzTests {

	private static final URI BASE_URL = URI.create("https://api.example/airline/v1.1");

	private final SessionTraffic traffic = new SessionTraffic(true, () -> BASE_URL);

	@Provide
	Arbitrary<Object> kept() {
		Arbitrary<Object> simple = Arbitraries.oneOf(Hostile.texts().map((text) -> text),
				Arbitraries.of("session-1", "offer-1").map((text) -> text),
				Arbitraries.integers().map((number) -> number), Arbitraries.just(new byte[3]),
				Arbitraries.create(() -> Collections.singletonList(null)));
		Arbitrary<Object> values = Arbitraries
			.oneOf(simple, simple.list().ofMaxSize(4).map((list) -> list),
					simple.list().ofMaxSize(4).map((list) -> list.toArray()))
			.injectNull(0.1);
		Arbitrary<Object> keys = Arbitraries.oneOf(Arbitraries.of("id", "cfar-offer-ids", "dg-offer-ids"), simple)
			.injectNull(0.05);
		return Arbitraries.oneOf(values, Arbitraries.maps(keys, values).ofMaxSize(5).map((map) -> map));
	}

	@Provide
	Arbitrary<String> ids() {
		return Arbitraries.oneOf(Hostile.headers("0d3c1a3e-9b0f-4d1f", " a ", "a,b"), Hostile.texts());
	}

	@Provide
	Arbitrary<String> paths() {
		return Arbitraries.strings().withChars("/abz_-.~%20;=events_offers").ofMaxLength(40);
	}

	@Fuzz
	void whatWasKeptIsRestoredAsFarAsItCanBeSent(@ForAll("kept") Object kept) {
		HopperSessionContext context = HopperSessionContext.create();
		Hostile.call(() -> {
			KeptSession.restore(kept, context);
			return true;
		});
		assertThat(context.sessionId() == null || SessionEvent.findSessionIdProblem(context.sessionId()) == null)
			.isTrue();
		Map<String, Object> again = KeptSession.of(context);
		HopperSessionContext same = HopperSessionContext.create();
		KeptSession.restore(new HashMap<>(again), same);
		assertThat(KeptSession.of(same)).isEqualTo(again);
		assertThat(List.of(context.cfarOfferIds(), context.dgOfferIds()))
			.allSatisfy((ids) -> assertThat(ids).doesNotContainNull().doesNotHaveDuplicates());
	}

	@Fuzz
	void sessionOfAnAnswerIsLearntIfItCanBeSent(@ForAll("ids") String id) {
		HopperSessionContext context = HopperSessionContext.create();
		Hostile.call(() -> {
			this.traffic.learn(context, 201, id);
			return true;
		});
		assertThat(context.sessionId()).isEqualTo((SessionEvent.findSessionIdProblem(id) == null) ? id : null);
		assertThat(context.toString()).doesNotContain(Hostile.SECRET);
		String problem = SessionEvent.findSessionIdProblem(id);
		if (problem != null) {
			assertThat(problem).doesNotContain(Hostile.SECRET).hasSizeLessThan(300).matches(Hostile::isOneLine);
		}
	}

	@Fuzz
	void sessionIsSentToTheApiOnly(@ForAll("paths") String path) {
		HopperSessionContext context = HopperSessionContext.of("session-1");
		URI uri;
		try {
			uri = new URI("https://api.example/" + path);
		}
		catch (java.net.URISyntaxException ex) {
			return;
		}
		String sent = Hostile.call(() -> this.traffic.sessionId(context, uri));
		assertThat(sent == null || uri.getRawPath().startsWith("/airline/v1.1")).isTrue();
	}

}
