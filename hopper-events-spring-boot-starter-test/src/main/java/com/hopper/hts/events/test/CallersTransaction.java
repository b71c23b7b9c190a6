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

import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * The transaction of a thread, with advice about events that wait for its commit.
 */
enum CallersTransaction {

	/**
	 * No transaction.
	 */
	NONE("", ""),

	/**
	 * The transaction of a test that is {@code @Transactional}.
	 */
	OF_TEST_ROLLED_BACK("the test's transaction",
			"A test that is @Transactional is rolled back at its end. Remove @Transactional from it, or call "
					+ "TestTransaction.flagForCommit() and TestTransaction.end() before the assertion."),

	/**
	 * The transaction of a test that is {@code @Transactional} and {@code @Commit}.
	 */
	OF_TEST_COMMITTED("the test's transaction",
			"The test's transaction is committed at its end. Call TestTransaction.end() before the assertion."),

	/**
	 * A transaction that the application or the test has begun itself.
	 */
	OTHER("its transaction", "Make the assertion when the transaction is over.");

	private static final boolean TRANSACTIONS = isPresent(
			"org.springframework.transaction.support.TransactionSynchronizationManager");

	private static final boolean TEST_TRANSACTIONS = TRANSACTIONS
			&& isPresent("org.springframework.test.context.transaction.TestTransaction");

	private final String words;

	private final String advice;

	CallersTransaction(String words, String advice) {
		this.words = words;
		this.advice = advice;
	}

	/**
	 * Return the transaction of this thread.
	 */
	static CallersTransaction current() {
		if (!TRANSACTIONS || !TransactionSynchronizationManager.isActualTransactionActive()) {
			return NONE;
		}
		if (!TEST_TRANSACTIONS || !TestTransaction.isActive()) {
			return OTHER;
		}
		return TestTransaction.isFlaggedForRollback() ? OF_TEST_ROLLED_BACK : OF_TEST_COMMITTED;
	}

	boolean isOfTest() {
		return this == OF_TEST_ROLLED_BACK || this == OF_TEST_COMMITTED;
	}

	String words() {
		return this.words;
	}

	String advice() {
		return this.advice;
	}

	private static boolean isPresent(String className) {
		return ClassUtils.isPresent(className, CallersTransaction.class.getClassLoader());
	}

}
