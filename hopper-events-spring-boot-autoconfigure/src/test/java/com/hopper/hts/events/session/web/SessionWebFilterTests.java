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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.mock.web.server.MockWebSession;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SessionWebFilter}.
 */
class SessionWebFilterTests {

	@Test
	void requestsAtOnceKeepWhatEachOfThemHasLearned() {
		assertThat(keptAfter(Map.of(), (context) -> context.setSessionId("session-1"),
				(context) -> context.addCfarOfferIds(List.of("offer-1"))))
			.isEqualTo(Map.of("id", "session-1", "cfar-offer-ids", List.of("offer-1")));
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.setSessionId("session-2"),
				(context) -> context.addDgOfferIds(List.of("offer-1"))))
			.isEqualTo(Map.of("id", "session-2"));
	}

	@Test
	void requestThatLearnsNothingUndoesNothing() {
		assertThat(keptAfter(Map.of("id", "session-1"), (context) -> context.addDgOfferIds(List.of("offer-1")),
				(context) -> {
				}))
			.isEqualTo(Map.of("id", "session-1", "dg-offer-ids", List.of("offer-1")));
	}

	@Test
	void whatIsLearnedWhileTheAnswerIsWrittenIsSavedWithTheWebSession() {
		AtomicInteger saved = new AtomicInteger();
		MockWebSession session = new MockWebSession() {

			@Override
			public Mono<Void> save() {
				return super.save().doOnSuccess((ignored) -> saved.incrementAndGet());
			}

		};
		session.getAttributes().put(KeptSession.ATTRIBUTE, Map.of("id", "session-1"));
		answerAndLearn(session, "session-2");
		assertThat(session.<Object>getAttribute(KeptSession.ATTRIBUTE)).isEqualTo(Map.of("id", "session-2"));
		assertThat(saved).hasValue(1);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void whatIsLearnedTooLateForAWebSessionIsSaid(CapturedOutput output) {
		MockWebSession session = new MockWebSession();
		answerAndLearn(session, "session-1");
		assertThat(session.isStarted()).isFalse();
		assertThat(output).contains("The customer's Hopper session is not kept for the next request")
			.doesNotContain("session-1");
	}

	@Test
	void storeOfWebSessionsThatCannotBeReadCostsNoAnswer() {
		MockServerWebExchange exchange = MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
			.sessionManager((ignored) -> Mono.error(new UncheckedIOException(new IOException("no connection"))))
			.build();
		new SessionWebFilter(true).filter(exchange, (ignored) -> answer(exchange)).block(Duration.ofSeconds(60));
		assertThat(exchange.getResponse().getBodyAsString().block()).isEqualTo("booked");
	}

	private static Mono<Void> answer(MockServerWebExchange exchange) {
		return HopperSessionContext.currentReactively()
			.doOnNext((context) -> context.setSessionId("session-1"))
			.then(exchange.getResponse()
				.writeWith(Mono.just(DefaultDataBufferFactory.sharedInstance.wrap("booked".getBytes()))));
	}

	/**
	 * Serve a request that learns its session when its answer has begun already.
	 */
	private static void answerAndLearn(MockWebSession session, String sessionId) {
		MockServerWebExchange exchange = MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
			.session(session)
			.build();
		new SessionWebFilter(true)
			.filter(exchange,
					(ignored) -> exchange.getResponse()
						.setComplete()
						.then(HopperSessionContext.currentReactively())
						.doOnNext((context) -> context.setSessionId(sessionId))
						.then())
			.block(Duration.ofSeconds(60));
	}

	/**
	 * Return what is kept after two requests, of which the first ends within the second.
	 */
	private static Object keptAfter(Map<String, Object> before, Consumer<HopperSessionContext> inner,
			Consumer<HopperSessionContext> outer) {
		MockWebSession session = new MockWebSession();
		session.getAttributes().put(KeptSession.ATTRIBUTE, before);
		request(session, request(session, Mono.empty(), inner), outer).block(Duration.ofSeconds(60));
		return session.getAttribute(KeptSession.ATTRIBUTE);
	}

	private static Mono<Void> request(MockWebSession session, Mono<Void> first, Consumer<HopperSessionContext> code) {
		MockServerWebExchange exchange = MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
			.session(session)
			.build();
		return new SessionWebFilter(true).filter(exchange, (ignored) -> first
			.then(Mono.deferContextual((view) -> Mono.fromRunnable(() -> code.accept(HopperSessionContext.from(view)))))
			.then(exchange.getResponse().setComplete()));
	}

}
