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
package com.hopper.hts.events.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperApiException.InvalidEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link EventCodec}: what is refused, and how that is said.
 */
class EventCodecTests {

	private static final Instant TIME = Instant.parse("2022-01-24T15:34:30Z");

	private static final HopperEvent OFFERS = OffersDisplayed.occurredAt(TIME);

	private final EventCodec codec = new EventCodec(false);

	@Test
	void preparedEventIsWhatIsSent() {
		PreparedEvent prepared = this.codec.prepare("session-1", OFFERS);
		assertThat(prepared.sessionId()).isEqualTo("session-1");
		assertThat(prepared.type()).isEqualTo("offers_displayed");
		assertThat(EventCodec.decode(prepared.body())).isEqualTo(OFFERS);
		assertThat(prepared).hasToString("offers_displayed event of 71 bytes");
	}

	@Test
	void sessionIdThatNoHeaderCarriesIsRefused() {
		assertThat(this.codec.prepare("s".repeat(4096), OFFERS)).isNotNull();
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("s".repeat(8000), OFFERS))
			.withMessageContaining("8000 characters")
			.withMessageContaining("4096")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("ssss"));
	}

	@Test
	void eventThatNoGatewayTakesIsRefused() {
		CustomEvent large = CustomEvent.occurredAt("x", TIME).withAttribute("a", "b".repeat(1_900_000));
		assertThat(this.codec.prepare("session-1", large).body()).hasSizeGreaterThan(1_900_000);
		assertThatExceptionOfType(InvalidEvent.class)
			.isThrownBy(() -> this.codec.prepare("session-1", large.withAttribute("b", "c".repeat(100_000))))
			.withMessageContaining("bytes large, more than the 2000000")
			.withMessageContaining("put less into it");
		CustomEvent small = large.withAttribute("a", "");
		int rest = 2_000_000 - this.codec.prepare("session-1", small).body().length;
		assertThat(this.codec.prepare("session-1", small.withAttribute("a", "b".repeat(rest))).body())
			.hasSize(2_000_000);
		assertThatExceptionOfType(InvalidEvent.class)
			.isThrownBy(() -> this.codec.prepare("session-1", small.withAttribute("a", "b".repeat(rest + 1))));
	}

	@Test
	void namesAndValuesAreDescribedAndNotShown() {
		BookingConfirmed swapped = BookingConfirmed.occurredAt(TIME).withBookingReference("jane@example.com", " ");
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("session-1", swapped))
			.withMessageContaining("its name has 16 characters")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("jane"));
		CustomEvent attribute = CustomEvent.occurredAt("x", TIME).withAttribute("jane@example.com", new Object());
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("session-1", attribute))
			.withMessageContaining("(1 of 1)")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("jane"));
	}

	@Test
	void timesInAttributesAreCheckedAsTheTimeOfTheEventIs() {
		CustomEvent event = CustomEvent.occurredAt("x", TIME).withAttribute("a", Instant.MAX);
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("session-1", event))
			.withMessageContaining("outside the years 0 to 9999");
	}

	@ParameterizedTest
	@MethodSource
	void eventThatNobodyCouldReadOrKeepIsRefused(CustomEvent event, String message) {
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("session-1", event))
			.withMessageContaining(message);
	}

	static Stream<Arguments> eventThatNobodyCouldReadOrKeepIsRefused() {
		CustomEvent event = CustomEvent.occurredAt("x", TIME);
		BigInteger large = new BigInteger("9".repeat(1001));
		return Stream.of(Arguments.of(CustomEvent.occurredAt("x".repeat(256), TIME), "'type' of 256 characters"),
				Arguments.of(CustomEvent.occurredAt("a\u0000b", TIME), "'type' with a control character"),
				Arguments.of(CustomEvent.occurredAt("a\nb", TIME), "'type' with a control character"),
				Arguments.of(event.withAttribute("a", large), "1 of 1) with a number of 1001 characters"),
				Arguments.of(event.withAttribute("a", List.of(1, large)), "element 2 of 2) with a number of 1001"),
				Arguments.of(event.withAttribute("a", Map.of("b", 1, "c", large)),
						"value 2 of 2) with a number of 1001"),
				Arguments.of(event.withAttribute("a", nested(33)), "(1 of 1) that is nested too deeply"),
				Arguments.of(event.withAttribute("a", new BigDecimal(large, 5)), "with a number of 1002 characters"),
				Arguments.of(event.withAttribute("a", new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE)),
						"exponent is beyond what can be read"),
				Arguments.of(event.withAttribute("a", new AtomicInteger(1)), "use a number of java.lang or java.math"),
				Arguments.of(event.withAttribute("n".repeat(50_001), 1), "a name of 50001 characters"),
				Arguments.of(event.withAttribute("a", Map.of("n".repeat(50_001), 1)), "a name of 50001 characters"));
	}

	@Test
	void referenceWithANameThatNobodyCouldReadIsRefused() {
		BookingConfirmed booking = BookingConfirmed.occurredAt(TIME).withBookingReference("n".repeat(50_001), "PNR");
		assertThatExceptionOfType(InvalidEvent.class).isThrownBy(() -> this.codec.prepare("session-1", booking))
			.withMessageContaining("a name of 50001 characters");
	}

	@Test
	void eventAtTheLimitsIsReadAgain() {
		CustomEvent event = CustomEvent.occurredAt("é".repeat(255), TIME)
			.withAttribute("n".repeat(50_000), new BigInteger("9".repeat(1000)))
			.withAttribute("o", nested(32));
		assertThat(EventCodec.decode(this.codec.prepare("session-1", event).body())).isEqualTo(event);
	}

	private static Object nested(int levels) {
		Object value = 1;
		for (int i = 0; i < levels; i++) {
			value = List.of(value);
		}
		return value;
	}

}
