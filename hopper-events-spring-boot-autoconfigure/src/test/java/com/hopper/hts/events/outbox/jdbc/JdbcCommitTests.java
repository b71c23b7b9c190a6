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
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for which commits PostgreSQL writes to its disk before it answers.
 */
class JdbcCommitTests {

	/**
	 * Runs when a transaction commits, with the settings that the commit has.
	 */
	private static final String WATCH = """
			create table commits (what text, synchronous_commit text);
			create function watch() returns trigger language plpgsql as $$
			begin
			  insert into commits values (case
			    when tg_op = 'INSERT' then 'store'
			    when tg_op = 'DELETE' then 'remove'
			    when new.claimed_by is null then 'release'
			    when old.claimed_by = new.claimed_by then 'renew'
			    else 'claim' end, current_setting('synchronous_commit'));
			  return null;
			end $$;
			create constraint trigger watch after insert or update or delete on hopper_event_outbox
			  deferrable initially deferred for each row execute function watch();
			""";

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void onlyClaimsAreNotWaitedFor(boolean autoCommit) throws Exception {
		try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().setServerConfig("synchronous_commit", "on").start();
				HikariDataSource dataSource = new HikariDataSource()) {
			dataSource.setJdbcUrl(postgres.getJdbcUrl("postgres", "postgres"));
			dataSource.setAutoCommit(autoCommit);
			dataSource.setMaximumPoolSize(1);
			JdbcStores.createTable(postgres.getPostgresDatabase(), "postgresql");
			JdbcTemplate jdbc = new JdbcTemplate(postgres.getPostgresDatabase());
			jdbc.execute(WATCH);
			EventStore store = JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource),
					"hopper_event_outbox", Duration.ofSeconds(1), null, Schedulers.parallel());
			store.open();
			jdbc.execute("delete from commits");
			store.append(List.of(event(), event(), event()));
			List<StoredEvent> claimed = store.claim(3);
			await().until(() -> {
				store.tend();
				return jdbc.queryForObject("select count(*) from commits where what = 'renew'", Long.class) > 0;
			});
			store.settle(List.of(discarded(claimed.get(0))));
			store.settle(List.of(discarded(claimed.get(1)), new EventStore.Outcome.Held(claimed.get(2))));
			assertThat(
					jdbc.queryForList(
							"select what || ' ' || synchronous_commit || ' ' || count(*) from commits "
									+ "where what <> 'renew' group by what, synchronous_commit order by 1",
							String.class))
				.containsExactly("claim off 3", "release on 1", "remove on 2", "store on 3");
			assertThat(jdbc.queryForList("select distinct synchronous_commit from commits where what = 'renew'",
					String.class))
				.containsExactly("off");
		}
	}

	private static StoredEvent event() {
		Instant now = Instant.now();
		return StoredEvent.of(UUID.randomUUID(), now, "session-1",
				BookingConfirmed.occurredAt(now).withCfarContractId("contract-1"));
	}

	private static EventStore.Outcome discarded(StoredEvent event) {
		return new EventStore.Outcome.Discarded(event, EventDeliveryListener.DiscardReason.DISABLED);
	}

}
