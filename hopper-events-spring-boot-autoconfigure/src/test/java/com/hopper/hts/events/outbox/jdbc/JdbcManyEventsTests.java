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

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for more events at a time than some databases take in one statement: Oracle lists
 * 1,000 values at the most, and SQL Server binds 2,100.
 */
class JdbcManyEventsTests {

	private static final String TABLE = "hopper_event_outbox";

	private final ConcurrentLinkedQueue<String> statements = new ConcurrentLinkedQueue<>();

	@ParameterizedTest
	@ValueSource(strings = { "PT0S", "PT1H" })
	void noStatementListsMoreThanOracleTakes(Duration keepDelivered) {
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;MODE=Oracle");
			JdbcStores.createTable(pool, "oracle");
			DataSource dataSource = new WatchedDataSource(pool, (method, sql) -> {
				if (method.equals("prepareStatement")) {
					this.statements.add(sql);
				}
			});
			EventStore store = JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource), TABLE,
					Duration.ofSeconds(1), keepDelivered.isZero() ? null : keepDelivered, Schedulers.parallel());
			store.open();
			Instant now = Instant.now();
			store.append(IntStream.range(0, 4500)
				.mapToObj((i) -> StoredEvent.of(UUID.randomUUID(), now, "session-" + i,
						OffersDisplayed.occurredAt(Instant.EPOCH)))
				.toList());
			List<StoredEvent> claimed = store.claim(4500);
			assertThat(claimed).hasSize(4500);
			JdbcTemplate jdbc = new JdbcTemplate(pool);
			String until = "select count(distinct claimed_until) || ' ' || min(claimed_until) from " + TABLE;
			String before = jdbc.queryForObject(until, String.class);
			assertThat(before).startsWith("1 ");
			await().untilAsserted(() -> {
				store.tend();
				assertThat(jdbc.queryForObject(until, String.class)).startsWith("1 ").isNotEqualTo(before);
			});
			store.settle(claimed.subList(0, 2001).stream().map(JdbcManyEventsTests::delivered).toList());
			store.close();
			assertThat(jdbc.queryForObject(
					"select count(*) from " + TABLE + " where state = 'PENDING' and claimed_by is null", Long.class))
				.isEqualTo(2499);
			assertThat(jdbc.queryForObject("select count(*) from " + TABLE + " where state = 'DELIVERED'", Long.class))
				.isEqualTo(keepDelivered.isZero() ? 0 : 2001);
			assertThat(this.statements)
				.allMatch((statement) -> StringUtils.countOccurrencesOf(statement, "?") <= 1000 + 10);
		}
	}

	private static EventStore.Outcome delivered(StoredEvent event) {
		return new EventStore.Outcome.Delivered(event,
				new EventReceipt(event.type(), EventReceipt.Outcome.DELIVERED, Map.of(), 1, Duration.ofMillis(1)));
	}

}
