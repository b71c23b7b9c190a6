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
package com.hopper.hts.events.outbox;

import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.json.EventCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link StoredEventJson}, {@link EventCodec} and {@link UuidV7}.
 */
class StoredEventJsonTests {

	private static final Instant TIME = Instant.parse("2026-05-04T10:15:30.123456Z");

	/**
	 * What version 1 has written. It must be readable for ever: do not change it.
	 */
	private static final String VERSION_1 = """
			{"version":1,"id":"01a20885-5e08-7002-82ff-d7a1eda570db","stored_at":"2026-05-04T10:15:30.123456Z",
			"session_id":"session-1","type":"booking_confirmed",
			"event":{"type":"booking_confirmed","occurred_date_time":"2026-05-04T10:15:30Z",
			"cfar_contract_id":"contract-1","cfar_offer_ids":["offer-1"],"booking_references":{"cfar":"PNR"}},
			"attempts":2,"failures":[{"at":"2026-05-04T10:15:31Z","kind":"rejected","status":422,"message":"Refused",
			"errors":[{"message":"wrong","code":"C1","messages":{"field":"***"}}]}],
			"replayed_at":"2026-05-05T00:00:00Z","trace":{"traceparent":"00-1-2-01"},
			"dead":{"reason":"REJECTED","since":"2026-05-04T10:15:31Z"}}""";

	@Test
	void whatVersion1HasWrittenIsRead() {
		DeadLetter letter = StoredEventJson.readDeadLetter(bytes(VERSION_1));
		StoredEvent event = letter.event();
		assertThat(event.id()).isEqualTo(UUID.fromString("01a20885-5e08-7002-82ff-d7a1eda570db"));
		assertThat(event.storedAt()).isEqualTo(TIME);
		assertThat(event.sessionId()).isEqualTo("session-1");
		assertThat(event.event()).isEqualTo(BookingConfirmed.occurredAt(Instant.parse("2026-05-04T10:15:30Z"))
			.withCfarContractId("contract-1")
			.withCfarOfferIds("offer-1")
			.withBookingReference("cfar", "PNR"));
		assertThat(event.attempts()).isEqualTo(2);
		assertThat(event.failures()).containsExactly(new StoredEvent.Failure(Instant.parse("2026-05-04T10:15:31Z"),
				"rejected", 422, "Refused", List.of(new ApiError("wrong", "C1", Map.of("field", "***")))));
		assertThat(event.replayedAt()).isEqualTo(Instant.parse("2026-05-05T00:00:00Z"));
		assertThat(event.traceContext()).containsEntry("traceparent", "00-1-2-01");
		assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
		assertThat(StoredEventJson.write(letter))
			.isEqualTo(StoredEventJson.write(StoredEventJson.readDeadLetter(StoredEventJson.write(letter))));
	}

