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
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.connection.lookup.AbstractRoutingConnectionFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the outbox in a database, in reactive transactions of R2DBC.
 */
class R2dbcOutboxTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static EmbeddedPostgres postgres;

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final String name = UUID.randomUUID().toString();

	@BeforeAll
	static void startServer() throws Exception {
		postgres = EmbeddedPostgres.start();
	}

	@AfterAll
	static void stopServer() throws Exception {
		postgres.close();
	}

	@AfterEach
	void close() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "h2", "postgresql" })
	void eventSharesTheFateOfTheBooking(String database) {
		run(database, (context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			DatabaseClient client = DatabaseClient.create(context.getBean(ConnectionFactory.class));
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			jdbc.execute("create table booking (id int)");
			TransactionalOperator transaction = transaction(context, false);
			assertThatExceptionOfType(IllegalArgumentException.class)
				.isThrownBy(() -> client.sql("insert into booking values (1)")
					.then()
					.then(outbox.storeReactively("session-1", booking()))
					.then(Mono.error(new IllegalArgumentException("sold out")))
					.as(transaction::transactional)
					.block(SECONDS));
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.requests()).isEmpty();
			UUID id = client.sql("insert into booking values (2)")
				.then()
				.then(outbox.storeReactively("session-1", booking()))
				.doOnNext((stored) -> assertThat(rows(jdbc)).isZero())
				.as(transaction::transactional)
				.block(SECONDS);
			assertThat(id).isNotNull();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).singleElement()
				.satisfies((received) -> assertThat(received.event()).isEqualTo(booking()));
			assertThat(jdbc.queryForList("select id from booking", Integer.class)).containsExactly(2);
			assertThat(rows(jdbc)).isZero();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "h2", "postgresql" })
	void allEventsAreStoredOrNoneAndNothingOfThemIsInTheFailure(String database) {
		run(database, (context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			jdbc.execute(
					"alter table hopper_event_outbox add constraint refused check (session_id <> 'secret-session')");
			TransactionalOperator transaction = transaction(context, false);
			outbox
				.storeAllReactively(
						List.of(SessionEvent.of("session-1", booking()), SessionEvent.of("secret-session", booking())))
				.then()
				.onErrorResume(EventNotStoredException.class, (ex) -> {
					assertThat(ex).hasMessageContaining("SQL state 23").hasStackTraceContaining("SQL state 23");
					assertThat(ex.toString() + ex.getCause()).doesNotContain("secret-session")
						.doesNotContain("contract-1");
					return Mono.empty();
				})
				.then(outbox.storeReactively("session-2", booking()))
				.as(transaction::transactional)
				.block(SECONDS);
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).singleElement()
				.satisfies((received) -> assertThat(received.sessionId()).isEqualTo("session-2"));
		});
	}

	@Test
	void readOnlyTransactionIsRefused() {
		run("h2", (context) -> assertRefused(context.getBean(EventOutbox.class), transaction(context, true),
				"read-only"));
	}

	@Test
	void transactionOnAConnectionFactoryThatIsNoBeanIsRefused() {
		run("h2", (context) -> {
			ConnectionFactory same = ConnectionFactories.get(url("h2"));
			assertRefused(context.getBean(EventOutbox.class),
					TransactionalOperator.create(new R2dbcTransactionManager(same)), "bean");
		});
	}

	@Test
	void transactionOnAnotherDatabaseIsRefusedWithThePropertiesThatMendIt() {
		ConnectionFactory other = ConnectionFactories.get("r2dbc:h2:mem:///" + UUID.randomUUID());
		runner("h2").withBean("otherConnectionFactory", ConnectionFactory.class, () -> other).run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			TransactionalOperator transaction = TransactionalOperator.create(new R2dbcTransactionManager(other));
			assertRefused(outbox, transaction, "spring.r2dbc.url");
			// A connection that is bound there to be used again is not one that it
			// commits
			ConnectionFactory own = context.getBean("connectionFactory", ConnectionFactory.class);
			assertThatExceptionOfType(EventNotStoredException.class)
				.isThrownBy(() -> DatabaseClient.create(own)
					.sql("select 1")
					.fetch()
					.first()
					.then(outbox.storeReactively("session-1", booking()))
					.as(transaction::transactional)
					.block(SECONDS))
				.withMessageContaining("hopper.outbox.jdbc.data-source");
			outbox.storeReactively("session-1", booking())
				.as(TransactionalOperator.create(new R2dbcTransactionManager(own))::transactional)
				.block(SECONDS);
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void transactionOnADatabaseThatTheContextChoosesIsRefusedIfTheRelayDoesNotLookThere() {
		String other = UUID.randomUUID().toString();
		JdbcStores.createTable(
				DataSourceBuilder.create().url("jdbc:h2:mem:" + other + ";DB_CLOSE_DELAY=-1").username("sa").build(),
				"h2");
		AbstractRoutingConnectionFactory routing = new AbstractRoutingConnectionFactory() {

			@Override
			protected Mono<Object> determineCurrentLookupKey() {
				return Mono.deferContextual((context) -> Mono.justOrEmpty(context.getOrEmpty("tenant")));
			}

		};
		routing.setTargetConnectionFactories(
				Map.of("other", ConnectionFactories.get("r2dbc:h2:mem://sa@/" + other + "?options=DB_CLOSE_DELAY=-1")));
		routing.setDefaultTargetConnectionFactory(ConnectionFactories.get(url("h2")));
		routing.afterPropertiesSet();
		runner("h2").withBean("connectionFactory", ConnectionFactory.class, () -> routing)
			.withAllowBeanDefinitionOverriding(true)
			.run((context) -> {
				EventOutbox outbox = context.getBean(EventOutbox.class);
				TransactionalOperator transaction = transaction(context, false);
				Mono<UUID> stored = outbox.storeReactively("session-1", booking()).as(transaction::transactional);
				stored.block(SECONDS);
				assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(
							() -> stored.contextWrite((subscriber) -> subscriber.put("tenant", "other")).block(SECONDS))
					.withMessageContaining("does not lead to that table");
				stored.block(SECONDS);
				assertThat(outbox.flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(2);
			});
	}

	private void assertRefused(EventOutbox outbox, TransactionalOperator transaction, String reason) {
		assertThatExceptionOfType(EventNotStoredException.class)
			.isThrownBy(
					() -> outbox.storeReactively("session-1", booking()).as(transaction::transactional).block(SECONDS))
			.withMessageContaining("reactive transaction")
			.withMessageContaining(reason);
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.requests()).isEmpty();
	}

	private static TransactionalOperator transaction(ApplicationContext context, boolean readOnly) {
		DefaultTransactionDefinition definition = new DefaultTransactionDefinition();
		definition.setReadOnly(readOnly);
		return TransactionalOperator.create(
				new R2dbcTransactionManager(context.getBean("connectionFactory", ConnectionFactory.class)), definition);
	}

	private static int rows(JdbcTemplate jdbc) {
		return jdbc.queryForList("select id from hopper_event_outbox").size();
	}

	private void run(String database, Consumer<ApplicationContext> test) {
		runner(database).run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private ApplicationContextRunner runner(String database) {
		DataSource dataSource = database.equals("h2") ? DataSourceBuilder.create()
			.url("jdbc:h2:mem:" + this.name + ";DB_CLOSE_DELAY=-1")
			.username("sa")
			.build() : postgres.getPostgresDatabase();
		if (!database.equals("h2")) {
			new JdbcTemplate(dataSource).execute("drop table if exists booking, hopper_event_outbox");
		}
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
			.withBean("dataSource", DataSource.class, () -> dataSource)
			.withBean("connectionFactory", ConnectionFactory.class, () -> ConnectionFactories.get(url(database)))
			.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl(),
					"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always");
	}

	private String url(String database) {
		return database.equals("h2") ? "r2dbc:h2:mem://sa@/" + this.name + "?options=DB_CLOSE_DELAY=-1"
				: "r2dbc:postgresql://postgres@localhost:" + postgres.getPort() + "/postgres";
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

}
