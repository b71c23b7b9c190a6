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

import javax.sql.DataSource;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for events that are stored in a database before the application has started, or
 * while it ends.
 */
@Tag("compatibility")
class EarlyAndLateEventsTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class,
				WebClientAutoConfiguration.class, HopperEventsAutoConfiguration.class,
				HopperOutboxAutoConfiguration.class, DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
				"hopper.outbox.type=jdbc", "spring.datasource.url=jdbc:h2:mem:outbox",
				"spring.datasource.generate-unique-name=true");

	@AfterEach
	void stop() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void tableOfTheApplicationsScriptsIsThereBeforeTheFirstEvent(boolean lazy) {
		this.contextRunner.withInitializer((context) -> {
			if (lazy) {
				context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor());
			}
		})
			.withUserConfiguration(EarlyBookings.class)
			.withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
			.withPropertyValues("hopper.outbox.jdbc.initialize-schema=never",
					"spring.sql.init.schema-locations=classpath:com/hopper/hts/events/db/outbox/schema-h2.sql")
			.run((context) -> {
				context.getBean(EarlyBookings.class);
				assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(1);
			});
	}

	@Test
	void tableIsCreatedInNoTransactionOfTheApplication() {
		this.contextRunner.withUserConfiguration(EarlyTransaction.class).run((context) -> {
			// The database commits whenever a table is created
			assertThat(context.getBean(EarlyTransaction.class).jdbc.queryForList("select id from booking")).isEmpty();
			context.getBean(EventOutbox.class).store("session-1", OffersDisplayed.occurredAt(Instant.now()));
			assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
			assertThat(this.api.received()).hasSize(1);
		});
	}

	@Test
	void beanThatIsDestroyedCanStore() {
		this.contextRunner.withUserConfiguration(LateBookings.class)
			.withPropertyValues("spring.datasource.generate-unique-name=false",
					"spring.datasource.url=jdbc:h2:mem:late;DB_CLOSE_DELAY=-1")
			.run((context) -> context.getBean(LateBookings.class));
		this.contextRunner
			.withPropertyValues("spring.datasource.generate-unique-name=false",
					"spring.datasource.url=jdbc:h2:mem:late")
			.run((context) -> {
				assertThat(context.getBean(EventOutbox.class).flush(SECONDS)).isTrue();
				assertThat(this.api.received()).hasSize(1);
			});
	}

	static class EarlyBookings implements InitializingBean {

		private final EventOutbox outbox;

		EarlyBookings(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@Override
		public void afterPropertiesSet() {
			this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		}

	}

	static class EarlyTransaction implements InitializingBean {

		private final EventOutbox outbox;

		private final TransactionTemplate transaction;

		private final JdbcTemplate jdbc;

		EarlyTransaction(EventOutbox outbox, PlatformTransactionManager transactionManager, DataSource dataSource) {
			this.outbox = outbox;
			this.transaction = new TransactionTemplate(transactionManager);
			this.jdbc = new JdbcTemplate(dataSource);
		}

		@Override
		public void afterPropertiesSet() {
			this.jdbc.execute("create table booking (id int)");
			this.transaction.executeWithoutResult((status) -> {
				this.jdbc.update("insert into booking values (1)");
				this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
				status.setRollbackOnly();
			});
		}

	}

	static class LateBookings implements DisposableBean {

		private final EventOutbox outbox;

		LateBookings(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@Override
		public void destroy() {
			this.outbox.store("session-1", OffersDisplayed.occurredAt(Instant.now()));
		}

	}

}
