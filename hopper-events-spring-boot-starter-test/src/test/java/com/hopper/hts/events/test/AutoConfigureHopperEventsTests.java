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
package com.hopper.hts.events.test;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.SessionRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@SpringBootTest(classes = AutoConfigureHopperEventsTests.Application.class,
		properties = { "hopper.outbox.type=jdbc", "hopper.require-session=true" })
@AutoConfigureHopperEvents
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AutoConfigureHopperEventsTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2026-01-01T10:00:00Z"));

	@Autowired
	private EventPublisher publisher;

	@Autowired
	private EventOutbox outbox;

	@Autowired
	private PublishedHopperEvents published;

	@Autowired
	private PlatformTransactionManager transactionManager;

	@BeforeAll
	void publishBeforeAll() {
		this.publisher.publishAndWait("session-0", OFFERS);
	}

	@BeforeEach
	void publishBeforeEach(PublishedHopperEvents published) {
		assertThat(published).isEmpty();
		assertThat(this.published).isEmpty();
		this.publisher.publishAndWait("session-1", OFFERS);
	}

	@AfterEach
	void theTestsEventsAreStillThere() {
		assertThat(this.published).contains(OffersDisplayed.class).forSession("session-1");
	}

	@RepeatedTest(3)
	void eachTestBeginsWithNothing(PublishedHopperEvents parameter, @Autowired PublishedHopperEvents bean) {
		this.outbox.store("session-2", OFFERS);
		for (PublishedHopperEvents published : new PublishedHopperEvents[] { parameter, bean, this.published }) {
			assertThat(published).hasSize(2)
				.contains(OffersDisplayed.class)
				.forSession("session-2")
				.throughOutbox()
				.once();
		}
	}

	@Test
	void needsNeitherTableNorToken(@Autowired JdbcClient jdbc, @Autowired ApplicationContext context) {
		assertThat(jdbc.sql("select count(*) from information_schema.tables where lower(table_name) like 'hopper%'")
			.query(Long.class)
			.single()).isZero();
		assertThat(context.getBeansOfType(EventOutbox.class)).containsOnlyKeys("hopperEventOutbox");
		assertThat(context.getBeansOfType(EventPublisher.class)).containsOnlyKeys("hopperEventPublisher");
	}

	@Test
	void otherCallsLeadNowhereAndSayWhy(@Autowired HopperSessions sessions) {
		assertThatExceptionOfType(HopperApiException.ConnectionFailed.class)
			.isThrownBy(() -> sessions.create(SessionRequest.purchase("US", "en")).block())
			.withStackTraceContaining("not-connected-because-of-autoconfigurehopperevents.invalid");
	}

	@Test
	void propertiesApply() {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class).isThrownBy(
				() -> this.outbox.store(BookingConfirmed.occurredAt(OFFERS.occurredAt()).withCfarOfferIds("offer-1")))
			.withMessageContaining("hopper.require-session=true");
	}

	@Test
	void commitPublishesAtOnceAndInTheOrderOfTheCommits() {
		this.published.clear();
		transaction().executeWithoutResult((outer) -> {
			this.outbox.store("outer", OFFERS);
			TransactionTemplate other = transaction();
			other.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			other.executeWithoutResult((inner) -> this.outbox.store("inner", OFFERS));
			assertThat(this.published).hasSize(1);
			this.publisher.publishAndWait("session-1", OFFERS);
		});
		assertThat(this.published.all()).extracting(PublishedHopperEvent::sessionId)
			.containsExactly("inner", "session-1", "outer");
	}

	@Test
	void rollbackPublishesNothing() {
		transaction().executeWithoutResult((transaction) -> {
			this.outbox.store("session-2", OFFERS);
			transaction.setRollbackOnly();
		});
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).contains(OffersDisplayed.class).forSession("session-2"))
			.withMessage(
					"""
							Expected that an OffersDisplayed for session "session-2" was published, but none was.
							Published:
							  1. OffersDisplayed for session "session-1", occurred 2026-01-01T10:00:00Z, directly <- another session
							Not published, because the transaction was rolled back:
							  - OffersDisplayed for session "session-2", occurred 2026-01-01T10:00:00Z""");
	}

	@Test
	void rollbackToASavepointDropsOnlyWhatCameAfterIt() {
		transaction().executeWithoutResult((transaction) -> {
			this.outbox.store("before", OFFERS);
			Object savepoint = transaction.createSavepoint();
			this.outbox.store("within", OFFERS);
			transaction.rollbackToSavepoint(savepoint);
			this.outbox.store("after", OFFERS);
		});
		assertThat(this.published.all()).extracting(PublishedHopperEvent::sessionId)
			.containsExactly("session-1", "before", "after");
	}

	@Test
	void listenersHearOfWhatIsCommitted(@Autowired ThankingListener listener) {
		listener.heard.clear();
		transaction().executeWithoutResult((transaction) -> {
			this.outbox.store("rolled-back", OFFERS);
			transaction.setRollbackOnly();
		});
		UUID id = transaction().execute((transaction) -> {
			UUID stored = this.outbox.store("thanked", OFFERS);
			assertThat(listener.heard).isEmpty();
			return stored;
		});
		assertThat(listener.heard).hasSize(4)
			.startsWith("stored " + id + " for thanked", "delivered " + id + " with DELIVERED");
		// Stored by the listener, in a transaction of its own
		assertThat(this.published).contains(OffersDisplayed.class).forSession("thanks").throughOutbox().once();
		listener.heard.clear();
		this.outbox.store("fails", OFFERS);
		assertThat(listener.heard).hasSize(2);
		assertThat(this.published).contains(OffersDisplayed.class).forSession("fails").once();
	}

	@Test
	void clearKeepsWhatIsNotCommitted() {
		transaction().executeWithoutResult((transaction) -> {
			this.outbox.store("session-1", OFFERS);
			this.published.clear();
		});
		assertThat(this.published).hasSize(1);
	}

	@Test
	@Transactional
	void transactionalTestIsToldThatItNeverCommits() {
		this.outbox.store("session-2", OFFERS);
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(this.published).contains(OffersDisplayed.class).forSession("session-2"))
			.withMessage(
					"""
							Expected that an OffersDisplayed for session "session-2" was published, but none was.
							Published:
							  1. OffersDisplayed for session "session-1", occurred 2026-01-01T10:00:00Z, directly <- another session
							Not published yet, because the transaction is not committed:
							  - OffersDisplayed for session "session-2", occurred 2026-01-01T10:00:00Z
							A test that is @Transactional is rolled back at its end. Remove @Transactional from it, or call \
							TestTransaction.flagForCommit() and TestTransaction.end() before the assertion.""");
		TestTransaction.flagForCommit();
		TestTransaction.end();
		assertThat(this.published).contains(OffersDisplayed.class).forSession("session-2").once();
	}

	private TransactionTemplate transaction() {
		return new TransactionTemplate(this.transactionManager);
	}

	@Nested
	class InNestedClasses {

		@RepeatedTest(2)
		void eachTestBeginsWithNothing(PublishedHopperEvents published) {
			assertThat(published).hasSize(1);
			AutoConfigureHopperEventsTests.this.outbox.store("session-2", OFFERS);
			assertThat(published).hasSize(2);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(ThankingListener.class)
	static class Application {

	}

	/**
	 * Depends on what it listens to, as an application's listener may.
	 */
	static class ThankingListener implements EventDeliveryListener {

		final List<String> heard = new CopyOnWriteArrayList<>();

		private final EventOutbox outbox;

		private final TransactionTemplate transaction;

		ThankingListener(EventOutbox outbox, PlatformTransactionManager transactionManager) {
			this.outbox = outbox;
			this.transaction = new TransactionTemplate(transactionManager);
		}

		@Override
		public void stored(StoredEvent event) {
			this.heard.add("stored " + event.id() + " for " + event.sessionId());
		}

		@Override
		public void delivered(StoredEvent event, EventReceipt receipt) {
			this.heard.add("delivered " + event.id() + " with " + receipt.outcome());
			if ("thanked".equals(event.sessionId())) {
				this.transaction.executeWithoutResult((transaction) -> this.outbox.store("thanks", event.event()));
			}
			if ("fails".equals(event.sessionId())) {
				throw new IllegalStateException("A listener that fails");
			}
		}

	}

	/**
	 * The application's own publishers and outboxes would send as well.
	 */
	@Nested
	@SpringBootTest(classes = { OwnBeans.Application.class, OwnBeans.AnnotatedEventPublisher.class },
			properties = "hopper.enabled=false")
	class OwnBeans {

		@Test
		void areReplaced(@Autowired @Qualifier("acme") EventPublisher acme, @Autowired EventPublisher primary,
				@Autowired @Qualifier("other") EventPublisher other,
				@Autowired @Qualifier("annotated") EventPublisher annotated, @Autowired EventOutbox outbox,
				PublishedHopperEvents published) {
			// The outer class's @BeforeEach has published with its own context's bean
			acme.publishAndWait("acme", OFFERS);
			other.publishAndWait("other", OFFERS);
			annotated.publishAndWait("annotated", OFFERS);
			primary.publishAndWait("primary", OFFERS);
			outbox.store("outbox", OFFERS);
			assertThat(published.all()).extracting(PublishedHopperEvent::sessionId)
				.endsWith("acme", "other", "annotated", "primary", "outbox");
		}

		@Configuration(proxyBeanMethods = false)
		@EnableAutoConfiguration
		static class Application {

			@Bean
			@Primary
			@Qualifier("acme")
			EventPublisher acmeEventPublisher() {
				return new SendingEventPublisher();
			}

			@Bean(defaultCandidate = false)
			@Qualifier("other")
			SendingEventPublisher otherEventPublisher() {
				return new SendingEventPublisher();
			}

			@Bean
			EventOutbox acmeOutbox(@Qualifier("acme") EventPublisher publisher) {
				throw new IllegalStateException("Not replaced");
			}

		}

		@Qualifier("annotated")
		static class AnnotatedEventPublisher extends SendingEventPublisher {

		}

		static class SendingEventPublisher implements EventPublisher {

			@Override
			public Mono<EventReceipt> publish(String sessionId, HopperEvent event) {
				return Mono.error(new IllegalStateException("Sent " + UUID.randomUUID()));
			}

			@Override
			public Mono<EventReceipt> publish(HopperEvent event) {
				return Mono.error(new IllegalStateException("Sent"));
			}

		}

	}

	@Test
	void unknownThreadsAreOfTheOnlyTest(PublishedHopperEvents parameter) throws InterruptedException {
		Thread thread = new Thread(() -> this.publisher.publishAndWait("thread", OFFERS));
		thread.start();
		thread.join();
		assertThat(parameter).contains(OffersDisplayed.class).forSession("thread").once();
	}

}
