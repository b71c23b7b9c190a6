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

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.annotation.Commit;
import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of assertions in tests that are {@link Transactional}.
 */
@SpringBootTest(classes = EventsThatWaitForTheCommitTests.Application.class, properties = "hopper.outbox.type=jdbc")
@AutoConfigureHopperEvents
@Transactional
class EventsThatWaitForTheCommitTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2026-01-01T10:00:00Z"));

	private static final String WAITS = "but 1 event waits for the commit of the test's transaction.";

	private static final String ROLLED_BACK = "A test that is @Transactional is rolled back at its end. Remove "
			+ "@Transactional from it, or call TestTransaction.flagForCommit() and TestTransaction.end() before the "
			+ "assertion.";

	private static final String COMMITTED = "The test's transaction is committed at its end. Call "
			+ "TestTransaction.end() before the assertion.";

	@Autowired
	private EventPublisher publisher;

	@Autowired
	private EventOutbox outbox;

	@Autowired
	private PublishedHopperEvents published;

	@Autowired
	private PlatformTransactionManager transactionManager;

	@Test
	void nothingIsCertainOfWhatWaits() {
		this.outbox.store("session-1", OFFERS);
		fails(() -> assertThat(this.published).doesNotContain(OffersDisplayed.class), """
				Expected that an OffersDisplayed was not published, but 1 event waits for the commit of the test's \
				transaction.
				Nothing was published.
				Not published yet, because the transaction is not committed:
				  - OffersDisplayed for session "session-1", occurred 2026-01-01T10:00:00Z
				""" + ROLLED_BACK);
		failsWith(() -> assertThat(this.published).doesNotContain("offers_displayed"), WAITS);
		failsWith(() -> assertThat(this.published).isEmpty(), "Expected that nothing was published, " + WAITS);
		failsWith(() -> assertThat(this.published).hasSize(0), "Expected that nothing was published, " + WAITS);
		failsWith(() -> assertThat(this.published).containsExactly(), WAITS);
		failsWith(() -> assertThat(this.published).forSession("session-1").isEmpty(), WAITS);
		failsWith(() -> assertThat(this.published).forSession("session-1").doesNotContain(OffersDisplayed.class),
				WAITS);
	}

	@Test
	void whatWaitsCountsWhereNoMoreAreExpected() {
		this.publisher.publishAndWait("session-1", OFFERS);
		this.outbox.store("session-1", OFFERS);
		failsWith(() -> assertThat(this.published).hasSize(1), WAITS);
		failsWith(() -> assertThat(this.published).containsExactly(OffersDisplayed.class), WAITS);
		failsWith(() -> assertThat(this.published).contains(OffersDisplayed.class).once(), WAITS);
		failsWith(() -> assertThat(this.published).contains(OffersDisplayed.class).forSession("session-1").times(1),
				WAITS);
	}

	@Test
	void otherEventsThatWaitDoNotMatter() {
		this.publisher.publishAndWait("session-1", OFFERS);
		this.outbox.store("session-2", OFFERS);
		assertThat(this.published).doesNotContain(BookingConfirmed.class)
			.doesNotContain("seat_selected")
			.contains(OffersDisplayed.class)
			.atLeastOnce()
			.contains(OffersDisplayed.class)
			.publishedDirectly()
			.once();
		assertThat(this.published).forSession("session-1").hasSize(1).containsExactly(OffersDisplayed.class);
		assertThat(this.published).forSession("session-3").isEmpty();
	}

	@Test
	void nothingWaitsWhenTheTransactionIsOver() {
		this.outbox.store("session-1", OFFERS);
		TestTransaction.end();
		assertThat(this.published).isEmpty();
		TestTransaction.start();
		this.outbox.store("session-1", OFFERS);
		TestTransaction.flagForCommit();
		TestTransaction.end();
		assertThat(this.published).hasSize(1).contains(OffersDisplayed.class).once();
	}

	@Test
	void otherTransactionsOfTheTestAreNotMeant() {
		TransactionTemplate other = new TransactionTemplate(this.transactionManager);
		other.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		other.executeWithoutResult((status) -> this.outbox.store("session-1", OFFERS));
		assertThat(this.published).hasSize(1).doesNotContain(BookingConfirmed.class);
	}

	@Test
	void otherThreadIsToldAsWell(PublishedHopperEvents parameter) throws InterruptedException {
		this.outbox.store("session-1", OFFERS);
		Throwable[] failure = new Throwable[1];
		Thread thread = new Thread(() -> assertThat(parameter).isEmpty());
		thread.setUncaughtExceptionHandler((failed, ex) -> failure[0] = ex);
		thread.start();
		thread.join();
		assertThat(failure[0]).isInstanceOf(AssertionError.class).hasMessageEndingWith(ROLLED_BACK);
	}

	@Test
	@Commit
	void testThatCommitsIsNotToldThatItIsRolledBack() {
		this.outbox.store("session-1", OFFERS);
		for (ThrowingCallable assertion : new ThrowingCallable[] { () -> assertThat(this.published).isEmpty(),
				() -> assertThat(this.published).contains(OffersDisplayed.class) }) {
			assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion)
				.withMessageEndingWith("\n" + COMMITTED)
				.withMessageNotContaining("rolled back");
		}
		TestTransaction.flagForRollback();
		failsWith(() -> assertThat(this.published).isEmpty(), ROLLED_BACK);
	}

	@Test
	@Transactional(propagation = Propagation.NOT_SUPPORTED)
	void transactionOfAnotherMakeIsNotTheTests() {
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			this.outbox.store("session-1", OFFERS);
			assertThat(this.published).isEmpty();
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(() -> assertThat(this.published).contains(OffersDisplayed.class))
				.withMessageEndingWith(
						"occurred 2026-01-01T10:00:00Z\nMake the assertion when the transaction is over.");
		});
		assertThat(this.published).hasSize(1);
	}

	private static void fails(ThrowingCallable assertion, String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessage(message);
	}

	private static void failsWith(ThrowingCallable assertion, String part) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion)
			.withMessageContaining(part)
			.withMessageEndingWith(ROLLED_BACK);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
