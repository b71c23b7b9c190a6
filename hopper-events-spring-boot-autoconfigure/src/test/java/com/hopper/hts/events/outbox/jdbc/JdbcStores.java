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

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Creates stores for tests of the outbox.
 */
public final class JdbcStores {

	private JdbcStores() {
	}

	public static EventStore create(DataSource dataSource, PlatformTransactionManager manager, String table,
			Duration lease, @Nullable Duration keepDelivered, Scheduler scheduler) {
		Clock clock = SchedulerClock.of(scheduler);
		return new JdbcEventStore(() -> new JdbcOutboxTable(dataSource, "dataSource", List.of(manager), table, false),
				new JdbcOutboxProperties(table, JdbcOutboxProperties.InitializeSchema.NEVER, Duration.ofMillis(100),
						lease, keepDelivered, null, null),
				null, clock, scheduler == Schedulers.parallel());
	}

	public static void createTable(DataSource dataSource, String platform) {
		run(dataSource, "schema-" + platform);
	}

	public static void run(DataSource dataSource, String script) {
		new ResourceDatabasePopulator(new ClassPathResource(JdbcOutboxTable.SCRIPTS + script + ".sql"))
			.execute(dataSource);
	}

	/**
	 * Return the URLs of H2 in the mode that stands for a database, by the name of its
	 * script.
	 */
	public static Map<String, String> modesOfH2() {
		return Map.of("postgresql", "MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH", "mysql",
				"MODE=MySQL;DATABASE_TO_LOWER=TRUE", "mariadb", "MODE=MariaDB;DATABASE_TO_LOWER=TRUE", "sqlserver",
				"MODE=MSSQLServer", "oracle", "MODE=Oracle", "h2", "MODE=REGULAR");
	}

}
