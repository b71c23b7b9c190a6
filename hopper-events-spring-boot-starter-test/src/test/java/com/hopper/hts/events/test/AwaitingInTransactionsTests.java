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

import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.annotation.Commit;
import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link FakeHopperApi#awaitDelivered} in transactions, in which nothing that is
 * stored is delivered.
 */
@SpringBootTest(classes = { AwaitingInTransactionsTests.Application.class, FakeHopperApiConfiguration.class })
class AwaitingInTransactionsTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2026-01-01T10:00:00Z"));

	private static final Duration MOMENT = Duration.ofMillis(10);

	@Autowired
	private FakeHopperApi api;

	@Autowired
	private EventOutbox outbox;

	@Autowired
	private PlatformTransactionManager transactionManager;

	@Test
	@Transactional
	void transactionOfTheTestIsTheReason() {
		this.outbox.store("session-1", OFFERS);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitDelivered(1, MOMENT))
			.withMessage("""
					Expected 1 event to be delivered within 10 ms, but none was delivered.
					Delivered: none
					All requests: none
					What the API would refuse: none
					What was stored on this thread may wait for the commit of the test's transaction.
					A test that is @Transactional is rolled back at its end. Remove @Transactional from it, or call \
					TestTransaction.flagForCommit() and TestTransaction.end() before the assertion.""");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitRequests(1, MOMENT))
			.withMessageContaining("TestTransaction.flagForCommit()");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitHeld(1, MOMENT))
			.withMessageContaining("TestTransaction.flagForCommit()");
		TestTransaction.flagForCommit();
		TestTransaction.end();
		assertThat(this.api.awaitDelivered(1)).hasSize(1);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitDelivered(2, MOMENT))
			.withMessageEndingWith("What the API would refuse: none");
	}

	@Test
	@Transactional
	@Commit
	void testThatCommitsIsNotToldThatItIsRolledBack() {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitDelivered(1, MOMENT))
			.withMessageEndingWith(
					"""
							What was stored on this thread may wait for the commit of the test's transaction.
							The test's transaction is committed at its end. Call TestTransaction.end() before the assertion.""");
	}

	@Test
	void transactionOfTheThreadIsTheReason() {
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> this.api.awaitDelivered(1, MOMENT))
				.withMessageEndingWith("""
						What was stored on this thread may wait for the commit of its transaction.
						Make the assertion when the transaction is over.""");
			status.setRollbackOnly();
		});
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
