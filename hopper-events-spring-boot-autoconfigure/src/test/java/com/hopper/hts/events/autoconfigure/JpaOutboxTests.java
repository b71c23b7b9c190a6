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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.test.FakeHopperApi;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests that events and entities of one transaction share their fate.
 */
@ParameterizedClass
@ValueSource(strings = { "memory", "jdbc" })
class JpaOutboxTests {

	private final FakeHopperApi api = FakeHopperApi.builder().token("test-token").start();

	private final ApplicationContextRunner contextRunner;

	JpaOutboxTests(String type) {
		this.contextRunner = new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
							HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
							DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
							TransactionAutoConfiguration.class, HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(Application.class)
			.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.token=test-token",
					"hopper.outbox.type=" + type, "spring.datasource.url=jdbc:h2:mem:jpa",
					"spring.datasource.generate-unique-name=true",
					// Whatever is not committed explicitly is lost
					"spring.datasource.hikari.auto-commit=false");
	}

	@AfterEach
	void stop() {
		this.api.close();
	}

	@Test
	void eventIsCommittedAndRolledBackWithTheEntity() {
		assertArrived((bookings) -> {
			bookings.confirm("A", false);
			assertThatIllegalStateException().isThrownBy(() -> bookings.confirm("B", true));
			assertThat(bookings.references()).containsExactly("A");
		}, "A");
	}

	@Test
	void eventDoesNotExistIfTheEntityCannotBeWrittenAtCommit() {
		assertArrived((bookings) -> {
			bookings.confirm("A", false);
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> bookings.confirm("A", false));
			assertThat(bookings.references()).containsExactly("A");
		}, "A");
	}

	@Test
	void eventStoredByAListenerOfTheTransactionArrives() {
		assertArrived((bookings) -> bookings.announce("A"), "A-before", "A-after");
	}

	@Test
	void eventStoredByAListenerDoesNotExistIfTheCommitFails() {
		assertArrived((bookings) -> {
			bookings.confirm("A", false);
			assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> bookings.announce("A"));
		}, "A");
	}

	@Test
	void eventStoredByASynchronizationAfterTheCommitArrives() {
		assertArrived((bookings) -> bookings.synchronize("A"), "A", "A-synchronized");
	}

	@Test
	void innerTransactionsEventArrivesAlthoughTheOuterOneIsRolledBack() {
		assertArrived((bookings) -> {
			assertThatIllegalStateException().isThrownBy(() -> bookings.outer("A"));
			assertThat(bookings.references()).containsExactly("A-inner");
		}, "A-inner");
	}

	private void assertArrived(Consumer<Bookings> action, String... references) {
		this.contextRunner.run((context) -> {
			assertThat(context.getBean(PlatformTransactionManager.class)).isInstanceOf(JpaTransactionManager.class);
			action.accept(context.getBean(Bookings.class));
			assertThat(context.getBean(EventOutbox.class).flush(Duration.ofSeconds(20))).isTrue();
			assertThat(this.api.requests())
				.extracting((request) -> request.body().replaceAll(".*\"cfar_contract_id\":\"([^\"]*)\".*", "$1"))
				.containsExactlyInAnyOrder(references);
		});
	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = JpaOutboxTests.class)
	@Import({ Bookings.class, Inner.class })
	static class Application {

	}

	static class Bookings {

		@PersistenceContext
		private EntityManager entities;

		private final EventOutbox outbox;

		private final Inner inner;

		private final ApplicationEventPublisher publisher;

		Bookings(EventOutbox outbox, Inner inner, ApplicationEventPublisher publisher) {
			this.outbox = outbox;
			this.inner = inner;
			this.publisher = publisher;
		}

		List<String> references() {
			return this.entities.createQuery("select reference from BookingEntity", String.class).getResultList();
		}

		@Transactional
		public void confirm(String reference, boolean fail) {
			this.entities.persist(new BookingEntity(reference));
			this.outbox.store("session-1", event(reference));
			if (fail) {
				throw new IllegalStateException("The booking failed");
			}
		}

		@Transactional
		public void announce(String reference) {
			this.entities.persist(new BookingEntity(reference));
			this.publisher.publishEvent(new Confirmed(reference));
		}

		@TransactionalEventListener
		public void confirmed(Confirmed confirmed) {
			this.outbox.store("session-1", event(confirmed.reference() + "-after"));
		}

		@TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
		public void confirming(Confirmed confirmed) {
			this.outbox.store("session-1", event(confirmed.reference() + "-before"));
		}

		@Transactional
		public void synchronize(String reference) {
			this.entities.persist(new BookingEntity(reference));
			this.outbox.store("session-1", event(reference));
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
				@Override
				public void afterCommit() {
					Bookings.this.outbox.store("session-1", event(reference + "-synchronized"));
				}
			});
		}

		@Transactional
		public void outer(String reference) {
			confirm(reference, false);
			this.inner.confirm(reference + "-inner");
			throw new IllegalStateException("The booking failed");
		}

		static BookingConfirmed event(String reference) {
			return BookingConfirmed.occurredAt(Instant.now()).withCfarContractId(reference);
		}

	}

	static class Inner {

		@PersistenceContext
		private EntityManager entities;

		private final EventOutbox outbox;

		Inner(EventOutbox outbox) {
			this.outbox = outbox;
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void confirm(String reference) {
			this.entities.persist(new BookingEntity(reference));
			this.outbox.store("session-1", Bookings.event(reference));
		}

	}

	record Confirmed(String reference) {

	}

	@Entity(name = "BookingEntity")
	static class BookingEntity {

		@Id
		private String id;

		@Column(unique = true)
		private String reference;

		BookingEntity() {
		}

		BookingEntity(String reference) {
			this.id = UUID.randomUUID().toString();
			this.reference = reference;
		}

	}

}
