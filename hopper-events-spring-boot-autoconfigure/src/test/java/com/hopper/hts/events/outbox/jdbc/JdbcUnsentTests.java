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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what an instance knows of the events that it has stored and not sent. Its end
 * waits for them.
 */
class JdbcUnsentTests {

	private final CountDownLatch read = new CountDownLatch(1);

	private final CountDownLatch goOn = new CountDownLatch(1);

	private HikariDataSource pool;

	private EventStore store;

	private volatile @Nullable Thread held;

	@BeforeEach
	void start() {
		this.pool = new HikariDataSource();
		this.pool.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		JdbcStores.createTable(this.pool, "h2");
		DataSource dataSource = new WatchedDataSource(this.pool, this::hold);
		this.store = JdbcStores.create(dataSource, new JdbcTransactionManager(dataSource), "hopper_event_outbox",
				Duration.ofSeconds(30), null, Schedulers.parallel());
		this.store.open();
	}

	@AfterEach
	void stop() {
		this.store.close();
		this.pool.close();
	}

	@Test
	void eventThatIsCommittedWhileAClaimEndsIsUnsent() throws Exception {
		CompletableFuture<List<StoredEvent>> claim = CompletableFuture.supplyAsync(() -> {
			this.held = Thread.currentThread();
			return this.store.claim(8);
		});
		assertThat(this.read.await(20, TimeUnit.SECONDS)).isTrue();
		store();
		this.goOn.countDown();
		assertThat(claim.get(20, TimeUnit.SECONDS)).isEmpty();
		assertThat(this.store.hasUnsent()).isTrue();
		assertThat(this.store.claim(8)).hasSize(1);
		assertThat(this.store.hasUnsent()).isFalse();
	}

	@Test
	void eventThatAnotherInstanceHasClaimedIsNotUnsent() {
		store();
		assertThat(this.store.hasUnsent()).isTrue();
		EventStore other = JdbcStores.create(this.pool, new JdbcTransactionManager(this.pool), "hopper_event_outbox",
				Duration.ofSeconds(30), null, Schedulers.parallel());
		other.open();
		assertThat(other.claim(8)).hasSize(1);
		assertThat(this.store.claim(8)).isEmpty();
		assertThat(this.store.hasUnsent()).isFalse();
	}

	private void store() {
		List<StoredEvent> events = List.of(StoredEvent.of(UUID.randomUUID(), Instant.now(), "session-1",
				OffersDisplayed.occurredAt(Instant.EPOCH)));
		this.store.append(events);
		this.store.committed(events);
	}

	/**
	 * Hold a claim when it has read everything, until more is stored.
	 */
	private void hold(String method, String argument) throws InterruptedException {
		if (Thread.currentThread() == this.held && method.equals("close")) {
			this.read.countDown();
			assertThat(this.goOn.await(20, TimeUnit.SECONDS)).isTrue();
		}
	}

}
