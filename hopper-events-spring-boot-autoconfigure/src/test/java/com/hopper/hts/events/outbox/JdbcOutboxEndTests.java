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

import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.jdbc.JdbcStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The end of an outbox whose database is gone already.
 */
class JdbcOutboxEndTests {

	private FakeHopperApi api;

	private HikariDataSource dataSource;

	private TestOutbox outbox;

	@BeforeEach
	void start() {
		this.api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();
		this.dataSource = new HikariDataSource();
		this.dataSource.setJdbcUrl("jdbc:h2:mem:end;DB_CLOSE_DELAY=-1");
		JdbcStores.createTable(this.dataSource, "h2");
		this.outbox = TestOutbox.builder(TestPublishers.create(this.api))
			.policy(new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
					Duration.ofMillis(50), Duration.ofSeconds(2)))
			.build(JdbcStores.create(this.dataSource, new JdbcTransactionManager(this.dataSource),
					"hopper_event_outbox", Duration.ofSeconds(5), null, Schedulers.parallel()));
		this.outbox.start();
	}

	@AfterEach
	void stop() {
		this.outbox.destroy();
		this.dataSource.close();
		this.api.close();
	}

	@Test
	void relayStopsIfTheDatabaseIsGone() {
		this.api.failRandomly(1, 1, Fault.status(503));
		this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
		await().until(() -> this.outbox.state().pendingCount() == 1 && this.outbox.inProgress() == 0
				&& !this.api.requests().isEmpty());
		this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
		this.dataSource.close();
		this.outbox.stop();
		assertThat(this.outbox.isRunning()).isFalse();
	}

	@Test
	void relayStopsIfTheDatabaseGoesWhileAnEventIsBeingSent() {
		this.api.hold();
		this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
		this.api.awaitHeld(1);
		this.dataSource.close();
		this.api.release();
		this.outbox.stop();
		assertThat(this.outbox.isRunning()).isFalse();
	}

	@Test
	void relayStartsAgainAlthoughTheDatabaseIsGone() {
		this.outbox.stop();
		this.dataSource.close();
		this.outbox.start();
		assertThat(this.outbox.isRunning()).isTrue();
	}

}
