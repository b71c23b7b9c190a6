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

import javax.sql.DataSource;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityListeners;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PostPersist;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the outbox within JPA, and beside another manager of the same database.
 */
class JpaEntityListenerOutboxTests {

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void entityListenerStoresInTheTransactionOfJpaAlthoughAnotherManagerIsNamed() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class,
					WebClientAutoConfiguration.class, HopperEventsAutoConfiguration.class,
					HopperOutboxAutoConfiguration.class, DataSourceAutoConfiguration.class,
					TransactionAutoConfiguration.class, HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(Application.class)
			.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
					"hopper.outbox.type=jdbc", "hopper.outbox.jdbc.transaction-manager=jdbcTransactions",
					"spring.datasource.url=jdbc:h2:mem:listener", "spring.datasource.generate-unique-name=true")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				EntityManager entities = SharedEntityManagerCreator
					.createSharedEntityManager(context.getBean(EntityManagerFactory.class));
				TransactionTemplate jpa = new TransactionTemplate(
						context.getBean("transactionManager", PlatformTransactionManager.class));
				jpa.executeWithoutResult((status) -> {
					entities.persist(new ListenedBooking("A"));
					entities.flush();
					status.setRollbackOnly();
				});
				jpa.executeWithoutResult((status) -> entities.persist(new ListenedBooking("B")));
				assertThat(context.getBean(EventOutbox.class).flush(Duration.ofSeconds(20))).isTrue();
				assertThat(this.api.requests()).singleElement()
					.satisfies((request) -> assertThat(request.body()).contains("\"B\""));
				assertThat(new JdbcTemplate(context.getBean(DataSource.class))
					.queryForList("select reference from listened_booking", String.class)).containsExactly("B");
			});
	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = JpaEntityListenerOutboxTests.class)
	static class Application {

		@Bean
		@Primary
		PlatformTransactionManager transactionManager(EntityManagerFactory entityManagerFactory) {
			return new JpaTransactionManager(entityManagerFactory);
		}

		@Bean
		PlatformTransactionManager jdbcTransactions(DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

	static class Listener {

		private final EventOutbox outbox;

		Listener(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@PostPersist
		void persisted(ListenedBooking booking) {
			this.outbox.store("session-1",
					BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(booking.reference));
		}

	}

	@Entity(name = "listened_booking")
	@EntityListeners(Listener.class)
	static class ListenedBooking {

		@Id
		private String reference;

		ListenedBooking() {
		}

		ListenedBooking(String reference) {
			this.reference = reference;
		}

	}

}
