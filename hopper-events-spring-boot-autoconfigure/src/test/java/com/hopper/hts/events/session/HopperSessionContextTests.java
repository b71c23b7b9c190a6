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
package com.hopper.hts.events.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link HopperSessionContext}.
 */
class HopperSessionContextTests {

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(Instant.EPOCH);

	@AfterEach
	void nothingIsLeftOnTheThread() {
		assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
	}

	@Test
	void contextIsCurrentForABlockOfCode() {
		HopperSessionContext.of("outer").run(() -> {
			assertCurrent("outer");
			assertThat(
					HopperSessionContext.of("inner").<String>supply(() -> HopperSessionContext.current().sessionId()))
				.isEqualTo("inner");
			HopperSessionContext.none().run(() -> assertCurrent(null));
			assertCurrent("outer");
		});
	}

	@Test
	void contextEndsWithAFailureOfTheCode() {
		assertThatIllegalStateException().isThrownBy(() -> HopperSessionContext.of("failing").run(() -> {
			throw new IllegalStateException("test");
		}));
	}

	@Test
	void scopesMayBeClosedInAnyOrderAndMoreThanOnce() {
		HopperSessionContext.Scope first = HopperSessionContext.of("first").open();
		HopperSessionContext.Scope second = HopperSessionContext.of("second").open();
		first.close();
		first.close();
		assertCurrent("second");
		HopperSessionContext.Scope third = HopperSessionContext.of("third").open();
		second.close();
		assertCurrent("third");
		third.close();
		third.close();
		assertCurrent(null);
	}

	@Test
	void scopeClosedOnAnotherThreadEndsThere() throws Exception {
		HopperSessionContext.Scope outer = HopperSessionContext.of("outer").open();
		HopperSessionContext.Scope inner = HopperSessionContext.of("inner").open();
		ExecutorService pool = Executors.newSingleThreadExecutor();
		try {
			HopperSessionContext ofPool = pool.submit(() -> {
				inner.close();
				return HopperSessionContext.current();
			}).get();
			assertThat(ofPool).isSameAs(HopperSessionContext.none());
		}
		finally {
			pool.shutdown();
		}
		assertCurrent("outer");
		outer.close();
	}

	@Test
	void contextThatIsGoneDoesNotComeBackWithPropagation() {
		SessionScope.Accessor accessor = new SessionScope.Accessor();
		HopperSessionContext gone = HopperSessionContext.of("gone");
		HopperSessionContext.Scope scope = gone.open();
		accessor.setValue(HopperSessionContext.of("propagated"));
		assertCurrent("propagated");
		scope.close();
		accessor.restore(gone);
		assertCurrent(null);
	}

	@Test
	void callerWithoutACustomerTakesNoSessionFromWhoSubscribes() {
		Mono<HopperSessionContext> ofCaller = HopperSessionContext.none()
			.supply(HopperSessionContext::currentReactively);
		HopperSessionContext.of("subscriber")
			.run(() -> assertThat(ofCaller.block(Duration.ofSeconds(60))).isSameAs(HopperSessionContext.none()));
	}

	@Test
	void scopeThatIsClosedWithinPropagationHarmsNoOther() {
		SessionScope.Accessor accessor = new SessionScope.Accessor();
		HopperSessionContext gone = HopperSessionContext.of("gone");
		HopperSessionContext.of("outer").run(() -> {
			for (HopperSessionContext propagated : List.of(HopperSessionContext.of("propagated"), gone)) {
				HopperSessionContext.Scope scope = gone.open();
				accessor.setValue(propagated);
				scope.close();
				assertCurrent(propagated.sessionId());
				accessor.restore(gone);
				assertCurrent("outer");
			}
		});
	}

	@Test
	void propagationOfAClosedContextLeavesThatAroundIt() {
		SessionScope.Accessor accessor = new SessionScope.Accessor();
		HopperSessionContext gone = HopperSessionContext.of("gone");
		accessor.setValue(HopperSessionContext.of("task"));
		HopperSessionContext.Scope scope = gone.open();
		accessor.setValue(gone);
		accessor.setValue(gone);
		scope.close();
		accessor.restore(gone);
		accessor.restore(gone);
		assertCurrent("task");
		accessor.restore();
		assertCurrent(null);
	}

