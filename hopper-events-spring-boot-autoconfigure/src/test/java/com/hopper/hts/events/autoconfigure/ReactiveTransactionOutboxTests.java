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
package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import io.r2dbc.h2.H2ConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for what an outbox makes of the reactive transactions of R2DBC.
 */
class ReactiveTransactionOutboxTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withUserConfiguration(ReactiveApplication.class)
		.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl());

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void storeInAReactiveChainIsRefusedBecauseItsTransactionCannotBeSeen() {
		run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			Bookings bookings = context.getBean(Bookings.class);
			assertThatIllegalStateException()
				.isThrownBy(() -> bookings.book(() -> Mono.just(outbox.store("session-1", booking()))).block(SECONDS))
				.withMessageContaining("storeReactively");
			assertThatIllegalStateException()
				.isThrownBy(() -> bookings.book(
						() -> Mono.fromCallable(() -> outbox.storeAll(List.of(SessionEvent.of("session-1", booking()))))
							.subscribeOn(Schedulers.boundedElastic()))
					.block(SECONDS))
				.withMessageContaining("storeReactively");
		});
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void eventOfATransactionThatRollsBackIsNeverSent() {
		run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			Bookings bookings = context.getBean(Bookings.class);
			assertThatExceptionOfType(SoldOutException.class).isThrownBy(
					() -> bookings
						.book(() -> outbox.storeReactively("session-1", booking())
							.then(outbox
								.storeReactively(BookingConfirmed.occurredAt(Instant.EPOCH).withCfarOfferIds("o")))
							.then(Mono.error(new SoldOutException())))
						.block(SECONDS));
			TransactionalOperator operator = TransactionalOperator
				.create(context.getBean(R2dbcTransactionManager.class));
			operator
				.execute((status) -> outbox.storeAllReactively(List.of(SessionEvent.of("session-1", booking())))
					.doOnNext((ids) -> status.setRollbackOnly()))
				.blockLast(SECONDS);
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(context.getBean(EventOutboxOperations.class).state().pendingCount()).isZero();
		});
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	void eventIsSentAfterTheCommit() {
		run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			UUID id = context.getBean(Bookings.class)
				.book(() -> outbox.storeReactively("session-1", booking()).map((stored) -> {
					assertThat(context.getBean(EventOutboxOperations.class).state().pendingCount()).isZero();
					return stored;
				}))
				.block(SECONDS);
			assertThat(id).isNotNull();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void outsideOfAChainAndOutsideOfATransactionEventsAreStored() {
		run((context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			outbox.store("session-1", booking());
			outbox.storeReactively("session-1", booking()).block(SECONDS);
			assertThat(outbox.storeAllReactively(List.of()).block(SECONDS)).isEmpty();
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2);
		});
	}

	@Test
	void withoutReactiveTransactionsAnyChainMayStore() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
			.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl())
			.run((context) -> {
				EventOutbox outbox = context.getBean(EventOutbox.class);
				Mono.fromCallable(() -> outbox.store("session-1", booking()))
					.subscribeOn(Schedulers.parallel())
					.block(SECONDS);
				assertThat(outbox.flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@Test
	void outboxInAJdbcDatabaseRefusesWhatItHasNoPartIn() {
		this.contextRunner.withUserConfiguration(DatabaseBesideConfiguration.class)
			.withPropertyValues("hopper.outbox.type=jdbc")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				EventOutbox outbox = context.getBean(EventOutbox.class);
				assertThatExceptionOfType(EventNotStoredException.class)
					.isThrownBy(() -> context.getBean(Bookings.class)
						.book(() -> outbox.storeReactively("session-1", booking()))
						.block(SECONDS))
					.withMessageContaining("reactive transaction");
				outbox.storeReactively("session-1", booking()).block(SECONDS);
				assertThat(outbox.flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(1);
			});
	}

	private void run(Consumer<ApplicationContext> test) {
		this.contextRunner.run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

	/**
	 * Books, in a transaction.
	 */
	static class Bookings {

		private final ConnectionFactory connectionFactory;

		Bookings(ConnectionFactory connectionFactory) {
			this.connectionFactory = connectionFactory;
		}

		@Transactional("reactiveTransactionManager")
		public <T> Mono<T> book(java.util.function.Supplier<Mono<T>> store) {
			return Mono.from(this.connectionFactory.create())
				.flatMap((connection) -> Mono.from(connection.close()))
				.then(Mono.defer(store));
		}

	}

	private static final class SoldOutException extends RuntimeException {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement(proxyTargetClass = true)
	static class ReactiveApplication {

		@Bean
		ConnectionFactory connectionFactory() {
			return H2ConnectionFactory.inMemory("bookings");
		}

		@Bean
		R2dbcTransactionManager reactiveTransactionManager(ConnectionFactory connectionFactory) {
			return new R2dbcTransactionManager(connectionFactory);
		}

		@Bean
		Bookings bookings(ConnectionFactory connectionFactory) {
			return new Bookings(connectionFactory);
		}

	}

	/**
	 * What Spring Boot does not make beside R2DBC.
	 */
	@Configuration(proxyBeanMethods = false)
	static class DatabaseBesideConfiguration {

		@Bean
		DataSource dataSource() {
			return DataSourceBuilder.create().url("jdbc:h2:mem:reactive-" + UUID.randomUUID()).build();
		}

		@Bean
		JdbcTransactionManager transactionManager(DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

}
