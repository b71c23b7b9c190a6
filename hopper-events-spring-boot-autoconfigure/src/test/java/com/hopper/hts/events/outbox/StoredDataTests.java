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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the outbox reads what every version so far has stored, in JSON and in
 * databases. Nothing in {@code resources/stored} may ever be changed.
 */
class StoredDataTests {

	private static final Instant STORED = Instant.parse("2026-05-04T10:15:30.123456Z");

	private static final Instant OCCURRED = Instant.parse("2026-05-04T10:15:30Z");

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(OCCURRED)
		.withCfarContractId("contract-1")
		.withCfarOfferIds("offer-1")
		.withBookingReference("cfar", "PNR");

	@Test
	void newEventIsRead() throws IOException {
		StoredEvent event = StoredEventJson.readDeadLetter(file("event.json")).event();
		assertThat(event.id()).isEqualTo(id(1));
		assertThat(event.storedAt()).isEqualTo(STORED);
		assertThat(event.sessionId()).isEqualTo("session-1");
		assertThat(event.event()).isEqualTo(OffersDisplayed.occurredAt(OCCURRED));
		assertThat(event.attempts()).isZero();
		assertThat(event.failures()).isEmpty();
		assertThat(event.traceContext()).isEmpty();
		assertThat(StoredEventJson.write(event)).isEqualTo(file("event.json"));
	}

	@Test
	void eventThatHasFailedIsRead() throws IOException {
		StoredEvent event = StoredEventJson.readDeadLetter(file("failed-event.json")).event();
		assertThat(event.sessionId()).isNull();
		assertThat(event.event()).isEqualTo(BOOKING);
		checkFailed(event);
		assertThat(StoredEventJson.write(event)).isEqualTo(file("failed-event.json"));
	}

	@Test
	void deadLetterIsRead() throws IOException {
		DeadLetter letter = DeadLetter.fromJson(file("dead-letter.json"));
		checkDead(letter);
		assertThat(letter.deadSince()).isEqualTo(Instant.parse("2026-05-04T10:15:31Z"));
		assertThat(letter.event().replayedAt()).isEqualTo(Instant.parse("2026-05-05T00:00:00Z"));
		assertThat(letter.toJson()).isEqualTo(file("dead-letter.json"));
	}

	@ParameterizedTest
	@CsvSource({ "true", "false" })
	void tableOfEachVersionIsDelivered(boolean ofDbScheduler) {
		DriverManagerDataSource database = new DriverManagerDataSource(
				"jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
		if (ofDbScheduler) {
			run(database, "db-scheduler-h2.sql");
			JdbcStores.run(database, "migrate-h2");
		}
		else {
			JdbcStores.createTable(database, "h2");
			run(database, "table-h2.sql");
		}
		try (FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start()) {
			TestOutbox outbox = TestOutbox.builder(TestPublishers.create(api))
				.build(JdbcStores.create(database, new JdbcTransactionManager(database), "hopper_event_outbox",
						Duration.ofSeconds(5), null, Schedulers.parallel()));
			outbox.start();
			try {
				if (ofDbScheduler) {
					assertThat(outbox.state().pause()).isNotNull();
					outbox.resume();
				}
				else {
					assertThat(outbox.delivered(DeliveredEvent.Filter.all(), null, 10)).singleElement()
						.satisfies((delivered) -> assertThat(delivered.event().id()).isEqualTo(id(4)));
				}
				assertThat(outbox.flush(Duration.ofSeconds(30))).isTrue();
				assertThat(api.received()).extracting((received) -> received.event().type())
					.containsExactlyInAnyOrder("offers_displayed", "booking_confirmed");
				assertThat(outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).singleElement()
					.satisfies(StoredDataTests::checkDead);
			}
			finally {
				outbox.stop();
			}
		}
	}

	private static void checkFailed(StoredEvent event) {
		assertThat(event.attempts()).isEqualTo(2);
		assertThat(event.failures()).containsExactly(
				new StoredEvent.Failure(Instant.parse("2026-05-04T10:15:31Z"), "server_error", 503, "Unavailable",
						List.of()),
				new StoredEvent.Failure(Instant.parse("2026-05-04T10:15:33Z"), "timeout", null, "No answer",
						List.of()));
		assertThat(event.traceContext())
			.isEqualTo(Map.of("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
	}

	private static void checkDead(DeadLetter letter) {
		StoredEvent event = letter.event();
		assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
		assertThat(event.id()).isEqualTo(id(3));
		assertThat(event.storedAt()).isEqualTo(STORED);
		assertThat(event.sessionId()).isEqualTo("session-3");
		assertThat(event.event()).isInstanceOfSatisfying(CustomEvent.class,
				(custom) -> assertThat(custom.attributes()).containsEntry("seat", "12A"));
		assertThat(event.failures()).containsExactly(new StoredEvent.Failure(Instant.parse("2026-05-04T10:15:31Z"),
				"rejected", 422, "Refused", List.of(new ApiError("wrong", "C1", Map.of("seat", "***")))));
	}

	private static void run(DriverManagerDataSource database, String script) {
		new ResourceDatabasePopulator(new ClassPathResource("stored/" + script)).execute(database);
	}

	private static UUID id(int last) {
		return UUID.fromString("01a20885-5e08-7002-82ff-d7a1eda570d" + last);
	}

	private static byte[] file(String name) throws IOException {
		return new ClassPathResource("stored/" + name).getContentAsString(StandardCharsets.UTF_8)
			.strip()
			.getBytes(StandardCharsets.UTF_8);
	}

	@Test
	void filtersDoNotShowTheSessionId() {
		assertThat(DeadLetter.Filter.all().withSession("canary-session").withType("seat_selected")).hasToString(
				"Filter[type=seat_selected, reason=null, sessionId=cana***, storedFrom=null, " + "storedBefore=null]");
		assertThat(DeliveredEvent.Filter.all().withSession("canary-session"))
			.hasToString("Filter[sessionId=cana***, type=null, storedFrom=null, storedBefore=null]");
	}

}