	@Test
	void whatALaterVersionHasWrittenIsReadAsFarAsPossible() {
		String later = VERSION_1.replace("\"version\":1", "\"version\":2,\"shard\":[1,{}]")
			.replace("REJECTED", "SOMETHING_NEW")
			.replace("\"booking_confirmed\",\"occurred",
					"\"booking_confirmed\",\"new_field\":{\"a\":[1.50]},\"occurred");
		DeadLetter letter = StoredEventJson.readDeadLetter(bytes(later));
		assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.INVALID);
		HopperEvent event = letter.event().event();
		assertThat(event).isInstanceOf(CustomEvent.class);
		assertThat(event.type()).isEqualTo("booking_confirmed");
		assertThat(new String(new EventCodec(false).prepare("session-1", event).body(), StandardCharsets.UTF_8))
			.contains("\"cfar_contract_id\":\"contract-1\"", "\"new_field\":{\"a\":[1.50");
	}

	@Test
	void unknownTypePassesThrough() {
		CustomEvent event = CustomEvent.occurredAt("seat_selected", TIME)
			.withAttribute("seat", "12A")
			.withAttribute("price", new java.math.BigDecimal("12345678901234567890.10"))
			.withAttribute("flags", List.of(true, 7));
		byte[] json = new EventCodec(false).prepare("session-1", event).body();
		assertThat(new EventCodec(false).prepare("session-1", EventCodec.decode(json)).body()).isEqualTo(json);
	}

	@Test
	void everyKnownEventIsReadAsItWasWritten() {
		EventCodec codec = new EventCodec(false);
		for (HopperEvent event : List.of(OffersDisplayed.occurredAt(TIME),
				BookingConfirmed.occurredAt(TIME).withCfarContractId("é").withDgContractId("\"\\\n"),
				BookingConfirmed.occurredAt(TIME).withDgOfferIds("a", "b").withBookingReference("x", "y"))) {
			assertThat(EventCodec.decode(codec.prepare("session-1", event).body())).isEqualTo(event);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "not json", "{\"a\":2e2147483648}", "[]", "null", "{}", "{\"id\":7}",
			"{\"version\":1,\"id\":\"x\"}",
			"{\"version\":1,\"id\":\"01a20885-5e08-7002-82ff-d7a1eda570db\",\"stored_at\":\"yesterday\"}",
			"{\"id\":null,\"stored_at\":\"2026-05-04T10:15:30Z\",\"type\":\"t\",\"event\":{}}",
			"{\"id\":\"1-1-1-1-1\",\"stored_at\":\"+99999-05-04T10:15:30Z\",\"type\":\"t\",\"event\":{}}",
			"{\"id\":\"1-1-1-1-1\",\"stored_at\":\"2026-05-04T10:15:30Z\",\"type\":null,\"event\":{}}",
			"{\"id\":\"1-1-1-1-1\",\"stored_at\":\"2026-05-04T10:15:30Z\",\"type\":\"t\"}" })
	void whatCannotBeReadIsRefusedWithoutRepeatingIt(String json) {
		assertThatIllegalArgumentException().isThrownBy(() -> StoredEventJson.readDeadLetter(bytes(json)))
			.withMessageStartingWith("The stored event cannot be read")
			.withNoCause();
	}

	@Test
	void whatIsDamagedBesideTheEventDoesNotKeepItFromBeingDelivered() {
		StoredEvent event = StoredEventJson
			.readDeadLetter(bytes(VERSION_1.replace("2026-05-04T10:15:31Z", "soon")
				.replace("2026-05-05T00:00:00Z", "later")
				.replace("\"attempts\":2", "\"attempts\":-2")))
			.event();
		assertThat(event.failures()).extracting(StoredEvent.Failure::failedAt).containsExactly(TIME);
		assertThat(event.replayedAt()).isNull();
		assertThat(event.attempts()).isZero();
		StoredEvent restored = StoredEvent.restore(event.id(), TIME, "session-1", event.type(), event.payload(), 1,
				"[{\"at\":", null, "not JSON");
		assertThat(restored.failures()).isEmpty();
		assertThat(restored.traceContext()).isEmpty();
		assertThat(restored.event()).isEqualTo(event.event());
		StoredEvent outOfRange = StoredEvent.restore(event.id(), TIME, "session-1", event.type(), event.payload(), 1,
				"[2e2147483648]", null, "{\"a\":2e2147483648}");
		assertThat(outOfRange.failures()).isEmpty();
		assertThat(outOfRange.traceContext()).isEmpty();
		StoredEvent withoutKind = StoredEvent.restore(event.id(), TIME, "session-1", event.type(), event.payload(), 1,
				"[{\"at\":\"2026-05-04T10:15:31Z\",\"kind\":\"\",\"message\":\"\"}]", null, null);
		assertThat(withoutKind.failures()).extracting(StoredEvent.Failure::kind).containsExactly("unknown");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "{}", "{\"a\":2e2147483648}", "{\"type\":1}", "{\"type\":\"booking_confirmed\"}",
			"{\"type\":\"booking_confirmed\",\"occurred_date_time\":\"now\"}",
			"{\"type\":\"booking_confirmed\",\"occurred_date_time\":\"2026-05-04T10:15:30Z\",\"cfar_contract_id\":7}" })
	void payloadThatIsNotAnEventIsRefused(String json) {
		assertThatIllegalArgumentException().isThrownBy(() -> EventCodec.decode(bytes(json)))
			.withMessageStartingWith("Not the JSON of an event");
	}

	@Test
	void historyKeepsTheFirstFailureAndTheLatest() {
		StoredEvent event = StoredEventJson.readDeadLetter(bytes(VERSION_1)).event().replayed(TIME);
		for (int i = 0; i < 20; i++) {
			event = event
				.failed(new StoredEvent.Failure(TIME.plusSeconds(i), "timeout", null, "failure " + i, List.of()));
		}
		assertThat(event.attempts()).isEqualTo(20);
		assertThat(event.failures()).extracting(StoredEvent.Failure::message)
			.containsExactly("Refused", "failure 16", "failure 17", "failure 18", "failure 19");
	}

	@Test
	void idsSortByTimeAndAreDifferent() {
		Set<UUID> ids = new HashSet<>();
		UuidV7 generator = new UuidV7();
		UUID previous = generator.create(TIME);
		for (int i = 0; i < 100_000; i++) {
			UUID id = generator.create(TIME.plusMillis(i / 10_000));
			assertThat(ids.add(id)).isTrue();
			assertThat(id.toString()).isGreaterThan(previous.toString());
			assertThat(id).isGreaterThan(previous);
			previous = id;
		}
		assertThat(previous.version()).isEqualTo(7);
		assertThat(previous.variant()).isEqualTo(2);
		assertThat(UuidV7.timestamp(new UuidV7().create(TIME)))
			.isEqualTo(TIME.truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
	}

	@Test
	void idsDoNotWaitForRandomnessOfTheSystem() {
		UuidV7 generator = new UuidV7();
		Provider none = new NoRandomness();
		Security.insertProviderAt(none, 1);
		try {
			assertThat(generator.create(TIME)).isNotNull();
		}
		finally {
			Security.removeProvider(none.getName());
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static final class NoRandomness extends Provider {

		private NoRandomness() {
			super("no-randomness", "1", "Fails where an event loop would be blocked");
			putService(new Service(this, "SecureRandom", "none", "none", null, null) {

				@Override
				public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
					throw new NoSuchAlgorithmException("There is none");
				}

			});
		}

	}

}
