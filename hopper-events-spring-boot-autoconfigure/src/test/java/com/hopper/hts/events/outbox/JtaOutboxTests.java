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

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

import javax.sql.DataSource;
import javax.sql.XADataSource;

import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.arjPropertyManager;
import com.arjuna.ats.internal.arjuna.objectstore.VolatileStore;
import com.arjuna.ats.jdbc.TransactionalDriver;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mariadb.jdbc.MariaDbDataSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.transaction.jta.JtaTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the outbox in global transactions, with a real manager of them.
 */
class JtaOutboxTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@BeforeAll
	static void keepNoLogOfTransactions() {
		arjPropertyManager.getCoordinatorEnvironmentBean().setTransactionStatusManagerEnable(false);
		for (String name : new String[] { null, "communicationStore", "stateStore" }) {
			BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, name)
				.setObjectStoreType(VolatileStore.class.getName());
		}
	}

	@AfterEach
	void close() {
		this.api.close();
	}

	@Test
	void eventSharesTheFateOfTheBooking() {
		run(JtaOutboxTests::database, this::bookAndRollBackAndBook);
	}

	@Test
	void eventSharesTheFateOfTheBookingInMariaDb(@TempDir Path directory) throws Exception {
		MariaDbServer server = new MariaDbServer(directory);
		try {
			MariaDbDataSource xa = new MariaDbDataSource(server.url() + "hopper");
			run(() -> new EnlistingDataSource(xa, "root"), this::bookAndRollBackAndBook);
			DataSource notEnlisted = new MariaDbDataSource(server.url() + "hopper?user=root");
			run(() -> notEnlisted,
					(context) -> new TransactionTemplate(context.getBean(JtaTransactionManager.class))
						.executeWithoutResult((status) -> assertThatExceptionOfType(EventNotStoredException.class)
							.isThrownBy(() -> context.getBean(EventOutbox.class).store("session-1", booking()))
							.withMessageContaining("not enlisted")));
		}
		finally {
			server.stop();
		}
	}

	private void bookAndRollBackAndBook(ApplicationContext context) {
		EventOutbox outbox = context.getBean(EventOutbox.class);
		JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
		jdbc.execute("create table booking (id int)");
		TransactionTemplate global = new TransactionTemplate(context.getBean(JtaTransactionManager.class));
		global.executeWithoutResult((status) -> {
			jdbc.update("insert into booking values (1)");
			outbox.store("session-1", booking());
			status.setRollbackOnly();
		});
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(jdbc.queryForObject("select count(*) from booking", Integer.class)).isZero();
		assertThat(this.api.requests()).isEmpty();
		global.executeWithoutResult((status) -> {
			jdbc.update("insert into booking values (2)");
			outbox.store("session-1", booking());
		});
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(jdbc.queryForObject("select count(*) from booking", Integer.class)).isOne();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void afterTheCommitEventsAreStoredInATransactionOfTheirOwn() {
		run(JtaOutboxTests::database, (context) -> {
			EventOutbox outbox = context.getBean(EventOutbox.class);
			new TransactionTemplate(context.getBean(JtaTransactionManager.class))
				.executeWithoutResult((status) -> TransactionSynchronizationManager
					.registerSynchronization(new TransactionSynchronization() {

						@Override
						public void afterCommit() {
							outbox.store("session-1", booking());
						}

						@Override
						public void afterCompletion(int completion) {
							outbox.store("session-2", booking());
						}

					}));
			assertThat(outbox.flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(2);
		});
	}

	private void run(Supplier<DataSource> database, Consumer<ApplicationContext> test) {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
			.withUserConfiguration(GlobalTransactions.class)
			.withBean("dataSource", DataSource.class, database)
			.withPropertyValues("hopper.auth.token=test-token", "hopper.base-url=" + this.api.baseUrl(),
					"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.initialize-schema=always")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				test.accept(context);
			});
	}

	private static DataSource database() {
		JdbcDataSource xa = new JdbcDataSource();
		xa.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		return new EnlistingDataSource(xa, "sa");
	}

	private static BookingConfirmed booking() {
		return BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-1");
	}

	@Configuration(proxyBeanMethods = false)
	static class GlobalTransactions {

		@Bean
		JtaTransactionManager transactionManager() {
			return new JtaTransactionManager(com.arjuna.ats.jta.UserTransaction.userTransaction(),
					com.arjuna.ats.jta.TransactionManager.transactionManager());
		}

	}

	/**
	 * Gives connections that take part in the global transaction of the thread.
	 */
	private static final class EnlistingDataSource extends AbstractDataSource {

		private final XADataSource xa;

		private final String user;

		EnlistingDataSource(XADataSource xa, String user) {
			this.xa = xa;
			this.user = user;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return getConnection(this.user, "");
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			Properties properties = new Properties();
			properties.put(TransactionalDriver.XADataSource, this.xa);
			properties.put(TransactionalDriver.userName, username);
			properties.put(TransactionalDriver.password, password);
			return new TransactionalDriver().connect("jdbc:arjuna:bookings", properties);
		}

	}

}
