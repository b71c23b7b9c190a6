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
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationListener;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.stereotype.Service;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.web.context.annotation.RequestScope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link HopperOutboxAutoConfiguration} with a database.
 */
@Tag("compatibility")
class JdbcOutboxAutoConfigurationTests {

	private static final String LIFECYCLE = "hopperOutboxLifecycle";

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token");

	private final ApplicationContextRunner jdbcContextRunner = this.contextRunner
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
		.withPropertyValues("hopper.outbox.type=jdbc", "spring.datasource.url=jdbc:h2:mem:outbox",
				"spring.datasource.generate-unique-name=true");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void jdbcOutboxBelongsToTheTransaction() {
		this.jdbcContextRunner.withUserConfiguration(BookingService.class).run((context) -> {
			BookingService bookings = context.getBean(BookingService.class);
			bookings.book("contract-1", false);
			assertThatIllegalStateException().isThrownBy(() -> bookings.book("contract-2", true));
			assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2)
				.allSatisfy((event) -> assertThat(event.request().body()).contains("contract-1"));
		});
	}

	@Test
	void memoryOutboxBelongsToTheTransactionToo() {
		this.jdbcContextRunner.withUserConfiguration(BookingService.class)
			.withPropertyValues("hopper.outbox.type=memory")
			.run((context) -> {
				BookingService bookings = context.getBean(BookingService.class);
				bookings.book("contract-1", false);
				assertThatIllegalStateException().isThrownBy(() -> bookings.book("contract-2", true));
				assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(2)
					.allSatisfy((event) -> assertThat(event.request().body()).contains("contract-1"));
			});
	}

	@Test
	void tableCanHaveAnotherName() {
		this.jdbcContextRunner
			.withPropertyValues("hopper.outbox.jdbc.table-name=events_for_hopper",
					"hopper.outbox.jdbc.initialize-schema=always")
			.run((context) -> {
				storeAndFlush(context.getBean(EventOutbox.class));
				assertThat(this.api.received()).hasSize(1);
				assertThat(new JdbcTemplate(context.getBean(DataSource.class))
					.queryForList("select * from events_for_hopper")).isEmpty();
			});
	}

	@Test
	void twoApplicationsShareADatabaseWithTablesOfTheirOwn() {
		try (FakeHopperApi otherApi = FakeHopperApi.builder().token("test-token").start()) {
			ApplicationContextRunner runner = this.jdbcContextRunner.withPropertyValues(
					"spring.datasource.generate-unique-name=false", "spring.datasource.url=jdbc:h2:mem:shared",
					"hopper.outbox.jdbc.initialize-schema=always", "hopper.outbox.jdbc.polling-interval=100ms");
			runner.run(
					(first) -> runner
						.withPropertyValues("hopper.outbox.jdbc.table-name=other_events",
								"hopper.base-url=" + otherApi.baseUrl())
						.run((second) -> {
							first.getBean(EventOutboxOperations.class).pause("test");
							first.getBean(EventOutbox.class)
								.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
							// Neither its events nor its pause are the other's
							storeAndFlush(second.getBean(EventOutbox.class));
							assertThat(otherApi.received()).hasSize(1);
							assertThat(this.api.requests()).isEmpty();
							first.getBean(EventOutboxOperations.class).resume();
							assertThat(first.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
							assertThat(this.api.received()).hasSize(1);
							assertThat(otherApi.received()).hasSize(1);
						}));
		}
	}

	@Test
	void outboxStopsIfTheApplicationCannotStart() {
		AtomicReference<Lifecycle> started = new AtomicReference<>();
		this.jdbcContextRunner.withBean("failing", ApplicationListener.class, () -> {
			ApplicationListener<ContextRefreshedEvent> failing = (event) -> {
				started.set(event.getApplicationContext().getBean(LIFECYCLE, Lifecycle.class));
				assertThat(started.get().isRunning()).isTrue();
				throw new IllegalStateException("The application cannot start");
			};
			return failing;
		}).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(started.get().isRunning()).isFalse();
		});
	}

	@Test
	void outboxIsAtWorkAlthoughBeansAreLazy() {
		this.jdbcContextRunner.withUserConfiguration(BookingService.class)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				context.getBean(BookingService.class).book("contract-1", false);
				assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(2);
			});
	}

	@Test
	void missingTableIsReported() {
		this.jdbcContextRunner.withPropertyValues("hopper.outbox.jdbc.initialize-schema=never")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).contains("hopper_event_outbox")));
	}

	@Test
	void severalDataSourcesNeedANameAndTwoTablesCanShareOne() {
		ApplicationContextRunner runner = this.contextRunner.withUserConfiguration(TwoDataSources.class)
			.withPropertyValues("hopper.outbox.type=jdbc");
		runner.run((context) -> assertThat(context).getFailure()
			.satisfies((failure) -> assertThat(stackTrace(failure)).contains("hopper.outbox.jdbc.data-source")
				.contains("bookings")
				.contains("reports")));
		for (String wrong : List.of("nothing", "bookingTransactions")) {
			runner.withPropertyValues("hopper.outbox.jdbc.data-source=" + wrong)
				.run((context) -> assertThat(context).getFailure()
					.satisfies((failure) -> assertThat(stackTrace(failure)).contains("hopper.outbox.jdbc.data-source")
						.contains(
								"there is no bean of this name that is a data source; there are [bookings, reports]")));
		}
		runner.withPropertyValues("hopper.outbox.jdbc.transaction-manager=nothing")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure))
					.contains("hopper.outbox.jdbc.transaction-manager")
					.contains("there is no transaction manager of this name; there are [bookingTransactions]")));
		runner
			.withPropertyValues("hopper.outbox.jdbc.data-source=bookings",
					"hopper.outbox.jdbc.transaction-manager=bookingTransactions")
			.run((context) -> {
				storeAndFlush(context.getBean(EventOutbox.class));
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@Test
	void databasesThatTheApplicationStartsWithoutHaveNoPart() {
		this.jdbcContextRunner.withUserConfiguration(Elsewhere.class)
			.withInitializer((context) -> context.getBeanFactory()
				.registerScope("request", new org.springframework.web.context.request.RequestScope()))
			.run((context) -> {
				storeAndFlush(context.getBean(EventOutbox.class));
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@Test
	void emptyNamesOfBeansAreNotSet() {
		this.jdbcContextRunner
			.withPropertyValues("hopper.outbox.jdbc.data-source=", "hopper.outbox.jdbc.transaction-manager=")
			.run((context) -> {
				storeAndFlush(context.getBean(EventOutbox.class));
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@ParameterizedTest
	@CsvSource({ "polling-interval, 1ns", "polling-interval, 2d", "lease, 999ms", "lease, 400000d",
			"keep-delivered, 1ns", "keep-delivered, 9999999d" })
	void timesThatNobodyCanMeanAreRefused(String property, String value) {
		this.jdbcContextRunner.withPropertyValues("hopper.outbox.jdbc." + property + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).contains("hopper.outbox.jdbc." + property)
					.contains("must be between")));
	}

	@Test
	void jdbcOutboxWithoutADataSourceSaysSo() {
		this.contextRunner.withPropertyValues("hopper.outbox.type=jdbc")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).contains("hopper.outbox.type")
					.contains("needs a JDBC DataSource and there is none")
					// R2DBC is on the class path
					.contains("DataSourceBuilder.create()")));
	}

	@Test
	void jdbcOutboxWithoutItsLibrarySaysSo() {
		this.contextRunner.withPropertyValues("hopper.outbox.type=jdbc")
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.jdbc"))
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(stackTrace(failure)).contains("spring-boot-starter-jdbc")));
	}

	private static void storeAndFlush(EventOutbox outbox) {
		outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
		assertThat(outbox.flush(SECONDS)).isTrue();
	}

	private static String stackTrace(Throwable failure) {
		StringBuilder text = new StringBuilder();
		for (Throwable current = failure; current != null; current = current.getCause()) {
			text.append(current).append('\n');
		}
		return text.toString();
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDataSources {

		@Bean(destroyMethod = "shutdown")
		DataSource bookings() {
			return new EmbeddedDatabaseBuilder().generateUniqueName(true).setType(EmbeddedDatabaseType.H2).build();
		}

		@Bean(destroyMethod = "shutdown")
		DataSource reports() {
			return new EmbeddedDatabaseBuilder().generateUniqueName(true).setType(EmbeddedDatabaseType.HSQL).build();
		}

		@Bean
		PlatformTransactionManager bookingTransactions(@Qualifier("bookings") DataSource bookings) {
			return new JdbcTransactionManager(bookings);
		}

	}

	/**
	 * Databases of which one is down, and one is there in requests only.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Elsewhere {

		@Lazy
		@Bean(defaultCandidate = false)
		DataSource reports() {
			throw new IllegalStateException("The database is down");
		}

		@Lazy
		@Bean(defaultCandidate = false)
		PlatformTransactionManager reportTransactions(@Qualifier("reports") DataSource reports) {
			return new JdbcTransactionManager(reports);
		}

		@RequestScope
		@Bean(defaultCandidate = false)
		DataSource requests() {
			return new EmbeddedDatabaseBuilder().generateUniqueName(true).build();
		}

		@Bean(defaultCandidate = false)
		PlatformTransactionManager requestTransactions(@Qualifier("requests") DataSource requests) {
			return new JdbcTransactionManager(requests);
		}

	}

	@Service
	static class BookingService {

		private final EventOutbox outbox;

		private final ApplicationEventPublisher events;

		BookingService(EventOutbox outbox, ApplicationEventPublisher events) {
			this.outbox = outbox;
			this.events = events;
		}

		@Transactional
		public void book(String contractId, boolean fail) {
			this.outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(contractId));
			this.events.publishEvent(contractId);
			if (fail) {
				throw new IllegalStateException("The booking failed");
			}
		}

		@TransactionalEventListener
		public void booked(String contractId) {
			this.outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withDgContractId(contractId));
		}

	}

}
