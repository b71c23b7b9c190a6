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

import java.util.List;

import javax.sql.DataSource;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the indexes of the table that the outbox creates.
 */
class JdbcOutboxIndexTests {

	@Test
	void whatWasDeliveredInASessionIsFoundInAnIndex() throws Exception {
		try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
			DataSource dataSource = postgres.getPostgresDatabase();
			JdbcTemplate jdbc = new JdbcTemplate(dataSource);
			jdbc.execute("create schema airline");
			JdbcOutboxTable table = new JdbcOutboxTable(dataSource, "dataSource", List.of(), "airline.events", true);
			table.prepare();
			table.prepare();
			jdbc.execute("insert into airline.events (id, event_type, session_id, state, payload, stored_at, due_at, "
					+ "attempts, version) select gen_random_uuid(), 'booking_confirmed', 'session-' || g, 'DELIVERED', "
					+ "'x', now(), now(), 0, 0 from generate_series(1, 5000) g");
			jdbc.execute("analyze airline.events");
			assertThat(jdbc.queryForList("explain select id from airline.events where state = 'DELIVERED' "
					+ "and id > '00000000-0000-0000-0000-000000000000' and session_id = 'session-7' order by id",
					String.class))
				.anyMatch((line) -> line.contains("using events_session") || line.contains("on events_session"));
		}
	}

}