	@Test
	void propagationReturnsToWhatWasBefore() {
		SessionScope.Accessor accessor = new SessionScope.Accessor();
		accessor.setValue(HopperSessionContext.of("propagated"));
		accessor.restore();
		assertCurrent(null);
		HopperSessionContext context = HopperSessionContext.of("session");
		context.run(() -> {
			accessor.setValue(context);
			accessor.restore(context);
			accessor.setValue();
			assertCurrent(null);
			HopperSessionContext other = HopperSessionContext.of("other");
			accessor.setValue(other);
			HopperSessionContext.of("never closed").open();
			accessor.restore();
			assertCurrent(null);
			accessor.restore(context);
			assertCurrent("session");
		});
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(
			strings = { "", " ", " canary-4711", "canary-4711\r\nX-Injected: 1", "canary-4711-ü", "\u0000canary-4711" })
	void whatCannotBeASessionIdIsRefusedAndNotShown(String sessionId) {
		assertThatIllegalArgumentException().isThrownBy(() -> HopperSessionContext.of(sessionId))
			.withMessageStartingWith("The context was given a session id ")
			.withMessageNotContaining("canary");
	}

	@Test
	void sessionIdThatIsTooLongIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> HopperSessionContext.of("s".repeat(4097)))
			.withMessageContaining("of 4097 characters")
			.withMessageNotContaining("sss");
		assertThat(HopperSessionContext.of("s".repeat(4096)).sessionId()).hasSize(4096);
	}

	@Test
	void lastSessionIdCountsAndOffersOfAnotherSessionAreForgotten() {
		HopperSessionContext context = HopperSessionContext.create();
		assertThat(context.origin()).isNull();
		context.addCfarOfferIds(List.of("offer-1", "offer-2"));
		context.addCfarOfferIds(List.of("offer-2", "offer-3"));
		context.addDgOfferIds(List.of("offer-4"));
		context.setSessionId("session-1", HopperSessionContext.Origin.ANSWER);
		assertThat(context.cfarOfferIds()).containsExactly("offer-1", "offer-2", "offer-3");
		assertThat(context.dgOfferIds()).containsExactly("offer-4");
		assertThat(context.origin()).isEqualTo(HopperSessionContext.Origin.ANSWER);
		context.setSessionId("session-2");
		assertThat(context.sessionId()).isEqualTo("session-2");
		assertThat(context.origin()).isEqualTo(HopperSessionContext.Origin.APPLICATION);
		assertThat(context.cfarOfferIds()).isEmpty();
		assertThat(context.dgOfferIds()).isEmpty();
	}

	@Test
	void emptyOfferIdsAreRefused() {
		HopperSessionContext context = HopperSessionContext.create();
		assertThatIllegalArgumentException().isThrownBy(() -> context.addCfarOfferIds(List.of("offer-1", " ")));
		assertThatIllegalArgumentException().isThrownBy(() -> context.addDgOfferIds(null));
		assertThat(context.cfarOfferIds()).isEmpty();
	}

	@Test
	void nothingCanBePutIntoNone() {
		assertThatIllegalStateException().isThrownBy(() -> HopperSessionContext.current().setSessionId("session"))
			.withMessageContaining("open one around this code");
		assertThatIllegalStateException()
			.isThrownBy(() -> HopperSessionContext.none().addCfarOfferIds(List.of("offer-1")));
		assertThat(HopperSessionContext.none().sessionId()).isNull();
	}

	@Test
	void reactorContextComesBeforeTheThread() {
		HopperSessionContext.of("thread").run(() -> {
			HopperSessionContext reactive = HopperSessionContext.of("reactive");
			assertThat(HopperSessionContext.from(reactive.toReactorContext())).isSameAs(reactive);
			assertThat(HopperSessionContext.from(Context.empty()).sessionId()).isEqualTo("thread");
			assertThat(HopperSessionContext.from(HopperSessionContext.none().toReactorContext()).sessionId()).isNull();
		});
	}

	@Test
	void completesEventsWithTheSession() {
		HopperSessionContext context = HopperSessionContext.of("session-1");
		context.addCfarOfferIds(List.of("offer-1"));
		assertThat(context.complete(BOOKING)).isEqualTo(SessionEvent.of("session-1", BOOKING));
		OffersDisplayed offers = OffersDisplayed.occurredAt(Instant.EPOCH);
		assertThat(context.complete(offers)).isEqualTo(SessionEvent.of("session-1", offers));
	}

	@Test
	void completesBookingsWithTheOffersIfTheSessionIsNotKnown() {
		HopperSessionContext context = HopperSessionContext.create();
		context.addCfarOfferIds(List.of("offer-1"));
		context.addDgOfferIds(List.of("offer-2"));
		assertThat(context.complete(BOOKING))
			.isEqualTo(SessionEvent.of(BOOKING.withCfarOfferIds("offer-1").withDgOfferIds("offer-2")));
		BookingConfirmed named = BOOKING.withCfarOfferIds("offer-3");
		assertThat(context.complete(named)).isEqualTo(SessionEvent.of(named));
		OffersDisplayed offers = OffersDisplayed.occurredAt(Instant.EPOCH);
		assertThat(context.complete(offers)).isEqualTo(new SessionEvent(null, offers));
	}

	@Test
	void descriptionMasksTheSessionId() {
		assertThat(HopperSessionContext.of("canary-session-4711")).asString()
			.contains("cana***", "APPLICATION")
			.doesNotContain("4711");
		assertThat(HopperSessionContext.of("short")).asString().doesNotContain("short");
	}

	private static void assertCurrent(String sessionId) {
		assertThat(HopperSessionContext.current().sessionId()).isEqualTo(sessionId);
	}

}
