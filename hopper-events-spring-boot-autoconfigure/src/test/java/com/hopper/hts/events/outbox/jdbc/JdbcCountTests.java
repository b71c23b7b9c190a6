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
package com.hopper.hts.events.outbox.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the numbers of events that gauges, health and operators are told.
 */
class JdbcCountTests {

	@Test
	void manyEventsAreCountedInTheBackgroundAndWhoAsksWaitsForAFewThousand() throws Exception {
		try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
			DataSource dataSource = postgres.getPostgresDatabase();
			JdbcTemplate jdbc = new JdbcTemplate(dataSource);
			JdbcStores.createTable(dataSource, "postgresql");
			EventStore store = JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource),
					"hopper_event_outbox", Duration.ofSeconds(30), null, Schedulers.parallel());
			fill(jdbc, "PENDING", "booking_confirmed", 1, 9_998);
			fill(jdbc, "PENDING", "something_new", 9_999, 9_999);
			fill(jdbc, "DEAD", "offers_displayed", 1, 7);
			assertThat(store.counts().pending()).isEqualTo(Map.of("booking_confirmed", 9_998L, "custom", 1L));
			assertThat(store.counts().dead()).isEqualTo(Map.of("offers_displayed", 7L));
			assertThat(store.counts().oldestPending()).isEqualTo(Instant.ofEpochMilli(1));
			fill(jdbc, "PENDING", "booking_confirmed", 10_000, 30_000);
			assertThat(store.counts().pending().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(10_000L);
			await().untilAsserted(() -> assertThat(store.counts().pending())
				.isEqualTo(Map.of("booking_confirmed", 29_999L, "custom", 1L)));
			jdbc.update("delete from hopper_event_outbox where due_at >= timestamp '2026-01-01' "
					+ "+ interval '100 seconds'");
			assertThat(store.counts().pending()).isEqualTo(Map.of("booking_confirmed", 99L));
			fill(jdbc, "PENDING", "booking_confirmed", 100, 20_000);
			assertThat(store.counts().pending()).isEqualTo(Map.of("booking_confirmed", 10_000L));
			await().untilAsserted(
					() -> assertThat(store.counts().pending()).isEqualTo(Map.of("booking_confirmed", 20_000L)));
		}
	}

	@Test
	void whatIsCountedWhileSomebodyWaitsIsBoundedAndReadFromTheIndex() throws Exception {
		try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
			JdbcTemplate jdbc = new JdbcTemplate(postgres.getPostgresDatabase());
			JdbcStores.createTable(postgres.getPostgresDatabase(), "postgresql");
			fill(jdbc, "PENDING", "booking_confirmed", 1, 50_000);
			jdbc.execute("vacuum analyze hopper_event_outbox");
			List<String> plan = jdbc.queryForList("explain (analyze, costs off, timing off) select event_type, "
					+ "count(*), min(cast(id as varchar(36))) from (select event_type, id from hopper_event_outbox "
					+ "where state = 'PENDING' order by due_at fetch first 10000 rows only) counted "
					+ "group by event_type", String.class);
			assertThat(plan)
				.anyMatch((line) -> line.contains("Index Only Scan using hopper_event_outbox_due")
						&& line.contains("rows=10000"))
				.noneMatch((line) -> line.contains("Sort") || line.contains("Seq Scan"));
		}
	}

	@Test
	void countThatTheDatabaseWantsAgainIsNotAddedUp() {
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
			JdbcStores.createTable(pool, "h2");
			AtomicBoolean chosen = new AtomicBoolean();
			DataSource dataSource = new WatchedDataSource(pool, (method, sql) -> {
				if (method.equals("prepareStatement") && sql.contains("'DEAD'") && chosen.compareAndSet(false, true)) {
					throw new SQLException("The transaction was chosen as the victim", "40001");
				}
			});
			EventStore store = JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource),
					"hopper_event_outbox", Duration.ofSeconds(30), null, Schedulers.parallel());
			store.append(List.of(StoredEvent.of(UUID.randomUUID(), Instant.now(), "session-1",
					OffersDisplayed.occurredAt(Instant.EPOCH))));
			chosen.set(false);
			assertThat(store.counts().pending()).isEqualTo(Map.of("offers_displayed", 1L));
			assertThat(chosen).isTrue();
		}
	}

	private static void fill(JdbcTemplate jdbc, String state, String type, int from, int to) {
		jdbc.update(
				"insert into hopper_event_outbox (id, event_type, session_id, state, payload, stored_at, due_at, "
						+ "attempts, version) select cast(lpad(to_hex(g), 12, '0') || '7' || lpad(to_hex(?), 3, '0') "
						+ "|| '8000000000000000' as uuid), ?, 'session-1', ?, 'x', now(), "
						+ "timestamp '2026-01-01' + g * interval '1 second', 0, 0 from generate_series(?, ?) g",
				state.length(), type, state, from, to);
	}

}
